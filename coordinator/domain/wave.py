"""Which wall time suits every group, when each acts at that time of its own zone? (shape `wave`, docs/resolve.md)

Along each course of a zone (`courses.py`) the legs of a wave are instants of a shifted time axis: there `cover` sums them and `weighing` weighs them,
as they do instants.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.burden import Weeks
from coordinator.domain.concession import find_concession
from coordinator.domain.conflict import find_conflict
from coordinator.domain.courses import (
    Course,
    Courses,
    as_instant,
    courses_of,
    pieces_near,
    shift_pieces,
    stretches,
    wall_minute_of,
    wall_time_of,
)
from coordinator.domain.cover import Sums, sum_groups
from coordinator.domain.question import Concession, Invitee, LegRow, Question
from coordinator.domain.resolver import choose, runs
from coordinator.domain.starts import EPOCH, MINUTE, Grid, Piece, ZonePieces
from coordinator.domain.suiting import Field, Indices
from coordinator.domain.wave_field import wave_field
from coordinator.domain.weighing import Scales


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
    """What `resolve_wave` found: as `question.Answer`, with wall times for starts; the concession's `opens_at` is one too."""

    feasible: bool
    ranges: tuple[tuple[datetime, datetime], ...]
    count: int
    max_cover: int
    missing: tuple[str, ...]
    candidates: tuple[WaveCandidate, ...]
    conflict: tuple[str, ...] = ()
    concession: Concession | None = None


def resolve_wave(question: Question) -> WaveAnswer:
    """The exact answer; like `resolve` it never fails."""
    planet = _Planet(question, pieces_near(question.groups, *_bounds(question)))
    grid, valid = planet.find_starts()
    if not valid.size:
        return WaveAnswer(False, (), 0, 0, tuple(g.name for g in question.groups), ())

    def wall_minute(index: int) -> int:
        return grid.first + int(index) * grid.slot

    sums = planet.sum_legs(grid)
    suits = sums.suits[valid]
    fullest = valid[suits == suits.max()]
    suiting = valid[suits == len(question.groups)]
    missing = planet.missing(wall_minute(fullest[0]))
    return WaveAnswer(
        feasible=bool(suiting.size),
        ranges=tuple((wall_time_of(wall_minute(first)), wall_time_of(wall_minute(last))) for first, last in runs(suiting)),
        count=int(suiting.size),
        max_cover=int(suits.max()),
        missing=missing,
        candidates=tuple(planet.weigh(wall_minute(index)) for index in choose(sums, valid, question)),
        conflict=find_conflict(planet.field(grid, valid), missing) if missing else (),
        concession=_find_concession(planet.field(grid, valid), fullest) if missing else None,
    )


def find_waves(question: Question) -> tuple[WaveCandidate, ...]:
    """The `candidates` of `resolve_wave` alone."""
    planet = _Planet(question, pieces_near(question.groups, *_bounds(question)))
    grid, valid = planet.find_starts()
    chosen = choose(planet.sum_legs(grid), valid, question) if valid.size else ()
    return tuple(planet.weigh(grid.first + index * grid.slot) for index in chosen)


def weigh_wave(question: Question, wall_time: datetime) -> WaveCandidate:
    """What one naive wall time, a whole minute, means to every group; it may lie outside the range and between slots."""
    minute = wall_minute_of(wall_time)
    return _Planet(question, pieces_near(question.groups, minute, minute)).weigh(minute)


