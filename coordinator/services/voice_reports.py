"""A group reports a voice note to the steward, who hears it just so long, and lets it stand or takes it down.

Until that is decided the group that reported does not hear the note any more. In its inbox that is declining it: the speaker's group sees
what it would see of any group that does not wish to take a note in, and is never told who reported. A group reports a note once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator import keys
from coordinator.domain.access import Caller, Right, group_of_meeting
from coordinator.domain.listing import Seen
from coordinator.domain.text import text_of
from coordinator.domain.voice_note import VoiceState
from coordinator.domain.voice_report import read_reason, read_report
from coordinator.errors import Conflict, Invalid, NotFound
from coordinator.services.actions import see_group
from coordinator.services.groups import load_cards
from coordinator.services.hearing import VoiceView, load_voices
from coordinator.services.mirror import Reading
from coordinator.services.voicing import describe_voice, leave_inbox, take_down
from coordinator.store import voice_reports as store
from coordinator.store import voices
from coordinator.store.database import Work
from coordinator.store.ids import new_row_id
from coordinator.store.meetings import find_showing
from coordinator.store.voice_reports import ReportRecord
from coordinator.store.voices import VoiceRecord


@dataclass(frozen=True, slots=True)
class Reported:
    """A voice note with the reports on it that are open, the earliest first, and who made each."""

    voice: VoiceView
    reports: tuple[tuple[ReportRecord, Seen | None], ...]


async def load_reportable(conn: AsyncConnection, reading: Reading, group_id: str, voice_id: str) -> VoiceView:
    """The note that this group may report. Raises NotFound for what it does not hear, Conflict `report_own`, `report_dismissed`."""
    voice = await voices.find_voice(conn, voices.with_id(voice_id))
    if voice is not None and voice.group_id == group_id and reading.caller.may(Right.HEAR_UNPUBLISHED, group_id):
        raise Conflict("report_own")
    if (before := await _find_report(conn, group_id, voice_id)) is not None and before.dismissed_at is not None:
        raise Conflict("report_dismissed")
    only = Caller(tuple(grant for grant in reading.caller.grants if grant.group_id == group_id), reading.caller.session_id)
    found = await load_voices(conn, Reading(only, reading.language, reading.now), voices.with_id(voice_id))
    if not found:
        raise NotFound("voice")
    return found[0]


async def report_voice(work: Work, caller: Caller, group_id: str, voice_id: str, raw: Mapping[str, object]) -> None:
    """A group reports what it hears, or was sent; again, while its report is open, is harmless.

    Raises as `load_reportable`, Forbidden, Invalid with every fault (see `read_report`).
    """
    caller.require(Right.REPORT_VOICE, group_id)
    voice = await voices.find_voice(work.conn, voices.with_id(voice_id), lock=True)
    before = await _find_report(work.conn, group_id, voice_id)
    if before is not None and before.dismissed_at is None:
        return
    await load_reportable(work.conn, Reading(caller, "", work.now), group_id, voice_id)
    assert voice is not None  # it is heard
    draft = read_report(raw)
    said = {"reason": draft.reason.value, "words": draft.words, "created_at": work.now, "expires_at": voice.expires_at}
    await store.insert_report(work.conn, {"id": new_row_id(), "voice_id": voice_id, "group_id": group_id, **said})
    if voice.state is VoiceState.OFFERED:
        await leave_inbox(work, voice)
    else:
        await _tell_group(work, voice, group_id, "voice.withdrawn")


async def load_reported(conn: AsyncConnection, reading: Reading) -> list[Reported]:
    """Every note with an open report, the longest reported first. Raises Forbidden for whoever is no steward."""
    reading.caller.require(Right.JUDGE_VOICE)
    reports = await store.find_reports(conn, store.is_open())
    ids = list(dict.fromkeys(report.voice_id for report in reports))
    views = {view.id: view for view in await load_voices(conn, reading, voices.among(ids))} if ids else {}
    cards = await load_cards(conn, {report.group_id for report in reports})
    by = [(report, see_group(cards, report.group_id, reading.caller)) for report in reports]
    return [Reported(views[one], tuple((report, who) for report, who in by if report.voice_id == one)) for one in ids if one in views]


async def count_reports(conn: AsyncConnection, caller: Caller, now: datetime) -> int:
    """How many reports wait for the steward. Raises Forbidden for whoever is no steward."""
    caller.require(Right.JUDGE_VOICE)
    return await store.count_open(conn, now)


async def dismiss_report(work: Work, caller: Caller, report_id: str) -> None:
    """The steward lets the note stand; who reported it hears it again, where it is published. Raises Forbidden, Conflict `report_settled`."""
    caller.require(Right.JUDGE_VOICE)
    report = next(iter(await store.find_reports(work.conn, store.with_id(report_id), store.is_open())), None)
    voice = None if report is None else await voices.find_voice(work.conn, voices.with_id(report.voice_id), lock=True)
    if report is None or voice is None:
        raise Conflict("report_settled")
    await store.dismiss(work.conn, report_id, work.now)
    if voice.stands(work.now):
        await _tell_group(work, voice, report.group_id, "voice.published")


async def uphold_reports(work: Work, caller: Caller, voice_id: str, raw: Mapping[str, object]) -> None:
    """The steward takes the note down, for all and for good; its group reads the `reason` in `raw`.

    Raises Forbidden, Invalid, Conflict `report_settled` when no report on it is open (any more).
    """
    caller.require(Right.JUDGE_VOICE)
    voice = await voices.find_voice(work.conn, voices.with_id(voice_id), lock=True)
    if voice is None or not await store.find_reports(work.conn, store.on_voices([voice_id]), store.is_open()):
        raise Conflict("report_settled")
    try:
        reason = read_reason(text_of(raw, "reason"))
    except Invalid as fault:
        raise Invalid(*(problem.under("reason") for problem in fault.problems)) from None
    await take_down(work, voice, reason)


async def forget_reports_by(work: Work, group_id: str) -> None:
    """Forgets whatever a group that leaves has reported."""
    await store.delete_reports(work.conn, store.reported_by(group_id))


# --- parts ----------------------------------------------------------------------------------------------------------------


async def _find_report(conn: AsyncConnection, group_id: str, voice_id: str) -> ReportRecord | None:
    found = await store.find_reports(conn, store.reported_by(group_id), store.on_voices([voice_id]))
    return found[0] if found else None


async def _tell_group(work: Work, voice: VoiceRecord, group_id: str, kind: str) -> None:
    """Tells the desks, rooms and walls of this one group, as if the note had gone or come for all."""
    told = await describe_voice(work.conn, voice)
    walls = await find_showing(work.conn, voice.spotlight_id) if voice.spotlight_id else []
    own = (keys.meeting_stream(wall) for wall in walls if group_of_meeting(wall) == group_id)
    for stream in (keys.group_stream(group_id), *own):
        work.emit(stream, kind, dict(told))
