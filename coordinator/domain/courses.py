"""When does each zone's clock reach the wall times of a wave? (docs/resolve.md)

Wall times are counted in minutes since 1970 as if they were UTC. Between two changes of a zone's clock a wall time's instant lies one UTC
offset behind it: that is a *course*. On a time axis that runs ahead of UTC by this offset the wall times are instants like any others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from coordinator.domain.question import Asked, Invitee
from coordinator.domain.starts import EPOCH, MINUTE, Grid, Piece, ZonePieces, zone_pieces

NEAR_MINUTES = 2 * 24 * 60  # an offset, and the longest stretch that a clock change ever skipped, are less
NOWHERE = "UTC"  # whose clock a wave of no groups follows


@dataclass(frozen=True, slots=True)
class Course:
    """Wall minutes [start, end) whose leg is `piece.offset` behind them; a leg after the end of the piece is one of a skipped time."""

    start: int
    end: int
    piece: Piece
    next_offset: int | None

    @property
    def offset(self) -> int:
        return self.piece.offset

    def asked(self, wall_minute: int) -> Asked | None:
        """Whether the clock skips the wall time, or shows it once more after the change at the end."""
        if wall_minute - self.offset >= self.piece.end:
            return Asked.SKIPPED
        if self.next_offset is not None and wall_minute - self.next_offset >= self.piece.end:
            return Asked.DOUBLED
        return None

    def between(self, earliest: int, latest: int) -> tuple[int, int]:
        """Its wall minutes [start, end) whose leg lies between these minutes of UTC, inclusive; empty when end ≤ start."""
        return max(self.start, earliest + self.offset), min(self.end, latest + 1 + self.offset)


Courses = tuple[Course, ...]


def courses_of(pieces: Sequence[Piece]) -> Courses:
    """The courses of one zone, in order and without holes: a skipped time belongs to the piece before it, as does a doubled one."""
    first, last = pieces[0], pieces[-1]
    turns = [before.end + max(before.offset, after.offset) for before, after in pairwise(pieces)]
    edges = [first.start + first.offset, *turns, last.end + last.offset]
    offsets = [*(piece.offset for piece in pieces[1:]), None]
    return tuple(Course(*edge, piece, after) for edge, piece, after in zip(pairwise(edges), pieces, offsets, strict=True))


def pieces_near(groups: Sequence[Invitee], start: int, end: int) -> ZonePieces:
    """As `zone_pieces`, with so much before and after that whatever a wall time may mean is known; of no groups, UTC alone."""
    start, end = start - NEAR_MINUTES, max(start, end) + NEAR_MINUTES
    return zone_pieces(groups, start, end) or {NOWHERE: (Piece(start, end, 0),)}


@dataclass(frozen=True, slots=True)
class Stretch:
    """The wall times of a grid along one course: starts of `grid`, read by `pieces`, on a time axis that runs `offset` minutes ahead of UTC.

    `first`: the index of its first start in the whole grid.
    """

    first: int
    offset: int
    grid: Grid
    pieces: tuple[Piece, ...]


def stretches(grid: Grid, courses: Courses, pieces: Sequence[Piece]) -> Iterator[Stretch]:
    """The grid cut by the courses of one zone, in order; each of its wall times once."""
    for course in courses:
        slots = grid.starts_in(course.start, course.end)
        if slots.start < slots.stop:
            part = Grid(grid.first + slots.start * grid.slot, grid.slot, slots.stop - slots.start, grid.duration)
            yield Stretch(slots.start, course.offset, part, shift_pieces(pieces, course.offset, part.first, part.end))


def shift_pieces(pieces: Sequence[Piece], offset: int, start: int, end: int) -> tuple[Piece, ...]:
    """The pieces on a time axis that runs `offset` minutes ahead of UTC, from `start` to `end` of that axis."""
    shifted = (Piece(max(p.start + offset, start), min(p.end + offset, end), p.offset - offset) for p in pieces)
    return tuple(piece for piece in shifted if piece.start < piece.end)


def as_instant(time: datetime) -> datetime:
    """A wall time as if it were UTC; an instant as it is."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def wall_minute_of(wall_time: datetime) -> int:
    return (as_instant(wall_time) - EPOCH) // MINUTE


def wall_time_of(wall_minute: int) -> datetime:
    return (EPOCH + wall_minute * MINUTE).replace(tzinfo=None)
