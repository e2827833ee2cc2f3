"""Mirror balance: how often each group told and was mirrored, as one partner may see the others, and whom to ask next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.balance import Heard, Proposed, Turned, last_quarters, propose_next, weigh
from coordinator.domain.group import card
from coordinator.domain.listing import Seen
from coordinator.domain.quarters import Quarter, parse_quarter, quarter_of
from coordinator.services.actions import see_group
from coordinator.services.groups import load_groups
from coordinator.services.network import load_network
from coordinator.store.balance import find_mirrorings, find_tellings


@dataclass(frozen=True, slots=True)
class HeardView:
    """One group's part for one reader: a group that hides is seen by its alias, without place and zone."""

    seen: Seen
    heard: Heard


@dataclass(frozen=True, slots=True)
class Balance:
    """Every group of the network for one reader, in an order that tells nothing; and which of them is proposed, and why.

    `proposed` names one of `rows` by its place in them; None only in a network without groups.
    """

    quarters: tuple[Quarter, ...]
    rows: tuple[HeardView, ...]
    proposed: Proposed | None

    @property
    def next(self) -> HeardView | None:
        """The row of the group that is proposed."""
        return next((row for row in self.rows if self.proposed and row.heard.group_id == self.proposed.group_id), None)


async def load_balance(conn: AsyncConnection, caller: Caller, now: datetime) -> Balance:
    """The balance of the last eight quarters for this partner. The right is READ_PARTNERS."""
    caller.require(Right.READ_PARTNERS)
    zone_id = (await load_network(conn)).zone_id
    current = quarter_of(now, zone_id)
    quarters = last_quarters(current)
    cards = {group.id: card(group) for group in await load_groups(conn)}
    told = [Turned(group_id, at, parse_quarter(quarter)) for group_id, at, quarter in await find_tellings(conn)]
    since_at = quarters[0].bounds(zone_id)[0]
    mirrored = [Turned(group_id, at, quarter_of(at, zone_id)) for group_id, at in await find_mirrorings(conn, since_at)]
    # by id, which is random: of equals nobody is first for what they are called or where they live
    heard = weigh(sorted(cards), told, mirrored, current)
    rows = tuple(HeardView(seen, each) for each in heard if (seen := see_group(cards, each.group_id, caller)) is not None)
    return Balance(quarters, rows, propose_next(heard))
