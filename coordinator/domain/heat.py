"""How many groups can meet at each hour of a reader's days? What the heat map of a quarter shows.

An hour is a whole hour of the reader's wall clock. It stands for the best of its starts: the one that suits most groups, of these one at
which nobody pays with their night, of these the earliest. An hour that a clock change skips has no starts and is absent, as is every hour
without a start of the question; one that the clock repeats stands there twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.availability import DAY_MINUTES, Level, Reach, Window
from coordinator.domain.burden import EVENING_MINUTE, MORNING_MINUTE
from coordinator.domain.cover import sum_groups
from coordinator.domain.question import Invitee, Question
from coordinator.domain.starts import EPOCH_ON, Grid, Piece, clock_pieces, zone_pieces

HOUR_MINUTES = 60
HOURS = DAY_MINUTES // HOUR_MINUTES
DAYTIME = Window(tuple(range(7)), MORNING_MINUTE, EVENING_MINUTE, Level.POSSIBLE)

Counts = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class HeatHour:
    """One hour of one date: its best start, how many groups that suits, and whether nobody is then in their night or left out.

    `again` marks the second of two hours that a clock change makes of one.
    """

    on: date
    hour: int
    starts_at: datetime
    suits: int
    nobody_at_night: bool
    again: bool = False


@dataclass(frozen=True, slots=True)
class Heat:
    """The hours in order of time, and how many groups were counted. `first_on` and `last_on` bound the reader's dates, inclusive."""

    first_on: date
    last_on: date
    groups: int
    hours: tuple[HeatHour, ...]

    @property
    def most(self) -> int:
        """The most groups that one hour suits; 0 without hours."""
        return max((hour.suits for hour in self.hours), default=0)


def find_heat(question: Question, zone_id: str, bounds: tuple[date, date]) -> Heat:
    """The hours of the question's starts on the clock of `zone_id`, on the dates of `bounds`, inclusive."""
    grid = Grid.of(question)
    hours = list(_hours(question, grid, zone_id)) if grid.count else []
    return Heat(*bounds, len(question.groups), tuple(_mark_repeated(hour for hour in hours if bounds[0] <= hour.on <= bounds[1])))


def _hours(question: Question, grid: Grid, zone_id: str) -> Iterator[HeatHour]:
    suits, awake = (_count(question, groups, grid) for groups in (question.groups, tuple(map(_with_daytime, question.groups))))
    calm = awake == len(question.groups)
    for piece in clock_pieces(zone_id, grid.first, grid.end):
        yield from _hours_of(piece, grid, suits, calm)


def _count(question: Question, groups: tuple[Invitee, ...], grid: Grid) -> Counts:
    """How many of the groups each start suits."""
    return sum_groups(replace(question, groups=groups), grid, zone_pieces(groups, grid.first, grid.end)).suits


def _with_daytime(group: Invitee) -> Invitee:
    """The group as if all day were its window, where it bears that: what suits it then costs it no night."""
    if group.availability.reach is Reach.WINDOWS:
        return group
    return replace(group, availability=replace(group.availability, windows=(*group.availability.windows, DAYTIME)))


def _hours_of(piece: Piece, grid: Grid, suits: Counts, calm: NDArray[np.bool_]) -> Iterator[HeatHour]:
    """The hours of starts while the clock stands at this offset."""
    slots = grid.starts_in(piece.start, piece.end)
    index = np.arange(slots.start, slots.stop)
    hour = (grid.first + index * grid.slot + piece.offset) // HOUR_MINUTES
    order = np.lexsort((index, ~calm[slots], -suits[slots], hour))
    best = order[np.flatnonzero(np.diff(hour[order], prepend=hour[:1] - 1))]
    for at, start in zip(hour[best].tolist(), index[best].tolist(), strict=True):
        on = EPOCH_ON + timedelta(days=at // HOURS)
        yield HeatHour(on, at % HOURS, grid.start_at(start), int(suits[start]), bool(calm[start]))


def _mark_repeated(hours: Iterable[HeatHour]) -> Iterator[HeatHour]:
    """The same hours, the second of two that bear one name marked."""
    named: set[tuple[date, int]] = set()
    for hour in hours:
        yield replace(hour, again=(hour.on, hour.hour) in named)
        named.add((hour.on, hour.hour))
