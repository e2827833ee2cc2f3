"""What does one given start mean to every group: wall time, offset, burden, balance afterwards?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from coordinator.domain.availability import DAY_MINUTES
from coordinator.domain.burden import BURDEN_NOT_BORNE, week_burdens
from coordinator.domain.fairness import carried_after
from coordinator.domain.question import Candidate, GroupRow, LegRow, Question
from coordinator.domain.starts import MINUTE, Piece, ZonePieces, day_of, minutes_of, week_spans, zone_pieces


def weigh(question: Question, start_at: datetime) -> Candidate:
    """What one given start means to every group; it may lie outside the range and between slots, even off the minute."""
    pieces = zone_pieces(question.groups, *minutes_of(start_at, question.duration_minutes))
    return rows_at(question, [start_at], pieces)[0]


def rows_at(question: Question, instants: Sequence[datetime], pieces: ZonePieces) -> list[Candidate]:
    """Each instant as a candidate, in the order given; `pieces` cover them all."""
    spans = [minutes_of(instant, question.duration_minutes) for instant in instants]
    readings = {zone_id: [_read_clock(zone, *span) for span in spans] for zone_id, zone in pieces.items()}
    burdens: list[list[int]] = [[] for _ in instants]
    duration = question.duration_minutes * MINUTE
    for group in question.groups:
        week = week_burdens(group.availability)
        blocked = {day_of(on) for on in group.availability.blocked}
        for row, instant, reading in zip(burdens, instants, readings[group.zone_id], strict=True):
            refused = (
                not blocked.isdisjoint(reading.days)
                or _is_outside(reading.days, question.local_range)
                or group.refuses(instant, instant + duration)
            )
            row.append(BURDEN_NOT_BORNE if refused else max(int(week[span].max()) for span in reading.week_spans))
    offsets = [[readings[group.zone_id][i].offset for group in question.groups] for i in range(len(instants))]
    return [_candidate(question, *start) for start in zip(instants, burdens, offsets, strict=True)]


def settle(question: Question, rows: Sequence[LegRow]) -> tuple[LegRow, ...]:
    """The rows, in the question's order, with the balance that their burdens leave."""
    after = carried_after([group.carried for group in question.groups], [row.burden for row in rows])
    return tuple(replace(row, carried_after=balance) for row, balance in zip(rows, after, strict=True))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one zone's clock shows during an action: stretches of the week, local dates in days since 1970, the offset at its start."""

    week_spans: list[slice]
    days: frozenset[int]
    offset: timedelta


def _read_clock(pieces: Sequence[Piece], start: int, end: int) -> _Reading:
    touched = [Piece(max(start, p.start), min(end, p.end), p.offset) for p in pieces if p.start < end and start < p.end]
    edges = [((p.start + p.offset) // DAY_MINUTES, (p.end - 1 + p.offset) // DAY_MINUTES) for p in touched]
    days = frozenset(day for first, last in edges for day in range(first, last + 1))
    return _Reading(week_spans(touched, start, end), days, touched[0].offset * MINUTE)


def _is_outside(days: frozenset[int], local_range: tuple[date, date] | None) -> bool:
    return local_range is not None and (min(days) < day_of(local_range[0]) or max(days) > day_of(local_range[1]))


def _candidate(question: Question, start_at: datetime, burdens: Sequence[int], offsets: Sequence[timedelta]) -> Candidate:
    after = carried_after([g.carried for g in question.groups], burdens)
    rows = tuple(
        GroupRow(group.name, (start_at + offset).replace(tzinfo=None), offset, burden, balance)
        for group, offset, burden, balance in zip(question.groups, offsets, burdens, after, strict=True)
    )
    missing = tuple(row.name for row in rows if row.burden == BURDEN_NOT_BORNE)
    return Candidate(start_at, len(rows) - len(missing), missing, rows)
