"""How many groups could meet at each hour of a draft's quarter, for one reader?

Groups whose zone the reader may not know are left out of every count: of two groups, the hours of the one would be those of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller
from coordinator.domain.heat import Heat, find_heat
from coordinator.domain.quarters import parse_quarter
from coordinator.domain.zones import to_wall_time
from coordinator.services.actions import ActionView, see_group
from coordinator.services.candidates import load_question
from coordinator.services.groups import load_cards
from coordinator.services.network import load_network
from coordinator.services.searches import Searches

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class HeatBoard:
    """The heat of a quarter, and how many of the invited are not counted in it."""

    heat: Heat
    uncounted: int


async def load_heat(
    conn: AsyncConnection, caller: Caller, action: ActionView, zone_id: str, now: datetime, *, searches: Searches
) -> HeatBoard:
    """The hours of the action's quarter on the clock of `zone_id`; `searches`: the process's own. Raises NotFound as `load_board` does."""
    question = await load_question(conn, caller, action.slug, now)
    cards = await load_cards(conn, [group.name for group in question.groups])
    seen = {group.name: see_group(cards, group.name, caller) for group in question.groups}
    counted = tuple(group for group in question.groups if (one := seen[group.name]) is not None and one.zone_id is not None)
    first_at, end_at = parse_quarter(action.quarter).bounds((await load_network(conn)).zone_id)
    bounds = to_wall_time(first_at, zone_id).date(), to_wall_time(end_at - INSTANT, zone_id).date()
    heat = await searches.run(action.action_id, lambda _unwanted: find_heat(replace(question, groups=counted), zone_id, bounds))
    return HeatBoard(heat, len(question.groups) - len(counted))
