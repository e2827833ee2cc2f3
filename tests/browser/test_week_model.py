"""The week as the painter's script reads and says it: minute by minute the same as the server's reading of the same rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Route

from coordinator.domain.availability import (
    DAY_MINUTES,
    DAYS,
    Availability,
    Level,
    QuietSpan,
    Window,
    quiet_minutes,
    read_availability,
    read_availability_text,
)

SCRIPTS = Path(__file__).parents[2] / "web/static/js"
PLACE = "http://model.example/"
WEEK_MINUTES = len(DAYS) * DAY_MINUTES
NONE, POSSIBLE, PREFERRED = range(3)
VALUES = {Level.POSSIBLE: POSSIBLE, Level.PREFERRED: PREFERRED}

Model = Callable[..., Any]
Rows = list[dict[str, Any]]
Week = npt.NDArray[np.uint8]

spans = st.tuples(st.integers(0, DAY_MINUTES - 1), st.integers(1, DAY_MINUTES)).map(lambda pair: (pair[0], sum(pair)))
windows = st.builds(
    lambda days, span, level: Window(tuple(sorted(days)), *span, level),
    st.sets(st.integers(0, 6), min_size=1),
    spans,
    st.sampled_from(Level),
)
weeks = st.builds(
    lambda opened, quiet: Availability(tuple(opened), tuple(QuietSpan(*span) for span in quiet)),
    st.lists(windows, max_size=5),
    st.lists(spans, max_size=2),
)


@pytest.fixture(scope="module")  # it keeps nothing: one page serves all
def model(browser: Browser) -> Model:
    """Runs an expression with the module as `m` and the given values as `of`."""
    page = browser.new_page()

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(PLACE)
        if name:
            route.fulfill(path=SCRIPTS / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>model</title>", content_type="text/html")

    page.route(f"{PLACE}**", answer)
    page.goto(PLACE)
    page.evaluate("async () => { window.m = await import('/week-model.js'); }")
    return lambda expression, **of: page.evaluate(f"(of) => {{ const m = window.m; return {expression}; }}", of)


def levels(availability: Availability) -> Week:
    """What each minute of the week is to the server, whatever is quiet."""
    week = np.zeros(WEEK_MINUTES, np.uint8)
    for window in availability.windows:
        for day in window.days:
            at = (day * DAY_MINUTES + np.arange(window.start_minute, window.end_minute)) % WEEK_MINUTES
            week[at] = np.maximum(week[at], VALUES[window.level])
    return week


def quiet_mask(availability: Availability) -> Week:
    """1 in each quiet minute of a day."""
    mask = np.zeros(DAY_MINUTES, np.uint8)
    mask[list(quiet_minutes(availability))] = 1
    return mask


def heard(availability: Availability, quiet: Week) -> Week:
    """What counts: nothing where it is quiet."""
    return levels(availability) * (1 - np.tile(quiet, len(DAYS)))


def sent(minutes: str) -> Week:
    """An array as the script sends it, a digit for each minute."""
    return np.frombuffer(minutes.encode(), np.uint8) - ord("0")


def read_rows(rows: Rows) -> Availability:
    return read_availability({"windows": rows}, may_never_open=True)


# --- read and said as the server does ---------------------------------------------------------------------------------


def test_rows_are_read_minute_by_minute_as_the_server_reads_them(model: Model) -> None:
    @given(weeks)
    def check(availability: Availability) -> None:
        week, quiet = model("[m.weekOf(of.windows).join(''), m.quietOf(of.quiet).join('')]", **availability.to_json())

        assert np.array_equal(sent(week), levels(availability))
        assert np.array_equal(sent(quiet), quiet_mask(availability))

    check()


def test_rows_that_nobody_painted_on_come_back_meaning_the_same(model: Model) -> None:
    @given(weeks)
    def check(availability: Availability) -> None:
        kept, quiet = availability.to_json(), quiet_mask(availability)
        rows = model("m.rowsOf(m.weekOf(of.windows), m.quietOf(of.quiet))", **kept)

        assert np.array_equal(heard(read_rows(rows), quiet), heard(availability, quiet))
        if not quiet.all():
            read_availability({"windows": rows, "quiet": kept["quiet"]})  # the server takes them: none lies wholly in quiet hours

    check()


def test_paint_changes_its_minutes_and_no_other(model: Model) -> None:
    @given(weeks, st.sets(st.integers(0, 6), min_size=1), st.tuples(st.integers(0, 23), st.integers(1, 24)), st.sampled_from(range(3)))
    def check(availability: Availability, days: set[int], hours: tuple[int, int], level: int) -> None:
        first, last = min(hours) * 60, max(hours) * 60
        brush = {"days": sorted(days), "from": first, "until": last, "level": ("none", "possible", "preferred")[level]}
        found = model("m.painted(m.weekOf(of.windows), m.quietOf(of.quiet), of.brush).join('')", **availability.to_json(), brush=brush)

        wanted = levels(availability).reshape(len(DAYS), DAY_MINUTES)
        minutes = np.arange(first, last)
        takes_paint = minutes if level == NONE else minutes[quiet_mask(availability)[first:last] == 0]
        wanted[np.ix_(sorted(days), takes_paint)] = level
        assert np.array_equal(sent(found), wanted.ravel())

    check()


# --- how rows are said --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param("MO-FR 17:10-20:50", "MO-FR 17:10-20:50", id="to the minute"),
        pytest.param("FR 22:00-01:00 possible", "FR 22:00-01:00 possible", id="past midnight, whole"),
        pytest.param("SU 22:00-02:00", "SU 22:00-02:00", id="from Sunday into Monday, whole"),
        pytest.param("FR 22:00-24:00; SA 00:00-01:00", "FR 22:00-01:00", id="two halves of a night are one"),
        pytest.param("MO 17:00-19:00; MO 18:30-21:00", "MO 17:00-21:00", id="overlapping hours are one"),
        pytest.param(
            "MO 08:00-12:00; MO 06:00-14:00 possible", "MO 06:00-08:00 possible; MO 08:00-12:00; MO 12:00-14:00 possible", id="over"
        ),
        pytest.param("TU 09:00-12:00; MO 09:00-12:00", "MO-TU 09:00-12:00", id="days of the same hours are one row"),
        pytest.param("WE 12:00-12:00", "WE 12:00-12:00", id="a day and a night"),
        pytest.param(
            "FR 20:00-24:00; SA 00:00-24:00; SU 00:00-22:00", "FR 20:00-24:00; SA 00:00-24:00; SU 00:00-22:00", id="longer than a row"
        ),
        pytest.param("MO-SU 20:00-20:00", "MO-SU 00:00-24:00", id="the whole week has no edge"),
        pytest.param("MO 23:00-05:00; MO 21:00-22:00", "MO 21:00-22:00", id="what would never open is left out"),
        pytest.param("MO 21:00-08:00", "MO 21:00-08:00", id="quiet hours cut nothing"),
    ],
)
def test_week_is_said_in_the_fewest_whole_rows(model: Model, rows: str, said: str) -> None:
    kept = read_availability_text(rows).to_json()["windows"]
    found = model("m.rowsOf(m.weekOf(of.rows), m.quietOf([{from: '22:30', to: '07:00'}]))", rows=kept)

    assert sorted(read_rows(found).to_text()["availability"].split("; ")) == sorted(said.split("; "))


@pytest.mark.parametrize(
    "row",
    [
        {"days": [], "from": "10:00", "to": "12:00", "level": "preferred"},
        {"days": ["MO"], "from": "24:00", "to": "12:00", "level": "preferred"},
        {"days": ["MO"], "from": "25:00", "to": "12:00", "level": "preferred"},
        {"days": ["MO"], "from": "10:00", "to": "", "level": "preferred"},
        {"days": ["MO"], "from": "10:00", "to": "24:01", "level": "possible"},
        {"days": ["MO"], "from": "noon", "to": "12:60", "level": "possible"},
    ],
)
def test_row_that_the_server_refuses_is_read_as_nothing(model: Model, row: dict[str, Any]) -> None:
    assert model("[m.isReadable(of.row), m.weekOf([of.row]).some(Boolean)]", row=row) == [False, False]


def test_day_is_told_in_runs_with_quiet_hours_over_all_and_what_they_beat(model: Model) -> None:
    rows = [{"days": ["SU"], "from": "21:00", "to": "08:00", "level": "possible"}]
    found = model(
        "[m.runsOfDay(m.weekOf(of.rows), m.quietOf(of.quiet), 0), m.beatenOfDay(m.weekOf(of.rows), m.quietOf(of.quiet), 6)]",
        rows=rows,
        quiet=[{"from": "22:30", "to": "07:00"}],
    )

    assert found == [
        [
            {"kind": "quiet", "from": 0, "until": 420},
            {"kind": "possible", "from": 420, "until": 480},
            {"kind": "none", "from": 480, "until": 1350},
            {"kind": "quiet", "from": 1350, "until": 1440},
        ],
        [{"value": True, "from": 1350, "until": 1440}],
    ]
