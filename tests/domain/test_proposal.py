"""What a proposal must say: every fault named at once, wall times in gaps and folds asked about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.action import Kind, Shape
from coordinator.domain.proposal import (
    DEADLINE_SPANS,
    make_slug,
    read_duration,
    read_instant,
    read_invited,
    settle_wall_time,
    usual_deadline,
)
from coordinator.errors import Invalid


def codes(fault: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(p.field, p.code) for p in fault.value.problems]


@pytest.mark.parametrize(("raw", "minutes"), [("1", 1), (" 30 ", 30), (1440, 1440)])
def test_read_duration_within_a_day_is_minutes(raw: object, minutes: int) -> None:
    assert read_duration(raw) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("raw", "code"),
    [("", "missing"), ("0", "duration_too_short"), ("-5", "duration_too_short"), ("1441", "duration_too_long"), ("1.5", "number_malformed"),
     ("٣٠", "number_malformed"), ("9" * 400, "number_malformed"), (True, "number_malformed"), (None, "number_malformed")],
)  # fmt: skip
def test_read_duration_outside_a_day_says_which_way(raw: object, code: str) -> None:
    with pytest.raises(Invalid) as fault:
        read_duration(raw)

    assert codes(fault) == [("", code)]


def test_read_invited_without_a_choice_means_all_groups() -> None:
    assert read_invited({}, "a", ["a", "b", "c"]) == {"a": False, "b": False, "c": False}


def test_read_invited_names_every_fault() -> None:
    with pytest.raises(Invalid) as fault:
        read_invited({"invited": ["x"], "required": ["b", "y"]}, "a", ["a", "b"])

    assert codes(fault) == [
        ("invited", "group_unknown"),
        ("required", "group_unknown"),
        ("required", "required_not_invited"),
    ]


def test_read_invited_of_oneself_alone_is_too_few() -> None:
    with pytest.raises(Invalid) as fault:
        read_invited({"invited": ["a"]}, "a", ["a", "b"])

    assert codes(fault) == [("invited", "too_few_invited")]


def test_settle_wall_time_on_an_ordinary_day_is_the_instant() -> None:
    assert settle_wall_time(datetime(2027, 1, 23, 19, 15), "Asia/Kathmandu", "") == datetime(2027, 1, 23, 13, 30, tzinfo=UTC)


def test_settle_wall_time_in_a_gap_offers_both_sides() -> None:
    with pytest.raises(Invalid) as fault:
        settle_wall_time(datetime(2027, 3, 28, 2, 30), "Europe/Berlin", "")

    assert (codes(fault), fault.value.problems[0].remedy) == ([("wall_time", "wall_time_gap")], ("01:30", "03:30"))


def test_settle_wall_time_in_a_fold_asks_and_takes_the_answer() -> None:
    wall_time = datetime(2027, 4, 4, 1, 45)  # Lord Howe sets back by half an hour at 02:00

    with pytest.raises(Invalid) as fault:
        settle_wall_time(wall_time, "Australia/Lord_Howe", "")

    assert fault.value.problems[0].remedy == ("UTC+11:00", "UTC+10:30")
    first = settle_wall_time(wall_time, "Australia/Lord_Howe", "first")
    assert settle_wall_time(wall_time, "Australia/Lord_Howe", "second") - first == timedelta(minutes=30)


@pytest.mark.parametrize("raw", ["", "2027-01-23", "2027-01-23T13:30:00", "soon", "2027-13-01T00:00Z", "2038-06-01T00:00:00Z"])
def test_read_instant_without_its_offset_or_outside_the_rules_is_refused(raw: str) -> None:
    with pytest.raises(Invalid):
        read_instant(raw, "start")


def test_read_instant_with_an_offset_is_utc() -> None:
    assert read_instant("2027-01-23T19:15:00+05:45", "start") == datetime(2027, 1, 23, 13, 30, tzinfo=UTC)


@given(st.text(max_size=200))
def test_make_slug_is_always_plain_and_never_empty(title: str) -> None:
    slug = make_slug(title, Kind.NOISE, "k7f2mq")

    assert slug.isascii()
    assert slug.endswith("-k7f2mq")
    assert len(slug) <= 48
    assert all(c.islower() or c.isdigit() or c == "-" for c in slug)


def test_make_slug_of_arabic_words_is_the_kind() -> None:
    assert make_slug("أبقوا الصنابير مفتوحة", Kind.SILENCE, "k7f2mq") == "silence-k7f2mq"


def test_usual_deadline_is_a_fortnight_or_the_latest_allowed() -> None:
    now = datetime(2027, 1, 4, 12, 34, tzinfo=UTC)

    for shape in Shape:
        assert usual_deadline(now + timedelta(days=60), now, shape) == datetime(2027, 1, 18, 12, tzinfo=UTC)
        assert usual_deadline(now + timedelta(minutes=61), now, shape) == now + timedelta(hours=1)
    for shape in (Shape.INSTANT, Shape.WAVE):
        assert usual_deadline(now + timedelta(days=3), now, shape) == datetime(2027, 1, 7, 12, tzinfo=UTC)


@given(st.integers(60, 30 * 1440))
def test_usual_deadline_of_a_relay_tells_no_more_than_within_which_span_it_begins(minutes_ahead: int) -> None:
    now = datetime(2027, 1, 4, 12, 34, tzinfo=UTC)

    offered_at = usual_deadline(now + timedelta(minutes=minutes_ahead), now, Shape.RELAY)

    span = max(each for each in DEADLINE_SPANS if each <= timedelta(minutes=minutes_ahead))
    assert now + timedelta(hours=1) <= offered_at <= now + timedelta(minutes=minutes_ahead)
    assert offered_at in {(now + span).replace(minute=0), now + timedelta(hours=1)}
