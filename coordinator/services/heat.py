"""How many groups could meet at each hour of a draft's quarter, for one reader?

Groups whose zone the reader may not know are left out of every count: of two groups, the hours of the one would be those of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from coordinator.domain.heat import Heat, find_heat
from coordinator.domain.zones import to_wall_time
from coordinator.services.questions import Search
from coordinator.services.searches import Searches

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class HeatBoard:
    """The heat of a quarter, and how many of the invited are not counted in it."""

    heat: Heat
    uncounted: int


async def find_heat_board(search: Search, zone_id: str, searches: Searches) -> HeatBoard:
    """The hours of the search's whole quarter on the clock of `zone_id`; `searches`: the process's own."""
    groups = search.question.groups
    counted = tuple(group for group in groups if (seen := search.see(group.name)) is not None and seen.zone_id is not None)
    first_at, end_at = search.bounds
    bounds = to_wall_time(first_at, zone_id).date(), to_wall_time(end_at - INSTANT, zone_id).date()
    question = replace(search.question, groups=counted)
    heat = await searches.run(search.proposal, lambda _unwanted: find_heat(question, zone_id, bounds))
    return HeatBoard(heat, len(groups) - len(counted))
