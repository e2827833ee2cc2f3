from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.quarters import Quarter, next_quarter, parse_quarter, quarter_of, quarter_on, read_quarter
from coordinator.domain.zones import all_zone_ids
from coordinator.errors import Invalid, Problem

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_quarter_is_written_and_read_alike() -> None:
    assert str(Quarter(2027, 1)) == "2027-Q1"
    assert parse_quarter("2027-Q1") == parse_quarter(" 2027q1 ") == Quarter(2027, 1)


def test_quarter_dates_include_its_last_day() -> None:
    assert (Quarter(2027, 1).first_on, Quarter(2027, 1).last_on) == (date(2027, 1, 1), date(2027, 3, 31))
    assert (Quarter(2027, 4).first_on, Quarter(2027, 4).last_on) == (date(2027, 10, 1), date(2027, 12, 31))


def test_quarter_shifted_crosses_years_both_ways() -> None:
    assert Quarter(2026, 4).next() == Quarter(2027, 1)
    assert Quarter(2027, 1).shifted(-8) == Quarter(2025, 1)


def test_bounds_turn_at_the_networks_midnight() -> None:
    assert Quarter(2027, 1).bounds("Europe/Berlin") == (datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 3, 31, 22, tzinfo=UTC))
    assert Quarter(2027, 1).bounds("UTC") == (datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC))
    assert Quarter(2027, 1).bounds("Asia/Kathmandu")[0] == datetime(2026, 12, 31, 18, 15, tzinfo=UTC)


def test_bounds_of_the_last_quarter_end_with_the_rules() -> None:
    assert Quarter(2037, 4).bounds("Pacific/Honolulu")[1] == datetime(2038, 1, 1, 10, tzinfo=UTC)


def test_quarter_of_the_same_instant_depends_on_the_zone() -> None:
    instant = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    assert quarter_of(instant, "Europe/London") == Quarter(2026, 4)
    assert quarter_of(instant, "Europe/Berlin") == Quarter(2027, 1)
    assert next_quarter(instant, "Europe/London") == Quarter(2027, 1)


def test_quarter_of_is_two_on_either_side_of_the_date_line() -> None:
    instant = datetime(2027, 4, 1, 10, 30, tzinfo=UTC)

    assert quarter_of(instant, "Pacific/Kiritimati") == Quarter(2027, 2)
    assert quarter_of(instant, "Pacific/Niue") == Quarter(2027, 1)


@given(
    st.builds(Quarter, st.integers(2026, 2037), st.integers(1, 4)),
    st.sampled_from(all_zone_ids()),
    st.floats(0, 0.999),
)
def test_bounds_hold_exactly_the_instants_of_the_quarter(quarter: Quarter, zone_id: str, share: float) -> None:
    start, end = quarter.bounds(zone_id)

    assert quarter_of(start + (end - start) * share, zone_id) == quarter
    assert quarter_of(start - timedelta(seconds=1), zone_id) == quarter.shifted(-1)
    assert quarter_on(quarter.last_on) == quarter_on(quarter.first_on) == quarter


def test_read_quarter_accepts_the_current_and_later_ones() -> None:
    assert read_quarter("2026-Q4", NOW, "UTC") == Quarter(2026, 4)
    assert read_quarter("2037-Q4", NOW, "UTC") == Quarter(2037, 4)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-Q3", Problem("", "quarter_past", "2026-Q3", ("2026-Q4",))),
        ("2038-Q1", Problem("", "date_too_late", "2038-Q1", ("2037-Q4",))),
        ("0001-Q1", Problem("", "date_too_early", "0001-Q1", ("1970-Q1",))),
        ("2027-Q5", Problem("", "quarter_malformed", "2027-Q5", ("2027-Q1",))),
        ("", Problem("", "quarter_malformed", "", ("2027-Q1",))),
        ("٢٠٢٧-Q1", Problem("", "quarter_malformed", "٢٠٢٧-Q1", ("2027-Q1",))),
        (None, Problem("", "quarter_malformed", "None", ("2027-Q1",))),
    ],
)
def test_read_quarter_refuses_with_what_would_be_accepted(raw: object, expected: Problem) -> None:
    with pytest.raises(Invalid) as caught:
        read_quarter(raw, NOW, "UTC")

    assert caught.value.problems == (expected,)


def test_read_quarter_that_just_ended_in_the_networks_zone_is_past() -> None:
    just_after = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    assert read_quarter("2026-Q4", just_after, "Europe/London") == Quarter(2026, 4)
    with pytest.raises(Invalid):
        read_quarter("2026-Q4", just_after, "Europe/Berlin")
