"""How many groups bear each start, how many does it suit, and what does it cost them together?

Groups whose clocks agree throughout the range form a cohort. They are summed by column (`starts.ZoneStarts`), and only the sums are spread over
the range. Blocked dates and no-go spans are patched in afterwards. Time grows with groups × a week plus cohorts × range, memory with neither
groups × range nor anything near it. A date outside `local_range` counts as a blocked date of every group whose wall clock shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.burden import BURDEN_NOT_BORNE, SUITS_UP_TO, WEEK_MINUTES, Burdens, Weeks, count_up
from coordinator.domain.question import Invitee, Question
from coordinator.domain.starts import Grid, Piece, ZonePieces, ZoneStarts, day_of, worst_of_starts

BATCH_CELLS = 8_000_000
REFUSED_CELLS = 1_000_000


@dataclass(slots=True)
class Sums:
    """For each start: how many groups it suits, how many bear it, how many required ones do, all burden, the worst carried + burden."""

    suits: NDArray[np.int32]
    borne: NDArray[np.int32]
    required: NDArray[np.int32]
    burden: NDArray[np.int32]
    worst: NDArray[np.float64]

    @staticmethod
    def empty(count: int) -> Sums:
        suits, borne, required, burden = np.zeros((4, count), np.int32)
        return Sums(suits, borne, required, burden, np.full(count, -np.inf))


def sum_groups(question: Question, grid: Grid, pieces: ZonePieces, weeks: Weeks | None = None) -> Sums:
    """The sums over all starts of the grid, of which there is one at least. `weeks`: the groups' own, if they are known already."""
    weeks = weeks or Weeks.of([group.availability for group in question.groups])
    sums = Sums.empty(grid.count)
    for batch in _batches(cohorts(question, grid, pieces), grid):
        for part in _parts(question, batch, weeks):
            _add_weeks(sums, part)
            _refuse(sums, part)
    return sums


def burdens_at_starts(question: Question, grid: Grid, pieces: ZonePieces) -> Burdens:
    """Groups × starts: what every start of the grid costs each group. A byte each, so this is for whoever cannot do with sums."""
    weeks = Weeks.of([group.availability for group in question.groups])
    burdens = np.empty((len(question.groups), grid.count), np.uint8)
    for batch in _batches(cohorts(question, grid, pieces), grid):
        for part in _parts(question, batch, weeks):
            burdens[part.members] = part.burdens[:, part.starts.columns]
            for span, rows in part.refused:
                burdens[[part.members[row] for row in rows], slice(*span)] = BURDEN_NOT_BORNE
    return burdens


Cohort = tuple[ZoneStarts, list[int]]  # a clock, and the groups that live by it, as indices


def cohorts(question: Question, grid: Grid, pieces: ZonePieces) -> list[Cohort]:
    """The groups of a question by their clock."""
    found: dict[tuple[Piece, ...], list[int]] = {own: [] for own in pieces.values()}
    members = {zone_id: found[own] for zone_id, own in pieces.items()}
    for index, group in enumerate(question.groups):
        members[group.zone_id].append(index)
    return [(ZoneStarts(grid, own, question.local_range), indices) for own, indices in found.items() if indices]


