"""A mirror segment as a hall sees it, and as a stream tells of it: where it stands, and the words that its group may show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Grant, Right, Role, group_of_meeting
from coordinator.domain.meeting import Meeting, MeetingState, PartKind
from coordinator.domain.spotlight import BODY
from coordinator.domain.translation import show_original
from coordinator.domain.wall import count_pages
from coordinator.errors import NotFound, NotSignedIn
from coordinator.formats.times import to_ms
from coordinator.services.actions import ActionView, load_views
from coordinator.services.hearing import VoiceView, load_wall_voice
from coordinator.services.mirror import EchoView, Reading, SpotlightView, as_group, load_echoes, load_spotlights
from coordinator.store import meetings as store
from coordinator.store import spotlights as spotlight_store
from coordinator.store.actions import with_ids
from coordinator.store.texts import find_renderings


@dataclass(frozen=True, slots=True)
class Segment:
    """What one wall shows. `spotlight` is None when it may not be shown (any more): then no word of it is here, nor of what answers it.

    `pages` is how many pages its longest language has; `echo` what the room has typed in; `action` what answers, if it was named; `voice` what its voice part
    plays, None when there is no such part or nothing (any more) to be heard with its words.
    """

    meeting: Meeting
    spotlight: SpotlightView | None
    pages: int
    echo: EchoView | None
    action: ActionView | None
    voice: VoiceView | None = None


async def load_segment(conn: AsyncConnection, meeting: Meeting, language: str, now: datetime) -> Segment:
    """The segment in the words that its hall may read: reviewed ones, all there are once drafts are on, the original's when asked for."""
    reading = as_group(meeting.group_id, language, now, drafts=meeting.shows_drafts)
    spotlight = await _find_spotlight(conn, meeting, reading)
    if spotlight is None:
        return Segment(meeting, None, 0, None, None)
    echoes = await load_echoes(conn, reading, spotlight_store.echoed_in(meeting.id))
    renderings = await find_renderings(conn, [spotlight.text_id])
    pages = count_pages(spotlight.source, renderings[spotlight.text_id], BODY)
    voice = await _find_voice(conn, meeting, reading, spotlight)
    return Segment(meeting, spotlight, pages, *await _first_echo(conn, echoes, reading), voice)


async def load_record(conn: AsyncConnection, meeting: Meeting, language: str, now: datetime) -> Segment:
    """The same for the written page, with every draft labelled; a room's own echo stays readable there when the spotlight does not."""
    reading = as_group(meeting.group_id, language, now)
    spotlight = await _find_spotlight(conn, meeting, reading)
    own = Reading(Caller((Grant(Role.WITNESS, meeting.group_id, ""),)), language, now)
    echoes = await load_echoes(conn, own, spotlight_store.echoed_in(meeting.id))
    return Segment(meeting, spotlight, 1, *await _first_echo(conn, echoes, reading))


async def _find_spotlight(conn: AsyncConnection, meeting: Meeting, reading: Reading) -> SpotlightView | None:
    if meeting.spotlight_id is None:
        return None
    found = await load_spotlights(conn, reading, spotlight_store.with_id(meeting.spotlight_id))
    if not found:
        return None
    return replace(found[0], shown=show_original(found[0].source)) if meeting.shows_original else found[0]


async def _find_voice(conn: AsyncConnection, meeting: Meeting, reading: Reading, spotlight: SpotlightView) -> VoiceView | None:
    if all(part.kind is not PartKind.VOICE for part in meeting.parts):
        return None
    return await load_wall_voice(conn, reading, spotlight.id, original=meeting.shows_original)


async def _first_echo(conn: AsyncConnection, echoes: list[EchoView], reading: Reading) -> tuple[EchoView | None, ActionView | None]:
    """The room's echo, and the action that it names as its answer."""
    if not echoes:
        return None, None
    named = echoes[0].action_id
    actions = await load_views(conn, reading.caller, reading.now, with_ids([named])) if named else []
    return echoes[0], actions[0] if actions else None


# --- which segment, and who may ---------------------------------------------------------------------------------------------


async def load_meeting(conn: AsyncConnection, caller: Caller, meeting_id: str, right: Right, *, lock: bool = False) -> Meeting:
    """The segment, if this caller may do this there. NotFound alike for an unknown one and one that its links do not open."""
    if not caller.grants:
        raise NotSignedIn
    group_id = group_of_meeting(meeting_id)
    found = await store.find_meeting(conn, store.with_id(meeting_id), lock=lock)
    if found is None or not caller.may(Right.READ_SEGMENT, group_id, meeting_id=meeting_id):
        raise NotFound("meeting")
    caller.require(right, group_id, meeting_id=meeting_id)
    return found


async def find_current(conn: AsyncConnection, caller: Caller, group_id: str) -> Meeting | None:
    """The segment that a group's wall shows unasked: the running one, else the next; for a guest of one segment, that one."""
    if not caller.may(Right.READ_SEGMENT, group_id):
        ids = [g.meeting_id for g in caller.grants if g.group_id == group_id and g.meeting_id is not None]
        return await store.find_meeting(conn, store.with_id(ids[-1])) if ids else None
    for state in (MeetingState.RUNNING, MeetingState.SET_UP):
        found = await store.find_meeting(conn, store.held_by(group_id), store.in_state(state))
        if found is not None:
            return found
    return None


def describe_meeting(meeting: Meeting) -> dict[str, Any]:
    """Where a segment stands, as events and snapshots say it: no words, and an end or what is left, never both."""
    told: dict[str, Any] = {
        "meeting": meeting.id,
        "revision": meeting.revision,
        "state": str(meeting.state),
        "part": meeting.part,
        "page": meeting.page,
        "shows_original": meeting.shows_original,
        "shows_drafts": meeting.shows_drafts,
    }
    if meeting.part_ends_at is not None:
        return told | {"ends_at_ms": to_ms(meeting.part_ends_at)}
    return told | ({"left_s": meeting.left_s} if meeting.left_s is not None else {})
