"""What a group may keep closed to itself, in wall time, and which instants that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.no_go import NoGo, join_spans, read_no_go, to_span
from coordinator.domain.spans import overlaps
from coordinator.domain.zones import current_zone_ids, to_wall_time
from coordinator.errors import Invalid, Problem

NOW = datetime(2027, 2, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def wall(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # year, month, day, hour, minute


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # as above


def faults(raw: dict[str, Any], zone_id: str = "UTC") -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        read_no_go(raw, zone_id, NOW)
    return [(p.field, p.code) for p in caught.value.problems]


@pytest.mark.parametrize(
    ("raw", "starts", "ends"),
    [
        ({"from": "2027-02-14"}, wall(2027, 2, 14), wall(2027, 2, 15)),
        ({"from": "2027-02-14", "to": "2027-02-14"}, wall(2027, 2, 14), wall(2027, 2, 15)),
        ({"from": " 2027-02-14", "to": "2027-03-01 "}, wall(2027, 2, 14), wall(2027, 3, 2)),
        ({"from": "2027-02-14 18:30", "to": "2027-02-14T21:00"}, wall(2027, 2, 14, 18, 30), wall(2027, 2, 14, 21)),
        ({"from": "2027-02-14 9:05", "to": "2027-02-14 24:00"}, wall(2027, 2, 14, 9, 5), wall(2027, 2, 15)),
        ({"from": "2027-02-14 18:30", "to": "2027-02-16"}, wall(2027, 2, 14, 18, 30), wall(2027, 2, 17)),
        ({"from": "2027-01-30", "to": "2027-02-01"}, wall(2027, 1, 30), wall(2027, 2, 2)),
        ({"from": "2037-12-31", "to": None}, wall(2037, 12, 31), wall(2038, 1, 1)),
    ],
)
def test_read_no_go_takes_whole_dates_and_wall_times(raw: dict[str, Any], starts: datetime, ends: datetime) -> None:
    assert read_no_go(raw | {"why": "  the  court "}, "UTC", NOW) == NoGo(starts, ends, "the court")


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ({}, [("from", "missing"), ("to", "missing")]),
        ({"from": "2027-02-14 18:30"}, [("to", "missing")]),
        ({"from": "2027-02-30"}, [("from", "no_go_malformed")]),
        ({"from": "soon", "to": "2027-02-30"}, [("from", "no_go_malformed"), ("to", "no_go_malformed")]),
        ({"from": "2027-02-14 25:00", "to": "2027-02-14 18:30:00"}, [("from", "no_go_malformed"), ("to", "no_go_malformed")]),
        ({"from": "2038-01-01", "to": "9999-12-31 24:00"}, [("from", "date_too_late"), ("to", "date_too_late")]),
        ({"from": "2027-02-14 18:30", "to": "2027-02-14 18:30"}, [("to", "range_reversed")]),
        ({"from": "2027-02-15", "to": "2027-02-14"}, [("to", "range_reversed")]),
        ({"from": "0001-01-01", "to": "2027-02-14"}, [("to", "range_too_long")]),
        ({"from": "2027-01-31"}, [("to", "until_past")]),
        ({"from": "2027-02-14", "why": "x" * 201}, [("why", "too_long")]),
        ({"from": "2027-02-14", "why": "a\x00b\u202e"}, [("why", "control_characters"), ("why", "bidi_characters")]),
    ],
)
def test_read_no_go_names_every_fault(raw: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert faults(raw) == found


def test_read_no_go_knows_by_the_groups_own_clock_what_is_over() -> None:
    raw = {"from": "2027-02-01 20:00", "to": "2027-02-02 01:00"}

    assert read_no_go(raw, "UTC", NOW) == NoGo(wall(2027, 2, 1, 20), wall(2027, 2, 2, 1))
    with pytest.raises(Invalid) as caught:
        read_no_go(raw, "Pacific/Kiritimati", NOW)
    assert caught.value.problems == (Problem("to", "until_past", "2027-02-02 01:00", ("2027-02-02",)),)


@pytest.mark.parametrize(
    ("starts", "ends", "zone_id", "span"),
    [
        (wall(2027, 2, 14), wall(2027, 2, 15), "Asia/Kathmandu", (utc(2027, 2, 13, 18, 15), utc(2027, 2, 14, 18, 15))),
        (wall(2027, 3, 28, 2, 15), wall(2027, 3, 28, 4), "Europe/Berlin", (utc(2027, 3, 28, 1), utc(2027, 3, 28, 2))),
        (wall(2027, 3, 28), wall(2027, 3, 28, 2, 30), "Europe/Berlin", (utc(2027, 3, 27, 23), utc(2027, 3, 28, 1))),
        (wall(2027, 3, 28, 2, 15), wall(2027, 3, 28, 2, 45), "Europe/Berlin", (utc(2027, 3, 28, 1), utc(2027, 3, 28, 1))),
        (wall(2027, 10, 31, 2, 15), wall(2027, 10, 31, 2, 45), "Europe/Berlin", (utc(2027, 10, 31, 0, 15), utc(2027, 10, 31, 1, 45))),
        (wall(2027, 2, 14), wall(2027, 2, 15), "Pacific/Kiritimati", (utc(2027, 2, 13, 10), utc(2027, 2, 14, 10))),
        (wall(2027, 2, 14), wall(2027, 2, 15), "Pacific/Niue", (utc(2027, 2, 14, 11), utc(2027, 2, 15, 11))),
        (wall(2037, 12, 31), wall(2038, 1, 1), "Africa/Nairobi", (utc(2037, 12, 30, 21), utc(2037, 12, 31, 21))),
    ],
)
def test_to_span_is_the_same_wall_time_in_any_zone(starts: datetime, ends: datetime, zone_id: str, span: tuple[datetime, datetime]) -> None:
    assert to_span(NoGo(starts, ends), zone_id) == span


@given(
    st.sampled_from(
        ["Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll", "America/St_Johns", "Pacific/Chatham", *current_zone_ids()]
    ),
    st.datetimes(wall(2027, 1, 1), wall(2027, 12, 31)).map(lambda t: t.replace(second=0, microsecond=0)),
    st.integers(1, 3 * 1440),
    st.integers(-180, 3 * 1440 + 180),
)
def test_to_span_holds_every_minute_whose_wall_clock_reads_a_time_inside(zone_id: str, starts: datetime, minutes: int, offset: int) -> None:
    kept = NoGo(starts, starts + minutes * MINUTE)
    start_at, end_at = to_span(kept, zone_id)
    instant = start_at + offset * MINUTE

    if kept.from_wall_time <= to_wall_time(instant, zone_id) < kept.to_wall_time:
        assert overlaps((start_at, end_at), instant, instant + MINUTE)


MINUTES = st.integers(0, 300).map(lambda minutes: utc(2027, 2, 14) + minutes * MINUTE)


@given(st.lists(st.tuples(MINUTES, MINUTES).filter(lambda span: span[0] < span[1]), max_size=6), st.integers(1, 60))
def test_joined_spans_refuse_the_same_starts_and_leave_room_between_them(spans: list[tuple[datetime, datetime]], minutes: int) -> None:
    duration = minutes * MINUTE

    joined = join_spans(spans, duration)

    assert all(later[0] - earlier[1] >= duration for earlier, later in pairwise(joined))
    for start_at in (utc(2027, 2, 13, 23) + minute * MINUTE for minute in range(0, 420, 7)):
        refused = [any(overlaps(span, start_at, start_at + duration) for span in some) for some in (spans, joined)]
        assert refused[0] == refused[1]
