"""Which changes could one group make to its availability, and how large must each be to make a start suit it?

Four families, in the order in which they are asked for (`FAMILIES`), none of which ever takes a suiting start away:

- one window begins earlier or ends later, on all its days, by m minutes, and lasts a day at most; if it then begins before midnight, its
  days are those before;
- one more window, on one weekday, from the first to after the last minute of wall time that the action fills, a day at most;
- one quiet span begins later or ends earlier by m minutes; by all its minutes, it is gone;
- one blocked date is free again, which costs the minutes of the action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.availability import DAY_MINUTES, DAYS, Availability, Level, QuietSpan, Window, span_text
from coordinator.domain.burden import WEEK_MINUTES
from coordinator.domain.question import Move
from coordinator.domain.starts import EPOCH_WEEK_MINUTE
from coordinator.domain.suiting import Flags, Obstacles, quiet_week

NEVER = 1 << 20  # more minutes than any change may take

WINDOW, QUIET, BLOCKED = "window", "quiet", "blocked"

Minutes = NDArray[np.int32]

FIRST, LAST = ENDS = (-1, 1)  # which end of a window or span is moved


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one group: its kind and move, the minutes it takes, the part before and after in words, the availability that results.

    `before` is empty for what is new, `after` for what is gone.
    """

    kind: str
    move: Move
    minutes: int
    before: str
    after: str
    availability: Availability


def extend_window(obstacles: Obstacles) -> Change | None:
    """The least extension of one window that makes one of the starts suit; the first window, and its start, when several take as little."""
    availability = obstacles.group.availability
    moves = list(product(range(len(availability.windows)), ENDS))
    if not moves:
        return None
    usable = obstacles.outside_windows & ~obstacles.in_quiet & _free_date(obstacles)
    if not usable.any():
        return None
    needs = obstacles.worst(np.stack([_extension_needs(availability.windows[i], end, obstacles.open_week) for i, end in moves]))
    found = _least(np.where(usable, needs, NEVER))
    return None if found is None else _extended(availability, *moves[found[0]], found[2])


def add_window(obstacles: Obstacles) -> Change | None:
    """The shortest window that makes one of the starts suit, the earliest of equals."""
    usable = obstacles.outside_windows & ~obstacles.in_quiet & _free_date(obstacles)
    spans = {i: _wall_span(obstacles, int(obstacles.starts[i])) for i in _distinct(obstacles, usable)}
    lasting = {i: end - start for i, (start, end) in spans.items() if end - start <= DAY_MINUTES}
    if not lasting:
        return None
    start, end = spans[min(lasting, key=lambda i: (lasting[i], i))]
    day, minute = divmod((start + EPOCH_WEEK_MINUTE) % WEEK_MINUTES, DAY_MINUTES)
    window = Window((day,), minute, minute + end - start, Level.POSSIBLE)
    availability = obstacles.group.availability
    return Change(WINDOW, Move.ADDED, end - start, "", window_words(window), replace(availability, windows=(*availability.windows, window)))


def shorten_quiet(obstacles: Obstacles) -> Change | None:
    """The least shortening of one quiet span that makes one of the starts suit; the first span, and its start, of equals."""
    availability = obstacles.group.availability
    moves = list(product(range(len(availability.quiet)), ENDS))
    if not moves:
        return None
    usable = ~obstacles.outside_windows & obstacles.in_quiet & _free_date(obstacles)
    if not usable.any():
        return None
    needs = obstacles.worst(np.stack([_shortening_needs(availability, i, end) for i, end in moves]))
    found = _least(np.where(usable, needs, NEVER))
    return None if found is None else _shortened(availability, *moves[found[0]], found[2])


def free_date(obstacles: Obstacles) -> Change | None:
    """The first blocked date that alone keeps one of the starts from suiting."""
    availability = obstacles.group.availability
    usable = ~obstacles.outside_windows & ~obstacles.in_quiet & ~obstacles.barred & (obstacles.blocked == 1)
    for on in availability.blocked if usable.any() else ():
        rest = tuple(other for other in availability.blocked if other != on)
        alone = replace(obstacles.group, availability=replace(availability, blocked=(on,)))
        touched = obstacles.field.blocked_dates(alone)[obstacles.starts] > 0
        if (usable & touched).any():
            return Change(BLOCKED, Move.REMOVED, obstacles.field.grid.duration, on.isoformat(), "", replace(availability, blocked=rest))
    return None


FAMILIES: tuple[Callable[[Obstacles], Change | None], ...] = (extend_window, add_window, shorten_quiet, free_date)


def window_words(window: Window) -> str:
    """ "MO,TU 17:00-21:00", or "… possible": as the text reader of availability reads it."""
    level = "" if window.level is Level.PREFERRED else f" {window.level.value}"
    return f"{','.join(DAYS[day] for day in window.days)} {span_text(window.start_minute, window.end_minute)}{level}"


