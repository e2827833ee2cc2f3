"""A group says when it is busy by its calendar: given as a link that is read again and again, or once as a file; and taken back.

What was read stands until it is read anew: a calendar that cannot be reached empties nothing. Only spans are kept, and only its custodian and
members learn that there are any. No event tells of a change: there is nobody to tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator import keys
from coordinator.calendars.fetching import Marks
from coordinator.calendars.links import host_of, read_calendar_url
from coordinator.calendars.parent import ReaderFailed, read_confined
from coordinator.domain.access import Caller, Right
from coordinator.domain.busy import EPOCH, HORIZON, MILLISECOND, Busy, CalendarRefused, Fault, Span, explain, horizon
from coordinator.domain.text import text_of
from coordinator.errors import Faults, Invalid, NotFound, Unavailable
from coordinator.services.groups import load_group, load_group_for_change
from coordinator.store import busy as store
from coordinator.store.busy import KeptCalendar, Source
from coordinator.store.database import Database, Work
from coordinator.store.ids import subkey
from coordinator.store.sealing import SealBroken, seal, unseal
from coordinator.store.tables import to_microseconds

PURPOSE = "links of busy calendars"
ROUND_EVERY = timedelta(hours=1)
READ_EVERY = timedelta(hours=6)
RETRY_FIRST, RETRY_LONGEST = timedelta(hours=1), timedelta(days=1)
TAKEN_WHOLE_EVERY = timedelta(days=7)  # though nothing is new: the stretch that is asked for moves on
SHOWN_SPANS = 5

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BusyState:
    """What a group is told of its calendar. `host` is empty for a file, or when the link cannot be opened; `spans` the next few."""

    kind: Source
    host: str
    checked_at: datetime | None
    read_at: datetime | None
    expires_at: datetime
    fault: Fault | None
    left_out: int
    spans: tuple[tuple[datetime, datetime], ...]


async def load_state(conn: AsyncConnection, caller: Caller, group_id: str, secret_key: bytes, now: datetime) -> BusyState | None:
    """How it stands with the group's calendar; None when it has given none."""
    caller.require(Right.KEEP_NO_GO, group_id)
    kept = await store.find_calendar(conn, group_id)
    if kept is None:
        return None
    spans = await store.find_busy_spans(conn, [group_id], now, now + HORIZON, SHOWN_SPANS)
    host = host_of(open_link(kept, secret_key) or "")
    shown = tuple(span for _, span in spans)
    return BusyState(kept.kind, host, kept.checked_at, kept.read_at, kept.expires_at, kept.fault, kept.left_out, shown)


def open_link(kept: KeptCalendar, secret_key: bytes) -> str | None:
    """The link as it was given; None for a file, or when the network's key is another by now."""
    try:
        return None if kept.sealed_url is None else unseal(kept.sealed_url, subkey(secret_key, PURPOSE), kept.group_id)
    except SealBroken:
        return None


# --- commands -------------------------------------------------------------------------------------------------------------


async def give_link(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object], secret_key: bytes) -> None:
    """Keeps the link in `url`, sealed, and has it read at once. Raises Invalid: see `read_calendar_url`; its problems never repeat it."""
    caller.require(Right.KEEP_NO_GO, group_id)
    faults = Faults()
    url = faults.read("calendar_url", read_calendar_url, text_of(raw, "calendar_url"))
    faults.check()
    group = await load_group_for_change(work, group_id)
    before = await store.find_calendar(work.conn, group_id, lock=True)
    sealed = seal(url, subkey(secret_key, PURPOSE), group_id)
    await store.put_calendar(
        work.conn, group_id, **_fresh(work.now, before), kind=Source.LINK.value, sealed_url=sealed, zone_id=group.zone_id, left_out=0
    )
    await _plan_reading(work, group_id, work.now)


async def read_again(work: Work, caller: Caller, group_id: str) -> None:
    """Has the link read now, for a group that has just changed its calendar; once more in the same minute does nothing. NotFound without a link."""
    caller.require(Right.KEEP_NO_GO, group_id)
    kept = await store.find_calendar(work.conn, group_id, lock=True)
    if kept is None or kept.kind is not Source.LINK:
        raise NotFound("calendar")
    await _plan_reading(work, group_id, work.now.replace(second=0, microsecond=0))


async def read_file(
    database: Database, caller: Caller, group_id: str, data: bytes, *, now: datetime, turn: asyncio.Semaphore
) -> tuple[Busy, Span]:
    """What `calendar_file` says and for which stretch of time it was asked, read when it is our `turn`, outside of any transaction.

    Raises Invalid: see `Fault`; Unavailable when the reader was killed.
    """
    caller.require(Right.KEEP_NO_GO, group_id)
    async with database.read() as conn:
        group = await load_group(conn, group_id)
    within = horizon(now)
    try:
        async with turn:
            return await read_confined(data, group.zone_id, within), within
    except CalendarRefused as refused:
        raise Invalid(explain(refused.fault, "calendar_file")) from None
    except ReaderFailed:
        raise Unavailable("calendar reader") from None


