"""How do the wall times of a wave fall into the week of one zone? What `suiting` asks of a clock, so that it can say what keeps a group from them.

A zone's clock is that of its courses, one after the other: along each of them wall times are starts of a time axis that runs ahead of UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np

from coordinator.domain.courses import Courses, Stretch, stretches
from coordinator.domain.question import Question
from coordinator.domain.starts import MINUTE, Grid, Piece, ZonePieces, ZoneStarts
from coordinator.domain.suiting import Field, Indices, Tables


def wave_field(question: Question, grid: Grid, counting: Indices, pieces: ZonePieces, courses: Mapping[str, Courses]) -> Field:
    """The wall times of a grid, read as if they were UTC; `counting`: the indices of those that count, one or more."""
    own = {courses[zone_id]: pieces[zone_id] for zone_id in courses}
    clocks = {each: CourseStarts(tuple(_Part.of(part) for part in stretches(grid, each, own[each]))) for each in own}
    return Field(question, grid, {zone_id: clocks[each] for zone_id, each in courses.items()}, counting)


@dataclass(frozen=True)
class CourseStarts:
    """A clock for `suiting`: its parts, in order, hold every start of the grid once."""

    parts: tuple[_Part, ...]

    @cached_property
    def columns(self) -> Indices:
        """The column of each start; those of the second part come after all of the first."""
        before = np.cumsum([0, *(part.clock.column_count for part in self.parts)])
        return np.concatenate([first + part.clock.columns for first, part in zip(before, self.parts, strict=False)])

    def burdens(self, tables: Tables) -> Tables:
        """Rows × columns, as `ZoneStarts.burdens`."""
        return np.concatenate([part.clock.burdens(tables) for part in self.parts], axis=1)

    def minutes_of(self, starts: Indices) -> Indices:
        """Starts, given by index and in order, × minutes of the action: which minute of the week the clock shows."""
        return np.concatenate([part.clock.minutes_of(part.own(starts)) for part in self.parts])

    def pieces_at(self, index: int) -> tuple[Piece, ...]:
        """By which the clock is read during the action of this start."""
        return next(part for part in self.parts if index < part.first + part.clock.grid.count).clock.pieces

    def starts_on(self, first_day: int, last_day: int) -> Iterator[slice]:
        """The starts whose action touches a local date from `first_day` to `last_day`, in days since 1970, inclusive."""
        for part in self.parts:
            yield from map(part.whole, part.clock.starts_on(first_day, last_day))

    def starts_outside(self, local_range: tuple[date, date]) -> Iterator[slice]:
        """The starts whose action touches a local date before the first or after the last."""
        for part in self.parts:
            yield from map(part.whole, part.clock.starts_outside(local_range))

    def starts_over(self, start_at: datetime, end_at: datetime) -> Iterator[slice]:
        """The starts whose action, at this zone's leg, overlaps [start_at, end_at)."""
        for part in self.parts:
            yield from map(part.whole, part.clock.starts_over(start_at + part.offset * MINUTE, end_at + part.offset * MINUTE))


@dataclass(frozen=True, slots=True)
class _Part:
    """The starts along one course: the first of them has the index `first` in the whole grid."""

    first: int
    offset: int
    clock: ZoneStarts

    @staticmethod
    def of(part: Stretch) -> _Part:
        return _Part(part.first, part.offset, ZoneStarts(part.grid, part.pieces))

    def own(self, starts: Indices) -> Indices:
        """Which of the starts are among these, by their index among these."""
        return starts[(starts >= self.first) & (starts < self.first + self.clock.grid.count)] - self.first

    def whole(self, slots: slice) -> slice:
        return slice(self.first + slots.start, self.first + slots.stop)
