"""By how many minutes must a window of each group be extended at least? A bound for all groups at once, from the action's two ends alone.

Whoever extends a window until it holds an action extends it over the action's first minute and over its last one. Where both lie in
windows and still something lies between them, and where a clock changes on the way, the bound is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.availability import DAY_MINUTES
from coordinator.domain.burden import WEEK_MINUTES
from coordinator.domain.changes import NEVER
from coordinator.domain.question import Invitee
from coordinator.domain.starts import EPOCH_WEEK_MINUTE, Piece
from coordinator.domain.suiting import Field, Indices

Numbers = NDArray[np.int64]


def extension_bounds(field: Field, starts: Indices, groups: Sequence[Invitee]) -> Numbers:
    """For each group no more than the least extension of a window that makes one of `starts` suit it; NEVER when there is none."""
    windows = _Windows.of(groups)
    bounds = np.full(len(groups), NEVER)
    for index in starts.tolist():
        np.minimum(bounds, _bounds_at(field, index, groups, windows), out=bounds)
    return bounds


@dataclass(frozen=True, slots=True)
class _Windows:
    """All windows of all groups: whose each is, how long it lasts, and its starts in the week, weekdays × windows; -1 for a day without one."""

    owner: Numbers
    length: Numbers
    starts: Numbers

    @staticmethod
    def of(groups: Sequence[Invitee]) -> _Windows:
        windows = [window for group in groups for window in group.availability.windows]
        owner = np.repeat(np.arange(len(groups)), [len(group.availability.windows) for group in groups])
        begin, end = (np.array([getattr(window, bound) for window in windows], np.int64) for bound in ("start_minute", "end_minute"))
        row = np.repeat(np.arange(len(windows)), [len(window.days) for window in windows])
        day = np.fromiter(chain.from_iterable(window.days for window in windows), np.int64)
        starts = np.full((7, len(windows)), -1)
        starts[day, row] = day * DAY_MINUTES + begin[row]
        return _Windows(owner, end - begin, starts)


def _bounds_at(field: Field, index: int, groups: Sequence[Invitee], windows: _Windows) -> Numbers:
    start = field.grid.first + index * field.grid.slot
    edges = [_edges(clock.pieces_at(index), start, field.grid.duration) for clock in field.zones.values()]
    number = {zone_id: i for i, zone_id in enumerate(field.zones)}
    first, last, changes = np.array(edges, np.int64)[[number[group.zone_id] for group in groups]].T
    begin, end = (_Reach.of(windows, minutes[windows.owner], len(groups)) for minutes in (first, last))
    needs = np.minimum(np.maximum(begin.earlier, end.earlier), np.maximum(begin.later, end.later))
    bounds = np.full(len(groups), NEVER)
    np.minimum.at(bounds, windows.owner, needs)
    bounds[windows.owner[begin.since + field.grid.duration <= windows.length]] = NEVER  # windows hold the action already
    return np.where(changes == 1, 0, bounds)


def _edges(pieces: Sequence[Piece], start: int, duration: int) -> tuple[int, int, bool]:
    """Minute of the week of an action's first minute and of its last, and whether the clock changes between them."""
    end = start + duration - 1
    first, last = (next(p.offset for p in pieces if minute < p.end) for minute in (start, end))
    return (start + first + EPOCH_WEEK_MINUTE) % WEEK_MINUTES, (end + last + EPOCH_WEEK_MINUTE) % WEEK_MINUTES, first != last


@dataclass(frozen=True, slots=True)
class _Reach:
    """For each window and its own minute of the week: minutes since it last began, by how much earlier or later it must reach."""

    since: Numbers
    earlier: Numbers
    later: Numbers

    @staticmethod
    def of(windows: _Windows, minutes: Numbers, group_count: int) -> _Reach:
        absent = windows.starts < 0
        since = minutes - windows.starts
        since += WEEK_MINUTES * (since < 0)  # both lie within one week; a remainder would take three times as long
        least, most = np.where(absent, NEVER, since).min(0), np.where(absent, -1, since).max(0)
        covered = np.zeros(group_count, np.bool_)
        covered[windows.owner[least < windows.length]] = True
        free = covered[windows.owner]
        earlier, later = (_within_a_day(np.where(free, 0, by), windows.length) for by in (WEEK_MINUTES - most, least - windows.length + 1))
        return _Reach(least, earlier, later)


def _within_a_day(by: Numbers, length: Numbers) -> Numbers:
    return np.where(by <= DAY_MINUTES - length, by, NEVER)
