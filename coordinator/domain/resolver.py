"""Which moments suit every group, which come closest, and what does each cost whom? (shape `instant`, DESIGN §4)

A group's week of minutes (`burden.week_burdens`) is the same in every week; only the UTC offset and single dates tell one
week from the next. So the burden of a start is looked up in one week per group: for each zone the starts of the range are
mapped to *columns* (a start within the group's week, or one of the few starts during which that zone's clock changes), all
groups of a zone are summed by column, and only the sums are spread over the range. Blocked dates are patched in afterwards.
Time grows with groups × a week plus zones × range, memory with neither groups × range nor anything near it.

A date outside `local_range` counts as a blocked date of every group whose wall clock shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.availability import DAY_MINUTES, Availability
from coordinator.domain.burden import BURDEN_NOT_BORNE, SUITS_UP_TO, WEEK_MINUTES, Burdens, week_burdens
from coordinator.domain.fairness import carried_after
from coordinator.domain.zones import transitions, utc_offset

SLOT_MINUTES = 15
CANDIDATES = 3
APART = timedelta(hours=20)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ON = EPOCH.date()
EPOCH_WEEK_MINUTE = 3 * DAY_MINUTES  # 1 January 1970 was a Thursday
MINUTE = timedelta(minutes=1)

CHUNK_GROUPS = 256
CHUNK_CELLS = 8_000_000
FOREVER_DAYS = 4_000_000


@dataclass(frozen=True, slots=True)
class Invitee:
    """A group as the resolver sees it. `carried` is its balance so far; `required` marks it as needed by the proposer."""

    name: str
    zone_id: str
    availability: Availability
    required: bool = False
    carried: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """What to resolve. Starts are multiples of the slot, counted from 1970 in UTC, with start_at ≤ t and t + duration ≤ end_at.

    `slot_minutes` divides a day; `duration_minutes` is 1 to 1440. `local_range` holds first and last local date, inclusive.
    Names are unique. At most `limit` candidates are answered, at least `apart` from each other.
    """

    start_at: datetime
    end_at: datetime
    duration_minutes: int
    groups: tuple[Invitee, ...]
    slot_minutes: int = SLOT_MINUTES
    local_range: tuple[date, date] | None = None
    limit: int = CANDIDATES
    apart: timedelta = APART

    def __post_init__(self) -> None:
        if self.slot_minutes < 1 or DAY_MINUTES % self.slot_minutes:
            raise ValueError(f"a slot of {self.slot_minutes} minutes does not divide a day")
        if not 1 <= self.duration_minutes <= DAY_MINUTES:
            raise ValueError(f"a duration of {self.duration_minutes} minutes is not between a minute and a day")


@dataclass(frozen=True, slots=True)
class GroupRow:
    """What one start means to one group. `carried_after`: its balance should the action be kept at this start."""

    name: str
    wall_time: datetime
    utc_offset: timedelta
    burden: int
    carried_after: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A start seen by what groups *bear*. `missing` names who does not bear it; `groups` and `missing` keep the question's order."""

    start_at: datetime
    covered: int
    missing: tuple[str, ...]
    groups: tuple[GroupRow, ...]


