"""What is the resolver asked about an action, and for whom? A question fed from the database, and who of those in it one reader sees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.action import DEADLINE_BEFORE_START, DEADLINE_LEAST_AHEAD
from coordinator.domain.chosen import RELAY_MOST, wave_range
from coordinator.domain.fairness import CARRIED_QUARTERS, carried
from coordinator.domain.group import Group
from coordinator.domain.listing import Card, Seen
from coordinator.domain.no_go import Span, join_spans
from coordinator.domain.quarters import parse_quarter, quarter_of
from coordinator.domain.question import Invitee, Question
from coordinator.domain.reasons import Reason, explain, seen_by_others
from coordinator.domain.response import could_pass
from coordinator.domain.weighing import weigh
from coordinator.errors import NotFound
from coordinator.services.actions import see_group
from coordinator.services.groups import load_cards, load_groups
from coordinator.services.network import load_network
from coordinator.services.no_go import load_no_go_spans
from coordinator.store.actions import Record, find_record, load_kept

CLOCKS_APART = timedelta(hours=26)  # so far from the quarter may a leg lie that happens in it by its own group's clock


@dataclass(frozen=True, slots=True)
class Search:
    """What one reader looks for: moments of a draft, or of a move. `question` names groups by their id.

    `proposal` is the action's id, `proposer_id` the group whose it is; `bounds` hold the whole quarter, the end exclusive, of which the question
    asks for the rest that leaves time to answer. `threshold_percent` is the network's.
    """

    proposal: str
    proposer_id: str
    question: Question
    bounds: tuple[datetime, datetime]
    cards: Mapping[str, Card]
    caller: Caller
    threshold_percent: int

    def could_stand(self, covered: int) -> bool:
        """Whether a start that so many groups bear could be agreed to, if those alone consented."""
        return could_pass(covered, len(self.question.groups), self.threshold_percent)

    def see(self, group_id: str) -> Seen | None:
        """The group as the reader sees it."""
        return see_group(self.cards, group_id, self.caller)

    def see_all(self, group_ids: Iterable[str]) -> tuple[Seen, ...]:
        """Those of these groups that the reader sees."""
        return tuple(seen for group_id in group_ids if (seen := self.see(group_id)) is not None)

    def knows_no_go(self, group_id: str) -> bool:
        """Whether the reader is one of the group's own people."""
        return self.caller.may(Right.KEEP_NO_GO, group_id)

    def reason(self, group: Invitee, start_at: datetime, burden: int) -> Reason:
        """Why a start costs the group this burden. Whoever may not know its no-go times is not told its other reasons: what is missing would tell."""
        return explain(self.question, group, start_at) if self.knows_no_go(group.name) else seen_by_others(burden)


async def load_search(conn: AsyncConnection, caller: Caller, slug: str, now: datetime, *weighed: datetime) -> Search:
    """The search of a group whose desk the caller reads; `weighed` are starts to be weighed, which may lie outside the quarter.

    Raises NotFound.
    """
    record = await find_record(conn, slug)
    if record is None or not caller.may(Right.READ_DESK, record.action.group_id):
        raise NotFound("action")
    network = await load_network(conn)
    question = await _ask(conn, record, network.zone_id, now, *weighed)
    return Search(
        proposal=record.action.id,
        proposer_id=record.action.group_id,
        question=question,
        bounds=parse_quarter(record.action.quarter).bounds(network.zone_id),
        cards=await load_cards(conn, [group.name for group in question.groups]),
        caller=caller,
        threshold_percent=network.threshold_percent,
    )


async def weigh_groups(
    conn: AsyncConnection, record: Record, starts: Mapping[datetime, Collection[str]], now: datetime
) -> dict[datetime, dict[str, int]]:
    """The burden of these groups at each start, from the clock alone: start → group id → burden. Who left the network has none."""
    question = await _ask(conn, record, (await load_network(conn)).zone_id, now, *starts)
    return {at: _weigh_some(question, at, ids) for at, ids in starts.items()}


def _weigh_some(question: Question, starts_at: datetime, group_ids: Collection[str]) -> dict[str, int]:
    some = replace(question, groups=tuple(group for group in question.groups if group.name in group_ids))
    return {row.name: row.burden for row in weigh(some, starts_at).groups}


async def _ask(conn: AsyncConnection, record: Record, zone_id: str, now: datetime, *weighed: datetime) -> Question:
    """What the resolver is asked; `zone_id` is the network's."""
    current = quarter_of(now, zone_id)
    kept = await load_kept(conn, [current.shifted(-back) for back in range(CARRIED_QUARTERS)], now)
    balance = carried(kept, current)
    required = {i.group_id: i.required for i in record.invitations}
    groups = {g.id: g for g in await load_groups(conn) if g.id in required}
    quarter = parse_quarter(record.action.quarter)
    first, after = quarter.bounds(zone_id)
    start_at, duration = min(max(first, now + DEADLINE_BEFORE_START + DEADLINE_LEAST_AHEAD), after), record.action.duration
    first_at, last_at = min([start_at, *weighed]) - CLOCKS_APART, max([after, *(at + duration for at in weighed)]) + CLOCKS_APART
    no_go = await load_no_go_spans(conn, groups, first_at, last_at)
    return Question(
        start_at=start_at,
        end_at=after,
        duration_minutes=int(duration / timedelta(minutes=1)),
        groups=tuple(
            _invitee(
                groups[group_id], required=needed, carried=balance.get(group_id, 0.0), no_go=join_spans(no_go.get(group_id, ()), duration)
            )
            for group_id, needed in required.items()
            if group_id in groups
        ),
        wall_range=wave_range(quarter, now),
        relay_most=RELAY_MOST,
    )


def _invitee(group: Group, *, required: bool, carried: float, no_go: tuple[Span, ...]) -> Invitee:
    return Invitee(group.id, group.zone_id, group.availability, required, carried, no_go)
