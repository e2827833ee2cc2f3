"""What does a moment cost a group, and what has each group carried so far?

Burden comes from the clock alone, whatever a group answers (DESIGN §4): the worst minute of an action counts. *Carried* is
a group's balance over past quarters and steers the ranking, so that whoever paid last time comes first next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.availability import DAY_MINUTES, Availability, Level, Reach, Window
from coordinator.domain.quarters import Quarter

BURDEN_PREFERRED = 0
BURDEN_POSSIBLE = 1
BURDEN_WAKING = 3
BURDEN_NIGHT = 8
BURDEN_NOT_BORNE = 13

SUITS_UP_TO = BURDEN_POSSIBLE  # a minute suits exactly when it lies in a window, outside quiet hours, on a free date

MORNING_MINUTE = 7 * 60
EVENING_MINUTE = 22 * 60

WEEK_MINUTES = 7 * DAY_MINUTES
CARRIED_QUARTERS = 8

Burdens = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class KeptAction:
    """An action that reached its start while confirmed. `burdens`: group → its burden, one entry for each invited group."""

    quarter: Quarter
    burdens: Mapping[str, int]


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


def carried(kept: Iterable[KeptAction], current: Quarter) -> dict[str, float]:
    """Group → the sum of its burden less that action's mean over the invited, in the eight quarters that end with `current`.

    A group that was invited to none of them is absent: its balance is 0.
    """
    first = current.shifted(1 - CARRIED_QUARTERS)
    sums: dict[str, Fraction] = {}
    for action in kept:
        if first <= action.quarter <= current and action.burdens:
            mean = Fraction(sum(action.burdens.values()), len(action.burdens))
            for group, burden in action.burdens.items():
                sums[group] = sums.get(group, Fraction()) + burden - mean
    return {group: float(balance) for group, balance in sums.items()}


def carried_after(carried_before: Sequence[float], burdens: Sequence[int]) -> list[float]:
    """Each group's balance once an action with these burdens is kept; both in the same order, one entry for each invited group."""
    mean = sum(burdens) / len(burdens) if burdens else 0.0
    return [balance + burden - mean for balance, burden in zip(carried_before, burdens, strict=True)]


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
