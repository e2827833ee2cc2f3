"""Every fault is one sentence that names the field, the value and what would be accepted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from markupsafe import Markup

import coordinator
from coordinator.domain.action import State
from coordinator.domain.proposal import settle_wall_time
from coordinator.domain.text import read_line
from coordinator.domain.zones import read_zone_id
from coordinator.errors import (
    Conflict,
    EngineAway,
    Forbidden,
    Invalid,
    KeyReused,
    NotFound,
    NotSignedIn,
    Problem,
    TooLarge,
    TooMany,
    Unavailable,
    problem,
)
from coordinator.formats import sentences
from coordinator.formats.isolation import Setting
from coordinator.formats.sentences import CONFLICTS, LABELS, PROBLEMS, label, listed, say, say_all, say_conflict, say_error
from coordinator.i18n import Languages, read_languages

LANGUAGES = read_languages()
EN = LANGUAGES["en"]
PLACES = {"field", "value", "remedy", "first", "second", "last"}


@pytest.fixture(scope="module")
def languages() -> Languages:
    return LANGUAGES


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (problem("title", "missing"), "Title: this is needed."),
        (problem("title", "too_long", "x" * 10_000, 120, 10_000), "Title: this has 10000 characters. Up to 120 fit."),
        (
            problem("zone", "zone_unknown", "Europe/Belrin", "Europe/Berlin", "Europe/Dublin"),
            "Time zone: no time zone is called “Europe/Belrin”. Did you mean Europe/Berlin or Europe/Dublin?",
        ),
        (
            problem("zone", "zone_unknown", "Qwghlm"),
            "Time zone: no time zone is called “Qwghlm”. Write a city, or a name such as Europe/Berlin.",
        ),
        (
            problem("windows[2].from", "time_malformed", "25:00", "00:00", "23:59"),
            "Hours 3, from: “25:00” is not a time of day. Write hours and minutes, from 00:00 to 23:59.",
        ),
        (
            problem("windows[2].from", "time_malformed", "", "00:00", "23:59"),
            "Hours 3, from: nothing was given. Possible is 00:00 or 23:59.",
        ),
        (problem("line[12].zone", "zone_unknown", "x", "UTC"), "Line 12, Time zone: no time zone is called “x”. Did you mean UTC?"),
        (
            problem("wall_time", "wall_time_fold", "2027-10-31 02:30", "UTC+02:00", "UTC+01:00"),
            (
                "Date and time: 2027-10-31 02:30 happens twice, because clocks are set back that day. "
                "Say which: the first (UTC+02:00) or the second (UTC+01:00)."
            ),
        ),
        (
            problem("deadline", "deadline_too_late", "2027-01-22T13:30:00+00:00", "2027-01-21T13:30:00+00:00"),
            (
                "Answers until: Friday 22 January 2027, 13:30 UTC is too close to the action, or after it. "
                "The last possible moment is Thursday 21 January 2027, 13:30 UTC."
            ),
        ),
        (
            problem("start", "instant_malformed", "soon", "2027-01-23T13:30:00Z"),
            "Start: “soon” is not a moment with its UTC offset. Write it as in 2027-01-23T13:30:00Z.",
        ),
        (problem("frobnitz", "never_heard_of", "5", "1", "2", "3"), "frobnitz: “5” cannot be taken. Possible is 1, 2, or 3."),
        (problem("frobnitz", "never_heard_of", "5"), "frobnitz: “5” cannot be taken."),
        (problem("", "missing"), "The whole: this is needed."),
        (problem("title", "bad_encoding", "100% \ufffd"), "Title: this is not text in UTF-8. Save it as UTF-8 and send it again."),
        (problem("title", "duplicate", "100%s"), "Title: “100%s” is there already. Each may be there once."),
    ],
)
def test_say_names_field_value_and_remedy(fault: Problem, said: str) -> None:
    assert say(fault, EN) == said


def test_say_moment_in_a_fault_follows_the_readers_city() -> None:
    fault = problem("start", "start_past", "2027-01-23T13:30:00Z")

    said = say(fault, EN, zone_id="Asia/Kathmandu", city="Kathmandu")

    assert said == "Start: Saturday 23 January 2027, 19:15 in Kathmandu, UTC+05:45 has passed. Choose a moment to come."


@pytest.mark.parametrize("text", ["2027-13-45T99:99:99Z", "2027-01-23T13:30Zx"])
def test_say_with_a_value_that_only_looks_like_an_instant_quotes_it(text: str) -> None:
    assert text in say(problem("start", "start_past", text), EN)


def test_say_as_html_escapes_the_value_and_isolates_it() -> None:
    said = say(problem("title", "control_characters", "<script>\x00"), EN, setting=Setting.HTML)

    assert isinstance(said, Markup)
    assert "“<bdi>&lt;script&gt;\ufffd</bdi>”" in said
    assert "<script>" not in said


def test_domain_readers_are_understood() -> None:
    with pytest.raises(Invalid) as title:
        read_line("a\u202eb\x07", longest=1)
    with pytest.raises(Invalid) as zone:
        read_zone_id("Kalkutta")
    with pytest.raises(Invalid) as gap:
        settle_wall_time(datetime(2027, 3, 28, 2, 30), "Europe/Berlin", "")

    assert len(say_all(title.value, EN)) == 3
    assert "Asia/Kolkata" in say_all(zone.value, EN)[0]
    assert say_all(gap.value, EN) == [
        "Date and time: 2027-03-28 02:30 does not happen, because clocks jump over it that day. Did you mean 01:30 or 03:30?"
    ]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("title", "Title"),
        ("", "The whole"),
        ("windows[0].days[1]", "Hours 1, weekdays 2"),
        ("[3].zone", "4, Time zone"),
        ("groups[1].quiet[0].to", "Groups 2, Quiet hours 1, to"),
        ("line[2]", "Line 2"),
        ("x[y]", "x, y"),
        ("CHORUS_PORT", "CHORUS_PORT"),
    ],
)
def test_label_reads_a_path(field: str, said: str) -> None:
    assert label(field, EN) == said


def test_listed_joins_with_or_and_stops_before_it_is_a_wall() -> None:
    assert listed([], EN) == ""
    assert listed(["a"], EN) == "a"
    assert listed(["a", "100%", "{0}"], EN) == "a, 100%, or {0}"
    assert listed(["a", "b"], LANGUAGES["ar"]) == "a أو b"
    assert len(listed([str(n) for n in range(500)], EN)) < 80


# --- conflicts and errors ---------------------------------------------------------------------------------------------


def test_say_conflict_says_deadlines_in_the_readers_zone() -> None:
    said = say_conflict(
        "deadline_passed", {"deadline_at": "2026-12-20T14:15:00+00:00"}, EN, zone_id="Africa/Dar_es_Salaam", city="Dar es Salaam"
    )

    assert (
        said
        == "Answers were open until Sunday 20 December 2026, 17:15 in Dar es Salaam, UTC+03:00. The count is closed, and nothing was changed."
    )


def test_say_conflict_every_action_state_has_its_own_sentence() -> None:
    said = {say_conflict("action_state", {"state": state, "command": "edit"}, EN) for state in State}

    assert len(said) == len(State)


def test_say_conflict_without_its_details_does_not_fail() -> None:
    assert "…" in say_conflict("deadline_passed", {}, EN)
    assert say_conflict("never_heard_of", {}, EN) == sentences.ANY_CONFLICT


@pytest.mark.parametrize(
    "error",
    [
        Invalid(problem("title", "missing")),
        Conflict("already_started"),
        NotFound("group"),
        NotSignedIn(),
        Forbidden("act.propose"),
        KeyReused(),
        TooLarge(65_536),
        TooMany(1),
        TooMany(30),
        Unavailable("redis"),
        EngineAway("apertium", "timeout"),
    ],
)
def test_say_error_is_a_sentence_in_every_language(languages: Languages, error: Exception) -> None:
    for language in languages:
        said = say_error(error, language)
        assert len(said) > 15
        assert "%(" not in said


def test_say_error_unknown_does_not_tell_what_was_looked_for() -> None:
    assert "7f3k" not in say_error(NotFound("group 7f3k"), EN)


# --- contracts --------------------------------------------------------------------------------------------------------


def codes_in(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(kind, code) of every `problem("…", "code")`, `Problem(…)`, `faults.add(…)` and `Conflict("code")` in a module."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        constants = [arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else None for arg in call.args]
        if name == "Conflict" and constants and constants[0]:
            yield "conflict", constants[0]
        elif name in ("problem", "Problem", "add", "_read_choice"):
            yield from (
                ("problem", code) for code in constants[1:2] if code and re.fullmatch(r"[a-z]+(_[a-z]+)*", code) and len(call.args) > 1
            )
            yield from (("problem", code) for code in constants[3:4] if code and name == "_read_choice")


def used_codes() -> set[tuple[str, str]]:
    root = Path(coordinator.__file__).parent
    return {found for path in root.rglob("*.py") for found in codes_in(ast.parse(path.read_text(encoding="utf-8")))}


def test_every_code_has_a_sentence() -> None:
    used = used_codes()

    assert ("problem", "zone_unknown") in used
    assert ("problem", "level_unknown") in used
    assert {code for kind, code in used if kind == "problem"} - set(PROBLEMS) == set()
    assert {code for kind, code in used if kind == "conflict"} - set(CONFLICTS) - {
        "action_state",
        "meeting_state",
        "spotlight_state",
    } == set()


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_sentence_names_the_field_and_only_known_places(code: str) -> None:
    places = set(re.findall(r"%\((\w+)\)s", PROBLEMS[code]))

    assert "field" in places
    assert places <= PLACES
    assert not re.search(r"%(?!\(\w+\)s)", PROBLEMS[code])
    assert PROBLEMS[code].startswith("%(field)s: ")
    assert PROBLEMS[code].rstrip("?").endswith(".") or PROBLEMS[code].endswith("?")


def test_labels_are_capitalized_because_they_begin_a_line() -> None:
    assert [text for text in LABELS.values() if not text[0].isupper()] == []
