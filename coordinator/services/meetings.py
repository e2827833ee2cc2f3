"""A mirror segment is set up, stepped, answered and ended; each step reaches every wall that follows it at once.

Events say where the segment stands and that an echo is there, never a word of it: walls and desks ask again, each in its own language.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator import keys
from coordinator.domain.access import Caller, Right
from coordinator.domain.action import Stage, State
from coordinator.domain.group import read_language
from coordinator.domain.link import LinkRole
from coordinator.domain.listing import Listing
from coordinator.domain.meeting import (
    KEPT_FOR,
    Meeting,
    MeetingCommand,
    MeetingState,
    is_late,
    read_meeting,
    read_step,
    step,
)
from coordinator.domain.quarters import quarter_of
from coordinator.domain.spotlight import Audience, Echo, read_answer
from coordinator.domain.text import NAME_CHARS, read_line, text_of
from coordinator.domain.translation import Source
from coordinator.errors import Conflict, Faults, Invalid, problem
from coordinator.services.actions import ActionView, load_views
from coordinator.services.drafting import plan_drafts
from coordinator.services.groups import load_cards, load_group
from coordinator.services.hearing import find_voiced
from coordinator.services.issue import MadeLink
from coordinator.services.links import make_link
from coordinator.services.mirror import SpotlightView, as_group, load_spotlights
from coordinator.services.network import load_network
from coordinator.services.rota import next_researcher
from coordinator.services.segments import describe_meeting, load_meeting, load_segment
from coordinator.store import meetings as store
from coordinator.store import spotlights as spotlight_store
from coordinator.store.actions import in_states, invites, not_practice, proposed_by
from coordinator.store.database import Work
from coordinator.store.ids import new_meeting_id, new_row_id
from coordinator.store.texts import change_text, find_text, insert_text

WORDS_KIND = "echo"
TOLD_TO_GROUP = frozenset({MeetingCommand.START, MeetingCommand.END})  # what a wall that waits for a segment must hear of
AHEAD = (State.PROPOSED, State.CONFIRMED)
AHEAD_STAGES = (None, Stage.AHEAD, Stage.GATHERING)


@dataclass(frozen=True, slots=True)
class Stepped:
    """What became of a tap. `late`: somebody was faster, or it had arrived before; nothing was changed."""

    meeting: Meeting
    late: bool


async def find_choices(conn: AsyncConnection, group_id: str, language: str, now: datetime) -> list[SpotlightView]:
    """The spotlights that this group's meetings can mirror now: what partners published, and what packets brought."""
    return await load_spotlights(conn, as_group(group_id, language, now), spotlight_store.standing(now))


async def find_segments(conn: AsyncConnection, group_id: str, language: str, now: datetime) -> list[tuple[Meeting, SpotlightView | None]]:
    """The group's segments, the newest first, each with its spotlight if that may be shown (still)."""
    meetings = await store.find_meetings(conn, store.held_by(group_id))
    named = {one.spotlight_id for one in meetings if one.spotlight_id is not None}
    views = await load_spotlights(conn, as_group(group_id, language, now), spotlight_store.among(named))
    by_id = {view.id: view for view in views}
    return [(one, by_id.get(one.spotlight_id or "")) for one in meetings]


async def set_up(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object]) -> Meeting:
    """A segment that waits to be started. Raises Invalid with every fault, `spotlight_unknown` among them."""
    caller.require(Right.RUN_SEGMENT, group_id)
    await load_group(work.conn, group_id)
    choices = await find_choices(work.conn, group_id, "", work.now)
    wanted = [view.id for view in choices if view.slug == text_of(raw, "spotlight").strip()]
    voiced = await find_voiced(work.conn, as_group(group_id, "", work.now), wanted)
    plan = read_meeting(raw, has_voice=bool(voiced))
    chosen = [view for view in choices if view.slug == plan.spotlight]
    if not chosen:
        raise Invalid(problem("spotlight", "spotlight_unknown", plan.spotlight))
    made = Meeting(
        id=new_meeting_id(group_id),
        group_id=group_id,
        spotlight_id=chosen[0].id,
        state=MeetingState.SET_UP,
        parts=plan.parts,
        part=0,
        page=0,
        part_ends_at=None,
        left_s=None,
        shows_original=False,
        shows_drafts=False,
        next_researcher=await next_researcher(work.conn, group_id, work.now),  # whose turn it is; the hall may name somebody else
        revision=1,
        created_at=work.now,
        started_at=None,
        ended_at=None,
    )
    await store.insert_meeting(work.conn, made, work.now + KEPT_FOR)
    _tell(work, made, to_group=True)
    return made


