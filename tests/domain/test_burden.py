from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.availability import Availability, Level, QuietSpan, Reach, Window
from coordinator.domain.burden import Weeks, week_burdens

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


# --- many weeks at once

spans = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda pair: (pair[0], pair[0] + pair[1]))
availabilities = st.builds(
    Availability,
    st.lists(
        st.builds(
            lambda days, span, level: Window(tuple(sorted(days)), *span, level), st.sets(st.integers(0, 6)), spans, st.sampled_from(Level)
        )
    ),
    st.lists(st.builds(lambda span: QuietSpan(*span), spans), max_size=2),
    reach=st.sampled_from(Reach),
)


@given(st.lists(availabilities, max_size=4), st.data())
def test_weeks_of_many_groups_are_the_weeks_of_each(several: list[Availability], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(several))))

    weeks = Weeks.of(several)
    taken = weeks.take(np.array(order, np.intp))

    assert weeks.by_minute().tolist() == [week_burdens(a).tolist() for a in several]
    assert taken.by_minute().tolist() == [week_burdens(several[i]).tolist() for i in order]
    assert all(
        begin % 10080 == 0 or before != after
        for begin, before, after in zip(weeks.begins[1:], weeks.burdens, weeks.burdens[1:], strict=False)
    )


@given(st.lists(availabilities, min_size=1, max_size=3), st.lists(st.tuples(st.integers(0, 10_079), st.integers(1, 1440)), max_size=4))
def test_worst_of_a_stretch_is_its_highest_minute(several: list[Availability], stretches: list[tuple[int, int]]) -> None:
    bounds = np.array([(first, min(first + minutes, 10_080)) for first, minutes in stretches], np.int64).reshape(-1, 2)

    worst = Weeks.of(several).worst(np.arange(len(several))[:, None], bounds[:, 0], bounds[:, 1])

    assert worst.tolist() == [[max(week_burdens(a)[first:end].tolist()) for first, end in bounds] for a in several]
