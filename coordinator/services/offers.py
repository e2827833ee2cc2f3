"""What may one reader see of the start that a shape offers? (DESIGN §7: of a hidden group alias, answer and burden, and nothing of its clock)"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from coordinator.domain.action import Shape
from coordinator.domain.chosen import Chosen
from coordinator.domain.listing import Seen
from coordinator.domain.offering import Offer
from coordinator.domain.question import Asked, Invitee, LegRow, Question


@dataclass(frozen=True, slots=True)
class OfferRow:
    """What an offer means to one group, for one reader: without its leg, and what its clock does then, where the zone is not seen."""

    seen: Seen | None
    required: bool
    burden: int
    carried: float
    carried_after: float
    leg_at: datetime | None
    asked: Asked | None


@dataclass(frozen=True, slots=True)
class OfferView:
    """The best start of one shape, as it is put forward, with what it costs whom; `covered` groups bear it.

    `legs` are those that a group follows whose zone the reader sees, in order of time. The instants of a relay stand in `chosen` all the same:
    whoever chooses them must know them, and who follows which is not told.
    """

    shape: Shape
    chosen: Chosen
    covered: int
    legs: tuple[datetime, ...]
    rows: tuple[OfferRow, ...]

    def count(self, *burdens: int) -> int:
        """How many groups have one of these burdens."""
        return sum(row.burden in burdens for row in self.rows)


def view_offer(offer: Offer, question: Question, see: Callable[[str], Seen | None]) -> OfferView:
    """The offer for one reader; `see`: what that reader sees of a group, by its id."""
    rows = tuple(_view_row(group, row, see(group.name)) for group, row in zip(question.groups, offer.groups, strict=True))
    legs = {row.leg_at for row in rows if row.leg_at is not None}
    return OfferView(offer.shape, offer.chosen, offer.covered, tuple(sorted(legs)), rows)


def _view_row(group: Invitee, row: LegRow, seen: Seen | None) -> OfferRow:
    clock_seen = seen is not None and seen.zone_id is not None
    return OfferRow(
        seen,
        group.required,
        row.burden,
        group.carried,
        row.carried_after,
        row.leg_at if clock_seen else None,
        row.asked if clock_seen else None,
    )
