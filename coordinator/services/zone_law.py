"""What does a change of zone law do to agreed moments? Every moment to come is read again under the rules of now, once a day and whenever they
are renewed.

Where a group's sentence and its instant have parted, that group is told, once, and nobody else; nothing moves by itself. It keeps the
instant (its sentence is rewritten), or asks whoever proposed the action for another moment. Neither raises the action's revision nor
changes a burden: both are for all partners to see, and would tell them that some zone's law has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator import keys
from coordinator.domain import zones
from coordinator.domain.access import Caller, Right
from coordinator.domain.action import State
from coordinator.domain.moment import Lawless, Parted, Reading, Sentence, Told, read_again
from coordinator.errors import Conflict, NotFound
from coordinator.formats.times import to_ms
from coordinator.store import zone_law as store
from coordinator.store.actions import Invitation, Record, change_invitation, find_record
from coordinator.store.agreed import sentence_columns
from coordinator.store.database import Work
from coordinator.store.zone_law import Agreed

DRIFTED = "zone.drifted"
KEPT = "zone.kept"  # the group keeps the instant: for its other open pages
ASKED = "move.asked"  # to the group that asks, and to the proposer
BATCH_ACTIONS = 50  # in one transaction: others write in between

log = structlog.get_logger(__name__)


# --- reading again --------------------------------------------------------------------------------------------------------


async def plan_reading(work: Work) -> None:
    """Plans the reading at the next midnight UTC, and one at once where the rules of now are other ones. Twice is harmless."""
    read_under = await store.load_rules_version(work.conn)
    if read_under is None:
        return
    if read_under != zones.rules_version():
        await work.plan(keys.JOB_ZONES, zones.rules_version(), {}, work.now)
    midnight = work.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    await work.plan(keys.JOB_ZONES, f"{zones.rules_version()}:{midnight.date()}", {}, midnight)


async def read_moments(work: Work, ref: Mapping[str, Any]) -> None:
    """The job: reads one batch and plans the next one; after the last, tomorrow's."""
    after = await read_batch(work, ref.get("after", ""))
    if after is None:
        await plan_reading(work)
    else:
        await work.plan(keys.JOB_ZONES, f"{zones.rules_version()}:{work.now.isoformat()}:{after}", {"after": after}, work.now)


async def read_batch(work: Work, after: str = "") -> str | None:
    """Reads the moments of the next actions again and tells the groups whose keys have parted since; where to go on, None at the end.

    A process that still has older rules than some moment was read under keeps silent: it would take back what was told.
    """
    if await _is_behind(work):
        log.warning("zones.behind", rules=zones.rules_version())
        return None
    batch = await store.find_batch(work.conn, work.now, after, BATCH_ACTIONS, lock=True)
    for agreed in batch.agreed:
        await _tell(work, agreed, read_again(agreed.sentence, agreed.starts_at))
    return batch.after


async def _is_behind(work: Work) -> bool:
    newest = await store.load_rules_version(work.conn)
    if newest is None:
        return False
    ours, theirs = zones.release_order(zones.rules_version()), zones.release_order(newest)
    if ours > theirs:
        await store.set_rules_version(work.conn, zones.rules_version())
    return ours < theirs


async def _tell(work: Work, agreed: Agreed, reading: Reading) -> None:
    match reading:
        case Parted(now=now) if agreed.told is None or not agreed.told.is_of(reading, agreed.starts_at):
            told = Told(agreed.starts_at, now.utc_offset, now.tzdata)
            await store.put_told(work.conn, agreed.action_id, agreed.group_id, told, work.now)
            work.emit(keys.group_stream(agreed.group_id), DRIFTED, _describe(agreed, now))
        case Parted():
            pass  # told already
        case Lawless(zone_id=zone_id):
            log.error("zones.lacking", zone=zone_id)
        case _ if agreed.told is not None:
            await store.forget_told(work.conn, agreed.action_id, agreed.group_id)


def _describe(agreed: Agreed, now: Sentence) -> dict[str, Any]:
    """Which moment, by which rules. What the clock reads is for the group's pages: rooms hear this too."""
    at_ms = to_ms(agreed.starts_at)
    return {"action": agreed.slug, "revision": agreed.revision, "leg": agreed.leg, "at_ms": at_ms, "tzdata": now.tzdata}


@dataclass(frozen=True, slots=True)
class Drift:
    """A moment to come that reads otherwise than agreed, or cannot be read."""

    agreed: Agreed
    reading: Parted | Lawless


async def find_drifts(conn: AsyncConnection, now: datetime) -> list[Drift]:
    """Every one there is under the rules of now, told or not; for whoever runs the server."""
    found: list[Drift] = []
    after: str | None = ""
    while after is not None:
        batch = await store.find_batch(conn, now, after, BATCH_ACTIONS)
        read = ((agreed, read_again(agreed.sentence, agreed.starts_at)) for agreed in batch.agreed)
        found += [Drift(agreed, reading) for agreed, reading in read if isinstance(reading, Parted | Lawless)]
        after = batch.after
    return found


# --- what the group does --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """What a group whose moment has parted has before it: what its clock will read at the instant, and whether it asked for another moment."""

    now: Sentence
    starts_at: datetime
    asked: bool


def choice_of(record: Record, invited: Invitation, now: datetime) -> Choice | None:
    """The choice of an invited group; None while its keys are together, and once its leg has begun."""
    starts_at = next((part.starts_at for part in record.legs if part.leg == invited.leg), None)
    if record.action.state is not State.CONFIRMED or invited.sentence is None or starts_at is None or starts_at <= now:
        return None
    reading, told = read_again(invited.sentence, starts_at), invited.told
    if not isinstance(reading, Parted):
        return None
    return Choice(reading.now, starts_at, told is not None and told.is_of(reading, starts_at) and told.asked_at is not None)


async def keep_instant(work: Work, caller: Caller, group_id: str, slug: str) -> None:
    """The group keeps the instant: its sentence becomes what its clock will read. Raises NotFound, Conflict `moment_whole`."""
    record, choice = await _load_choice(work, caller, group_id, slug)
    await change_invitation(work.conn, record.action.id, group_id, **sentence_columns(choice.now))
    await store.forget_told(work.conn, record.action.id, group_id)
    _emit(work, record, group_id, KEPT)


async def ask_for_move(work: Work, caller: Caller, group_id: str, slug: str) -> None:
    """The group asks the proposer for another moment; until there is one, this one stands. Raises NotFound, Conflict `moment_whole`."""
    record, choice = await _load_choice(work, caller, group_id, slug)
    told = Told(choice.starts_at, choice.now.utc_offset, choice.now.tzdata, work.now)
    await store.put_told(work.conn, record.action.id, group_id, told, work.now)
    for hearing in {group_id, record.action.group_id}:
        _emit(work, record, hearing, ASKED)


async def _load_choice(work: Work, caller: Caller, group_id: str, slug: str) -> tuple[Record, Choice]:
    caller.require(Right.RESPOND, group_id)
    record = await find_record(work.conn, slug, lock=True)
    invited = None if record is None else record.invited(group_id)
    if record is None or invited is None or (record.action.is_private and record.action.group_id != group_id):
        raise NotFound("action")
    choice = choice_of(record, invited, work.now)
    if choice is None:
        raise Conflict("moment_whole")
    return record, choice


def _emit(work: Work, record: Record, group_id: str, kind: str) -> None:
    """Says which action, and not whose clock: a group that asks may be hidden from the one that hears."""
    work.emit(keys.group_stream(group_id), kind, {"action": record.action.slug, "revision": record.action.revision})
