"""Bands: where the weekday changes, how long a day is, who shares a row, and who stands on a wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from coordinator.domain import zones
from coordinator.formats.bands import (
    Place,
    band,
    burden_glyph,
    collapse,
    farthest_apart,
    local_day,
    midnights,
    moment_band,
    west_to_east,
)

MOMENT = datetime(2027, 1, 23, 13, 30, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def places(*zone_ids: str) -> list[Place]:
    return [Place(zones.zone_city(zone_id), zone_id) for zone_id in zone_ids]


# --- one band -------------------------------------------------------------------------------------------------------


def test_band_draws_tones_over_a_whole_day_and_one_notch() -> None:
    picture = ET.fromstring(band("Asia/Kathmandu", MOMENT - timedelta(hours=10)))

    assert picture.attrib["viewBox"] == "0 0 1440 10"
    assert sum(int(rect.attrib["width"]) for rect in picture.iter("rect")) == 1440
    assert [path.attrib["d"] for path in picture.iter("path")] == ["M885 0V10"]


def test_moment_band_puts_the_moment_at_ten_of_twenty_four_hours() -> None:
    assert moment_band("Asia/Kathmandu", MOMENT) == band("Asia/Kathmandu", MOMENT - timedelta(hours=10))


def test_midnights_of_a_quarter_hour_zone_are_where_its_clock_says() -> None:
    assert midnights("Asia/Kathmandu", datetime(2027, 1, 23, 3, 30, tzinfo=UTC)) == (885,)  # 18:15 UTC


def test_midnights_when_midnight_is_skipped_are_where_the_new_date_begins() -> None:
    starts_at = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)  # Beirut springs from 24:00 to 01:00 in the last night of March's last Saturday

    assert midnights("Asia/Beirut", starts_at) == (10 * 60,)


def test_midnights_when_midnight_comes_twice_are_said_once() -> None:
    change = next(c for c in zones.transitions("America/Havana", datetime(2027, 9, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)))

    assert len(midnights("America/Havana", change.at - timedelta(hours=12))) == 1


def test_midnights_of_a_date_line_pair_are_the_same_instant() -> None:
    starts_at = datetime(2027, 1, 23, 3, 30, tzinfo=UTC)  # Honolulu and Kiritimati: one hour of the day, two dates

    assert midnights("Pacific/Honolulu", starts_at) == midnights("Pacific/Kiritimati", starts_at) == (390,)


def test_midnights_at_the_very_edges_are_left_out() -> None:
    assert midnights("UTC", datetime(2027, 1, 23, tzinfo=UTC)) == ()


@pytest.mark.parametrize(
    ("moment_at", "minutes", "at"),
    [
        (datetime(2027, 3, 14, 13, 30, tzinfo=UTC), 1380, 510),  # Montréal springs forward: 09:30 is the 8½th hour
        (datetime(2027, 11, 7, 14, 30, tzinfo=UTC), 1500, 630),  # and falls back
        (datetime(2027, 1, 23, 13, 30, tzinfo=UTC), 1440, 510),
    ],
)
def test_local_day_is_as_long_as_that_day(moment_at: datetime, minutes: int, at: int) -> None:
    sky, needle = ET.fromstring(local_day("America/Toronto", moment_at))

    assert sky.attrib["viewBox"] == needle.attrib["viewBox"] == f"0 0 {minutes} 10"
    assert {path.attrib["d"] for path in needle} == {f"M{at} 0V10"}


def test_local_day_of_an_offered_moment_is_hollow() -> None:
    offered = ET.fromstring(local_day("Asia/Kathmandu", MOMENT, "offered"))
    confirmed = ET.fromstring(local_day("Asia/Kathmandu", MOMENT))

    assert [path.attrib["class"] for path in offered[1]] == ["needle__halo", "needle__pin", "needle__core"]
    assert [path.attrib["class"] for path in confirmed[1]] == ["needle__halo", "needle__pin"]


@pytest.mark.parametrize("burden", [0, 1, 3, 8, 13])
def test_burden_glyph_of_each_burden_differs_from_the_others(burden: int) -> None:
    assert [other for other in (0, 1, 3, 8, 13) if burden_glyph(other) == burden_glyph(burden)] == [burden]


def test_burden_glyph_of_another_number_is_refused() -> None:
    with pytest.raises(KeyError):
        burden_glyph(2)


# --- which rows -----------------------------------------------------------------------------------------------------


def test_west_to_east_sorts_by_offset_then_longitude() -> None:
    ordered = west_to_east(places("Asia/Kathmandu", "Africa/Cairo", "Africa/Johannesburg", "Pacific/Honolulu", "Etc/GMT-2"), MOMENT)

    assert [place.city for place in ordered] == ["Honolulu", "Johannesburg", "GMT-2", "Cairo", "Kathmandu"]


def test_collapse_to_sixteen_groups_keeps_a_row_each() -> None:
    rows = collapse(places(*["Africa/Cairo"] * 16), MOMENT)

    assert [(row.cities, row.count) for row in rows] == [(("Cairo",), 1)] * 16


def test_collapse_from_seventeen_groups_shares_a_row_per_offset_and_names_each_city_once() -> None:
    rows = collapse(places(*["Africa/Cairo"] * 15, "Africa/Johannesburg", "Asia/Kathmandu"), MOMENT)

    assert [(row.cities, row.count, row.by_hour) for row in rows] == [
        (("Johannesburg", "Cairo"), 16, False),
        (("Kathmandu",), 1, False),
    ]


def test_collapse_over_sixty_groups_shares_a_row_per_whole_hour() -> None:
    rows = collapse(places(*["Africa/Cairo"] * 59, "Asia/Kathmandu", "Asia/Kolkata", "America/St_Johns"), MOMENT)

    assert [(row.count, row.by_hour) for row in rows] == [(1, True), (59, True), (2, True)]
    assert rows[0].zone_id == "America/St_Johns"


def test_farthest_apart_keeps_the_own_city_and_counts_the_rest() -> None:
    own = Place("Kathmandu", "Asia/Kathmandu")
    others = places("Asia/Kolkata", "Asia/Dhaka", "America/Recife", "Pacific/Auckland", "Europe/London", "Pacific/Honolulu")

    chosen, rest = farthest_apart(own, others, MOMENT, limit=4)

    assert [place.city for place in chosen] == [
        "Recife",
        "London",
        "Kathmandu",
        "Auckland",
    ]  # Honolulu lies nearer to Auckland than London to either neighbour
    assert rest == 3


def test_farthest_apart_without_an_own_city_begins_in_the_west() -> None:
    chosen, rest = farthest_apart(None, places("Asia/Kathmandu", "Pacific/Honolulu"), MOMENT)

    assert ([place.city for place in chosen], rest) == (["Honolulu", "Kathmandu"], 0)


def test_farthest_apart_of_nobody_is_nobody() -> None:
    assert farthest_apart(None, [], MOMENT) == ([], 0)
