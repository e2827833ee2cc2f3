"""What is put forward, of each shape: read, checked against the quarter and every clock there is, kept and read again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.action import Shape
from coordinator.domain.chosen import (
    RELAY_MOST,
    AtInstant,
    AtInstants,
    AtWallTime,
    Chosen,
    Reading,
    ask_about_clocks,
    check_chosen,
    earliest_at,
    parse_chosen,
    read_chosen,
    wave_range,
    write_chosen,
)
from coordinator.domain.quarters import Quarter
from coordinator.domain.zones import all_zone_ids, utc_offset
from coordinator.errors import Invalid

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)
QUARTER = Quarter(2027, 1)
HOUR = timedelta(hours=1)


def faults(caught: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(p.field, p.code) for p in caught.value.problems]


def read(shape: Shape, **raw: object) -> Chosen:
    return read_chosen(raw, shape, "Asia/Kathmandu")


def test_read_chosen_of_an_instant_is_that_of_a_start() -> None:
    assert read(Shape.INSTANT, start="2027-01-23T13:30:00Z") == AtInstant(datetime(2027, 1, 23, 13, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    "raw", [{"start": "2027-01-23T18:00"}, {"start": "2027-01-23 18:00"}, {"start": "other", "wall_time": "2027-01-23 18:00"}]
)
def test_read_chosen_of_a_wave_is_a_wall_time_of_no_zone(raw: dict[str, object]) -> None:
    assert read(Shape.WAVE, **raw) == AtWallTime(datetime(2027, 1, 23, 18, 0))
    assert read(Shape.WAVE, fold="second", **raw) == AtWallTime(datetime(2027, 1, 23, 18, 0), Reading.SECOND)


@pytest.mark.parametrize("start", ["2027-01-23T18:00:00Z", "2027-01-23", "", "other", "soon", "2027-02-30T18:00", "2037-12-31T18:00"])
def test_read_chosen_of_a_wave_with_an_offset_or_past_the_rules_is_refused(start: str) -> None:
    with pytest.raises(Invalid):
        read(Shape.WAVE, start=start)


@pytest.mark.parametrize(
    "raw",
    [
        {"start": ["2027-01-24T02:00:00Z", "2027-01-23T13:30:00Z", "2027-01-23T13:30:00Z"]},
        {"start": "2027-01-23T13:30:00Z,2027-01-24T02:00:00Z"},
        {"start": "other", "wall_time": " 2027-01-23 19:15\r\n\n2027-01-24 07:45 "},
    ],
)
def test_read_chosen_of_a_relay_is_each_instant_once_in_order(raw: dict[str, object]) -> None:
    expected = AtInstants((datetime(2027, 1, 23, 13, 30, tzinfo=UTC), datetime(2027, 1, 24, 2, 0, tzinfo=UTC)))

    assert read(Shape.RELAY, **raw) == expected


def test_read_chosen_of_a_relay_names_every_fault() -> None:
    with pytest.raises(Invalid) as caught:
        read(Shape.RELAY, start=["soon", "2027-01-23T13:30:00", *["2027-01-23T13:30:00Z"] * RELAY_MOST])

    assert faults(caught) == [("start", "instant_malformed"), ("start", "instant_malformed"), ("start", "too_many")]


def test_read_chosen_of_a_relay_without_any_is_missing() -> None:
    with pytest.raises(Invalid) as caught:
        read(Shape.RELAY)

    assert faults(caught) == [("wall_time", "missing")]


CHOICES = [
    AtInstant(datetime(2027, 1, 23, 13, 30, tzinfo=UTC)),
    AtWallTime(datetime(2027, 1, 23, 18, 0), Reading.SECOND),
    AtInstants((datetime(2027, 1, 23, 13, 30, tzinfo=UTC), datetime(2027, 1, 24, 2, 0, tzinfo=UTC))),
]


@pytest.mark.parametrize(("chosen", "shape"), list(zip(CHOICES, Shape, strict=True)))
def test_parse_chosen_reads_what_was_written(chosen: Chosen, shape: Shape) -> None:
    assert parse_chosen(write_chosen(chosen), shape) == chosen


@given(st.sampled_from(all_zone_ids()), st.datetimes(datetime(1970, 2, 1), datetime(2037, 12, 1)))
def test_earliest_at_of_a_wave_comes_before_every_clock(zone_id: str, wall_time: datetime) -> None:
    first_at = earliest_at(AtWallTime(wall_time))

    assert utc_offset(first_at, zone_id) <= wall_time.replace(tzinfo=UTC) - first_at


@pytest.mark.parametrize(("wall_time", "inside"), [("2027-01-08 00:00", True), ("2027-03-31 23:30", True), ("2027-03-31 23:31", False),
                                                   ("2027-04-01 00:00", False)])  # fmt: skip
def test_check_chosen_of_a_wave_keeps_its_local_date_in_the_quarter(wall_time: str, inside: bool) -> None:
    chosen = AtWallTime(datetime.fromisoformat(wall_time))

    if inside:
        check_chosen(chosen, HOUR / 2, QUARTER, "Pacific/Kiritimati", NOW)
    else:
        with pytest.raises(Invalid) as caught:
            check_chosen(chosen, HOUR / 2, QUARTER, "Pacific/Kiritimati", NOW)
        assert faults(caught) == [("start", "start_outside_quarter")]


def test_check_chosen_of_a_wave_leaves_the_first_clock_of_all_its_time_to_answer() -> None:
    check_chosen(AtWallTime(datetime(2027, 1, 7, 3, 0)), HOUR, QUARTER, "UTC", NOW)

    with pytest.raises(Invalid) as caught:
        check_chosen(AtWallTime(datetime(2027, 1, 7, 2, 59)), HOUR, QUARTER, "UTC", NOW)

    assert faults(caught) == [("start", "start_too_soon")]


@pytest.mark.parametrize("now", [NOW - timedelta(days=90), NOW])
def test_wave_range_is_what_check_chosen_accepts(now: datetime) -> None:
    first, end = wave_range(QUARTER, now)

    for wall_time in (first, end - HOUR):
        check_chosen(AtWallTime(wall_time), HOUR, QUARTER, "UTC", now)
    for wall_time in (first - HOUR / 60, end - HOUR * 59 / 60):
        with pytest.raises(Invalid):
            check_chosen(AtWallTime(wall_time), HOUR, QUARTER, "UTC", now)


def test_wave_range_of_a_quarter_that_is_nearly_over_is_empty() -> None:
    first, end = wave_range(QUARTER, datetime(2027, 3, 31, tzinfo=UTC))

    assert end < first


def test_check_chosen_of_a_relay_checks_each_of_its_instants() -> None:
    chosen = AtInstants((NOW + HOUR, NOW + timedelta(days=9), NOW + timedelta(days=99)))

    with pytest.raises(Invalid) as caught:
        check_chosen(chosen, HOUR, QUARTER, "UTC", NOW)

    assert faults(caught) == [("start", "start_too_soon"), ("start", "start_outside_quarter")]


def test_ask_about_clocks_asks_for_each_answer_until_it_is_given() -> None:
    wall_time = datetime(2027, 3, 28, 2, 30)

    with pytest.raises(Invalid) as caught:
        ask_about_clocks({}, wall_time, "Reed", "Minga, Cairo")
    ask_about_clocks({"gap": "later", "fold": "second"}, wall_time, "Reed", "Minga, Cairo")
    ask_about_clocks({}, wall_time, "", "")

    assert [(p.field, p.code, p.value, p.remedy) for p in caught.value.problems] == [
        ("gap", "wave_gap", "2027-03-28 02:30", ("Reed",)),
        ("fold", "wave_fold", "2027-03-28 02:30", ("Minga, Cairo",)),
    ]
