from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.availability import (
    DAY_MINUTES,
    Availability,
    Level,
    QuietSpan,
    Reach,
    Window,
    parse_minute,
    quiet_minutes,
    read_availability,
    read_availability_text,
)
from coordinator.errors import Invalid, Problem

DEMO_GROUPS = Path(__file__).parents[2] / "demo" / "groups.csv"

spans = st.tuples(st.integers(0, DAY_MINUTES - 1), st.integers(1, DAY_MINUTES)).map(lambda pair: (pair[0], pair[0] + pair[1]))
windows = st.builds(
    lambda days, span, level: Window(tuple(sorted(days)), *span, level),
    st.sets(st.integers(0, 6), min_size=1),
    spans,
    st.sampled_from(Level),
)
availabilities = st.builds(
    lambda opened, quiet, blocked, reach: Availability(tuple(opened), tuple(QuietSpan(*q) for q in quiet), tuple(sorted(blocked)), reach),
    st.lists(windows, max_size=4),
    st.lists(spans, max_size=2),
    st.sets(st.dates(date(2026, 1, 1), date(2037, 12, 31)), max_size=4),
    st.sampled_from(Reach),
)


def problems_of(raw: object, **options: Any) -> tuple[Problem, ...]:
    with pytest.raises(Invalid) as caught:
        read_availability(raw, **options)
    return caught.value.problems


def read_text_or_problems(*columns: str, **options: Any) -> Availability | tuple[Problem, ...]:
    try:
        return read_availability_text(*columns, **options)
    except Invalid as fault:
        return fault.problems


# --- JSON


def test_read_availability_of_the_documented_shape_is_exact() -> None:
    raw = {
        "windows": [
            {"days": ["TU", "mo"], "from": "17:00", "to": "21:00", "level": "possible"},
            {"days": ["SU"], "from": "22:00", "to": "02:00"},
        ],
        "quiet": [{"from": "23:00", "to": "06:30"}],
        "blocked": ["2027-02-14", "2027-01-01", "2027-02-14"],
        "reach": "any",
    }

    assert read_availability(raw) == Availability(
        windows=(Window((0, 1), 1020, 1260, Level.POSSIBLE), Window((6,), 1320, 1560, Level.PREFERRED)),
        quiet=(QuietSpan(1380, 1830),),
        blocked=(date(2027, 1, 1), date(2027, 2, 14)),
        reach=Reach.ANY,
    )


def test_read_availability_of_an_empty_mapping_has_the_products_reach() -> None:
    assert read_availability({}) == Availability((), (), (), Reach.WAKING)
    assert read_availability({}, default_reach=Reach.ANY).reach is Reach.ANY


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("17:00", "21:00", (1020, 1260)),
        ("22:00", "02:00", (1320, 1560)),
        ("09:00", "09:00", (540, 540 + 1440)),
        ("00:00", "24:00", (0, 1440)),
        ("00:00", "00:00", (0, 1440)),
        ("18:00", "24:00", (1080, 1440)),
        ("18:00", "00:00", (1080, 1440)),
        ("7:05", "7:06", (425, 426)),
    ],
)
def test_span_whose_end_is_not_after_its_start_runs_past_midnight(start: str, end: str, minutes: tuple[int, int]) -> None:
    (window,) = read_availability({"windows": [{"days": ["MO"], "from": start, "to": end}]}).windows

    assert (window.start_minute, window.end_minute) == minutes


@pytest.mark.parametrize("text", ["", "24:01", "25:00", "12:60", "1200", "12.00", "-1:00", " 12:00", "12:00:00", "١٢:٠٠", "012:00"])
def test_parse_minute_of_anything_but_a_time_of_day_is_none(text: str) -> None:
    assert parse_minute(text) is None


def test_read_availability_reports_every_fault_with_its_path() -> None:
    raw = {
        "windows": [
            {"days": ["MO", "XX"], "from": "25:00", "to": "21:00", "level": "maybe"},
            {"days": [], "from": "24:00", "to": 7},
            "MO 10:00-12:00",
            {"from": "10:00", "to": "12:00", "until": "13:00"},
        ],
        "quiet": [{"from": "23:00"}],
        "blocked": ["2027-02-30", "2038-01-01", 20270214],
        "reach": "everywhere",
        "silent": [],
    }

    days = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    assert problems_of(raw) == (
        Problem("silent", "key_unknown", "silent", ("windows", "quiet", "blocked", "reach")),
        Problem("windows[0].days[1]", "day_unknown", "XX", days),
        Problem("windows[0].from", "time_malformed", "25:00", ("00:00", "23:59")),
        Problem("windows[0].level", "level_unknown", "maybe", ("preferred", "possible")),
        Problem("windows[1].days", "days_missing", "", days),
        Problem("windows[1].from", "time_malformed", "24:00", ("00:00", "23:59")),
        Problem("windows[1].to", "time_malformed", "7", ("00:00", "24:00")),
        Problem("windows[2]", "type_wrong", "MO 10:00-12:00", ("object",)),
        Problem("windows[3].until", "key_unknown", "until", ("days", "from", "to", "level")),
        Problem("windows[3].days", "type_wrong", "", ("list",)),
        Problem("quiet[0].to", "time_malformed", "", ("00:00", "24:00")),
        Problem("blocked[0]", "date_malformed", "2027-02-30", ("2027-02-14",)),
        Problem("blocked[1]", "date_too_late", "2038-01-01", ("2037-12-31",)),
        Problem("blocked[2]", "date_malformed", "20270214", ("2027-02-14",)),
        Problem("reach", "reach_unknown", "everywhere", ("windows", "waking", "any")),
    )


