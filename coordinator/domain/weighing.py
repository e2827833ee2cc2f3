"""What does one given start mean to every group: wall time, offset, burden, balance afterwards?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from coordinator.domain.availability import DAY_MINUTES
from coordinator.domain.burden import BURDEN_NOT_BORNE, SUITS_UP_TO, Integers, Weeks
from coordinator.domain.fairness import carried_after
from coordinator.domain.question import Candidate, GroupRow, Question
from coordinator.domain.starts import MINUTE, Piece, ZonePieces, bounds_of, date_of, minutes_of, week_spans, zone_pieces


def weigh(question: Question, start_at: datetime) -> Candidate:
    """What one given start means to every group; it may lie outside the range and between slots, even off the minute."""
    pieces = zone_pieces(question.groups, *minutes_of(start_at, question.duration_minutes))
    return rows_at(question, [start_at], pieces)[0]


def rows_at(question: Question, instants: Sequence[datetime], pieces: ZonePieces) -> list[Candidate]:
    """Each instant as a candidate, in the order given; `pieces` cover them all."""
    scales = Scales.of(question, pieces, Weeks.of([group.availability for group in question.groups]))
    return [scales.weigh(instant) for instant in instants]


@dataclass(frozen=True, slots=True)
class Scales:
    """What is needed of a question's groups to weigh any start that `pieces` cover.

    `zones`: of each group, the number of its zone among `pieces`. `blocked`: date → the groups that have it blocked; `with_no_go`: the groups
    that have no-go spans; both as indices.
    """

    question: Question
    pieces: ZonePieces
    weeks: Weeks
    zones: Integers
    blocked: Mapping[date, Sequence[int]]
    with_no_go: Sequence[int]

    @staticmethod
    def of(question: Question, pieces: ZonePieces, weeks: Weeks) -> Scales:
        number = {zone_id: index for index, zone_id in enumerate(pieces)}
        zones = np.array([number[group.zone_id] for group in question.groups], np.int64)
        blocked = defaultdict(list)
        for index, group in enumerate(question.groups):
            for on in group.availability.blocked:
                blocked[on].append(index)
        return Scales(question, pieces, weeks, zones, blocked, [i for i, group in enumerate(question.groups) if group.no_go])

    def weigh(self, start_at: datetime) -> Candidate:
        readings = self._read_clocks(start_at)
        burdens = self._burdens(start_at, readings)
        after = carried_after([group.carried for group in self.question.groups], burdens)
        names = [group.name for group in self.question.groups]
        offsets = [reading.offset for reading in readings]
        wall_times = [(start_at + offset).replace(tzinfo=None) for offset in offsets]
        zones = self.zones.tolist()
        rows = tuple(map(GroupRow, names, [wall_times[z] for z in zones], [offsets[z] for z in zones], burdens, after))
        missing = tuple(name for name, burden in zip(names, burdens, strict=True) if burden == BURDEN_NOT_BORNE)
        return Candidate(start_at, len(rows) - len(missing), missing, rows)

    def missing(self, start_at: datetime) -> tuple[str, ...]:
        """Whom the start does not suit, in the question's order."""
        burdens = self._burdens(start_at, self._read_clocks(start_at))
        return tuple(group.name for group, burden in zip(self.question.groups, burdens, strict=True) if burden > SUITS_UP_TO)

    def _read_clocks(self, start_at: datetime) -> list[_Reading]:
        span = minutes_of(start_at, self.question.duration_minutes)
        return [_read_clock(own, *span, self.question.local_range) for own in self.pieces.values()]

    def _burdens(self, start_at: datetime, readings: Sequence[_Reading]) -> list[int]:
        """What the start costs each group."""
        first, end = bounds_of([reading.week_spans for reading in readings])
        burdens = self.weeks.worst(np.arange(self.weeks.count)[:, None], first[self.zones], end[self.zones]).max(axis=1)
        burdens[np.array([reading.is_outside for reading in readings], np.bool_)[self.zones]] = BURDEN_NOT_BORNE
        burdens[list(self._refused(start_at, readings))] = BURDEN_NOT_BORNE
        worst: list[int] = burdens.tolist()
        return worst

    def _refused(self, start_at: datetime, readings: Sequence[_Reading]) -> Iterator[int]:
        """The groups that have a date blocked which the action touches, or a no-go span."""
        for on in frozenset[date]().union(*(reading.dates for reading in readings)):
            yield from (index for index in self.blocked.get(on, ()) if on in readings[self.zones[index]].dates)
        end_at = start_at + self.question.duration_minutes * MINUTE
        yield from (index for index in self.with_no_go if self.question.groups[index].refuses(start_at, end_at))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one zone's clock shows during an action: stretches of the week, local dates, whether one of them lies outside the question's
    `local_range`, the offset at the start.
    """

    week_spans: list[slice]
    dates: frozenset[date]
    is_outside: bool
    offset: timedelta


def _read_clock(pieces: Sequence[Piece], start: int, end: int, local_range: tuple[date, date] | None) -> _Reading:
    touched = [Piece(max(start, p.start), min(end, p.end), p.offset) for p in pieces if p.start < end and start < p.end]
    edges = [((p.start + p.offset) // DAY_MINUTES, (p.end - 1 + p.offset) // DAY_MINUTES) for p in touched]
    dates = frozenset(date_of(day) for first, last in edges for day in range(first, last + 1))
    is_outside = local_range is not None and (min(dates) < local_range[0] or max(dates) > local_range[1])
    return _Reading(week_spans(touched, start, end), dates, is_outside, touched[0].offset * MINUTE)