@dataclass(frozen=True, slots=True)
class Concession:
    """The smallest change that raises the cover: its kind (window, quiet, blocked), its bounds, what it costs and what it opens."""

    group: str
    kind: str
    change_from: str
    change_to: str
    minutes: int
    opens_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What `resolve` found. All but `candidates` speak of what *suits*.

    `ranges`: first and last of each run of starts that suit every group, inclusive. `missing`: whom the earliest start with
    the largest cover leaves out; every group, when the range holds no start at all. `candidates`: best first.
    `conflict` and `concession` are not computed yet and always empty.
    """

    feasible: bool
    ranges: tuple[tuple[datetime, datetime], ...]
    count: int
    max_cover: int
    missing: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    conflict: tuple[str, ...] = ()
    concession: Concession | None = None


Number = TypeVar("Number", bound=np.generic)
RankingKey = tuple[int, float, int, int, datetime]


def resolve(question: Question) -> Answer:
    """The exact answer; it takes no shortcut and never fails, also for no groups, no starts, or nobody who can."""
    grid = _Grid.of(question)
    if not grid.count:
        return Answer(False, (), 0, 0, tuple(g.name for g in question.groups), ())
    pieces = _zone_pieces(question.groups, grid.first, grid.end)
    sums = _sum_groups(question, grid, pieces)
    suiting = np.flatnonzero(sums.suits == len(question.groups))
    fullest = int(sums.suits.argmax())
    chosen = _choose(sums, grid, question)
    fullest_row, *rows = _rows_at(question, [grid.start_at(i) for i in (fullest, *chosen)], pieces)
    return Answer(
        feasible=bool(suiting.size),
        ranges=tuple((grid.start_at(first), grid.start_at(last)) for first, last in _runs(suiting)),
        count=int(suiting.size),
        max_cover=int(sums.suits[fullest]),
        missing=tuple(row.name for row in fullest_row.groups if row.burden > SUITS_UP_TO),
        candidates=tuple(rows),
    )


def weigh(question: Question, start_at: datetime) -> Candidate:
    """What one given start means to every group; it may lie outside the range and between slots, even off the minute."""
    pieces = _zone_pieces(question.groups, *_minutes_of(start_at, question.duration_minutes))
    return _rows_at(question, [start_at], pieces)[0]


def ranking_key(question: Question, candidate: Candidate) -> RankingKey:
    """The order of candidates, the least first: required groups borne, least worst (carried + burden) over all, cover, total, time."""
    rows = list(zip(question.groups, candidate.groups, strict=True))
    required = sum(row.burden < BURDEN_NOT_BORNE for group, row in rows if group.required)
    worst = max((group.carried + row.burden for group, row in rows), default=0.0)
    return -required, worst, -candidate.covered, sum(row.burden for _, row in rows), candidate.start_at


# --- starts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Grid:
    """The starts of a question: `count` of them, `slot` minutes apart, the first `first` minutes after 1970."""

    first: int
    slot: int
    count: int
    duration: int

    @staticmethod
    def of(question: Question) -> _Grid:
        slot = timedelta(minutes=question.slot_minutes)
        first = -((EPOCH - question.start_at) // slot)
        last = (question.end_at - timedelta(minutes=question.duration_minutes) - EPOCH) // slot
        return _Grid(first * question.slot_minutes, question.slot_minutes, max(0, last - first + 1), question.duration_minutes)

    @property
    def end(self) -> int:
        """The first minute after the last action."""
        return self.first + (self.count - 1) * self.slot + self.duration

    def start_at(self, index: int) -> datetime:
        return EPOCH + (self.first + int(index) * self.slot) * MINUTE

    def starts_in(self, start: int, end: int) -> slice:
        """The starts t with start ≤ t < end, both in minutes since 1970."""
        return slice(self._index_from(start), self._index_from(end))

    def _index_from(self, minute: int) -> int:
        return min(max(0, -((self.first - minute) // self.slot)), self.count)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Minutes [start, end) since 1970 during which a zone's clock is `offset` minutes ahead of UTC."""

    start: int
    end: int
    offset: int


ZonePieces = Mapping[str, tuple[_Piece, ...]]


def _zone_pieces(groups: Sequence[Invitee], start: int, end: int) -> ZonePieces:
    """For each zone of the groups its pieces, in order and without holes, from `start` to `end`."""
    return {zone_id: _pieces(zone_id, start, end) for zone_id in {group.zone_id for group in groups}}


def _pieces(zone_id: str, start: int, end: int) -> tuple[_Piece, ...]:
    first_at, end_at = EPOCH + start * MINUTE, EPOCH + end * MINUTE
    offset = utc_offset(first_at, zone_id) // MINUTE
    found = []
    for change in transitions(zone_id, first_at, end_at):
        changes = (change.at - EPOCH) // MINUTE
        found.append(_Piece(start, changes, offset))
        start, offset = changes, change.after // MINUTE
    return (*found, _Piece(start, end, offset))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Starts `slots` of a grid that fall on successive slots of the week: `columns` holds that week's, the first falls on `first`."""

    slots: slice
    columns: slice
    first: int


