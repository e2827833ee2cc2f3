"""Which starts does a question hold, and how do they fall into the week of one zone?

A group's week of minutes (`burden.week_burdens`) is the same in every week; only the UTC offset and single dates tell one week from the
next. So the starts of the range are mapped to *columns*: a start within the zone's week, or one of the few starts during which that
zone's clock changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.availability import DAY_MINUTES
from coordinator.domain.burden import WEEK_MINUTES, Burdens
from coordinator.domain.question import Invitee, Question
from coordinator.domain.zones import transitions, utc_offset

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ON = EPOCH.date()
EPOCH_WEEK_MINUTE = 3 * DAY_MINUTES  # 1 January 1970 was a Thursday
MINUTE = timedelta(minutes=1)

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Grid:
    """The starts of a question: `count` of them, `slot` minutes apart, the first `first` minutes after 1970."""

    first: int
    slot: int
    count: int
    duration: int

    @staticmethod
    def of(question: Question) -> Grid:
        slot = timedelta(minutes=question.slot_minutes)
        first = -((EPOCH - question.start_at) // slot)
        last = (question.end_at - timedelta(minutes=question.duration_minutes) - EPOCH) // slot
        return Grid(first * question.slot_minutes, question.slot_minutes, max(0, last - first + 1), question.duration_minutes)

    @property
    def end(self) -> int:
        """The first minute after the last action."""
        return self.first + (self.count - 1) * self.slot + self.duration

    def start_at(self, index: int) -> datetime:
        return EPOCH + (self.first + int(index) * self.slot) * MINUTE

    def starts_in(self, start: int, end: int) -> slice:
        """The starts t with start ≤ t < end, both in minutes since 1970."""
        return slice(self._index_from(start), self._index_from(end))

    def starts_over(self, start_at: datetime, end_at: datetime) -> slice:
        """The starts whose action overlaps [start_at, end_at), to the microsecond; none when the span is empty."""
        if end_at <= start_at:
            return slice(0, 0)
        return self.starts_in((start_at - EPOCH) // MINUTE - self.duration + 1, -((EPOCH - end_at) // MINUTE))

    def _index_from(self, minute: int) -> int:
        return min(max(0, -((self.first - minute) // self.slot)), self.count)


@dataclass(frozen=True, slots=True)
class Piece:
    """Minutes [start, end) since 1970 during which a zone's clock is `offset` minutes ahead of UTC."""

    start: int
    end: int
    offset: int


ZonePieces = Mapping[str, tuple[Piece, ...]]


def zone_pieces(groups: Sequence[Invitee], start: int, end: int) -> ZonePieces:
    """For each zone of the groups its pieces, in order and without holes, from `start` to `end`."""
    return {zone_id: _pieces(zone_id, start, end) for zone_id in {group.zone_id for group in groups}}


def _pieces(zone_id: str, start: int, end: int) -> tuple[Piece, ...]:
    first_at, end_at = EPOCH + start * MINUTE, EPOCH + end * MINUTE
    offset = utc_offset(first_at, zone_id) // MINUTE
    found = []
    for change in transitions(zone_id, first_at, end_at):
        changes = (change.at - EPOCH) // MINUTE
        found.append(Piece(start, changes, offset))
        start, offset = changes, change.after // MINUTE
    return (*found, Piece(start, end, offset))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Starts `slots` of a grid that fall on successive slots of the week: `columns` holds that week's, the first falls on `first`."""

    slots: slice
    columns: slice
    first: int


