"""Who holds which duty until when. A custodian's lease carries rights; the other duties carry none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from coordinator.errors import Faults

LEASE_DEFAULT = timedelta(days=90)
LEASE_LONGEST = timedelta(days=366)
NAG_BEFORE = timedelta(days=14)


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
    """One holder of one seat. `accepted_at` is None while a successor has not opened the link yet."""

    id: str
    duty: Duty
    seat: int
    alias: str
    fence: int
    since_at: datetime
    until_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        """Accepted, not ended, not run out: only then do a custodian's rights hold."""
        return self.accepted_at is not None and self.ended_at is None and now < self.until_at

    def is_held(self) -> bool:
        """Somebody holds the seat, even if the lease ran out: a lapsed custodian keeps consent rights."""
        return self.accepted_at is not None and self.ended_at is None

    def wants_handover(self, now: datetime) -> bool:
        """The desk nags from a fortnight before the end on."""
        return self.is_held() and now >= self.until_at - NAG_BEFORE


def read_until(until_at: datetime, now: datetime) -> datetime:
    """When a duty ends: in the future, within a year. Problems: until_past, until_too_late (the remedy names the latest day)."""
    faults = Faults()
    if until_at <= now:
        faults.add("until", "until_past", until_at.date(), (now + timedelta(days=1)).date())
    if until_at > now + LEASE_LONGEST:
        faults.add("until", "until_too_late", until_at.date(), (now + LEASE_LONGEST).date())
    faults.check()
    return until_at


def is_duty_seat(duty: Duty, seat: int) -> bool:
    """Whether that duty has that seat (1, or 2 for spokespeople)."""
    return 1 <= seat <= SEATS[duty]
