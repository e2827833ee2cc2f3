"""Which wall time suits every group, when each acts at that time of its own zone? (shape `wave`, docs/resolve.md)

Between two changes of a zone's clock the legs of a wave are instants at one UTC offset. On a time axis that runs ahead of UTC by that
offset they fall on the slots of the wall time, and there they are summed as instants are (`cover.sum_groups`), one such *course* after another.
A wave's wall times are counted in minutes since 1970, as if they were UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.burden import SUITS_UP_TO
from coordinator.domain.cover import Sums, by_zone, sum_groups
from coordinator.domain.question import Asked, Invitee, LegRow, Question
from coordinator.domain.resolver import choose, runs
from coordinator.domain.starts import EPOCH, MINUTE, Grid, Piece, ZonePieces, zone_pieces
from coordinator.domain.weighing import rows_at

NEAR_MINUTES = 2 * 24 * 60  # an offset, and the longest stretch that a clock change ever skipped, are less
NOWHERE = "UTC"  # whose clock a wave of no groups follows


@dataclass(frozen=True, slots=True)
class Leg:
    """One instant of a wave; at `utc_offset` it reads the wave's wall time. `groups` are those that start then, in the question's order."""

    starts_at: datetime
    utc_offset: timedelta
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaveCandidate:
    """A naive wall time seen by what groups *bear*, each at its own leg. `legs` are the order of the zones, the earliest first."""

    wall_time: datetime
    covered: int
    missing: tuple[str, ...]
    groups: tuple[LegRow, ...]
    legs: tuple[Leg, ...]

    @property
    def span(self) -> timedelta:
        """From the first leg to the last."""
        return self.legs[-1].starts_at - self.legs[0].starts_at if self.legs else timedelta()


@dataclass(frozen=True, slots=True)
class WaveAnswer:
    """What `resolve_wave` found: as `question.Answer`, with wall times for starts."""

    feasible: bool
    ranges: tuple[tuple[datetime, datetime], ...]
    count: int
    max_cover: int
    missing: tuple[str, ...]
    candidates: tuple[WaveCandidate, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """Wall minutes [start, end) whose leg is `piece.offset` behind them; those that read past the end of the piece are skipped ones."""

    start: int
    end: int
    piece: Piece
    next_offset: int | None

    def asked(self, wall_minute: int) -> Asked | None:
        if wall_minute - self.piece.offset >= self.piece.end:
            return Asked.SKIPPED
        if self.next_offset is not None and wall_minute - self.next_offset >= self.piece.end:
            return Asked.DOUBLED
        return None


Courses = tuple[Course, ...]
Clock = tuple[Grid, tuple[Piece, ...]]


def resolve_wave(question: Question) -> WaveAnswer:
    """The exact answer; like `resolve` it never fails."""
    pieces = _pieces_near(question.groups, *_bounds(question))
    courses = {zone_id: courses_of(zone) for zone_id, zone in pieces.items()}
    grid, valid = _starts_of(question, courses)
    if not valid.size:
        return WaveAnswer(False, (), 0, 0, tuple(g.name for g in question.groups), ())
    sums = _sum_legs(question, grid, courses, pieces)
    suits = sums.suits[valid]
    fullest = valid[suits.argmax()]
    suiting = valid[suits == len(question.groups)]
    chosen = choose(sums, valid, question)
    fullest_row, *rows = (_weigh(question, grid.first + int(i) * grid.slot, courses, pieces) for i in (fullest, *chosen))
    return WaveAnswer(
        feasible=bool(suiting.size),
        ranges=tuple((_wall_time(grid.start_at(first)), _wall_time(grid.start_at(last))) for first, last in runs(suiting)),
        count=int(suiting.size),
        max_cover=int(sums.suits[fullest]),
        missing=tuple(row.name for row in fullest_row.groups if row.burden > SUITS_UP_TO),
        candidates=tuple(rows),
    )


def weigh_wave(question: Question, wall_time: datetime) -> WaveCandidate:
    """What one naive wall time, a whole minute, means to every group; it may lie outside the range and between slots."""
    minute = (_as_if_utc(wall_time) - EPOCH) // MINUTE
    pieces = _pieces_near(question.groups, minute - NEAR_MINUTES, minute + NEAR_MINUTES)
    return _weigh(question, minute, {zone_id: courses_of(zone) for zone_id, zone in pieces.items()}, pieces)


def courses_of(pieces: Sequence[Piece]) -> Courses:
    """The courses of one zone, in order and without holes: a skipped time belongs to the piece before it, as does a doubled one."""
    first, last = pieces[0], pieces[-1]
    turns = [before.end + max(before.offset, after.offset) for before, after in pairwise(pieces)]
    edges = [first.start + first.offset, *turns, last.end + last.offset]
    offsets = [*(piece.offset for piece in pieces[1:]), None]
    return tuple(Course(*edge, piece, after) for edge, piece, after in zip(pairwise(edges), pieces, offsets, strict=True))


# --- which wall times count ----------------------------------------------------------------------------------------------


def _bounds(question: Question) -> tuple[int, int]:
    """The first minute that an action may fill, and the end of the last: of UTC, or of the wall time where that has a range of its own."""
    start, end = question.wall_range or (question.start_at, question.end_at)
    return -((EPOCH - _as_if_utc(start)) // MINUTE), (_as_if_utc(end) - EPOCH) // MINUTE


def _pieces_near(groups: Sequence[Invitee], start: int, end: int) -> ZonePieces:
    """As `zone_pieces`, with so much before and after that whatever a wall time may mean is known."""
    start, end = start - NEAR_MINUTES, max(start, end) + NEAR_MINUTES
    return zone_pieces(groups, start, end) or {NOWHERE: (Piece(start, end, 0),)}


def _starts_of(question: Question, courses: Mapping[str, Courses]) -> tuple[Grid, NDArray[np.int64]]:
    """A grid that holds every wall time that counts, and the indices of these."""
    earliest, end = _bounds(question)
    latest = end - question.duration_minutes
    if question.wall_range is not None:
        grid = _grid_over(question, earliest, latest)
        return grid, np.arange(grid.count)
    counting = [[_counting(course, earliest, latest) for course in zone] for zone in set(courses.values())]
    held = [[span for span in zone if span[0] < span[1]] for zone in counting]
    if not all(held):
        return _grid_over(question, 0, -1), np.arange(0)
    grid = _grid_over(question, max(zone[0][0] for zone in held), min(zone[-1][1] for zone in held) - 1)
    return grid, np.flatnonzero(np.logical_and.reduce([_mask(grid, zone) for zone in held]))


def _counting(course: Course, earliest: int, latest: int) -> tuple[int, int]:
    """The wall minutes [start, end) of a course whose leg lies in the range."""
    return max(course.start, earliest + course.piece.offset), min(course.end, latest + 1 + course.piece.offset)


def _grid_over(question: Question, first: int, last: int) -> Grid:
    """The slots from one minute of wall time to another, inclusive."""
    slot = question.slot_minutes
    first, last = -(-first // slot), last // slot
    return Grid(first * slot, slot, max(0, last - first + 1), question.duration_minutes)


def _mask(grid: Grid, spans: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    held = np.zeros(grid.count, np.bool_)
    for start, end in spans:
        held[grid.starts_in(start, end)] = True
    return held


# --- what they cost --------------------------------------------------------------------------------------------------------


def _sum_legs(question: Question, grid: Grid, courses: Mapping[str, Courses], pieces: ZonePieces) -> Sums:
    """The sums over all wall times, also of those that do not count. Zones whose clocks agree along a course are summed as one."""
    sums = Sums.empty(grid.count)
    for (part, clock), groups in _by_clock(question, grid, courses, pieces).items():
        own = replace(question, groups=tuple(groups))
        first = (part.first - grid.first) // grid.slot
        _add(sums, slice(first, first + part.count), sum_groups(own, part, {group.zone_id: clock for group in groups}))
    return sums


def _by_clock(question: Question, grid: Grid, courses: Mapping[str, Courses], pieces: ZonePieces) -> dict[Clock, list[Invitee]]:
    """Each course's part of the grid and its clock → the groups that follow it, all on the time axis that runs ahead by its offset."""
    found: dict[Clock, list[Invitee]] = defaultdict(list)
    for zone_id, groups in by_zone(question.groups).items():
        for course in courses[zone_id]:
            slots = grid.starts_in(course.start, course.end)
            if slots.start < slots.stop:
                part = Grid(grid.first + slots.start * grid.slot, grid.slot, slots.stop - slots.start, grid.duration)
                clock = _shift(pieces[zone_id], course.piece.offset, part.first, part.end)
                found[part, clock] += [_ahead(group, course.piece.offset * MINUTE) for group in groups]
    return found


