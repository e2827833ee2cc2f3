"""Which few instants include every group, when each follows one of them? (shape `relay`, docs/resolve.md)

Greedy set cover over the starts of the range; unlike the resolver of instants it keeps every group's burden at every start, a byte each.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.burden import BURDEN_NOT_BORNE, SUITS_UP_TO, Burdens
from coordinator.domain.concession import find_concession
from coordinator.domain.cover import burdens_at_starts
from coordinator.domain.fairness import carried_after
from coordinator.domain.question import Concession, LegRow, Question
from coordinator.domain.resolver import runs, slots_apart
from coordinator.domain.starts import Grid, ZonePieces, minutes_of, zone_pieces
from coordinator.domain.suiting import Field
from coordinator.domain.weighing import rows_at

Relay = tuple[int, ...]  # indices of its starts, in order


@dataclass(frozen=True, slots=True)
class RelayCandidate:
    """Instants in order of time, seen by what groups *bear*; each row tells the instant that its group follows."""

    starts: tuple[datetime, ...]
    covered: int
    missing: tuple[str, ...]
    groups: tuple[LegRow, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """No relay that includes all who can be has fewer than `least` instants; the best one found has at most `factor` × the fewest."""

    least: int
    factor: float


@dataclass(frozen=True, slots=True)
class RelayAnswer:
    """What `resolve_relay` found. `ranges` and `count`: the single starts that suit every group. `missing`: whom no start suits,
    `max_cover`: how many the others are. `bound` is None when nobody bears any start. `conflict`: the first of those missing, alone, since a relay
    asks nobody to share a start; `concession`: the smallest change that gives one of them a start. Both are empty as in `question.Answer`.
    """

    feasible: bool
    ranges: tuple[tuple[datetime, datetime], ...]
    count: int
    max_cover: int
    missing: tuple[str, ...]
    candidates: tuple[RelayCandidate, ...]
    bound: Bound | None
    conflict: tuple[str, ...] = ()
    concession: Concession | None = None


def resolve_relay(question: Question) -> RelayAnswer:
    """The exact answer by the greedy definition; like `resolve` it never fails. Memory: groups × starts bytes."""
    grid = Grid.of(question)
    if not grid.count:
        return RelayAnswer(False, (), 0, 0, tuple(g.name for g in question.groups), (), None)
    pieces = zone_pieces(question.groups, grid.first, grid.end)
    burdens = burdens_at_starts(question, grid, pieces)
    suiting = np.flatnonzero((burdens <= SUITS_UP_TO).all(axis=0))
    unsuited = [group for group, own in zip(question.groups, burdens, strict=True) if own.min() > SUITS_UP_TO]
    return RelayAnswer(
        feasible=not unsuited,
        ranges=tuple((grid.start_at(first), grid.start_at(last)) for first, last in runs(suiting)),
        count=int(suiting.size),
        max_cover=len(question.groups) - len(unsuited),
        missing=tuple(group.name for group in unsuited),
        candidates=_weigh_all(question, grid, pieces, burdens),
        bound=_bound(burdens),
        conflict=tuple(group.name for group in unsuited[:1]),
        concession=find_concession(Field.of(question, grid, pieces), np.arange(grid.count), unsuited) if unsuited else None,
    )


def find_relays(question: Question) -> tuple[tuple[RelayCandidate, ...], Bound | None]:
    """The `candidates` and the `bound` of `resolve_relay` alone: nothing is explained, so it takes a fraction of the time."""
    grid = Grid.of(question)
    if not grid.count:
        return (), None
    pieces = zone_pieces(question.groups, grid.first, grid.end)
    burdens = burdens_at_starts(question, grid, pieces)
    return _weigh_all(question, grid, pieces, burdens), _bound(burdens)


def weigh_relay(question: Question, instants: Sequence[datetime]) -> RelayCandidate:
    """What a relay of these instants, one or more, means to every group; they may lie outside the range and between slots."""
    first, last = min(instants), max(instants)
    pieces = zone_pieces(question.groups, minutes_of(first, 0)[0], minutes_of(last, question.duration_minutes)[1])
    return _weigh(question, sorted(set(instants)), pieces)


def _bound(burdens: Burdens) -> Bound | None:
    bears = burdens < BURDEN_NOT_BORNE
    most = int(bears.sum(axis=0).max())
    if not most:
        return None
    return Bound(-(-int(bears.any(axis=1).sum()) // most), math.fsum(1 / k for k in range(1, most + 1)))


# --- the search ----------------------------------------------------------------------------------------------------------


def _search(question: Question, burdens: Burdens) -> list[Relay]:
    """Up to `limit` relays that differ, best first."""
    choice = _Choice(question, burdens)
    apart = slots_apart(question)
    free = np.arange(burdens.shape[1])
    found: dict[Relay, tuple[float, ...]] = {}
    for _ in range(question.limit):
        if not free.size:
            break
        taken = tuple(islice(choice.take_all(free), question.relay_most))
        relay = choice.drop_unfollowed(taken)
        found[relay] = choice.rank(relay)
        for start in taken:
            free = free[(np.abs(free - start) >= apart) & (free != start)]
    return sorted(found, key=lambda relay: (found[relay], relay))


@dataclass(frozen=True, slots=True)
class _Choice:
    """What the search looks at; `burdens`: groups × starts."""

    question: Question
    burdens: Burdens

    def take_all(self, free: NDArray[np.int64]) -> Iterator[int]:
        """Starts until nobody can be added, the first of them a free one, that which adds most before that which adds less."""
        everywhere = np.arange(self.burdens.shape[1])
        left = list(range(len(self.burdens)))
        first = start = self._best_of(free, left, None)
        yield start
        while left := [group for group in left if self.burdens[group, start] == BURDEN_NOT_BORNE]:
            start = self._best_of(everywhere, left, first)
            if (self.burdens[left, start] == BURDEN_NOT_BORNE).all():
                return
            yield start

    def _best_of(self, starts: NDArray[np.int64], left: Sequence[int], first: int | None) -> int:
        """The start that adds most of those left, then the least worst and the least burden of the added, the nearest, the earliest."""
        added, total = np.zeros((2, starts.size), np.int32)
        worst = np.full(starts.size, -np.inf)
        for group in left:
            burdens = self.burdens[group, starts]
            bears = burdens < BURDEN_NOT_BORNE
            added += bears
            total += np.where(bears, burdens, 0)
            np.maximum(worst, burdens + self.question.groups[group].carried, out=worst, where=bears)
        nearness = np.zeros(starts.size) if first is None else np.abs(starts - first)
        return int(starts[np.lexsort((nearness, total, worst, -added))[0]])  # the sort is stable: the earliest of the equals

    def drop_unfollowed(self, taken: Relay) -> Relay:
        """The instants in order, without those that nobody follows; one alone is kept."""
        relay = tuple(sorted(taken))
        if len(relay) == 1:
            return relay
        return tuple(relay[i] for i in np.unique(self.burdens[:, relay].argmin(axis=1)))

    def rank(self, relay: Relay) -> tuple[float, ...]:
        """What orders relays before their instants do: required groups borne, cover, how few instants, least worst, their burden together."""
        paid = list(zip(self.question.groups, self.burdens[:, relay].min(axis=1).tolist(), strict=True))
        included = [group for group, burden in paid if burden < BURDEN_NOT_BORNE]
        worst = max((group.carried + burden for group, burden in paid), default=0.0)
        return -sum(group.required for group in included), -len(included), len(relay), worst, sum(burden for _, burden in paid)


# --- what each means to every group ------------------------------------------------------------------------------------------


def _weigh_all(question: Question, grid: Grid, pieces: ZonePieces, burdens: Burdens) -> tuple[RelayCandidate, ...]:
    relays = _search(question, burdens)
    return tuple(_weigh(question, [grid.start_at(i) for i in relay], pieces) for relay in relays)


def _weigh(question: Question, instants: Sequence[datetime], pieces: ZonePieces) -> RelayCandidate:
    """`instants` in order of time."""
    by_instant = [candidate.groups for candidate in rows_at(question, instants, pieces)]
    followed = [min(zip(rows, instants, strict=True), key=lambda pair: pair[0].burden) for rows in zip(*by_instant, strict=True)]
    after = carried_after([group.carried for group in question.groups], [row.burden for row, _ in followed])
    rows = tuple(
        LegRow(row.name, row.wall_time, row.utc_offset, row.burden, balance, leg_at=leg_at)
        for (row, leg_at), balance in zip(followed, after, strict=True)
    )
    missing = tuple(row.name for row in rows if row.burden == BURDEN_NOT_BORNE)
    return RelayCandidate(tuple(instants), len(rows) - len(missing), missing, rows)