@pytest.mark.parametrize("raw", [None, [], "MO", 3])
def test_read_availability_of_no_mapping_says_so(raw: object) -> None:
    assert [p.code for p in problems_of(raw)] == ["type_wrong"]


def test_read_availability_with_too_many_entries_is_refused_unread() -> None:
    raw = {"windows": [{}] * 101, "quiet": "none", "blocked": ["2027-01-01"] * 401}

    assert problems_of(raw) == (
        Problem("windows", "too_many", "101", ("100",)),
        Problem("quiet", "type_wrong", "none", ("list",)),
        Problem("blocked", "too_many", "401", ("400",)),
    )


# --- windows that never open


def test_window_wholly_in_quiet_hours_never_opens() -> None:
    raw = {
        "windows": [{"days": ["MO"], "from": "23:30", "to": "05:00"}, {"days": ["TU"], "from": "06:00", "to": "07:01"}],
        "quiet": [{"from": "23:00", "to": "02:00"}, {"from": "02:00", "to": "07:00"}],
    }

    assert problems_of(raw) == (Problem("windows[0]", "window_never_opens", "MO 23:30-05:00", ("23:00-02:00", "02:00-07:00")),)
    assert read_availability(raw, may_never_open=True).windows[0] == Window((0,), 1410, 1740)


def test_no_windows_at_all_is_refused_only_for_a_group_that_bears_nothing_else() -> None:
    assert [p.code for p in problems_of({"reach": "windows"})] == ["no_windows"]
    assert read_availability({"reach": "windows"}, may_never_open=True).reach is Reach.WINDOWS
    assert read_availability({"reach": "any"}).windows == ()


def test_quiet_all_day_is_refused_only_for_a_group_that_bears_waking_hours() -> None:
    quiet = [{"from": "08:00", "to": "08:00"}]

    assert problems_of({"quiet": quiet}) == (Problem("quiet", "quiet_all_day", "08:00-08:00"),)
    assert len(quiet_minutes(read_availability({"quiet": quiet, "reach": "any"}))) == DAY_MINUTES


@given(availabilities)
def test_availability_written_as_json_is_read_back_equal(availability: Availability) -> None:
    assert read_availability(availability.to_json(), may_never_open=True) == availability


# --- text


def test_read_availability_text_of_the_csv_columns_is_exact() -> None:
    found = read_availability_text(
        "MO-FR 17:30-21:30; SA 10:00-14:00 possible", "22:30-07:00", "2027-02-01 2027-02-02", reach=Reach.WINDOWS
    )

    assert found == Availability(
        windows=(Window((0, 1, 2, 3, 4), 1050, 1290), Window((5,), 600, 840, Level.POSSIBLE)),
        quiet=(QuietSpan(1350, 1860),),
        blocked=(date(2027, 2, 1), date(2027, 2, 2)),
        reach=Reach.WINDOWS,
    )


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("MO WE 19:00-20:00", (0, 2)),
        ("SU-TH 19:00-20:00", (0, 1, 2, 3, 6)),
        ("sa-mo, fr 19:00–20:00", (0, 4, 5, 6)),
        ("MO-MO 19:00 - 20:00", (0,)),
    ],
)
def test_read_availability_text_reads_lists_and_runs_of_days(text: str, days: tuple[int, ...]) -> None:
    assert read_availability_text(text).windows == (Window(days, 1140, 1200),)


def test_read_availability_text_reports_every_fault_by_its_column() -> None:
    with pytest.raises(Invalid) as caught:
        read_availability_text("weekdays; XX 10:00-12:00; MO 10:00-25:00", "late", "14.02.2027")

    assert [(p.field, p.code, p.value) for p in caught.value.problems] == [
        ("availability", "window_malformed", "weekdays"),
        ("quiet", "span_malformed", "late"),
        ("availability", "day_unknown", "XX"),
        ("availability", "time_malformed", "25:00"),
        ("blocked", "date_malformed", "14.02.2027"),
    ]


def test_read_availability_text_of_a_window_in_quiet_hours_never_opens() -> None:
    with pytest.raises(Invalid) as caught:
        read_availability_text("MO 02:00-04:00", "23:00-07:00")

    assert [(p.field, p.code) for p in caught.value.problems] == [("availability", "window_never_opens")]


@given(availabilities)
def test_availability_written_as_text_is_read_back_equal(availability: Availability) -> None:
    text = availability.to_text()

    found = read_text_or_problems(text["availability"], text["quiet"], text["blocked"], reach=availability.reach)

    if isinstance(found, Availability):
        assert found == availability
    else:
        assert {p.code for p in found} <= {"window_never_opens", "no_windows", "quiet_all_day"}


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_read_availability_text_of_anything_answers_or_says_what_is_wrong(text: str, quiet: str, blocked: str) -> None:
    found = read_text_or_problems(text, quiet, blocked)

    assert isinstance(found, Availability) or {p.field for p in found} <= {"availability", "quiet", "blocked"}


def test_demo_groups_are_all_read() -> None:
    with DEMO_GROUPS.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))

    read = [read_availability_text(row["availability"], row["quiet"], row["blocked"], reach=Reach.WINDOWS) for row in rows]

    assert len(read) == 42
    assert all(a.windows and a.quiet for a in read)
