"""How many groups bear each start, how many does it suit, and what does it cost them together?

All groups of a zone are summed by column (`starts.ZoneStarts`), and only the sums are spread over the range. Blocked dates and no-go spans are
patched in afterwards. Time grows with groups × a week plus zones × range, memory with neither groups × range nor anything near it. A date outside
`local_range` counts as a blocked date of every group whose wall clock shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.burden import BURDEN_NOT_BORNE, SUITS_UP_TO, Burdens, week_burdens
from coordinator.domain.question import Invitee, Question
from coordinator.domain.starts import Grid, ZonePieces, ZoneStarts, day_of

CHUNK_GROUPS = 256
CHUNK_CELLS = 8_000_000
FOREVER_DAYS = 4_000_000


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


def sum_groups(question: Question, grid: Grid, pieces: ZonePieces) -> Sums:
    sums = Sums.empty(grid.count)
    size = max(1, min(CHUNK_GROUPS, CHUNK_CELLS // grid.count))
    for zone_id, groups in by_zone(question.groups).items():
        starts = ZoneStarts(grid, pieces[zone_id])
        for first in range(0, len(groups), size):
            _add_groups(sums, starts, groups[first : first + size], question.local_range)
    return sums


def by_zone(groups: Sequence[Invitee]) -> dict[str, list[Invitee]]:
    zones: dict[str, list[Invitee]] = defaultdict(list)
    for group in groups:
        zones[group.zone_id].append(group)
    return zones


@dataclass(frozen=True, slots=True)
class _Cohort:
    """Some groups of one zone: their burdens (groups × columns), and what ranking needs of each group."""

    starts: ZoneStarts
    burdens: Burdens
    carried: NDArray[np.float64]
    required: NDArray[np.bool_]


def _add_groups(sums: Sums, starts: ZoneStarts, groups: Sequence[Invitee], local_range: tuple[date, date] | None) -> None:
    """Adds groups of one zone to the sums."""
    cohort = _Cohort(
        starts,
        burdens=starts.burdens(np.stack([week_burdens(g.availability) for g in groups])),
        carried=np.array([g.carried for g in groups]),
        required=np.array([g.required for g in groups]),
    )
    _add_weeks(sums, cohort)
    blocked = _blocked_starts(starts, groups, local_range)
    if blocked is not None:
        _subtract_blocked(sums, cohort, blocked)


def _add_weeks(sums: Sums, cohort: _Cohort) -> None:
    burdens, spread = cohort.burdens, cohort.starts.spread
    borne = burdens < BURDEN_NOT_BORNE
    sums.suits += spread((burdens <= SUITS_UP_TO).sum(0, np.int32))
    sums.borne += spread(borne.sum(0, np.int32))
    sums.burden += spread(burdens.sum(0, np.int32))
    np.maximum(sums.worst, spread((burdens + cohort.carried[:, None]).max(0)), out=sums.worst)
    if cohort.required.any():
        sums.required += spread(borne[cohort.required].sum(0, np.int32))


def _blocked_starts(starts: ZoneStarts, groups: Sequence[Invitee], local_range: tuple[date, date] | None) -> NDArray[np.bool_] | None:
    """Groups × starts: whether the action touches a blocked date, a no-go span, or a date outside `local_range`; None without any."""
    if local_range is None and not any(g.availability.blocked or g.no_go for g in groups):
        return None
    blocked = np.zeros((len(groups), starts.grid.count), np.bool_)
    for row, group in zip(blocked, groups, strict=True):
        for on in group.availability.blocked:
            for slots in starts.starts_on(day_of(on), day_of(on)):
                row[slots] = True
        for span in group.no_go:
            row[starts.grid.starts_over(*span)] = True
    if local_range is not None:
        for outside in ((-FOREVER_DAYS, day_of(local_range[0]) - 1), (day_of(local_range[1]) + 1, FOREVER_DAYS)):
            for slots in starts.starts_on(*outside):
                blocked[:, slots] = True
    return blocked


def _subtract_blocked(sums: Sums, cohort: _Cohort, blocked: NDArray[np.bool_]) -> None:
    """Turns the burden of blocked starts into "not borne", which no burden exceeds, so that the worst only grows."""
    group, start = np.divmod(np.flatnonzero(blocked), blocked.shape[1])  # far quicker than nonzero in two dimensions
    before = cohort.burdens[group, cohort.starts.columns_of(start)]
    was_borne = before < BURDEN_NOT_BORNE
    np.subtract.at(sums.suits, start[before <= SUITS_UP_TO], 1)
    np.subtract.at(sums.borne, start[was_borne], 1)
    np.subtract.at(sums.required, start[was_borne & cohort.required[group]], 1)
    np.add.at(sums.burden, start, np.subtract(BURDEN_NOT_BORNE, before, dtype=np.int32))
    np.maximum.at(sums.worst, start, cohort.carried[group] + BURDEN_NOT_BORNE)
