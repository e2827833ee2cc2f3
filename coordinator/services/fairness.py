"""Who paid for the moments of the last eight quarters? The balance that steers the ranking, as one partner may see it, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.balance import last_quarters
from coordinator.domain.fairness import KeptAction, carried
from coordinator.domain.group import card
from coordinator.domain.listing import Seen
from coordinator.domain.quarters import Quarter, quarter_of
from coordinator.services.actions import see_group
from coordinator.services.groups import load_groups
from coordinator.services.legs import standing_at
from coordinator.services.network import load_network
from coordinator.store.actions import Action, find_records, load_kept, with_ids


@dataclass(frozen=True, slots=True)
class KeptView:
    """An action that was kept: its public name, and the mean burden over the groups it invited."""

    slug: str
    title: str
    language: str
    quarter: Quarter
    mean: float


@dataclass(frozen=True, slots=True)
class Account:
    """One group for one reader. `burdens`: one for each kept action, None where it was not invited; `carried`: their sum less the means."""

    seen: Seen
    burdens: tuple[int | None, ...]
    carried: float


@dataclass(frozen=True, slots=True)
class Fairness:
    """The accounts of every group that is still here, whoever carries most first; `kept` is ordered by quarter, then by start."""

    quarters: tuple[Quarter, ...]
    kept: tuple[KeptView, ...]
    accounts: tuple[Account, ...]

    def of(self, group_id: str) -> Account | None:
        """The account of this group; None where the reader may not see which one it is."""
        return next((each for each in self.accounts if each.seen.group_id == group_id), None)


async def load_fairness(conn: AsyncConnection, caller: Caller, now: datetime) -> Fairness:
    """The balance of the last eight quarters for this partner. The right is READ_PARTNERS."""
    caller.require(Right.READ_PARTNERS)
    current = quarter_of(now, (await load_network(conn)).zone_id)
    quarters = last_quarters(current)
    kept = {each.action_id: each for each in await load_kept(conn, quarters, now)}
    views = await _view_kept(conn, kept)
    balance = carried(kept.values(), current)
    cards = {group.id: card(group) for group in await load_groups(conn)}
    accounts = [
        Account(seen, tuple(kept[action_id].burdens.get(group_id) for action_id in views), balance.get(group_id, 0.0))
        for group_id in sorted(cards)  # by id, which is random: of equals nobody is first for what they are called or where they live
        if (seen := see_group(cards, group_id, caller)) is not None
    ]
    return Fairness(quarters, tuple(views.values()), tuple(sorted(accounts, key=lambda each: -each.carried)))


async def _view_kept(conn: AsyncConnection, kept: Mapping[str, KeptAction]) -> dict[str, KeptView]:
    """What is said of each kept action, by its id, in the order of the page."""
    records = await find_records(conn, with_ids(kept))
    return {
        record.action.id: _view(record.action, kept[record.action.id])
        for record in sorted(records, key=lambda each: (each.action.quarter, standing_at(each) or min(each.starts)))
    }


def _view(action: Action, kept: KeptAction) -> KeptView:
    return KeptView(action.slug, action.title, action.language, kept.quarter, sum(kept.burdens.values()) / len(kept.burdens))
