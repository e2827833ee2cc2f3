from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.availability import Availability, Level, QuietSpan, Reach, Window
from coordinator.domain.fairness import KeptAction, carried, carried_after, week_burdens
from coordinator.domain.quarters import Quarter

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


def test_carried_is_the_burden_less_the_actions_mean() -> None:
    kept = [KeptAction(Quarter(2026, 3), {"a": 0, "b": 3, "c": 8}), KeptAction(Quarter(2026, 4), {"a": 1, "b": 0})]

    assert carried(kept, Quarter(2026, 4)) == {"a": -19 / 6, "b": -7 / 6, "c": 13 / 3}


def test_carried_forgets_what_is_older_than_eight_quarters() -> None:
    kept = [KeptAction(Quarter(2025, 1), {"a": 8, "b": 0}), KeptAction(Quarter(2024, 4), {"a": 13, "b": 0})]

    assert carried(kept, Quarter(2026, 4)) == {"a": 4.0, "b": -4.0}
    assert carried(kept, Quarter(2027, 1)) == {}


def test_carried_of_an_action_of_one_group_is_nothing() -> None:
    assert carried([KeptAction(Quarter(2026, 4), {"a": 8})], Quarter(2026, 4)) == {"a": 0.0}
    assert carried([KeptAction(Quarter(2026, 4), {})], Quarter(2026, 4)) == {}


def test_carried_after_adds_the_burden_less_its_mean() -> None:
    assert carried_after([0.0, 2.5, -1.0], [0, 3, 0]) == [-1.0, 4.5, -2.0]
    assert carried_after([], []) == []


burden = st.sampled_from([0, 1, 3, 8, 13])
actions = st.builds(
    KeptAction,
    st.builds(Quarter, st.integers(2025, 2026), st.integers(1, 4)),
    st.dictionaries(st.sampled_from("abcdef"), burden, max_size=6),
)


@given(st.lists(actions, max_size=12))
def test_carried_over_everybody_sums_to_zero(kept: list[KeptAction]) -> None:
    assert math.isclose(sum(carried(kept, Quarter(2026, 4)).values()), 0, abs_tol=1e-9)


@given(st.lists(actions, max_size=6), st.tuples(burden, burden, burden))
def test_carried_after_is_what_carried_becomes_once_the_action_is_kept(kept: list[KeptAction], burdens: tuple[int, int, int]) -> None:
    now = Quarter(2026, 4)
    before = carried(kept, now)

    after = carried([*kept, KeptAction(now, dict(zip("abc", burdens, strict=True)))], now)

    foreseen = carried_after([before.get(g, 0.0) for g in "abc"], burdens)
    assert all(math.isclose(after[g], f, abs_tol=1e-9) for g, f in zip("abc", foreseen, strict=True))
