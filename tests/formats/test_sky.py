"""The sun over a zone: held against almanac facts, not against the formula."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain import zones
from coordinator.formats.sky import SAMPLE_MINUTES, sun_height, tone_runs

DAY = 1440


def test_sun_height_at_noon_of_the_equinox_on_the_equator_is_almost_ninety() -> None:
    # 2027-03-20: equinox 20:25 UTC; the equation of time puts noon at 12:07 on the meridian of Greenwich
    assert sun_height(0.0, 0.0, datetime(2027, 3, 20, 12, 7, tzinfo=UTC)) == pytest.approx(90.0, abs=0.4)


@pytest.mark.parametrize(
    ("latitude", "longitude", "sunrise"),
    [
        (51.4769, 0.0, datetime(2027, 1, 23, 7, 52, tzinfo=UTC)),  # Greenwich
        (-8.05, -34.9, datetime(2027, 6, 21, 8, 31, tzinfo=UTC)),  # Recife
        (27.72, 85.32, datetime(2027, 1, 23, 1, 8, tzinfo=UTC)),  # Kathmandu, 06:53
    ],
)
def test_sun_height_at_sunrise_is_just_under_the_horizon(latitude: float, longitude: float, sunrise: datetime) -> None:
    assert sun_height(latitude, longitude, sunrise) == pytest.approx(-0.83, abs=0.5)


def test_tone_runs_of_a_polar_winter_never_see_the_sun() -> None:
    runs = tone_runs("Arctic/Longyearbyen", datetime(2027, 1, 4, tzinfo=UTC), DAY)

    assert {run.tone for run in runs} <= {0, 1}


def test_tone_runs_of_a_polar_summer_have_no_night() -> None:
    runs = tone_runs("Arctic/Longyearbyen", datetime(2027, 6, 21, tzinfo=UTC), DAY)

    assert {run.tone for run in runs} <= {3, 4}


def test_tone_runs_of_kathmandu_go_from_day_through_dusk_into_night() -> None:
    runs = tone_runs("Asia/Kathmandu", datetime(2027, 1, 23, 3, 30, tzinfo=UTC), DAY)

    assert [run.tone for run in runs] == [4, 3, 2, 1, 0, 1, 2, 3, 4]
    assert runs[4].minute == pytest.approx(555, abs=5)  # 12:45 UTC, 18:30 there: an hour and a quarter after sunset


def test_tone_runs_without_a_point_follow_the_zones_own_clock() -> None:
    runs = tone_runs("Etc/GMT+5", datetime(2027, 1, 23, 5, 0, tzinfo=UTC), DAY)  # midnight there

    rises, sets = runs[0].minutes, DAY - runs[-1].minutes
    assert (runs[0].tone, runs[-1].tone) == (0, 0)
    assert rises + sets == DAY  # noon is the middle


def test_tone_runs_of_an_old_name_are_those_of_its_city() -> None:
    at = datetime(2027, 1, 23, tzinfo=UTC)

    assert tone_runs("Asia/Calcutta", at, DAY) == tone_runs("Asia/Kolkata", at, DAY)


@given(
    zone_id=st.sampled_from(zones.current_zone_ids()),
    hours=st.integers(0, 24 * 3650),
    minutes=st.sampled_from([1380, 1440, 1500]),
)
def test_tone_runs_cover_their_minutes_once_and_change_by_neighbours(zone_id: str, hours: int, minutes: int) -> None:
    runs = tone_runs(zone_id, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours), minutes)

    assert runs[0].minute == 0
    assert all(before.minute + before.minutes == after.minute for before, after in itertools.pairwise(runs))
    assert runs[-1].minute + runs[-1].minutes == minutes
    assert all(run.minutes % SAMPLE_MINUTES == 0 for run in runs)
    assert all(before.tone != after.tone for before, after in itertools.pairwise(runs))
