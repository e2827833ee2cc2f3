"""Which starts suit one group, and what stands in the way of the others: windows, quiet hours, dates?

`cover` sums over all groups and forgets who they were; conflict and concession ask about single ones, and only about few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import chain
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.availability import DAY_MINUTES, Availability
from coordinator.domain.burden import WEEK_MINUTES
from coordinator.domain.question import Invitee, Question
from coordinator.domain.starts import Grid, Piece, ZonePieces, ZoneStarts, day_of

Flags = NDArray[np.bool_]
Counts = NDArray[np.int32]
Indices = NDArray[np.intp]
FEW_MINUTES = 2 * WEEK_MINUTES  # so many minutes of actions are looked at sooner than every start of the week

Tables = NDArray[Any]  # rows × minutes of the week, of whatever number


class Clock(Protocol):
    """How the starts of a field fall into the week of one zone; of instants, `ZoneStarts`."""

    @property
    def columns(self) -> Indices: ...

    def burdens(self, tables: Tables) -> Tables: ...

    def minutes_of(self, starts: Indices) -> Indices: ...

    def pieces_at(self, index: int) -> Sequence[Piece]: ...

    def starts_on(self, first_day: int, last_day: int) -> Iterator[slice]: ...

    def starts_outside(self, local_range: tuple[date, date]) -> Iterator[slice]: ...

    def starts_over(self, start_at: datetime, end_at: datetime) -> Iterator[slice]: ...


@dataclass(frozen=True)
class Field:
    """A question with its starts: what every search among its groups needs. `counting`: the starts that count, if not all of the grid do."""

    question: Question
    grid: Grid
    zones: Mapping[str, Clock]
    counting: Indices | None = None

    @staticmethod
    def of(question: Question, grid: Grid, pieces: ZonePieces) -> Field:
        """The starts of instants, which all count."""
        clocks = {own: ZoneStarts(grid, own) for own in pieces.values()}
        return Field(question, grid, {zone_id: clocks[own] for zone_id, own in pieces.items()})

    def suiting(self, group: Invitee) -> Flags:
        """For each start whether it suits the group."""
        zone = self.zones[group.zone_id]
        unfit = ~window_week(group.availability) | quiet_week(group.availability)
        fits: Flags = ~zone.burdens(unfit[None])[0][zone.columns]
        fits &= ~self.barred(group) & (self.blocked_dates(group) == 0)
        return fits

    def blocked_dates(self, group: Invitee) -> Counts:
        """For each start how many of the group's blocked dates its action touches."""
        zone = self.zones[group.zone_id]
        touched = np.zeros(self.grid.count, np.int32)
        for on in group.availability.blocked:
            on_date = np.zeros(self.grid.count, np.bool_)
            for slots in zone.starts_on(day_of(on), day_of(on)):
                on_date[slots] = True  # before a clock change and after it the date is the same one
            touched += on_date
        return touched

    def barred(self, group: Invitee) -> Flags:
        """For each start whether it is out of the question, whatever the group changes: for a no-go time, or the `local_range`."""
        zone = self.zones[group.zone_id]
        outside = zone.starts_outside(self.question.local_range) if self.question.local_range is not None else ()
        barred = np.zeros(self.grid.count, np.bool_)
        for slots in chain(outside, *(zone.starts_over(*span) for span in group.no_go)):
            barred[slots] = True
        return barred if self.counting is None else barred | ~self._counts

    @cached_property
    def _counts(self) -> Flags:
        counts = np.zeros(self.grid.count, np.bool_)
        counts[self.counting] = True
        return counts


@dataclass(frozen=True)
class Obstacles:
    """What keeps one group from each of `starts` (indices, in order): all arrays hold one value for each of them."""

    field: Field
    group: Invitee
    starts: Indices

    @cached_property
    def zone(self) -> Clock:
        return self.field.zones[self.group.zone_id]

    @cached_property
    def columns(self) -> Indices:
        return self.zone.columns[self.starts]

    @cached_property
    def minutes(self) -> Indices:
        return self.zone.minutes_of(self.starts)

    def worst(self, tables: Tables) -> Tables:
        """Rows × starts: the worst minute of each action, from rows of minutes of the week."""
        if self.starts.size * self.field.grid.duration <= FEW_MINUTES:
            worst: Tables = tables[:, self.minutes].max(axis=2)
            return worst
        return self.zone.burdens(tables)[:, self.columns]

    @cached_property
    def in_quiet(self) -> Flags:
        touched: Flags = self.worst(quiet_week(self.group.availability)[None])[0]
        return touched

    @cached_property
    def open_week(self) -> Flags:
        return window_week(self.group.availability)

    @cached_property
    def outside_windows(self) -> Flags:
        touched: Flags = self.worst(~self.open_week[None])[0]
        return touched

    @cached_property
    def barred(self) -> Flags:
        return self.field.barred(self.group)[self.starts]

    @cached_property
    def blocked(self) -> Counts:
        return self.field.blocked_dates(self.group)[self.starts]


def window_week(availability: Availability) -> Flags:
    """For each minute of the week whether it lies in a window, quiet hours left aside."""
    week = np.zeros(WEEK_MINUTES + DAY_MINUTES, np.bool_)
    for window in availability.windows:
        for day in window.days:
            week[day * DAY_MINUTES + window.start_minute : day * DAY_MINUTES + window.end_minute] = True
    week[:DAY_MINUTES] |= week[WEEK_MINUTES:]  # Sunday's window runs into Monday
    return week[:WEEK_MINUTES]


def quiet_week(availability: Availability) -> Flags:
    """For each minute of the week whether it is quiet."""
    days = np.zeros((2, DAY_MINUTES), np.bool_)
    for span in availability.quiet:
        days.reshape(-1)[span.start_minute : span.end_minute] = True
    return np.tile(days.any(axis=0), WEEK_MINUTES // DAY_MINUTES)
