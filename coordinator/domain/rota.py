"""Who holds which duty until when. A custodian's lease carries rights; the other duties carry none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from coordinator.domain.text import read_choice, read_line, read_number, text_of
from coordinator.domain.zones import start_of_day, to_wall_time
from coordinator.errors import Faults, Invalid, problem

LEASE_DEFAULT = timedelta(days=90)
LEASE_LONGEST = timedelta(days=366)
NAG_BEFORE = timedelta(days=14)
ALIAS_CHARS = 40


class Duty(StrEnum):
    """A duty of a group, held by alias."""

    CUSTODIAN = "custodian"
    FACILITATOR = "facilitator"
    NOTE_TAKER = "note_taker"
    SPOKESPERSON = "spokesperson"
    RESEARCHER = "researcher"


SEATS: dict[Duty, int] = {duty: 2 if duty is Duty.SPOKESPERSON else 1 for duty in Duty}


@dataclass(frozen=True, slots=True)
class Lease:
    """One holder of one seat. `accepted_at` is None while a successor has not opened the link yet; `skipped` says why a turn was let pass."""

    id: str
    duty: Duty
    seat: int
    alias: str
    fence: int
    since_at: datetime
    until_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    skipped: str = ""

    def is_live(self, now: datetime) -> bool:
        """Accepted, not ended, not run out: only then do a custodian's rights hold."""
        return self.accepted_at is not None and self.ended_at is None and now < self.until_at

    def is_held(self) -> bool:
        """Somebody holds the seat, even if the lease ran out: a lapsed custodian keeps consent rights."""
        return self.accepted_at is not None and self.ended_at is None

    def is_pending(self, now: datetime) -> bool:
        """Handed over and not accepted yet; an offer whose time has run out is none."""
        return self.accepted_at is None and self.ended_at is None and now < self.until_at

    def wants_handover(self, now: datetime) -> bool:
        """The desk nags from a fortnight before the end on."""
        return self.is_held() and now >= self.until_at - NAG_BEFORE


@dataclass(frozen=True, slots=True)
class Seat:
    """One seat of a duty: who holds it (perhaps past the end of the lease), and to whom it is being handed over."""

    duty: Duty
    seat: int
    holder: Lease | None
    successor: Lease | None


class Nag(StrEnum):
    """What a desk keeps saying about a seat."""

    EMPTY = "empty"  # the custodian's only: the other duties may rest
    ENDING = "ending"
    LAPSED = "lapsed"


def arrange(leases: Iterable[Lease], now: datetime) -> tuple[Seat, ...]:
    """Every seat of a group in the order of the duties, with who holds it; ended leases are left out."""
    open_leases = list(leases)
    return tuple(_seat(duty, seat, open_leases, now) for duty, seats in SEATS.items() for seat in range(1, seats + 1))


def _seat(duty: Duty, number: int, leases: list[Lease], now: datetime) -> Seat:
    mine = sorted((x for x in leases if x.duty is duty and x.seat == number), key=lambda x: x.fence)
    held, pending = [x for x in mine if x.is_held()], [x for x in mine if x.is_pending(now)]
    return Seat(duty, number, held[-1] if held else None, pending[-1] if pending else None)


def nag(seat: Seat, now: datetime) -> Nag | None:
    """What to keep saying about this seat, if anything."""
    if seat.holder is None:
        return Nag.EMPTY if seat.duty is Duty.CUSTODIAN else None
    if now >= seat.holder.until_at:
        return Nag.LAPSED
    return Nag.ENDING if seat.holder.wants_handover(now) else None


# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    """Who is to hold a seat, and until when."""

    alias: str
    until_at: datetime


def read_duty_seat(raw: Mapping[str, object]) -> tuple[Duty, int]:
    """`duty` and `seat` (1 when absent). Problems: choice_unknown, number_malformed, number_out_of_range."""
    faults = Faults()
    duty = faults.read("duty", read_choice, text_of(raw, "duty"), tuple(Duty))
    most = SEATS[Duty(duty)] if duty else max(SEATS.values())
    seat = faults.read("seat", read_number, text_of(raw, "seat") or "1", least=1, most=most)
    faults.check()
    return Duty(duty), seat


def read_turn(raw: Mapping[str, object], zone_id: str, now: datetime) -> Turn:
    """`alias` and `until` (a date of the group's zone, its last day; absent: 90 days). Raises Invalid with every fault."""
    faults = Faults()
    alias = faults.read("alias", read_line, text_of(raw, "alias"), longest=ALIAS_CHARS)
    until_at = faults.read("", read_last_day, text_of(raw, "until"), zone_id, now)
    faults.check()
    return Turn(alias, until_at)


def read_last_day(raw: str, zone_id: str, now: datetime, *, latest_on: date | None = None) -> datetime:
    """The end of the last day of a duty, or of whatever else ends (then `latest_on` bounds it), local midnight.

    Problems: date_malformed, until_past, until_too_late.
    """
    if not raw.strip():
        return now + LEASE_DEFAULT
    try:
        on = date.fromisoformat(raw.strip())
    except ValueError:
        raise Invalid(problem("until", "date_malformed", raw, "2027-02-14")) from None
    today = to_wall_time(now, zone_id).date()
    latest_on = latest_on or today + LEASE_LONGEST
    if on < today:
        raise Invalid(problem("until", "until_past", on, today))
    if on > latest_on:
        raise Invalid(problem("until", "until_too_late", on, latest_on))
    return start_of_day(on + timedelta(days=1), zone_id)


def is_duty_seat(duty: Duty, seat: int) -> bool:
    """Whether that duty has that seat (1, or 2 for spokespeople)."""
    return 1 <= seat <= SEATS[duty]