def _free_date(obstacles: Obstacles) -> Flags:
    return np.logical_not(obstacles.barred | (obstacles.blocked > 0))


def _least(needs: Minutes) -> tuple[int, int, int] | None:
    """Row, column and value of the smallest need, the first of equals by row; None when nothing is enough."""
    row, column = divmod(int(needs.argmin()), needs.shape[1])
    least = int(needs[row, column])
    return None if least >= NEVER else (row, column, least)


# --- windows ---------------------------------------------------------------------------------------------------------


def _extension_needs(window: Window, end: int, free: Flags) -> Minutes:
    """For each minute of the week by how much this end must move until the window holds it; 0 inside any window."""
    minutes = np.arange(WEEK_MINUTES, dtype=np.int32)
    if end == LAST:
        away = minutes - _around(window.days, window.end_minute)[0] + 1
    else:
        away = _around(window.days, window.start_minute)[1] - minutes
    away[away > DAY_MINUTES - (window.end_minute - window.start_minute)] = NEVER
    away[free] = 0
    return away


def _around(days: Sequence[int], minute: int) -> tuple[Minutes, Minutes]:
    """For each minute of the week when this minute of these days was last, the same minute included, and when it will be next."""
    met = sorted((day * DAY_MINUTES + minute) % WEEK_MINUTES for day in days)
    lengths = np.diff([0, *met, WEEK_MINUTES])
    since, until = [met[-1] - WEEK_MINUTES, *met], [*met, met[0] + WEEK_MINUTES]
    return np.repeat(np.array(since, np.int32), lengths), np.repeat(np.array(until, np.int32), lengths)


def _extended(availability: Availability, index: int, end: int, by: int) -> Change:
    window = availability.windows[index]
    wider = _begin_on_its_day(window, window.start_minute - by) if end == FIRST else replace(window, end_minute=window.end_minute + by)
    windows = (*availability.windows[:index], wider, *availability.windows[index + 1 :])
    move = Move.EARLIER if end == FIRST else Move.LATER
    return Change(WINDOW, move, by, window_words(window), window_words(wider), replace(availability, windows=windows))


def _begin_on_its_day(window: Window, start_minute: int) -> Window:
    """The window with an earlier start; one before midnight belongs to the days before."""
    if start_minute >= 0:
        return replace(window, start_minute=start_minute)
    days = tuple(sorted((day - 1) % len(DAYS) for day in window.days))
    return replace(window, days=days, start_minute=start_minute + DAY_MINUTES, end_minute=window.end_minute + DAY_MINUTES)


def _distinct(obstacles: Obstacles, usable: Flags) -> Iterator[int]:
    """The first usable start of each kind: equal kinds fill the same minutes of the week."""
    seen = set()
    for i in np.flatnonzero(usable).tolist():
        if obstacles.columns[i] not in seen:
            seen.add(obstacles.columns[i])
            yield i


def _wall_span(obstacles: Obstacles, index: int) -> tuple[int, int]:
    """The wall time that an action fills, [first, end) in minutes from 1970; what a clock change skips lies inside it."""
    grid, pieces = obstacles.field.grid, obstacles.zone.pieces_at(index)
    start = grid.first + index * grid.slot
    touched = [(max(start, p.start) + p.offset, min(start + grid.duration, p.end) + p.offset) for p in pieces if p.end > start]
    walls = [(first, end) for first, end in touched if first < end]
    return min(first for first, _ in walls), max(end for _, end in walls)


# --- quiet -----------------------------------------------------------------------------------------------------------


def _shortening_needs(availability: Availability, index: int, end: int) -> Minutes:
    """For each minute of the week by how much this end of the span must move until the minute is not quiet; 0 where none is."""
    span = availability.quiet[index]
    others = quiet_week(replace(availability, quiet=(*availability.quiet[:index], *availability.quiet[index + 1 :])))
    minutes = np.arange(WEEK_MINUTES)
    edge = minutes - span.start_minute if end == FIRST else span.end_minute - 1 - minutes
    needs = np.where(quiet_week(replace(availability, quiet=(span,))), edge % DAY_MINUTES + 1, 0)
    return np.where(others, NEVER, needs).astype(np.int32)


def _shortened(availability: Availability, index: int, end: int, by: int) -> Change:
    span = availability.quiet[index]
    start_minute, end_minute = (span.start_minute + by, span.end_minute) if end == FIRST else (span.start_minute, span.end_minute - by)
    overnight = DAY_MINUTES if start_minute >= DAY_MINUTES else 0
    left = (QuietSpan(start_minute - overnight, end_minute - overnight),) if start_minute < end_minute else ()
    quiet = (*availability.quiet[:index], *left, *availability.quiet[index + 1 :])
    after = "".join(span_text(part.start_minute, part.end_minute) for part in left)
    move = Move.REMOVED if not left else Move.LATER if end == FIRST else Move.EARLIER
    return Change(QUIET, move, by, span_text(span.start_minute, span.end_minute), after, replace(availability, quiet=quiet))