@dataclass(frozen=True)
class _ZoneStarts:
    """How the starts of a grid fall into the week of one zone.

    A *column* is a kind of start: first, for each phase (offset modulo slot), every slot of the week, shared by the starts of
    all weeks; then one for each of the few starts during which the clock changes.
    """

    grid: _Grid
    pieces: tuple[_Piece, ...]

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
    def stretches(self) -> tuple[_Stretch, ...]:
        """The whole grid in order, as if no clock changed during an action."""
        return tuple(self._stretch(piece) for piece in self.pieces)

    def _stretch(self, piece: _Piece) -> _Stretch:
        slots = self.grid.starts_in(piece.start, piece.end)
        start = self.grid.first + slots.start * self.grid.slot + piece.offset + EPOCH_WEEK_MINUTE
        block = self.phases.index(piece.offset % self.grid.slot) * self.per_week
        return _Stretch(slots, slice(block, block + self.per_week), start // self.grid.slot % self.per_week)

    def burdens(self, weeks: Burdens) -> Burdens:
        """Groups × columns: the worst minute of each kind of start, blocked dates left aside. `weeks`: groups × week minutes."""
        worst = _slide_max(weeks, self.grid.duration)
        regular = [worst[:, phase :: self.grid.slot] for phase in self.phases]
        changing = [self._worst_of(weeks, self.grid.first + i * self.grid.slot)[:, None] for i in self.changing]
        return np.concatenate(regular + changing, axis=1)

    def _worst_of(self, weeks: Burdens, start: int) -> Burdens:
        spans = _week_spans(self.pieces, start, start + self.grid.duration)
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


def _week_spans(pieces: Sequence[_Piece], start: int, end: int) -> list[slice]:
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


# --- sums over groups ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Sums:
    """For each start: how many groups it suits, how many bear it, how many required ones do, all burden, the worst carried + burden."""

    suits: NDArray[np.int32]
    borne: NDArray[np.int32]
    required: NDArray[np.int32]
    burden: NDArray[np.int32]
    worst: NDArray[np.float64]

    @staticmethod
    def empty(count: int) -> _Sums:
        suits, borne, required, burden = np.zeros((4, count), np.int32)
        return _Sums(suits, borne, required, burden, np.full(count, -np.inf))


def _sum_groups(question: Question, grid: _Grid, pieces: ZonePieces) -> _Sums:
    sums = _Sums.empty(grid.count)
    size = max(1, min(CHUNK_GROUPS, CHUNK_CELLS // grid.count))
    for zone_id, groups in _by_zone(question.groups).items():
        starts = _ZoneStarts(grid, pieces[zone_id])
        for first in range(0, len(groups), size):
            _add_groups(sums, starts, groups[first : first + size], question.local_range)
    return sums


def _by_zone(groups: Sequence[Invitee]) -> dict[str, list[Invitee]]:
    zones: dict[str, list[Invitee]] = defaultdict(list)
    for group in groups:
        zones[group.zone_id].append(group)
    return zones


@dataclass(frozen=True, slots=True)
class _Cohort:
    """Some groups of one zone: their burdens (groups × columns), and what ranking needs of each group."""

    starts: _ZoneStarts
    burdens: Burdens
    carried: NDArray[np.float64]
    required: NDArray[np.bool_]


def _add_groups(sums: _Sums, starts: _ZoneStarts, groups: Sequence[Invitee], local_range: tuple[date, date] | None) -> None:
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


def _add_weeks(sums: _Sums, cohort: _Cohort) -> None:
    burdens, spread = cohort.burdens, cohort.starts.spread
    borne = burdens < BURDEN_NOT_BORNE
    sums.suits += spread((burdens <= SUITS_UP_TO).sum(0, np.int32))
    sums.borne += spread(borne.sum(0, np.int32))
    sums.burden += spread(burdens.sum(0, np.int32))
    np.maximum(sums.worst, spread((burdens + cohort.carried[:, None]).max(0)), out=sums.worst)
    if cohort.required.any():
        sums.required += spread(borne[cohort.required].sum(0, np.int32))


def _blocked_starts(starts: _ZoneStarts, groups: Sequence[Invitee], local_range: tuple[date, date] | None) -> NDArray[np.bool_] | None:
    """Groups × starts: whether the action touches a blocked date, or one outside `local_range`; None when there are none."""
    if local_range is None and not any(g.availability.blocked for g in groups):
        return None
    blocked = np.zeros((len(groups), starts.grid.count), np.bool_)
    for row, group in zip(blocked, groups, strict=True):
        for on in group.availability.blocked:
            for slots in starts.starts_on(_day(on), _day(on)):
                row[slots] = True
    if local_range is not None:
        for outside in ((-FOREVER_DAYS, _day(local_range[0]) - 1), (_day(local_range[1]) + 1, FOREVER_DAYS)):
            for slots in starts.starts_on(*outside):
                blocked[:, slots] = True
    return blocked


def _subtract_blocked(sums: _Sums, cohort: _Cohort, blocked: NDArray[np.bool_]) -> None:
    """Turns the burden of blocked starts into "not borne", which no burden exceeds, so that the worst only grows."""
    group, start = np.divmod(np.flatnonzero(blocked), blocked.shape[1])  # far quicker than nonzero in two dimensions
    before = cohort.burdens[group, cohort.starts.columns_of(start)]
    was_borne = before < BURDEN_NOT_BORNE
    np.subtract.at(sums.suits, start[before <= SUITS_UP_TO], 1)
    np.subtract.at(sums.borne, start[was_borne], 1)
    np.subtract.at(sums.required, start[was_borne & cohort.required[group]], 1)
    np.add.at(sums.burden, start, np.subtract(BURDEN_NOT_BORNE, before, dtype=np.int32))
    np.maximum.at(sums.worst, start, cohort.carried[group] + BURDEN_NOT_BORNE)


def _day(on: date) -> int:
    return (on - EPOCH_ON).days


# --- answers ---------------------------------------------------------------------------------------------------------


def _choose(sums: _Sums, grid: _Grid, question: Question) -> list[int]:
    """The indices of the best starts, best first, each at least `apart` from those before it."""
    apart = -(-question.apart // timedelta(minutes=grid.slot))
    free = np.arange(grid.count)
    chosen: list[int] = []
    while free.size and len(chosen) < question.limit:
        best = _best_of(free, sums)
        chosen.append(best)
        free = free[(np.abs(free - best) >= apart) & (free != best)]
    return chosen


def _best_of(starts: NDArray[np.int64], sums: _Sums) -> int:
    """The start that `ranking_key` puts first; `starts` are in order of time, so the first of the equals is the earliest."""
    for key in (-sums.required, sums.worst, -sums.borne, sums.burden):
        values = key[starts]
        starts = starts[values == values.min()]
    return int(starts[0])


def _runs(indices: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """First and last of every run of consecutive numbers."""
    if indices.size:
        breaks = np.flatnonzero(np.diff(indices) > 1)
        firsts, lasts = np.append(0, breaks + 1), np.append(breaks, indices.size - 1)
        yield from zip(indices[firsts].tolist(), indices[lasts].tolist(), strict=True)


def _rows_at(question: Question, instants: Sequence[datetime], pieces: ZonePieces) -> list[Candidate]:
    """Each instant as a candidate, in the order given; `pieces` cover them all."""
    spans = [_minutes_of(instant, question.duration_minutes) for instant in instants]
    readings = {zone_id: [_read_clock(zone, *span) for span in spans] for zone_id, zone in pieces.items()}
    burdens: list[list[int]] = [[] for _ in instants]
    for group in question.groups:
        week = week_burdens(group.availability)
        blocked = {_day(on) for on in group.availability.blocked}
        for row, reading in zip(burdens, readings[group.zone_id], strict=True):
            refused = not blocked.isdisjoint(reading.days) or _is_outside(reading.days, question.local_range)
            row.append(BURDEN_NOT_BORNE if refused else max(int(week[span].max()) for span in reading.week_spans))
    offsets = [[readings[group.zone_id][i].offset for group in question.groups] for i in range(len(instants))]
    return [_candidate(question, *start) for start in zip(instants, burdens, offsets, strict=True)]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one zone's clock shows during an action: stretches of the week, local dates in days since 1970, the offset at its start."""

    week_spans: list[slice]
    days: frozenset[int]
    offset: timedelta


def _minutes_of(instant: datetime, duration_minutes: int) -> tuple[int, int]:
    """The minutes since 1970 that an action touches: [first, end)."""
    since = instant - EPOCH
    return since // MINUTE, -(-(since + duration_minutes * MINUTE) // MINUTE)


def _read_clock(pieces: Sequence[_Piece], start: int, end: int) -> _Reading:
    touched = [_Piece(max(start, p.start), min(end, p.end), p.offset) for p in pieces if p.start < end and start < p.end]
    edges = [((p.start + p.offset) // DAY_MINUTES, (p.end - 1 + p.offset) // DAY_MINUTES) for p in touched]
    days = frozenset(day for first, last in edges for day in range(first, last + 1))
    return _Reading(_week_spans(touched, start, end), days, touched[0].offset * MINUTE)


def _is_outside(days: frozenset[int], local_range: tuple[date, date] | None) -> bool:
    return local_range is not None and (min(days) < _day(local_range[0]) or max(days) > _day(local_range[1]))


def _candidate(question: Question, start_at: datetime, burdens: Sequence[int], offsets: Sequence[timedelta]) -> Candidate:
    after = carried_after([g.carried for g in question.groups], burdens)
    rows = tuple(
        GroupRow(group.name, (start_at + offset).replace(tzinfo=None), offset, burden, balance)
        for group, offset, burden, balance in zip(question.groups, offsets, burdens, after, strict=True)
    )
    missing = tuple(row.name for row in rows if row.burden == BURDEN_NOT_BORNE)
    return Candidate(start_at, len(rows) - len(missing), missing, rows)
