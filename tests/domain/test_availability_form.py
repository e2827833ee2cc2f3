"""Three ways to say the same hours; and faults that name the row as the form numbered it."""

from __future__ import annotations

from datetime import date

import pytest

from coordinator.domain.availability import Availability, Level, QuietSpan, Reach, Window
from coordinator.domain.availability_form import form_rows, read_any_availability
from coordinator.errors import Invalid

EXPECTED = Availability(
    windows=(Window((0, 1, 2, 3, 4), 17 * 60 + 30, 21 * 60 + 30), Window((5,), 600, 840, Level.POSSIBLE)),
    quiet=(QuietSpan(22 * 60 + 30, 31 * 60),),
    blocked=(date(2027, 2, 1), date(2027, 2, 2)),
    reach=Reach.ANY,
)
TEXT = {"availability": "MO-FR 17:30-21:30; SA 10:00-14:00 possible", "quiet": "22:30-07:00", "blocked": "2027-02-01, 2027-02-02"}
LISTS = {
    "windows": [
        {"days": ["MO", "TU", "WE", "TH", "FR"], "from": "17:30", "to": "21:30"},
        {"days": ["SA"], "from": "10:00", "to": "14:00", "level": "possible"},
    ],
    "quiet": [{"from": "22:30", "to": "07:00"}],
    "blocked": ["2027-02-01", "2027-02-02"],
}
ROWS = {
    "windows[0].days.MO": "on",
    "windows[0].days.TU": "on",
    "windows[0].days.WE": "on",
    "windows[0].days.TH": "on",
    "windows[0].days.FR": "on",
    "windows[0].from": "17:30",
    "windows[0].to": "21:30",
    "windows[0].level": "preferred",
    "windows[1].from": "",
    "windows[1].to": "",
    "windows[1].level": "preferred",
    "windows[2].days": ["SA"],
    "windows[2].from": "10:00",
    "windows[2].to": "14:00",
    "windows[2].level": "possible",
    "quiet[0].from": "22:30",
    "quiet[0].to": "07:00",
    "quiet[1].from": "",
    "quiet[1].to": "",
    "blocked": "2027-02-01",
    "blocked[0]": "2027-02-02",
    "blocked[1]": "",
}


@pytest.mark.parametrize(
    "raw",
    [
        {**TEXT, "reach": "any"},
        {**LISTS, "reach": "any"},
        {"availability": LISTS, "reach": "any"},
        {"availability": {**LISTS, "reach": "any"}},
        {**ROWS, "reach": "any"},
        {**ROWS, "windows[2].days": "SA", "reach": "any"},
    ],
    ids=["text", "lists", "object", "object with reach", "rows", "rows with days as text"],
)
def test_any_availability_reads_all_forms_alike(raw: dict[str, object]) -> None:
    assert read_any_availability(raw) == EXPECTED


def test_any_availability_keeps_the_reach_it_is_given_unless_raw_says_another() -> None:
    assert read_any_availability(TEXT).reach is Reach.WAKING
    assert read_any_availability(TEXT, default_reach=Reach.WINDOWS).reach is Reach.WINDOWS
    assert read_any_availability({**TEXT, "reach": ""}, default_reach=Reach.WINDOWS).reach is Reach.WINDOWS


def faults_of(raw: dict[str, object]) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_any_availability(raw)
    return {(p.field, p.code) for p in refused.value.problems}


def test_rows_name_faults_by_the_forms_own_numbers() -> None:
    raw = {**ROWS, "windows[2].to": "25:00", "quiet[1].from": "9", "blocked": "2027-02-30", "reach": "never"}

    assert faults_of(raw) == {
        ("windows[2].to", "time_malformed"),
        ("quiet[1].from", "time_malformed"),
        ("quiet[1].to", "time_malformed"),
        ("blocked", "date_malformed"),
        ("reach", "choice_unknown"),
    }


def test_rows_name_a_window_that_never_opens() -> None:
    raw = {
        "windows[3].days.SU": "on",
        "windows[3].from": "01:00",
        "windows[3].to": "05:00",
        "quiet[2].from": "23:00",
        "quiet[2].to": "07:00",
    }

    assert faults_of(raw) == {("windows[3]", "window_never_opens")}


def test_rows_without_a_day_ask_for_one() -> None:
    assert faults_of({"windows[0].from": "18:00", "windows[0].to": "20:00"}) == {("windows[0].days", "days_missing")}


def test_rows_that_are_all_empty_are_no_windows() -> None:
    empty = {"windows[0].from": "", "windows[0].to": "", "windows[0].level": "preferred"}

    assert read_any_availability(empty) == Availability()
    assert faults_of({**empty, "reach": "windows"}) == {("windows", "no_windows")}


def test_object_names_its_faults_under_its_own_name() -> None:
    assert faults_of({"availability": {"windows": [{"days": ["XX"], "from": "1", "to": "20:00"}], "extra": 1}}) == {
        ("availability.windows[0].days[0]", "day_unknown"),
        ("availability.windows[0].from", "time_malformed"),
        ("availability.extra", "key_unknown"),
    }


def test_form_rows_come_back_as_they_were() -> None:
    rows = form_rows(EXPECTED, spare=1)

    assert rows["windows"][-1] == {"days": [], "from": "", "to": "", "level": "preferred"}
    assert rows["quiet"] == [{"from": "22:30", "to": "07:00"}, {"from": "", "to": ""}]
    typed = {f"windows[{i}].{k}": v for i, row in enumerate(rows["windows"]) for k, v in row.items()}
    typed |= {f"quiet[{i}].{k}": v for i, row in enumerate(rows["quiet"]) for k, v in row.items()}
    assert read_any_availability({**typed, "blocked": "2027-02-01 2027-02-02", "reach": "any"}) == EXPECTED
