"""When is a moment agreed to? The consent rule of DESIGN §5."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

THIRDS = {67: (2, 3), 66: (2, 3), 33: (1, 3)}  # percentages that stand for thirds, exactly
LEAST_CONSENTS = 2


class Response(StrEnum):
    """A group's answer. An objection needs a reason and blocks until the group changes it."""

    CONSENT = "consent"
    STAND_ASIDE = "stand_aside"
    OBJECT = "object"


class Outcome(StrEnum):
    """What the answers amount to at an instant."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Tally:
    """How the invited groups have answered."""

    invited: int
    consents: int
    stand_asides: int
    objections: int

    @property
    def answered(self) -> int:
        return self.consents + self.stand_asides + self.objections

    @property
    def complete(self) -> bool:
        """Every invited group has answered."""
        return self.answered == self.invited

    @property
    def least_consents(self) -> int:
        """max(2, ⅓ of the invited), rounded up."""
        return max(LEAST_CONSENTS, -(-self.invited // 3))


def tally(responses: Iterable[Response | None]) -> Tally:
    """Counts answers; None stands for a group that has not answered."""
    answers = list(responses)
    counted = Counter(a for a in answers if a is not None)
    return Tally(len(answers), counted[Response.CONSENT], counted[Response.STAND_ASIDE], counted[Response.OBJECT])


def passes(t: Tally, threshold_percent: int) -> bool:
    """No objection stands, consents ≥ max(2, ⅓ of the invited), consents ≥ threshold × (consents + stand-asides)."""
    share, of = THIRDS.get(threshold_percent, (threshold_percent, 100))
    return t.objections == 0 and t.consents >= t.least_consents and t.consents * of >= share * (t.consents + t.stand_asides)


def could_pass(bearing: int, invited: int, threshold_percent: int) -> bool:
    """Whether it would stand if whoever bears the moment consented and the others stood aside; where nobody is left out, nothing is in its way."""
    return bearing == invited or passes(Tally(invited, bearing, invited - bearing, 0), threshold_percent)


def decide(t: Tally, threshold_percent: int, deadline_at: datetime, now: datetime) -> Outcome:
    """Decided at the deadline, or earlier once every invited group has answered and the rule holds.

    A complete count that does *not* pass stays open until the deadline: an objection blocks until its group changes its answer.
    """
    if passes(t, threshold_percent) and (t.complete or now >= deadline_at):
        return Outcome.CONFIRMED
    return Outcome.LAPSED if now >= deadline_at else Outcome.OPEN