async def step_meeting(work: Work, caller: Caller, meeting_id: str, raw: Mapping[str, object]) -> Stepped:
    """One tap: `raw` holds command and the revision that was seen. A late one changes nothing and is told so."""
    before = await load_meeting(work.conn, caller, meeting_id, Right.RUN_SEGMENT, lock=True)
    given = read_step(raw)
    if is_late(before, given):
        return Stepped(before, late=True)
    segment = await load_segment(work.conn, before, "", work.now)
    after = step(before, given, work.now, pages=segment.pages)
    if after is not before:
        await store.store_meeting(work.conn, after)
        _tell(work, after, to_group=given.command in TOLD_TO_GROUP)
    return Stepped(after, late=False)


async def name_researcher(work: Work, caller: Caller, meeting_id: str, raw: Mapping[str, object]) -> None:
    """Keeps who researches next time, by alias (`researcher`); empty takes it away."""
    before = await load_meeting(work.conn, caller, meeting_id, Right.RUN_SEGMENT, lock=True)
    faults = Faults()
    alias = faults.read("researcher", read_line, text_of(raw, "researcher"), longest=NAME_CHARS, required=False)
    faults.check()
    await store.store_meeting(work.conn, replace(before, next_researcher=alias))
    _tell(work, before)


def _tell(work: Work, meeting: Meeting, *, to_group: bool = False) -> None:
    told = describe_meeting(meeting)
    work.emit(keys.meeting_stream(meeting.id), "meeting.step", told)
    if to_group:
        work.emit(keys.group_stream(meeting.group_id), "meeting.step", told)


# --- links ----------------------------------------------------------------------------------------------------------------


async def make_segment_link(work: Work, caller: Caller, meeting_id: str, role: LinkRole, *, secret_key: bytes) -> MadeLink:
    """A remote, or a witness's invitation, for this segment only; both end after a day, and both have a short code."""
    meeting = await load_meeting(work.conn, caller, meeting_id, Right.READ_SEGMENT)
    raw = {"role": str(role), "meeting": meeting.id}
    return await make_link(work, caller, raw, group_id=meeting.group_id, languages=(), secret_key=secret_key)


# --- the echo -------------------------------------------------------------------------------------------------------------


async def load_next_actions(conn: AsyncConnection, group_id: str, now: datetime) -> list[ActionView]:
    """The group's actions that lie ahead: one of them may be what answers."""
    mine = proposed_by(group_id) | invites(group_id)
    caller = as_group(group_id, "", now).caller
    views = await load_views(conn, caller, now, in_states(*AHEAD), not_practice(), mine)
    return [view for view in views if view.stage in AHEAD_STAGES]


async def save_echo(work: Work, caller: Caller, meeting_id: str, raw: Mapping[str, object], languages: Collection[str]) -> str:
    """Publishes what the room says to the partner it answers: the echo and a reply; sent again, it changes what was said. The echo's id.

    `raw`: face, share, answer, reply; language (absent: the group's); action (slug of a next action, may be empty); echo_revision (what was
    before the writer). Raises Invalid with every fault; Conflict `spotlight_gone`, and `changed_meanwhile` when somebody else wrote.
    """
    meeting = await load_meeting(work.conn, caller, meeting_id, Right.RUN_SEGMENT, lock=True)
    spotlight = await _find_answered(work, meeting)
    before = await _find_echo(work, meeting, spotlight.id)
    if text_of(raw, "echo_revision") not in {"", str(before.revision if before else 0)}:
        raise Conflict("changed_meanwhile")
    said, action_id = await _read(work, meeting, before, raw, languages)
    if before is None:
        echo_id, revision = await _insert(work, meeting, spotlight, said, action_id), 1
    else:
        echo_id, revision = before.id, await _change(work, before, said, action_id)
    await plan_drafts(work, said.text_id)
    await _tell_echo(work, meeting, spotlight, {"spotlight": spotlight.slug, "echo": echo_id, "revision": revision})
    return echo_id