def _batches(found: Sequence[Cohort], grid: Grid) -> Iterator[list[Cohort]]:
    """The cohorts, of which large ones are cut, gathered into batches of so many groups that their slots of a week fit into memory."""
    batch: list[Cohort] = []
    room = most = max(1, BATCH_CELLS // (WEEK_MINUTES // grid.slot))
    for starts, members in found:
        rest = members
        while rest:
            batch.append((starts, rest[:room]))
            rest, room = rest[room:], room - len(batch[-1][1])
            if not room:
                yield batch
                batch, room = [], most
    if batch:
        yield batch


def _parts(question: Question, batch: Sequence[Cohort], weeks: Weeks) -> Iterator[_Part]:
    own = weeks.take(np.array([index for _, members in batch for index in members]))
    phases = {(starts.grid, phase) for starts, _ in batch for phase in starts.phases}
    regular = {phase: worst_of_starts(own, grid, phase) for grid, phase in phases}
    first = 0
    for starts, members in batch:
        rows = slice(first, first + len(members))
        groups = [question.groups[index] for index in members]
        yield _Part(
            starts,
            members,
            burdens=starts.burdens_of(own, rows, regular),
            carried=np.array([g.carried for g in groups]),
            required=np.array([g.required for g in groups]),
            refused=[(span, rows) for spans, rows in _refused(starts, groups).items() for span in spans],
        )
        first = rows.stop


@dataclass(frozen=True, slots=True)
class _Part:
    """Some groups of one cohort, as indices: their burdens (groups × columns), what ranking needs of each, and what it refuses.

    `refused`: first and end of starts, and the rows of the groups that do not bear them, whatever the burdens say.
    """

    starts: ZoneStarts
    members: Sequence[int]
    burdens: Burdens
    carried: NDArray[np.float64]
    required: NDArray[np.bool_]
    refused: Sequence[tuple[tuple[int, int], list[int]]]


def _add_weeks(sums: Sums, part: _Part) -> None:
    burdens, columns = part.burdens, part.starts.columns
    borne = burdens < BURDEN_NOT_BORNE
    sums.suits += (burdens <= SUITS_UP_TO).sum(0, np.int32)[columns]
    sums.borne += borne.sum(0, np.int32)[columns]
    sums.burden += burdens.sum(0, np.int32)[columns]
    np.maximum(sums.worst, _worst(part)[columns], out=sums.worst)
    if part.required.any():
        sums.required += borne[part.required].sum(0, np.int32)[columns]


def _worst(part: _Part) -> NDArray[np.float64]:
    """The highest carried + burden in each column."""
    if (part.carried == part.carried[0]).all():  # a young network, or a cohort of one
        worst: NDArray[np.float64] = part.burdens.max(0) + part.carried[0]
    else:
        worst = (part.burdens + part.carried[:, None]).max(0)
    return worst


def _refuse(sums: Sums, part: _Part) -> None:
    """Turns the burden of refused starts into "not borne", which no burden exceeds, so that the worst only grows."""
    refused = part.refused
    if not refused:
        return
    for span, rows in refused:
        worst = sums.worst[slice(*span)]
        np.maximum(worst, part.carried[rows].max() + BURDEN_NOT_BORNE, out=worst)
    row = np.fromiter(chain.from_iterable(rows for _, rows in refused), np.int64)
    first, end = np.repeat(np.array([span for span, _ in refused]), [len(rows) for _, rows in refused], axis=0).T
    for cut in _cuts(end - first):
        _subtract(sums, part, row[cut], first[cut], end[cut])


Spans = tuple[tuple[int, int], ...]  # first and end of starts, disjoint and in order


def _refused(starts: ZoneStarts, groups: Sequence[Invitee]) -> dict[Spans, list[int]]:
    """The rows of the groups that refuse the same starts, as the action touches a blocked date or a no-go span."""

    @cache
    def on(blocked_on: date) -> tuple[slice, ...]:
        return tuple(starts.starts_on(day_of(blocked_on), day_of(blocked_on)))

    rows = defaultdict(list)
    for row, group in enumerate(groups):
        rows[group.availability.blocked, group.no_go].append(row)
    found: dict[Spans, list[int]] = defaultdict(list)
    for (blocked, no_go), alike in rows.items():
        slots = [*chain.from_iterable(map(on, blocked)), *(starts.grid.starts_over(*span) for span in no_go)]
        found[tuple(_union(slots))] += alike
    return dict(found)


def _union(slots: Iterable[slice]) -> Iterator[tuple[int, int]]:
    """What the slices hold, each index once, as spans in order."""
    reached = 0
    for first, end in sorted((part.start, part.stop) for part in slots):
        if max(first, reached) < end:
            yield max(first, reached), end
            reached = end


def _cuts(lengths: NDArray[np.int64]) -> Iterator[slice]:
    """The spans of these lengths in portions of not much more than `REFUSED_CELLS`."""
    portion = np.cumsum(lengths) // REFUSED_CELLS
    bounds = [0, *(np.flatnonzero(np.diff(portion)) + 1).tolist(), lengths.size]
    yield from map(slice, bounds, bounds[1:])


def _subtract(sums: Sums, part: _Part, row: NDArray[np.int64], first: NDArray[np.int64], end: NDArray[np.int64]) -> None:
    group, start = np.repeat(row, end - first), count_up(first, end)
    before = part.burdens[group, part.starts.columns[start]]
    borne = before < BURDEN_NOT_BORNE
    touched = slice(int(first.min()), int(end.max()))
    place = start - touched.start

    def count(among: NDArray[np.intp]) -> NDArray[np.intp]:
        return np.bincount(among, minlength=touched.stop - touched.start)

    sums.suits[touched] -= count(place[before <= SUITS_UP_TO])
    sums.borne[touched] -= count(place[borne])
    if part.required.any():
        sums.required[touched] -= count(place[borne & part.required[group]])
    sums.burden[touched] += np.bincount(place, BURDEN_NOT_BORNE - before).astype(np.int32)