def _bounds(question: Question) -> tuple[int, int]:
    """The first minute that an action may fill, and the end of the last: of UTC, or of the wall time where that has a range of its own."""
    start, end = question.wall_range or (question.start_at, question.end_at)
    return -((EPOCH - as_instant(start)) // MINUTE), (as_instant(end) - EPOCH) // MINUTE


def _find_concession(field: Field, fullest: Indices) -> Concession | None:
    found = find_concession(field, fullest)
    return found and replace(found, opens_at=found.opens_at.replace(tzinfo=None))


@dataclass(frozen=True)
class _Planet:
    """A question's groups and the clocks that they live by."""

    question: Question
    pieces: ZonePieces

    @cached_property
    def courses(self) -> Mapping[str, Courses]:
        return {zone_id: courses_of(own) for zone_id, own in self.pieces.items()}

    @cached_property
    def weeks(self) -> Weeks:
        return Weeks.of([group.availability for group in self.question.groups])

    # --- which wall times count ---

    def find_starts(self) -> tuple[Grid, NDArray[np.int64]]:
        """A grid that holds every wall time that counts, and the indices of these."""
        earliest, end = _bounds(self.question)
        latest = end - self.question.duration_minutes
        if self.question.wall_range is not None:
            grid = self._grid_over(earliest, latest)
            return grid, np.arange(grid.count)
        counting = [[course.between(earliest, latest) for course in own] for own in set(self.courses.values())]
        held = [[span for span in own if span[0] < span[1]] for own in counting]
        if not all(held):
            return self._grid_over(0, -1), np.arange(0)
        grid = self._grid_over(max(own[0][0] for own in held), min(own[-1][1] for own in held) - 1)
        return grid, np.flatnonzero(np.logical_and.reduce([_mask(grid, own) for own in held]))

    def _grid_over(self, first: int, last: int) -> Grid:
        """The slots from one minute of wall time to another, inclusive."""
        slot = self.question.slot_minutes
        first, last = -(-first // slot), last // slot
        return Grid(first * slot, slot, max(0, last - first + 1), self.question.duration_minutes)

    # --- what they cost ---

    def sum_legs(self, grid: Grid) -> Sums:
        """The sums over all wall times, also of those that do not count. Zones whose clocks agree along a course are summed as one."""
        sums = Sums.empty(grid.count)
        for (part, clock), members in self._by_clock(grid).items():
            groups = tuple(_ahead(self.question.groups[index], offset) for index, offset in members)
            own = self.weeks.take(np.array([index for index, _ in members]))
            first = (part.first - grid.first) // grid.slot
            found = sum_groups(replace(self.question, groups=groups), part, {group.zone_id: clock for group in groups}, own)
            _add(sums, slice(first, first + part.count), found)
        return sums

    def field(self, grid: Grid, counting: NDArray[np.int64]) -> Field:
        """What is asked about single groups."""
        return wave_field(self.question, grid, counting, self.pieces, self.courses)

    def _by_clock(self, grid: Grid) -> Mapping[tuple[Grid, tuple[Piece, ...]], list[tuple[int, int]]]:
        """Each course's part of the grid, with its clock as of there → the groups that follow it, as indices, each with the course's offset."""
        zones: dict[str, list[int]] = defaultdict(list)
        for index, group in enumerate(self.question.groups):
            zones[group.zone_id].append(index)
        found: dict[tuple[Grid, tuple[Piece, ...]], list[tuple[int, int]]] = defaultdict(list)
        for zone_id, members in zones.items():
            for part in stretches(grid, self.courses[zone_id], self.pieces[zone_id]):
                found[part.grid, part.pieces] += [(index, part.offset) for index in members]
        return found

    # --- what one means to every group ---

    def weigh(self, wall_minute: int) -> WaveCandidate:
        here = self._courses_at(wall_minute)
        asked = {zone_id: course.asked(wall_minute) for zone_id, course in here.items()}
        ahead = {zone_id: course.offset * MINUTE for zone_id, course in here.items()}
        legs = {zone_id: EPOCH + wall_minute * MINUTE - offset for zone_id, offset in ahead.items()}
        found = self._scales_at(wall_minute).weigh(EPOCH + wall_minute * MINUTE)
        rows = tuple(
            LegRow(
                row.name, row.wall_time, row.utc_offset + ahead[zone], row.burden, row.carried_after, leg_at=legs[zone], asked=asked[zone]
            )
            for zone, row in zip([group.zone_id for group in self.question.groups], found.groups, strict=True)
        )
        wall_time = wall_time_of(wall_minute)
        return WaveCandidate(wall_time, found.covered, found.missing, rows, _legs(wall_time, rows))

    def missing(self, wall_minute: int) -> tuple[str, ...]:
        """Whom the wall time does not suit, in the question's order."""
        return self._scales_at(wall_minute).missing(EPOCH + wall_minute * MINUTE)

    def _courses_at(self, wall_minute: int) -> Mapping[str, Course]:
        return {zone_id: next(c for c in own if c.start <= wall_minute < c.end) for zone_id, own in self.courses.items()}

    def _scales_at(self, wall_minute: int) -> Scales:
        """Scales for this minute of the time axes that run ahead of UTC, each zone's by the offset of its course."""
        here = self._courses_at(wall_minute)
        groups = tuple(_ahead(group, here[group.zone_id].offset) for group in self.question.groups)
        span = wall_minute, wall_minute + self.question.duration_minutes
        clocks = {zone_id: shift_pieces(self.pieces[zone_id], course.offset, *span) for zone_id, course in here.items()}
        return Scales.of(replace(self.question, groups=groups), clocks, self.weeks)


def _ahead(group: Invitee, offset: int) -> Invitee:
    """The group as seen on a time axis that runs so many minutes ahead of UTC."""
    if not group.no_go:
        return group
    return replace(group, no_go=tuple((first + offset * MINUTE, end + offset * MINUTE) for first, end in group.no_go))


def _mask(grid: Grid, spans: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    held = np.zeros(grid.count, np.bool_)
    for start, end in spans:
        held[grid.starts_in(start, end)] = True
    return held


def _add(sums: Sums, slots: slice, part: Sums) -> None:
    sums.suits[slots] += part.suits
    sums.borne[slots] += part.borne
    sums.required[slots] += part.required
    sums.burden[slots] += part.burden
    np.maximum(sums.worst[slots], part.worst, out=sums.worst[slots])


def _legs(wall_time: datetime, rows: Sequence[LegRow]) -> tuple[Leg, ...]:
    followers: dict[datetime, list[str]] = defaultdict(list)
    for row in rows:
        followers[row.leg_at].append(row.name)
    return tuple(Leg(leg_at, as_instant(wall_time) - leg_at, tuple(names)) for leg_at, names in sorted(followers.items()))
