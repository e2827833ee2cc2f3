"""A group's rota: take a duty, give it back, hand custodianship over; the research goes round. By alias; only the custodian's carries a right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.research import ROTATES_FOR, Waiting, read_hand_on, read_skip, rotation, same_alias, skipped_turn
from coordinator.domain.rota import Duty, Lease, Nag, Seat, Turn, arrange, nag, read_duty_seat, read_turn
from coordinator.domain.text import NAME_CHARS, read_line, text_of
from coordinator.errors import Conflict, Faults, Invalid, problem
from coordinator.services.custody import ENDED, HELD, offer_custody, tell_of_lease
from coordinator.services.groups import load_group
from coordinator.services.issue import MadeLink
from coordinator.store import rota as store
from coordinator.store.database import Work
from coordinator.store.ids import new_row_id


@dataclass(frozen=True, slots=True)
class Nagging:
    """What a group's desk keeps saying, and about which seat."""

    nag: Nag
    seat: Seat


async def load_rota(conn: AsyncConnection, group_id: str, now: datetime) -> tuple[Seat, ...]:
    """Every seat of the group, the custodian's first, with its holder and a successor who has not accepted yet."""
    return arrange(await store.find_open_leases(conn, group_id), now)


async def load_custodians(conn: AsyncConnection, caller: Caller, now: datetime) -> dict[str, Seat]:
    """Group id → the custodian's seat, of every group that has had one offered or taken; for stewards."""
    caller.require(Right.STEER)
    leases: dict[str, list[Lease]] = {}
    for group_id, lease in await store.find_open_leases_of_all(conn, Duty.CUSTODIAN):
        leases.setdefault(group_id, []).append(lease)
    return {group_id: arrange(held, now)[0] for group_id, held in leases.items()}


def nags(seats: tuple[Seat, ...], now: datetime) -> tuple[Nagging, ...]:
    """What to keep saying about these seats, in their order."""
    return tuple(Nagging(said, seat) for seat in seats if (said := nag(seat, now)) is not None)


async def take_duty(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object]) -> Lease:
    """Takes a free seat, or one whose turn is over: duty, seat, alias, until. Raises Invalid with every fault.

    Conflicts: `duty_taken`, and `custody_by_handover`, since the custodian's seat carries rights.
    """
    caller.require(Right.TAKE_DUTY, group_id)
    duty, seat, turn = await _read(work, group_id, raw)
    _refuse_custody(duty)
    before = await _find_holders(work, group_id, duty, seat)
    if any(lease.is_live(work.now) for lease in before):
        raise Conflict("duty_taken")
    await _end(work, group_id, before)
    fence = await store.load_next_fence(work.conn, group_id, duty, seat)
    lease = Lease(new_row_id(), duty, seat, turn.alias, fence, work.now, turn.until_at, work.now, None)
    await store.insert_lease(work.conn, group_id, lease)
    tell_of_lease(work, group_id, lease, HELD)
    return lease


async def give_back(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object]) -> None:
    """Frees a seat: duty, seat. Giving back what nobody holds changes nothing. Conflict `custody_by_handover`."""
    caller.require(Right.TAKE_DUTY, group_id)
    duty, seat = read_duty_seat(raw)
    _refuse_custody(duty)
    await _end(work, group_id, await _find_holders(work, group_id, duty, seat))


async def hand_over(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object]) -> MadeLink:
    """Offers the custodianship to a successor (alias, until, label) by a link shown once; it passes when the successor opens it."""
    caller.require(Right.HAND_OVER, group_id)
    zone_id = (await load_group(work.conn, group_id)).zone_id
    faults = Faults()
    turn = faults.read("", read_turn, raw, zone_id, work.now)
    label = faults.read("label", read_line, text_of(raw, "label"), longest=NAME_CHARS, required=False)
    faults.check()
    return await offer_custody(work, group_id, turn, label)


# --- research, which goes round -------------------------------------------------------------------------------------------

ONLY_SEAT = 1


