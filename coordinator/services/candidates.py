"""Which moments could an action have, and what would each cost every group? The resolver, fed from the database and shown by listing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.action import DEADLINE_BEFORE_START, DEADLINE_LEAST_AHEAD
from coordinator.domain.burden import BURDEN_NOT_BORNE, SUITS_UP_TO
from coordinator.domain.chosen import RELAY_MOST, wave_range
from coordinator.domain.fairness import CARRIED_QUARTERS, carried
from coordinator.domain.group import Group
from coordinator.domain.listing import Card, Seen
from coordinator.domain.no_go import Span, join_spans
from coordinator.domain.quarters import parse_quarter, quarter_of
from coordinator.domain.question import Candidate, Concession, Invitee, Question
from coordinator.domain.reasons import Reason, explain, seen_by_others
from coordinator.domain.weighing import weigh
from coordinator.errors import NotFound
from coordinator.services.actions import see_group
from coordinator.services.groups import load_cards, load_groups
from coordinator.services.network import load_network
from coordinator.services.no_go import load_no_go_spans
from coordinator.services.offers import OfferView, view_offer
from coordinator.services.searches import Findings, Searches, compare, find
from coordinator.store.actions import Record, find_record, load_kept

CLOCKS_APART = timedelta(hours=26)  # so far from the quarter may a leg lie that happens in it by its own group's clock


@dataclass(frozen=True, slots=True)
class WeighedRow:
    """What one start means to one group, for one reader. A group that the reader does not see has `seen` None and only counts.

    `reason` is the whole one for the group's own people, and for others what its burden says.
    """

    seen: Seen | None
    required: bool
    burden: int
    carried: float
    carried_after: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class CandidateView:
    """One start with what it costs whom; `covered` groups bear it."""

    starts_at: datetime
    covered: int
    rows: tuple[WeighedRow, ...]

    def count(self, *burdens: int) -> int:
        """How many groups have one of these burdens."""
        return sum(row.burden in burdens for row in self.rows)


@dataclass(frozen=True, slots=True)
class Board:
    """The candidates of a draft or a move, best first, and what the whole quarter offers.

    `suiting` is how many starts suit every group, `max_cover` the most groups one start suits, `missing` whom that one leaves out.
    `help` is None when some start suits everybody, and when there is none to begin with.
    """

    candidates: tuple[CandidateView, ...]
    invited: int
    suiting: int
    max_cover: int
    missing: tuple[Seen, ...]
    help: Help | None


@dataclass(frozen=True, slots=True)
class Help:
    """What stands in the way of a moment for all, and what would help, for one reader.

    `conflict`: groups that share no start, though any of them left out the others do. `asked`: who of those missing at `fullest_at`, the
    fullest start, bears it at the least cost. Of another group nothing is said that its burden does not say already: neither its
    windows nor what it might change. `own`: the least that the reader's own group could change; None also for guests at its desk.
    """

    fullest_at: datetime
    conflict: tuple[Seen, ...]
    asked: Seen | None
    own: Concession | None


async def load_board(conn: AsyncConnection, caller: Caller, slug: str, now: datetime, searches: Searches | None = None) -> Board:
    """Resolves the action's quarter (the rest of it that leaves time to answer) for its invited groups. `searches`: the process's own."""
    record = await _load_own(conn, caller, slug)
    question = await _ask(conn, record, now)
    own_id = record.action.group_id if caller.may(Right.KEEP_NO_GO, record.action.group_id) else None
    found = await (searches or Searches()).run(record.action.id, partial(find, question, own_id))
    cards = await load_cards(conn, [g.name for g in question.groups])
    return Board(
        candidates=tuple(_view(c, question, cards, caller) for c in found.answer.candidates),
        invited=len(question.groups),
        suiting=found.answer.count,
        max_cover=found.answer.max_cover,
        missing=_see_all(cards, found.answer.missing, caller),
        help=_see_help(found, question, cards, caller),
    )


async def load_offering(
    conn: AsyncConnection, caller: Caller, slug: str, now: datetime, searches: Searches | None = None
) -> tuple[OfferView, ...]:
    """What the best start of each shape would cost every invited group: at most one of each, in the order of `Shape`. `searches`: as above."""
    record = await _load_own(conn, caller, slug)
    question = await _ask(conn, record, now)
    offering = await (searches or Searches()).run(record.action.id, partial(compare, question))
    cards = await load_cards(conn, [g.name for g in question.groups])

    def see(group_id: str) -> Seen | None:
        return see_group(cards, group_id, caller)

    def give_reason(group: Invitee, start_at: datetime, burden: int) -> Reason:
        return _reason(question, group, start_at, burden, caller)

    return tuple(view_offer(offer, question, see, give_reason) for offer in offering.offers)


def _see_all(cards: Mapping[str, Card], group_ids: Iterable[str], caller: Caller) -> tuple[Seen, ...]:
    seen = (see_group(cards, group_id, caller) for group_id in group_ids)
    return tuple(one for one in seen if one is not None)


def _see_help(found: Findings, question: Question, cards: Mapping[str, Card], caller: Caller) -> Help | None:
    answer = found.answer
    if answer.fullest_at is None or answer.feasible:
        return None
    asked = _least_asked(question, answer.fullest_at)
    return Help(
        fullest_at=answer.fullest_at,
        conflict=_see_all(cards, answer.conflict, caller),
        asked=None if asked is None else see_group(cards, asked, caller),
        own=found.own,
    )


def _least_asked(question: Question, start_at: datetime) -> str | None:
    """Who of those whom a start does not suit bears it at the least cost, by what it would have carried then; None when nobody does."""
    bearing = [row for row in weigh(question, start_at).groups if SUITS_UP_TO < row.burden < BURDEN_NOT_BORNE]
    return min(bearing, key=lambda row: (row.burden, row.carried_after)).name if bearing else None


async def load_question(conn: AsyncConnection, caller: Caller, slug: str, now: datetime) -> Question:
    """What the resolver is asked for a draft or a move of a group whose desk the caller reads. Groups are named by their id."""
    return await _ask(conn, await _load_own(conn, caller, slug), now)


async def load_weighed(conn: AsyncConnection, caller: Caller, slug: str, starts_at: datetime, now: datetime) -> CandidateView:
    """What one given start would cost every invited group."""
    record = await _load_own(conn, caller, slug)
    question = await _ask(conn, record, now, starts_at)
    cards = await load_cards(conn, [g.name for g in question.groups])
    return _view(weigh(question, starts_at), question, cards, caller)


async def weigh_groups(
    conn: AsyncConnection, record: Record, starts: Mapping[datetime, Collection[str]], now: datetime
) -> dict[datetime, dict[str, int]]:
    """The burden of these groups at each start, from the clock alone: start → group id → burden. Who left the network has none."""
    question = await _ask(conn, record, now, *starts)
    return {at: _weigh_some(question, at, ids) for at, ids in starts.items()}


def _weigh_some(question: Question, starts_at: datetime, group_ids: Collection[str]) -> dict[str, int]:
    some = replace(question, groups=tuple(group for group in question.groups if group.name in group_ids))
    return {row.name: row.burden for row in weigh(some, starts_at).groups}


async def _load_own(conn: AsyncConnection, caller: Caller, slug: str) -> Record:
    record = await find_record(conn, slug)
    if record is None or not caller.may(Right.READ_DESK, record.action.group_id):
        raise NotFound("action")
    return record


async def _ask(conn: AsyncConnection, record: Record, now: datetime, *weighed: datetime) -> Question:
    """What the resolver is asked; `weighed` are starts to be weighed, which may lie outside the quarter."""
    network = await load_network(conn)
    current = quarter_of(now, network.zone_id)
    kept = await load_kept(conn, [current.shifted(-back) for back in range(CARRIED_QUARTERS)], now)
    balance = carried(kept, current)
    required = {i.group_id: i.required for i in record.invitations}
    groups = {g.id: g for g in await load_groups(conn) if g.id in required}
    quarter = parse_quarter(record.action.quarter)
    first, after = quarter.bounds(network.zone_id)
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


def _view(candidate: Candidate, question: Question, cards: Mapping[str, Card], caller: Caller) -> CandidateView:
    rows = tuple(
        WeighedRow(
            seen=see_group(cards, group.name, caller),
            required=group.required,
            burden=row.burden,
            carried=group.carried,
            carried_after=row.carried_after,
            reason=_reason(question, group, candidate.start_at, row.burden, caller),
        )
        for group, row in zip(question.groups, candidate.groups, strict=True)
    )
    return CandidateView(candidate.start_at, candidate.covered, rows)


def _reason(question: Question, group: Invitee, start_at: datetime, burden: int, caller: Caller) -> Reason:
    """Whoever may not know a group's no-go times is not told its other reasons either: what is missing among them would tell."""
    return explain(question, group, start_at) if caller.may(Right.KEEP_NO_GO, group.name) else seen_by_others(burden)