async def keep_file(work: Work, caller: Caller, group_id: str, busy: Busy, within: Span) -> None:
    """Keeps what was read of a file for the stretch `within`, in the place of all that was known."""
    caller.require(Right.KEEP_NO_GO, group_id)
    group = await load_group_for_change(work, group_id)
    seen = {"checked_at": work.now, "read_at": work.now, "taken_at": work.now, "next_at": None, "expires_at": _end_of(within)}
    await store.put_calendar(
        work.conn,
        group_id,
        **_fresh(work.now, None) | seen,
        kind=Source.FILE.value,
        sealed_url=None,
        zone_id=group.zone_id,
        left_out=busy.left_out,
    )
    await store.replace_spans(work.conn, group_id, busy.spans)


async def remove_calendar(work: Work, caller: Caller, group_id: str) -> None:
    """Forgets the calendar and all that was read of it. NotFound when there is none."""
    caller.require(Right.KEEP_NO_GO, group_id)
    if not await store.delete_calendar(work.conn, group_id):
        raise NotFound("calendar")


def _fresh(now: datetime, before: KeptCalendar | None) -> dict[str, Any]:
    """The columns of a calendar that was just given; what was read before stands until it is read."""
    return {
        "etag": "",
        "last_modified": "",
        "fault": "",
        "failures": 0,
        "given_at": now,
        "checked_at": None,
        "read_at": None if before is None else before.read_at,
        "taken_at": None,
        "next_at": now + RETRY_FIRST,
        "expires_at": now + HORIZON,
    }


def _end_of(within: Span) -> datetime:
    return EPOCH + within.end_ms * MILLISECOND


# --- reading again --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """A reading to be done: of which link, asked with which marks, for which zone and stretch of time."""

    kept: KeptCalendar
    marks: Marks
    within: Span


@dataclass(frozen=True, slots=True)
class Read:
    """It was read; `busy` is None when there was nothing new."""

    due: Due
    busy: Busy | None
    marks: Marks


@dataclass(frozen=True, slots=True)
class NotRead:
    """It could not be read."""

    due: Due
    fault: Fault


async def plan_round(work: Work) -> None:
    """Plans the next look for calendars to read. Twice is harmless."""
    due_at = work.now.replace(minute=0, second=0, microsecond=0) + ROUND_EVERY
    await work.plan(keys.JOB_BUSY_ROUND, due_at.isoformat(timespec="hours"), {}, due_at)


async def read_round(work: Work, _ref: Mapping[str, Any]) -> None:
    """The job: plans a reading of each calendar whose time has come.

    That time moves on at once, so that one whose reading was given up is planned again all the same.
    """
    for kept in await store.find_calendars(work.conn, store.is_due(work.now), lock=True):
        await store.change_calendar(work.conn, kept.group_id, next_at=work.now + READ_EVERY)
        await _plan_reading(work, kept.group_id, work.now)
    await plan_round(work)


async def _plan_reading(work: Work, group_id: str, at: datetime) -> None:
    await work.plan(keys.JOB_BUSY, f"{group_id}:{to_microseconds(at)}", {"group": group_id}, work.now)


async def load_due(conn: AsyncConnection, ref: Mapping[str, Any], now: datetime) -> Due | None:
    """What a reading needs; None when the link is gone.

    It is taken whole, whatever its marks, after a while and when the group has moved to another zone.
    """
    kept = await store.find_calendar(conn, ref["group"])
    if kept is None or kept.kind is not Source.LINK:
        return None
    fresh = kept.taken_at is not None and now - kept.taken_at < TAKEN_WHOLE_EVERY and kept.zone_id == kept.group_zone_id
    return Due(kept, Marks(kept.etag, kept.last_modified) if fresh else Marks(), horizon(now))


async def conclude(work: Work, outcome: Read | NotRead) -> None:
    """Writes what became of a reading, unless another link, a file or nothing has taken its place meanwhile."""
    due = outcome.due
    current = await store.find_calendar(work.conn, due.kept.group_id, lock=True)
    if current is None or (current.kind, current.given_at) != (due.kept.kind, due.kept.given_at):
        return
    match outcome:
        case Read():
            await _keep_read(work, outcome)
        case NotRead(fault=fault):
            await _keep_fault(work, current, fault)


async def _keep_read(work: Work, read: Read) -> None:
    group_id, marks = read.due.kept.group_id, read.marks
    seen: dict[str, Any] = {"checked_at": work.now, "read_at": work.now, "next_at": work.now + READ_EVERY, "fault": "", "failures": 0}
    if read.busy is not None:
        seen |= {"taken_at": work.now, "zone_id": read.due.kept.group_zone_id, "left_out": read.busy.left_out}
        seen |= {"etag": marks.etag, "last_modified": marks.last_modified, "expires_at": _end_of(read.due.within)}
        await store.replace_spans(work.conn, group_id, read.busy.spans)
    await store.change_calendar(work.conn, group_id, **seen)


async def _keep_fault(work: Work, kept: KeptCalendar, fault: Fault) -> None:
    wait = min(RETRY_FIRST * (1 << min(kept.failures, 8)), RETRY_LONGEST)
    await store.change_calendar(
        work.conn, kept.group_id, checked_at=work.now, fault=fault.value, failures=kept.failures + 1, next_at=work.now + wait
    )
    log.info("busy.not_read", fault=fault.value)  # not whose: that a group gave a calendar is its own affair