async def load_rotation(conn: AsyncConnection, group_id: str, now: datetime) -> tuple[Waiting, ...]:
    """Whose turn the mirror research is next, and who follows; empty when nobody but the present holder has had it."""
    turns = await store.find_turns(conn, group_id, Duty.RESEARCHER, now - ROTATES_FOR)
    (seat,) = (seat for seat in arrange(turns, now) if seat.duty is Duty.RESEARCHER)
    return rotation(turns, seat.holder, now)


async def next_researcher(conn: AsyncConnection, group_id: str, now: datetime) -> str:
    """The alias of whoever researches next; empty when nobody is in the rotation."""
    return next((waiting.alias for waiting in await load_rotation(conn, group_id, now)), "")


async def hand_on_research(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object]) -> Lease:
    """Ends the present turn, if any, and begins the next one's, or that of the `alias` given, until `until`.

    Raises Invalid with every fault: `missing` when no alias is given and nobody is in the rotation, `turn_is_theirs`.
    """
    caller.require(Right.TAKE_DUTY, group_id)
    passing = read_hand_on(raw, (await load_group(work.conn, group_id)).zone_id, work.now)
    before = await _find_holders(work, group_id, Duty.RESEARCHER, ONLY_SEAT)
    alias = passing.alias or await next_researcher(work.conn, group_id, work.now)
    if not alias:
        raise Invalid(problem("alias", "missing"))
    if any(lease.is_live(work.now) and same_alias(lease.alias) == same_alias(alias) for lease in before):
        raise Invalid(problem("alias", "turn_is_theirs", alias))
    await _end(work, group_id, before)
    fence = await store.load_next_fence(work.conn, group_id, Duty.RESEARCHER, ONLY_SEAT)
    lease = Lease(new_row_id(), Duty.RESEARCHER, ONLY_SEAT, alias, fence, work.now, passing.until_at, work.now, None)
    await store.insert_lease(work.conn, group_id, lease)
    tell_of_lease(work, group_id, lease, HELD)
    return lease


async def skip_research(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object]) -> Lease:
    """Lets the next turn pass, with a `reason`: whoever follows moves up. Raises Invalid with every fault.

    Conflicts: `nobody_waits`, and `turn_moved_on` when `raw` names an `alias` whose turn it is not (any more): two who skip the same turn
    at once skip one.
    """
    caller.require(Right.TAKE_DUTY, group_id)
    skip = read_skip(raw)
    await _find_holders(work, group_id, Duty.RESEARCHER, ONLY_SEAT)  # locks them, so that two take turns
    alias = await next_researcher(work.conn, group_id, work.now)
    if not alias:
        raise Conflict("nobody_waits")
    if skip.alias and same_alias(skip.alias) != same_alias(alias):
        raise Conflict("turn_moved_on")
    fence = await store.load_next_fence(work.conn, group_id, Duty.RESEARCHER, ONLY_SEAT)
    lease = skipped_turn(alias, skip.reason, lease_id=new_row_id(), fence=fence, now=work.now)
    await store.insert_lease(work.conn, group_id, lease)
    tell_of_lease(work, group_id, lease, ENDED)
    return lease


# --- parts ----------------------------------------------------------------------------------------------------------------


async def _read(work: Work, group_id: str, raw: Mapping[str, object]) -> tuple[Duty, int, Turn]:
    zone_id = (await load_group(work.conn, group_id)).zone_id
    faults = Faults()
    duty_seat = faults.read("", read_duty_seat, raw)
    turn = faults.read("", read_turn, raw, zone_id, work.now)
    faults.check()
    return (*duty_seat, turn)


def _refuse_custody(duty: Duty) -> None:
    if duty is Duty.CUSTODIAN:
        raise Conflict("custody_by_handover")


async def _find_holders(work: Work, group_id: str, duty: Duty, seat: int) -> list[Lease]:
    leases = await store.find_open_leases(work.conn, group_id, lock=True)
    return [lease for lease in leases if lease.duty is duty and lease.seat == seat]


async def _end(work: Work, group_id: str, leases: list[Lease]) -> None:
    await store.end_leases(work.conn, [lease.id for lease in leases], work.now)
    for lease in leases:
        tell_of_lease(work, group_id, lease, ENDED)
