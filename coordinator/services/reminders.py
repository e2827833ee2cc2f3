"""When are groups reminded, and of what? An action's T−7 d, T−24 h and T−1 h, and a quarter that has no action yet.

Reminders are jobs planned with the moment and written as `reminder.due` events. Nothing is taken back when an action moves or ends:
a job names the instant it was planned for, and says nothing when that is no longer the moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from coordinator import keys
from coordinator.domain.action import State
from coordinator.domain.quarters import Quarter, parse_quarter, quarter_of
from coordinator.services.announce import partner_legs
from coordinator.services.groups import load_cards
from coordinator.store.actions import Record, find_record_by_id, find_records, in_quarter, in_states, not_practice
from coordinator.store.database import Work
from coordinator.store.tables import from_microseconds, network, to_microseconds

REMINDER = "reminder.due"
BEFORE = (timedelta(days=7), timedelta(hours=24), timedelta(hours=1))  # longest first
QUARTER_NOTICE_AFTER = timedelta(days=21)  # of the quarter's first instant


async def plan_reminders(work: Work, record: Record) -> None:
    """Plans what is still ahead of each agreed leg; called when a moment is confirmed, moved or practised. Twice is harmless."""
    for part in record.legs:
        if part.starts_at is None or not part.stands:
            continue
        for before in BEFORE:
            await _plan_reminder(work, record.action.id, part.leg, part.starts_at, before)


async def _plan_reminder(work: Work, action_id: str, leg: int, starts_at: datetime, before: timedelta) -> None:
    if starts_at - before <= work.now:
        return
    before_s, starts_at_us = int(before.total_seconds()), to_microseconds(starts_at)
    ref = {"action": action_id, "leg": leg, "before_s": before_s, "starts_at_us": starts_at_us}
    await work.plan(keys.JOB_REMIND, f"{action_id}:{leg}:{starts_at_us}:{before_s}", ref, starts_at - before)


async def remind(work: Work, ref: Mapping[str, Any]) -> None:
    """The job: tells each invited group of this leg, and the partners once, of the first leg that they may see; a practice's own group only.

    The public hears nothing.

    Says nothing when the action ended, moved or has begun, or when a later reminder is due by now (the worker was away).
    """
    record = await find_record_by_id(work.conn, ref["action"], lock=True)
    starts_at, before = from_microseconds(ref["starts_at_us"]), timedelta(seconds=ref["before_s"])
    if record is None or not _stands(record, ref["leg"], starts_at) or _is_overtaken(work.now, starts_at, before):
        return
    told = {
        "action": record.action.slug,
        "revision": record.action.revision,
        "leg": ref["leg"],
        "at_ms": ref["starts_at_us"] // 1000,
        "before_s": ref["before_s"],
    }
    for invited in record.invitations:
        if invited.leg == ref["leg"]:
            work.emit(keys.group_stream(invited.group_id), REMINDER, told)
    if not record.action.practice and ref["leg"] == await _first_leg(work, record):
        work.emit(keys.PARTNERS, REMINDER, told)


def _stands(record: Record, leg: int, starts_at: datetime) -> bool:
    return record.action.state is State.CONFIRMED and any(
        part.leg == leg and part.starts_at == starts_at and part.stands for part in record.legs
    )


def _is_overtaken(now: datetime, starts_at: datetime, before: timedelta) -> bool:
    """Whether the next reminder of the same leg, or its start, has come already."""
    following = max((shorter for shorter in BEFORE if shorter < before), default=timedelta(0))
    return now >= starts_at - following


async def _first_leg(work: Work, record: Record) -> int | None:
    """The first leg that partners may see; None when all its groups hide their clocks."""
    seen = partner_legs(record, await load_cards(work.conn, [i.group_id for i in record.invitations]))
    return min(((part.starts_at, part.leg) for part in seen if part.starts_at is not None), default=(None, None))[1]


async def plan_quarter_notice(work: Work) -> None:
    """Plans the notice of this quarter and of the next one, each at its start + 21 days, unless that is past. Twice is harmless."""
    zone_id = await _load_quarter_zone(work)
    if zone_id is None:
        return
    current = quarter_of(work.now, zone_id)
    for quarter in (current, current.next()):
        due_at = quarter.bounds(zone_id)[0] + QUARTER_NOTICE_AFTER
        if due_at > work.now:
            await work.plan(keys.JOB_QUARTER, str(quarter), {"quarter": str(quarter)}, due_at)


async def quarter_notice(work: Work, ref: Mapping[str, Any]) -> None:
    """The job: tells the partners that their quarter has no action yet, and plans the next quarter's notice."""
    zone_id = await _load_quarter_zone(work)
    quarter = parse_quarter(ref["quarter"])
    if zone_id is not None and quarter == quarter_of(work.now, zone_id) and not await _has_action(work, quarter):
        work.emit(keys.PARTNERS, REMINDER, {"quarter": str(quarter)})
    await plan_quarter_notice(work)


async def _has_action(work: Work, quarter: Quarter) -> bool:
    return bool(await find_records(work.conn, in_quarter(str(quarter)), in_states(State.PROPOSED, State.CONFIRMED), not_practice()))


async def _load_quarter_zone(work: Work) -> str | None:
    """The zone in which the quarter turns; None before the network is founded."""
    zone_id: str | None = (await work.conn.execute(sa.select(network.c.zone_id))).scalar_one_or_none()
    return zone_id
