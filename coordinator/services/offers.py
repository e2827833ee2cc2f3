"""What may one reader see of the start that a shape offers? (DESIGN §7: of a hidden group alias, answer and burden, and nothing of its clock)"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from coordinator.domain.action import Shape
from coordinator.domain.chosen import Chosen, earliest_at
from coordinator.domain.listing import Seen
from coordinator.domain.offering import Offer
from coordinator.domain.question import Asked, Invitee, LegRow, Question
from coordinator.domain.reasons import Reason

GiveReason = Callable[[Invitee, datetime, int], Reason]


@dataclass(frozen=True, slots=True)
class OfferRow:
    """What an offer means to one group, for one reader: without its leg, and what its clock does then, where the zone is not seen.

    `reason` is the whole one for the group's own people, and for others what its burden says.
    """

    seen: Seen | None
    required: bool
    burden: int
    carried: float
    carried_after: float
    leg_at: datetime | None
    asked: Asked | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class OfferView:
    """The best start of one shape, as it is put forward, with what it costs whom; `covered` groups bear it.

    `legs` are those that a group follows whose zone the reader sees, in order of time. The instants of a relay stand in `chosen` all the same:
    whoever chooses them must know them, and who follows which is not told. `least`: no relay that includes all who can be has fewer.
    """

    shape: Shape
    chosen: Chosen
    covered: int
    legs: tuple[datetime, ...]
    rows: tuple[OfferRow, ...]
    least: int | None

    @property
    def first_at(self) -> datetime:
        """The first leg that the reader sees, or how early it may be at all where it sees none."""
        return self.legs[0] if self.legs else earliest_at(self.chosen)

    def count(self, *burdens: int) -> int:
        """How many groups have one of these burdens."""
        return sum(row.burden in burdens for row in self.rows)


def view_offer(offer: Offer, question: Question, see: Callable[[str], Seen | None], give_reason: GiveReason) -> OfferView:
    """The offer for one reader; `see`: what that reader sees of a group, by its id; `give_reason`: why a start costs it a burden."""
    pairs = zip(question.groups, offer.groups, strict=True)
    rows = tuple(_view_row(group, row, see(group.name), give_reason(group, row.leg_at, row.burden)) for group, row in pairs)
    legs = {row.leg_at for row in rows if row.leg_at is not None}
    return OfferView(offer.shape, offer.chosen, offer.covered, tuple(sorted(legs)), rows, offer.least)


def _view_row(group: Invitee, row: LegRow, seen: Seen | None, reason: Reason) -> OfferRow:
    clock_seen = seen is not None and seen.zone_id is not None
    return OfferRow(
        seen,
        group.required,
        row.burden,
        group.carried,
        row.carried_after,
        row.leg_at if clock_seen else None,
        row.asked if clock_seen else None,
        reason,
    )
