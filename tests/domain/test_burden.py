from __future__ import annotations

import numpy as np

from coordinator.domain.availability import Availability, Level, QuietSpan, Reach, Window
from coordinator.domain.burden import week_burdens

MONDAY, TUESDAY, SUNDAY = 0, 1440, 6 * 1440


def runs(week: np.ndarray, start: int, end: int) -> list[tuple[int, int]]:
    """(minute, burden) wherever the burden changes within [start, end)."""
    return [(m - start, int(week[m])) for m in range(start, end) if m == start or week[m] != week[m - 1]]


def test_week_of_a_group_without_windows_knows_night_and_day() -> None:
    assert runs(week_burdens(Availability()), MONDAY, TUESDAY) == [(0, 8), (420, 3), (1320, 8)]


def test_week_of_a_group_that_bears_only_windows_refuses_the_rest() -> None:
    availability = Availability((Window((0,), 1050, 1290),), reach=Reach.WINDOWS)

    assert runs(week_burdens(availability), MONDAY, TUESDAY) == [(0, 13), (1050, 0), (1290, 13)]
    assert set(week_burdens(availability)[TUESDAY:].tolist()) == {13}


def test_preferred_beats_possible_where_windows_overlap() -> None:
    availability = Availability((Window((0,), 600, 720), Window((0,), 540, 660, Level.POSSIBLE)))

    assert runs(week_burdens(availability), MONDAY, TUESDAY) == [(0, 8), (420, 3), (540, 1), (600, 0), (720, 3), (1320, 8)]


def test_quiet_hours_beat_windows_and_cost_by_reach() -> None:
    night_window = (Window((0,), 1200, 1440),)

    for reach, burden in [(Reach.WINDOWS, 13), (Reach.WAKING, 13), (Reach.ANY, 8)]:
        week = week_burdens(Availability(night_window, (QuietSpan(1260, 1260 + 600),), reach=reach))
        assert (week[1259], week[1260], week[1439], week[0]) == (0, burden, burden, burden)


def test_window_late_in_the_evening_costs_nothing_though_it_is_night() -> None:
    assert week_burdens(Availability((Window((0,), 1380, 1500),)))[[1379, 1380, 1499, 1500]].tolist() == [8, 0, 0, 8]


def test_sundays_window_runs_into_monday() -> None:
    week = week_burdens(Availability((Window((6,), 1380, 1500),), reach=Reach.WINDOWS))

    assert runs(week, MONDAY, TUESDAY) == [(0, 0), (60, 13)]
    assert runs(week, SUNDAY, SUNDAY + 1440) == [(0, 13), (1380, 0)]