@dataclass(frozen=True)
class ZoneStarts:
    """How the starts of a grid fall into the week of one zone.

    A *column* is a kind of start: first, for each phase (offset modulo slot), every slot of the week, shared by the starts of
    all weeks; then one for each of the few starts during which the clock changes.
    """

    grid: Grid
    pieces: tuple[Piece, ...]

    @property
    def per_week(self) -> int:
        return WEEK_MINUTES // self.grid.slot

    @cached_property
    def phases(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(piece.offset % self.grid.slot for piece in self.pieces))

    @cached_property
    def changing(self) -> tuple[int, ...]:
        """Indices of the starts during which the clock changes, in order."""
        changes = (self.grid.starts_in(piece.end - self.grid.duration + 1, piece.end) for piece in self.pieces[:-1])
        return tuple(sorted({i for slots in changes for i in range(slots.start, slots.stop)}))

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """The whole grid in order, as if no clock changed during an action."""
        return tuple(self._stretch(piece) for piece in self.pieces)

    def _stretch(self, piece: Piece) -> Stretch:
        slots = self.grid.starts_in(piece.start, piece.end)
        start = self.grid.first + slots.start * self.grid.slot + piece.offset + EPOCH_WEEK_MINUTE
        block = self.phases.index(piece.offset % self.grid.slot) * self.per_week
        return Stretch(slots, slice(block, block + self.per_week), start // self.grid.slot % self.per_week)

    def burdens(self, weeks: Burdens) -> Burdens:
        """Groups × columns: the worst minute of each kind of start, blocked dates left aside. `weeks`: groups × week minutes."""
        worst = _slide_max(weeks, self.grid.duration)
        regular = [worst[:, phase :: self.grid.slot] for phase in self.phases]
        changing = [self._worst_of(weeks, self.grid.first + i * self.grid.slot)[:, None] for i in self.changing]
        return np.concatenate(regular + changing, axis=1)

    def _worst_of(self, weeks: Burdens, start: int) -> Burdens:
        spans = week_spans(self.pieces, start, start + self.grid.duration)
        worst: Burdens = np.max([weeks[:, span].max(axis=1) for span in spans], axis=0)
        return worst

    def spread(self, values: NDArray[Number]) -> NDArray[Number]:
        """Each start's value, from a value for each column."""
        spread = np.concatenate([_repeat(values[s.columns], s.first, s.slots.stop - s.slots.start) for s in self.stretches])
        if self.changing:
            spread[list(self.changing)] = values[-len(self.changing) :]
        return spread

    def columns_of(self, starts: NDArray[np.intp]) -> NDArray[np.intp]:
        """The column of each of these starts, given by index."""
        columns = np.empty(starts.size, np.intp)
        for s in self.stretches:
            inside = (starts >= s.slots.start) & (starts < s.slots.stop)
            columns[inside] = (starts[inside] - s.slots.start + s.first) % self.per_week + s.columns.start
        for column, start in enumerate(self.changing, len(self.phases) * self.per_week):
            columns[starts == start] = column
        return columns

    def starts_on(self, first_day: int, last_day: int) -> Iterator[slice]:
        """The starts whose action touches a local date from `first_day` to `last_day`, in days since 1970, inclusive."""
        for piece in self.pieces:
            start = max(piece.start, first_day * DAY_MINUTES - piece.offset)
            end = min(piece.end, (last_day + 1) * DAY_MINUTES - piece.offset)
            if start < end:
                yield self.grid.starts_in(start - self.grid.duration + 1, end)


def _repeat(week: NDArray[Number], first: int, count: int) -> NDArray[Number]:
    """`count` values of an endlessly repeated week, from its slot `first` on."""
    weeks = -(-(first + count) // week.size)
    return np.broadcast_to(week, (weeks, week.size)).ravel()[first : first + count]


def week_spans(pieces: Sequence[Piece], start: int, end: int) -> list[slice]:
    """The stretches of the week, in minutes from Monday 00:00, that the wall clock runs through during [start, end)."""
    spans = []
    for piece in pieces:
        begins, ends = max(start, piece.start), min(end, piece.end)
        if begins < ends:
            first = (begins + piece.offset + EPOCH_WEEK_MINUTE) % WEEK_MINUTES
            last = first + ends - begins
            spans.append(slice(first, min(last, WEEK_MINUTES)))
            if last > WEEK_MINUTES:
                spans.append(slice(0, last - WEEK_MINUTES))
    return spans


def _slide_max(weeks: Burdens, span: int) -> Burdens:
    """For every minute of the week the maximum over it and the `span` − 1 minutes after it, round the end of the week."""
    worst: Burdens = np.concatenate([weeks, weeks[:, : span - 1]], axis=1)
    reached = 1
    while 2 * reached <= span:
        worst = np.maximum(worst[:, :-reached], worst[:, reached:])
        reached *= 2
    rest = span - reached
    whole: Burdens = np.maximum(worst[:, :WEEK_MINUTES], worst[:, rest : rest + WEEK_MINUTES])
    return whole


def day_of(on: date) -> int:
    return (on - EPOCH_ON).days


def minutes_of(instant: datetime, duration_minutes: int) -> tuple[int, int]:
    """The minutes since 1970 that an action touches: [first, end)."""
    since = instant - EPOCH
    return since // MINUTE, -(-(since + duration_minutes * MINUTE) // MINUTE)