def _ahead(group: Invitee, offset: timedelta) -> Invitee:
    return replace(group, no_go=tuple((first + offset, end + offset) for first, end in group.no_go)) if group.no_go else group


def _shift(pieces: Sequence[Piece], offset: int, start: int, end: int) -> tuple[Piece, ...]:
    """The pieces on a time axis that runs `offset` minutes ahead of UTC, from `start` to `end` of that axis."""
    shifted = (Piece(max(p.start + offset, start), min(p.end + offset, end), p.offset - offset) for p in pieces)
    return tuple(piece for piece in shifted if piece.start < piece.end)


def _add(sums: Sums, slots: slice, part: Sums) -> None:
    sums.suits[slots] += part.suits
    sums.borne[slots] += part.borne
    sums.required[slots] += part.required
    sums.burden[slots] += part.burden
    np.maximum(sums.worst[slots], part.worst, out=sums.worst[slots])


# --- what each means to every group ------------------------------------------------------------------------------------------


def _weigh(question: Question, wall: int, courses: Mapping[str, Courses], pieces: ZonePieces) -> WaveCandidate:
    """The wall time as an instant of a time axis of each zone's own, which runs ahead of UTC by the offset of its course."""
    here = {zone_id: next(course for course in own if course.start <= wall < course.end) for zone_id, own in courses.items()}
    ahead = {zone_id: course.piece.offset * MINUTE for zone_id, course in here.items()}
    asked = {zone_id: course.asked(wall) for zone_id, course in here.items()}
    as_if_utc = EPOCH + wall * MINUTE
    own = replace(question, groups=tuple(_ahead(group, ahead[group.zone_id]) for group in question.groups))
    clocks = {
        zone_id: _shift(pieces[zone_id], course.piece.offset, wall, wall + question.duration_minutes) for zone_id, course in here.items()
    }
    (found,) = rows_at(own, [as_if_utc], clocks)
    legs = {zone_id: as_if_utc - offset for zone_id, offset in ahead.items()}
    rows = tuple(
        LegRow(row.name, row.wall_time, row.utc_offset + ahead[zone], row.burden, row.carried_after, leg_at=legs[zone], asked=asked[zone])
        for zone, row in zip([group.zone_id for group in question.groups], found.groups, strict=True)
    )
    return WaveCandidate(_wall_time(as_if_utc), found.covered, found.missing, rows, _legs(as_if_utc, rows))


def _legs(as_if_utc: datetime, rows: Sequence[LegRow]) -> tuple[Leg, ...]:
    followers: dict[datetime, list[str]] = defaultdict(list)
    for row in rows:
        followers[row.leg_at].append(row.name)
    return tuple(Leg(leg_at, as_if_utc - leg_at, tuple(names)) for leg_at, names in sorted(followers.items()))


def _wall_time(as_if_utc: datetime) -> datetime:
    return as_if_utc.replace(tzinfo=None)


def _as_if_utc(time: datetime) -> datetime:
    """A wall time as the instant that the grid counts it by; an instant as it is."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)
