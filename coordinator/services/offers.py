"""What would the best start of each shape cost whom, as one reader may see it?

Of a hidden group that is its alias and its burden, and nothing of its clock (DESIGN §7).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from coordinator.domain.action import Shape
from coordinator.domain.chosen import Chosen, earliest_at
from coordinator.domain.offering import Offer, weigh_choice
from coordinator.domain.question import Invitee, LegRow
from coordinator.services.candidates import WeighedRow, view_row
from coordinator.services.questions import Search
from coordinator.services.searches import Searches, compare


@dataclass(frozen=True, slots=True)
class OfferView:
    """The best start of one shape, as it is put forward, with what it costs whom.

    `covered` groups bear it, and could agree to it by themselves if it `could_stand`.
    `legs` are those that a group follows whose zone the reader sees, in order of time. The instants of a relay stand in `chosen` all the same:
    whoever chooses them must know them, and who follows which is not told. `least`: no relay that includes all who can be has fewer.
    """

    shape: Shape
    chosen: Chosen
    covered: int
    legs: tuple[datetime, ...]
    rows: tuple[WeighedRow, ...]
    least: int | None
    could_stand: bool = True

    @property
    def first_at(self) -> datetime:
        """The first leg that the reader sees, or how early it may be at all where it sees none."""
        return self.legs[0] if self.legs else earliest_at(self.chosen)


async def find_offers(search: Search, searches: Searches) -> tuple[OfferView, ...]:
    """At most one of each shape, in the order of `Shape`; `searches`: the process's own."""
    offers = await searches.run(search.proposal, partial(compare, search.question))
    return tuple(_view(offer, search) for offer in offers)


def weigh_offer(search: Search, chosen: Chosen) -> OfferView:
    """What one given start of any shape would cost every invited group; the search was loaded for it."""
    return _view(weigh_choice(search.question, chosen), search)


def _view(offer: Offer, search: Search) -> OfferView:
    rows = tuple(_view_row(search, group, row) for group, row in zip(search.question.groups, offer.groups, strict=True))
    legs = {row.leg_at for row in rows if row.leg_at is not None}
    could_stand = search.could_stand(offer.covered)
    return OfferView(offer.shape, offer.chosen, offer.covered, tuple(sorted(legs)), rows, offer.least, could_stand)


def _view_row(search: Search, group: Invitee, row: LegRow) -> WeighedRow:
    weighed = view_row(search, group, row, row.leg_at)
    clock_seen = weighed.seen is not None and weighed.seen.zone_id is not None
    return replace(weighed, leg_at=row.leg_at, asked=row.asked) if clock_seen else weighed
