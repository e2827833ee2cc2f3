"""Which moments suit every group, which come closest, and what does each cost whom? (shape `instant`, DESIGN §4)"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.burden import BURDEN_NOT_BORNE, Weeks
from coordinator.domain.concession import find_concession
from coordinator.domain.conflict import find_conflict
from coordinator.domain.cover import Sums, sum_groups
from coordinator.domain.question import Answer, Candidate, Question
from coordinator.domain.starts import Grid, zone_pieces
from coordinator.domain.suiting import Field
from coordinator.domain.weighing import Scales, rows_at

RankingKey = tuple[int, float, int, int, datetime]


def resolve(question: Question, asked: Collection[str] | None = None) -> Answer:
    """The exact answer; it takes no shortcut and never fails, also for no groups, no starts, or nobody who can.

    `asked`: the names of the groups that may be asked for the concession, if not all may.
    """
    grid = Grid.of(question)
    if not grid.count:
        return Answer(False, (), 0, 0, tuple(g.name for g in question.groups), ())
    pieces = zone_pieces(question.groups, grid.first, grid.end)
    weeks = Weeks.of([group.availability for group in question.groups])
    sums = sum_groups(question, grid, pieces, weeks)
    suiting = np.flatnonzero(sums.suits == len(question.groups))
    fullest = int(sums.suits.argmax())
    scales = Scales.of(question, pieces, weeks)
    missing = scales.missing(grid.start_at(fullest))
    field = Field.of(question, grid, pieces)
    conceding = question.groups if asked is None else [group for group in question.groups if group.name in asked]
    return Answer(
        feasible=bool(suiting.size),
        ranges=tuple((grid.start_at(first), grid.start_at(last)) for first, last in runs(suiting)),
        count=int(suiting.size),
        max_cover=int(sums.suits[fullest]),
        missing=missing,
        candidates=tuple(scales.weigh(grid.start_at(i)) for i in choose(sums, np.arange(grid.count), question)),
        conflict=find_conflict(field, missing) if missing else (),
        concession=find_concession(field, np.flatnonzero(sums.suits == sums.suits[fullest]), conceding) if missing and conceding else None,
        fullest_at=grid.start_at(fullest),
    )


def find_candidates(question: Question) -> tuple[Candidate, ...]:
    """The `candidates` of `resolve` alone: nothing is explained, so it takes a fraction of the time."""
    grid = Grid.of(question)
    if not grid.count:
        return ()
    pieces = zone_pieces(question.groups, grid.first, grid.end)
    chosen = choose(sum_groups(question, grid, pieces), np.arange(grid.count), question)
    return tuple(rows_at(question, [grid.start_at(i) for i in chosen], pieces))


def max_cover(question: Question) -> int:
    """The most groups that one start suits, and nothing else."""
    grid = Grid.of(question)
    return int(sum_groups(question, grid, zone_pieces(question.groups, grid.first, grid.end)).suits.max()) if grid.count else 0


def ranking_key(question: Question, candidate: Candidate) -> RankingKey:
    """The order of candidates, the least first: required groups borne, least worst (carried + burden) over all, cover, total, time."""
    rows = list(zip(question.groups, candidate.groups, strict=True))
    required = sum(row.burden < BURDEN_NOT_BORNE for group, row in rows if group.required)
    worst = max((group.carried + row.burden for group, row in rows), default=0.0)
    return -required, worst, -candidate.covered, sum(row.burden for _, row in rows), candidate.start_at


def choose(sums: Sums, free: NDArray[np.int64], question: Question) -> list[int]:
    """The best of the `free` starts, indices in order, the best first, each at least `apart` from those before it."""
    apart = slots_apart(question)
    chosen: list[int] = []
    while free.size and len(chosen) < question.limit:
        best = _best_of(free, sums)
        chosen.append(best)
        free = free[(np.abs(free - best) >= apart) & (free != best)]
    return chosen


def slots_apart(question: Question) -> int:
    """The least number of slots between two candidates."""
    return -(-question.apart // timedelta(minutes=question.slot_minutes))


def _best_of(starts: NDArray[np.int64], sums: Sums) -> int:
    """The start that `ranking_key` puts first; `starts` are in order of time, so the first of the equals is the earliest."""
    for key in (-sums.required, sums.worst, -sums.borne, sums.burden):
        values = key[starts]
        starts = starts[values == values.min()]
    return int(starts[0])


def runs(indices: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """First and last of every run of consecutive numbers."""
    if indices.size:
        breaks = np.flatnonzero(np.diff(indices) > 1)
        firsts, lasts = np.append(0, breaks + 1), np.append(breaks, indices.size - 1)
        yield from zip(indices[firsts].tolist(), indices[lasts].tolist(), strict=True)