async def _find_answered(work: Work, meeting: Meeting) -> SpotlightView:
    segment = await load_segment(work.conn, meeting, "", work.now)
    if segment.spotlight is None:
        raise Conflict("spotlight_gone")
    return segment.spotlight


async def _find_echo(work: Work, meeting: Meeting, spotlight_id: str) -> Echo | None:
    mine = (spotlight_store.answering([spotlight_id]), spotlight_store.echoed_by(meeting.group_id))
    found = await spotlight_store.find_echoes(work.conn, *mine, spotlight_store.echoed_in(meeting.id))
    return found[0] if found else None


async def _read(
    work: Work, meeting: Meeting, before: Echo | None, raw: Mapping[str, object], languages: Collection[str]
) -> tuple[Source, str | None]:
    faults, group = Faults(), await load_group(work.conn, meeting.group_id)
    language = faults.read("language", read_language, text_of(raw, "language") or group.language, languages)
    sections = faults.read("", read_answer, raw)
    action_id = faults.read("action", _choose, text_of(raw, "action"), await load_next_actions(work.conn, meeting.group_id, work.now))
    faults.check()
    return Source(before.text_id if before else new_row_id(), language, sections), action_id


def _choose(slug: str, offered: Collection[ActionView]) -> str | None:
    if not slug:
        return None
    found = next((view.action_id for view in offered if view.slug == slug), None)
    if found is None:
        raise Invalid(problem("", "choice_unknown", slug, *(view.title for view in offered)))
    return found


async def _insert(work: Work, meeting: Meeting, spotlight: SpotlightView, said: Source, action_id: str | None) -> str:
    expires_at = work.now + KEPT_FOR
    owner = {"group_id": meeting.group_id, "kind": WORDS_KIND}
    await insert_text(work.conn, said, **owner, may_leave=False, now=work.now, expires_at=expires_at)
    network = await load_network(work.conn)
    row = {
        "id": new_row_id(),
        "spotlight_id": spotlight.id,
        "group_id": meeting.group_id,
        "text_id": said.text_id,
        "meeting_id": meeting.id,
        "action_id": action_id,
        "quarter": str(quarter_of(work.now, network.zone_id)),
        "published_at": work.now,
        "revision": 1,
        "created_at": work.now,
        "expires_at": expires_at,
    }
    await spotlight_store.insert_echo(work.conn, row)
    return str(row["id"])


async def _change(work: Work, before: Echo, said: Source, action_id: str | None) -> int:
    text = await find_text(work.conn, before.text_id, lock=True)
    assert text is not None  # by foreign key
    await change_text(work.conn, text, said, may_leave=text.may_leave, now=work.now, expires_at=text.expires_at)
    return await spotlight_store.change_echo(work.conn, before.id, action_id=action_id)


async def _tell_echo(work: Work, meeting: Meeting, spotlight: SpotlightView, told: Mapping[str, object]) -> None:
    """The teller and the room always; partners if they may know the spotlight; the public if it may know both ends."""
    row = await spotlight_store.find_spotlight(work.conn, spotlight_store.with_id(spotlight.id))
    assert row is not None  # found by this transaction
    cards = await load_cards(work.conn, {row.group_id, meeting.group_id})
    streams = {keys.meeting_stream(meeting.id), keys.group_stream(meeting.group_id), keys.group_stream(row.group_id)}
    if row.audience is not Audience.OWN:
        streams.add(keys.PARTNERS)
    if row.is_public(cards[row.group_id].listing) and cards[meeting.group_id].listing is Listing.PUBLIC:
        streams.add(keys.PUBLIC)
    for stream in sorted(streams):
        work.emit(stream, "echo.published", told)
