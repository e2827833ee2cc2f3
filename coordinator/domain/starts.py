"""Which starts does a question hold, and how do they fall into the week of one zone?

A group's week of minutes (`burden.Weeks`) is the same in every week; only the UTC offset and single dates tell one week from the
next. So the starts of the range are mapped to *columns*: a start within the zone's week, or one of the few starts during which that
zone's clock changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.availability import DAY_MINUTES
from coordinator.domain.burden import BURDEN_NOT_BORNE, BURDENS, WEEK_MINUTES, Burdens, Integers, Weeks
from coordinator.domain.question import Invitee, Question
from coordinator.domain.zones import transitions, utc_offset

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ON = EPOCH.date()
EPOCH_WEEK_MINUTE = 3 * DAY_MINUTES  # 1 January 1970 was a Thursday
MINUTE = timedelta(minutes=1)
FOREVER_DAYS = 4_000_000

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
    return {zone_id: clock_pieces(zone_id, start, end) for zone_id in {group.zone_id for group in groups}}


def clock_pieces(zone_id: str, start: int, end: int) -> tuple[Piece, ...]:
    """The pieces of one zone, in order and without holes, from minute `start` to minute `end` since 1970."""
    first_at, end_at = EPOCH + start * MINUTE, EPOCH + end * MINUTE
    offset = utc_offset(first_at, zone_id) // MINUTE
    found = []
    for change in transitions(zone_id, first_at, end_at):
        changes = (change.at - EPOCH) // MINUTE
        found.append(Piece(start, changes, offset))
        start, offset = changes, change.after // MINUTE
    return (*found, Piece(start, end, offset))


@dataclass(frozen=True)
class ZoneStarts:
    """How the starts of a grid fall into the week of one clock, that of a zone or of several that agree throughout the range.

    A *column* is a kind of start: first, for each phase (offset modulo slot), every slot of the week, shared by the starts of
    all weeks; then one for each of the few starts during which the clock changes; last, one for all that touch a date outside `local_range`.
    """

    grid: Grid
    pieces: tuple[Piece, ...]
    local_range: tuple[date, date] | None = None

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

    @property
    def column_count(self) -> int:
        return len(self.phases) * self.per_week + len(self.changing) + (self.local_range is not None)

    @cached_property
    def columns(self) -> NDArray[np.intp]:
        """The column of each start."""
        columns = np.concatenate([self._columns_of(piece) for piece in self.pieces])
        first = len(self.phases) * self.per_week
        columns[list(self.changing)] = np.arange(first, first + len(self.changing))
        for outside in self.starts_outside(self.local_range) if self.local_range is not None else ():
            columns[outside] = first + len(self.changing)
        return columns

    def _columns_of(self, piece: Piece) -> NDArray[np.intp]:
        """As if no clock changed during an action."""
        slots = self.grid.starts_in(piece.start, piece.end)
        first = (self.grid.first + slots.start * self.grid.slot + piece.offset + EPOCH_WEEK_MINUTE) // self.grid.slot % self.per_week
        block = self.phases.index(piece.offset % self.grid.slot) * self.per_week
        return block + _cycle(first, slots.stop - slots.start, self.per_week)

    def burdens_of(self, weeks: Weeks, rows: slice, regular: Mapping[int, Burdens]) -> Burdens:
        """Some groups × columns: the worst minute of each kind of start, blocked dates left aside. `regular`: `worst_of_starts` by phase."""
        parts = [regular[phase][rows] for phase in self.phases]
        if self.changing:
            parts.append(weeks.worst(np.arange(rows.start, rows.stop)[:, None, None], *bounds_of(self._changing_spans())).max(axis=2))
        if self.local_range is not None:
            parts.append(np.full((rows.stop - rows.start, 1), BURDEN_NOT_BORNE, np.uint8))
        return np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]

    def burdens(self, tables: NDArray[Number]) -> NDArray[Number]:
        """Rows × columns: the highest value that each kind of start meets, from rows of any numbers for each minute of the week."""
        highest = _slide_max(tables, self.grid.duration)
        parts = [highest[:, phase :: self.grid.slot] for phase in self.phases]
        parts += [np.max([tables[:, span].max(axis=1) for span in spans], axis=0)[:, None] for spans in self._changing_spans()]
        return np.concatenate(parts, axis=1)

    def minutes_of(self, starts: NDArray[np.intp]) -> NDArray[np.intp]:
        """Starts, given by index, × minutes of the action: which minute of the week the clock shows."""
        minutes = self.grid.first + starts[:, None] * self.grid.slot + np.arange(self.grid.duration)
        piece = np.searchsorted([piece.end for piece in self.pieces[:-1]], minutes, "right")
        of_week: NDArray[np.intp] = (minutes + np.array([piece.offset for piece in self.pieces])[piece] + EPOCH_WEEK_MINUTE) % WEEK_MINUTES
        return of_week

    def _changing_spans(self) -> list[list[slice]]:
        begins = [self.grid.first + i * self.grid.slot for i in self.changing]
        return [week_spans(self.pieces, start, start + self.grid.duration) for start in begins]

    def pieces_at(self, _index: int) -> tuple[Piece, ...]:
        """By which the clock is read during the action of this start: the same for all."""
        return self.pieces

    def starts_over(self, start_at: datetime, end_at: datetime) -> Iterator[slice]:
        """The starts whose action overlaps [start_at, end_at): one slice, as instants are the same for every clock."""
        yield self.grid.starts_over(start_at, end_at)

    def starts_on(self, first_day: int, last_day: int) -> Iterator[slice]:
        """The starts whose action touches a local date from `first_day` to `last_day`, in days since 1970, inclusive."""
        for piece in self.pieces:
            start = max(piece.start, first_day * DAY_MINUTES - piece.offset)
            end = min(piece.end, (last_day + 1) * DAY_MINUTES - piece.offset)
            if start < end:
                yield self.grid.starts_in(start - self.grid.duration + 1, end)

    def starts_outside(self, local_range: tuple[date, date]) -> Iterator[slice]:
        """The starts whose action touches a local date before the first or after the last."""
        first, last = map(day_of, local_range)
        yield from self.starts_on(-FOREVER_DAYS, first - 1)
        yield from self.starts_on(last + 1, FOREVER_DAYS)


def _cycle(first: int, count: int, length: int) -> NDArray[np.intp]:
    """`count` numbers from `first` on, which begin again with 0 after `length` − 1."""
    turns = -(-(first + count) // length)
    return np.broadcast_to(np.arange(length), (turns, length)).ravel()[first : first + count]


def worst_of_starts(weeks: Weeks, grid: Grid, phase: int) -> Burdens:
    """Groups × slots of the week: the worst minute of an action that starts `phase` minutes into each slot, round the end of the week.

    From one burden to the next higher one, whatever starts early enough to touch a run with at least that much costs the difference more.
    """
    lead = -(-(grid.duration - 1) // grid.slot)  # slots before Monday from which an action may still reach into the week
    width = lead + WEEK_MINUTES // grid.slot
    group = weeks.begins // WEEK_MINUTES
    monday, left = group * WEEK_MINUTES + phase, group * width + lead
    first = left - (monday - weeks.begins + grid.duration - 1) // grid.slot
    end = left - (monday - weeks.ends()) // grid.slot
    rises = np.zeros(weeks.count * width + 1, np.int8)
    for lower, burden in pairwise([0, *(burden for burden in BURDENS[1:] if (weeks.burdens == burden).any())]):
        costly = np.flatnonzero(weeks.burdens >= burden)
        _rise(rises, first[costly], end[costly], burden - lower)
    worst = _heights(rises)[:-1].reshape(weeks.count, width)
    into_monday = worst[:, width - lead :]
    np.maximum(into_monday, worst[:, :lead], out=into_monday)
    return worst[:, lead:]


def _rise(rises: NDArray[np.int8], first: Integers, end: Integers, height: int) -> None:
    """Notes that the values rise by `height` over the union of the spans [first, end), both in order."""
    first[1:] = np.maximum(first[1:], end[:-1])
    some = np.flatnonzero(first < end)
    rises[first[some]] += height
    rises[end[some]] -= height


def _heights(rises: NDArray[np.int8]) -> Burdens:
    """The sum of all rises up to each place; as rises are rare, far quicker than `np.cumsum`."""
    at = np.flatnonzero(rises != 0)  # of flags it is three times as quick
    lengths = np.diff(at, prepend=0, append=rises.size)
    heights = np.concatenate([np.zeros(1, np.uint8), np.cumsum(rises[at], dtype=np.uint8)])
    return np.repeat(heights, lengths)


def bounds_of(spans: Sequence[Sequence[slice]]) -> tuple[Integers, Integers]:
    """First and end of each stretch: spans × stretches, where the first one is repeated in a span that has fewer than others."""
    most = max(map(len, spans), default=1)
    filled = [[*parts, *[parts[0]] * (most - len(parts))] for parts in spans]
    bounds = np.array([[(part.start, part.stop) for part in parts] for parts in filled], np.int64).reshape(len(spans), most, 2)
    return bounds[..., 0], bounds[..., 1]


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


def _slide_max(tables: NDArray[Number], span: int) -> NDArray[Number]:
    """For every minute of the week the maximum over it and the `span` − 1 minutes after it, round the end of the week."""
    worst: NDArray[Number] = np.concatenate([tables, tables[:, : span - 1]], axis=1)
    reached = 1
    while 2 * reached <= span:
        worst = np.maximum(worst[:, :-reached], worst[:, reached:])
        reached *= 2
    rest = span - reached
    whole: NDArray[Number] = np.maximum(worst[:, :WEEK_MINUTES], worst[:, rest : rest + WEEK_MINUTES])
    return whole


def day_of(on: date) -> int:
    return (on - EPOCH_ON).days


def date_of(day: int) -> date:
    return EPOCH_ON + timedelta(days=day)


def minutes_of(instant: datetime, duration_minutes: int) -> tuple[int, int]:
    """The minutes since 1970 that an action touches: [first, end)."""
    since = instant - EPOCH
    return since // MINUTE, -(-(since + duration_minutes * MINUTE) // MINUTE)
