"""What does a moment cost a group? (DESIGN §4 "Burden")

Burden comes from the clock alone, whatever a group answers: the worst minute of an action counts.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.availability import DAY_MINUTES, Availability, Level, Reach, Window

BURDEN_PREFERRED = 0
BURDEN_POSSIBLE = 1
BURDEN_WAKING = 3
BURDEN_NIGHT = 8
BURDEN_NOT_BORNE = 13

SUITS_UP_TO = BURDEN_POSSIBLE  # a minute suits exactly when it lies in a window, outside quiet hours, on a free date

MORNING_MINUTE = 7 * 60
EVENING_MINUTE = 22 * 60

WEEK_MINUTES = 7 * DAY_MINUTES

Burdens = NDArray[np.uint8]


def week_burdens(availability: Availability) -> Burdens:
    """The burden of each minute of the group's week, of length 10,080 from Monday 00:00, blocked dates left aside."""
    week = (_never_outside_windows() if availability.reach is Reach.WINDOWS else _hours_outside_windows()).copy()
    for window in sorted(availability.windows, key=lambda w: w.level is Level.PREFERRED):  # preferred beats possible
        _fill_window(week, window, BURDEN_PREFERRED if window.level is Level.PREFERRED else BURDEN_POSSIBLE)
    quiet_burden = BURDEN_NIGHT if availability.reach is Reach.ANY else BURDEN_NOT_BORNE
    days = week.reshape(7, DAY_MINUTES)
    for span in availability.quiet:
        days[:, span.start_minute : span.end_minute] = quiet_burden
        days[:, : max(0, span.end_minute - DAY_MINUTES)] = quiet_burden
    return week


def _fill_window(week: Burdens, window: Window, burden: int) -> None:
    for day in window.days:
        start, end = day * DAY_MINUTES + window.start_minute, day * DAY_MINUTES + window.end_minute
        week[start:end] = burden
        if end > WEEK_MINUTES:  # Sunday's window runs into Monday
            week[: end - WEEK_MINUTES] = burden


@lru_cache(maxsize=1)
def _never_outside_windows() -> Burdens:
    return np.full(WEEK_MINUTES, BURDEN_NOT_BORNE, np.uint8)


@lru_cache(maxsize=1)
def _hours_outside_windows() -> Burdens:
    day = np.full(DAY_MINUTES, BURDEN_WAKING, np.uint8)
    day[:MORNING_MINUTE] = BURDEN_NIGHT
    day[EVENING_MINUTE:] = BURDEN_NIGHT
    return np.tile(day, 7)
