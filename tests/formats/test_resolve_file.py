from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.errors import Invalid
from coordinator.formats.resolve_file import answer
from coordinator.formats.sentences import say_all
from coordinator.i18n import read_languages
from tests.domain import oracle, oracle_relay, oracle_wave

Json = dict[str, Any]

QUESTION: Json = {
    "range": {"start": "2027-01-01T00:00:00Z", "end": "2027-04-01T00:00:00Z"},
    "local_range": {"first": "2027-01-01", "last": "2027-03-31"},
    "shape": "instant",
    "slot_minutes": 15,
    "duration_minutes": 60,
    "groups": [
        {
            "name": "Nairobi",
            "zone": "Africa/Nairobi",
            "windows": [{"days": ["MO", "TU"], "from": "17:00", "to": "21:00", "level": "preferred"}],
            "quiet": [{"from": "23:00", "to": "06:30"}],
            "blocked": ["2027-02-14"],
            "reach": "windows",
            "required": False,
            "carried": 0,
        }
    ],
}

ONE_DAY: Json = {
    "range": {"start": "2027-01-04T00:00:00Z", "end": "2027-01-05T00:00:00Z"},
    "slot_minutes": 15,
    "duration_minutes": 60,
    "groups": [
        {"name": "Nairobi", "zone": "Africa/Nairobi", "windows": [{"days": ["MO"], "from": "17:00", "to": "18:00"}], "carried": 2.5},
        {"name": "मुंबई", "zone": "Asia/Calcutta", "windows": [{"days": ["MO"], "from": "19:30", "to": "20:30"}], "quiet": [], "blocked": []},
    ],
}


def ask(question: object) -> Json:
    found: Json = json.loads(answer(json.dumps(question)))
    return found


def changed(path: str, value: object, question: Json = QUESTION) -> Json:
    """The question with the value at `path` ("groups.0.name") replaced; `...` removes it."""
    copied = copy.deepcopy(question)
    *way, last = path.split(".")
    inner: Any = copied
    for step in way:
        inner = inner[int(step) if step.isdigit() else step]
    key: Any = int(last) if last.isdigit() else last
    if value is ...:
        del inner[key]
    else:
        inner[key] = value
    return copied


def problems(text: str) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        answer(text)
    return [(p.field, p.code) for p in caught.value.problems]


def test_answer_of_the_documented_question_has_the_documented_shape() -> None:
    found = ask(QUESTION)

    assert list(found) == ["feasible", "ranges", "count", "max_cover", "missing", "conflict", "concession", "candidates"]
    assert found["ranges"][0] == ["2027-01-04T14:00:00Z", "2027-01-04T17:00:00Z"]
    assert (found["feasible"], found["count"], found["max_cover"]) == (True, 26 * 13, 1)
    assert (found["missing"], found["conflict"], found["concession"]) == ([], [], None)
    assert [c["start"] for c in found["candidates"]] == ["2027-01-04T14:00:00Z", "2027-01-05T14:00:00Z", "2027-01-11T14:00:00Z"]


def test_answer_of_a_day_is_whole_and_exact() -> None:
    assert ask(changed("limit", 1, ONE_DAY)) == {
        "feasible": True,
        "ranges": [["2027-01-04T14:00:00Z", "2027-01-04T14:00:00Z"]],
        "count": 1,
        "max_cover": 2,
        "missing": [],
        "conflict": [],
        "concession": None,
        "candidates": [
            {
                "start": "2027-01-04T14:00:00Z",
                "covered": 2,
                "missing": [],
                "groups": [
                    {"name": "Nairobi", "local": "2027-01-04T17:00", "utc_offset": "+03:00", "burden": 0, "carried_after": 2.5},
                    {"name": "मुंबई", "local": "2027-01-04T19:30", "utc_offset": "+05:30", "burden": 0, "carried_after": 0.0},
                ],
            }
        ],
    }


def test_answer_keeps_names_as_they_are_written() -> None:
    assert "मुंबई" in answer(json.dumps(ONE_DAY))


def test_answer_of_western_offsets_has_a_minus() -> None:
    (candidate,) = ask(changed("groups.0.zone", "America/St_Johns", changed("limit", 1, ONE_DAY)))["candidates"]

    assert candidate["groups"][0]["utc_offset"] == "-03:30"


def test_answer_of_a_wave_speaks_of_wall_times_and_of_every_zones_leg() -> None:
    found = ask({**ONE_DAY, "shape": "wave", "limit": 1})

    assert list(found) == ["feasible", "ranges", "count", "max_cover", "missing", "conflict", "concession", "candidates"]
    assert (found["feasible"], found["max_cover"], found["missing"]) == (False, 1, ["मुंबई"])
    assert found["conflict"] == ["Nairobi", "मुंबई"]
    assert found["concession"] == {
        "group": "Nairobi",
        "change": {"kind": "window", "from": "MO 17:00-18:00", "to": "MO 17:00-20:30"},
        "minutes": 150,
        "opens": "2027-01-04T19:30",
    }
    assert found["candidates"] == [
        {
            "start": "2027-01-04T17:00",
            "covered": 1,
            "missing": ["मुंबई"],
            "groups": [
                {"name": "Nairobi", "local": "2027-01-04T17:00", "utc_offset": "+03:00", "burden": 0, "carried_after": -4.0,
                 "leg": "2027-01-04T14:00:00Z"},
                {"name": "मुंबई", "local": "2027-01-04T17:00", "utc_offset": "+05:30", "burden": 13, "carried_after": 6.5,
                 "leg": "2027-01-04T11:30:00Z"},
            ],
            "legs": [
                {"leg": "2027-01-04T11:30:00Z", "utc_offset": "+05:30", "groups": ["मुंबई"]},
                {"leg": "2027-01-04T14:00:00Z", "utc_offset": "+03:00", "groups": ["Nairobi"]},
            ],
            "first": "2027-01-04T11:30:00Z",
            "last": "2027-01-04T14:00:00Z",
            "span_minutes": 150,
        }
    ]  # fmt: skip


def test_answer_of_a_relay_lists_its_instants_and_who_follows_which() -> None:
    found = ask(changed("groups.1.windows.0.from", "19:45", {**ONE_DAY, "shape": "relay", "limit": 1}))

    assert list(found) == ["feasible", "ranges", "count", "max_cover", "missing", "conflict", "concession", "bound", "candidates"]
    assert (found["feasible"], found["ranges"], found["count"], found["max_cover"]) == (False, [], 0, 1)
    assert found["conflict"] == ["मुंबई"]
    assert (found["concession"]["change"]["to"], found["concession"]["opens"]) == ("MO 19:30-20:30", "2027-01-04T14:00:00Z")
    assert found["bound"] == {"least": 1, "factor": 1.0}
    assert found["candidates"][0]["start"] == ["2027-01-04T14:00:00Z"]
    assert [(row["leg"], row["burden"]) for row in found["candidates"][0]["groups"]] == [
        ("2027-01-04T14:00:00Z", 0),
        ("2027-01-04T14:00:00Z", 13),
    ]


SHAPED = {
    "range": {"start": "2027-03-27T12:00:00Z", "end": "2027-03-29T12:00:00Z"},
    "slot_minutes": 30,
    "duration_minutes": 60,
    "apart_hours": 1,
    "groups": [
        {"name": zone, "zone": zone, "windows": [{"days": ["SU"], "from": "02:00", "to": "04:30"}], "quiet": [], "blocked": [], "reach": "waking"}
        for zone in ("Europe/Berlin", "Asia/Tokyo", "America/Lima")
    ],
}  # fmt: skip


@pytest.mark.parametrize(("shape", "oracles"), [("instant", oracle), ("wave", oracle_wave), ("relay", oracle_relay)])
def test_answer_of_each_shape_is_what_its_oracle_says_word_by_word(shape: str, oracles: Any) -> None:
    found = ask({"cases": [{"id": "a", **SHAPED, "shape": shape}]})["a"]

    assert {key: value for key, value in found.items() if key not in {"conflict", "concession"}} == oracles.answer(SHAPED)
    assert found["candidates"]


def test_wave_of_a_skipped_time_says_who_should_be_asked() -> None:
    (candidate,) = ask({**SHAPED, "shape": "wave", "limit": 1})["candidates"]

    assert [row.get("asked") for row in candidate["groups"]] == ["skipped", None, None]


def test_relay_too_large_for_memory_is_refused_before_it_is_looked_for() -> None:
    groups = [{**ONE_DAY["groups"][0], "name": str(n)} for n in range(400)]
    vast = {
        "range": {"start": "2027-01-01T00:00:00Z", "end": "2028-02-01T00:00:00Z"},
        "slot_minutes": 1,
        "duration_minutes": 60,
        "groups": groups,
    }

    assert problems(json.dumps({**vast, "shape": "relay"})) == [("shape", "relay_too_large")]


def test_cases_are_answered_by_their_ids() -> None:
    found = ask({"cases": [{"id": "a", **ONE_DAY}, {"id": 7, **changed("groups", [], ONE_DAY)}]})

    assert list(found) == ["a", "7"]
    assert found["a"] == ask(ONE_DAY)
    assert (found["7"]["feasible"], found["7"]["count"], found["7"]["max_cover"]) == (True, 93, 0)
    assert ask({"cases": []}) == {}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("range", ..., ("range", "missing")),
        ("range", "Q1", ("range", "type_wrong")),
        ("range.start", ..., ("range.start", "missing")),
        ("range.start", "2027-01-01", ("range.start", "instant_malformed")),
        ("range.start", "2027-01-01T00:00:00", ("range.start", "instant_malformed")),
        ("range.start", "2027-02-30T00:00:00Z", ("range.start", "instant_malformed")),
        ("range.start", "0001-01-01T00:00:00+12:00", ("range.start", "date_too_early")),
        ("range.end", "2026-01-01T00:00:00Z", ("range.end", "range_reversed")),
        ("range.end", "2028-02-06T00:00:00Z", ("range.end", "range_too_long")),
        ("range.end", "2038-01-01T00:00:01Z", ("range.end", "date_too_late")),
        ("range.end", "9999-12-31T23:59:59-14:00", ("range.end", "date_too_late")),
        ("range.until", 1, ("range.until", "key_unknown")),
        ("local_range", [], ("local_range", "type_wrong")),
        ("local_range.last", ..., ("local_range.last", "missing")),
        ("local_range.first", "2027-13-01", ("local_range.first", "date_malformed")),
        ("local_range.last", "2026-12-31", ("local_range.last", "range_reversed")),
        ("shape", "spiral", ("shape", "shape_unknown")),
        ("shape", ["instant"], ("shape", "shape_unknown")),
        ("slot_minutes", ..., ("slot_minutes", "missing")),
        ("slot_minutes", 7, ("slot_minutes", "slot_unfit")),
        ("slot_minutes", 0, ("slot_minutes", "number_out_of_range")),
        ("slot_minutes", 15.0, ("slot_minutes", "type_wrong")),
        ("duration_minutes", ..., ("duration_minutes", "missing")),
        ("duration_minutes", 1441, ("duration_minutes", "duration_too_long")),
        ("duration_minutes", 0, ("duration_minutes", "number_out_of_range")),
        ("duration_minutes", True, ("duration_minutes", "type_wrong")),
        ("limit", -1, ("limit", "number_out_of_range")),
        ("limit", "3", ("limit", "type_wrong")),
        ("apart_hours", -0.5, ("apart_hours", "number_out_of_range")),
        ("apart_hours", None, ("apart_hours", "missing")),
        ("groups", ..., ("groups", "missing")),
        ("groups", {}, ("groups", "type_wrong")),
        ("groups.0", "Nairobi", ("groups[0]", "type_wrong")),
        ("groups.0.name", ..., ("groups[0].name", "missing")),
        ("groups.0.name", 7, ("groups[0].name", "type_wrong")),
        ("groups.0.name", "  ", ("groups[0].name", "name_unusable")),
        ("groups.0.name", "a\nb", ("groups[0].name", "name_unusable")),
        ("groups.0.name", "\ud800", ("groups[0].name", "name_unusable")),
        ("groups.0.name", "x" * 10_000, ("groups[0].name", "name_unusable")),
        ("groups.0.zone", ..., ("groups[0].zone", "missing")),
        ("groups.0.zone", "Africa/Nairoby", ("groups[0].zone", "zone_unknown")),
        ("groups.0.windows", ..., ("groups[0].windows", "missing")),
        ("groups.0.windows", None, ("groups[0].windows", "type_wrong")),
        ("groups.0.windows.0.from", "17:60", ("groups[0].windows[0].from", "time_malformed")),
        ("groups.0.windows.0.days.1", "DI", ("groups[0].windows[0].days[1]", "day_unknown")),
        ("groups.0.windows.0.level", 0, ("groups[0].windows[0].level", "level_unknown")),
        ("groups.0.quiet.0.to", ..., ("groups[0].quiet[0].to", "time_malformed")),
        ("groups.0.blocked.0", "2027-02-29", ("groups[0].blocked[0]", "date_malformed")),
        ("groups.0.reach", "far", ("groups[0].reach", "reach_unknown")),
        ("groups.0.required", 1, ("groups[0].required", "type_wrong")),
        ("groups.0.carried", "0", ("groups[0].carried", "type_wrong")),
        ("groups.0.carried", 1e7, ("groups[0].carried", "number_out_of_range")),
        ("groups.0.mood", "good", ("groups[0].mood", "key_unknown")),
        ("quarter", "2027-Q1", ("quarter", "key_unknown")),
    ],
)
def test_fault_is_named_with_its_path_alone_and_within_a_case(path: str, value: object, expected: tuple[str, str]) -> None:
    question = changed(path, value)

    field, code = expected
    assert problems(json.dumps(question)) == [expected]
    assert problems(json.dumps({"cases": [{"id": "fine", **ONE_DAY}, {"id": "bad", **question}]})) == [(f"cases[1].{field}", code)]


def test_all_faults_of_all_cases_are_named_at_once() -> None:
    bad = changed("groups.0.zone", "Nowhere", changed("duration_minutes", 0))

    assert problems(json.dumps({"cases": [{"id": "a", **bad}, {"id": "a", **ONE_DAY}, {**ONE_DAY}, 7]})) == [
        ("cases[0].duration_minutes", "number_out_of_range"),
        ("cases[0].groups[0].zone", "zone_unknown"),
        ("cases[1].id", "id_repeated"),
        ("cases[2].id", "missing"),
        ("cases[3].id", "missing"),
        ("cases[3]", "type_wrong"),
    ]


def test_names_used_twice_are_refused() -> None:
    twice = changed("groups.1.name", "Nairobi", ONE_DAY)

    assert problems(json.dumps(twice)) == [("groups[1].name", "name_repeated")]


@pytest.mark.parametrize(
    "text",
    ["", "{", "nope", '{"a": NaN}', '{"carried": -Infinity}', '{"a": ' + "9" * 5000 + "}", "[" * 100_000, '{"a": 1} {"b": 2}', "\ufeff{}"],
)
def test_text_that_is_no_json_is_refused(text: str) -> None:
    assert problems(text) == [("", "json_malformed")]


@pytest.mark.parametrize("text", ["[]", "3", '"range"', "null", "true"])
def test_json_that_is_no_object_is_refused(text: str) -> None:
    assert problems(text)[0][0] == ""


@pytest.mark.parametrize("cases", [{}, None, "a", 3])
def test_cases_that_are_no_list_are_refused(cases: object) -> None:
    assert problems(json.dumps({"cases": cases}))[0][0] == "cases"


def test_numbers_that_overflow_to_infinity_are_refused() -> None:
    text = json.dumps(QUESTION).replace('"carried": 0', '"carried": 1e999')

    assert problems(text) == [("groups[0].carried", "number_out_of_range")]


def test_windows_that_never_open_get_an_exact_answer_here() -> None:
    asleep = changed("groups.0.quiet", [{"from": "00:00", "to": "24:00"}], ONE_DAY)

    found = ask(asleep)

    assert (found["feasible"], found["max_cover"], found["missing"]) == (False, 1, ["Nairobi"])
    assert ask(changed("groups.0.windows", [], ONE_DAY))["missing"] == ["Nairobi"]


def test_null_local_range_is_no_local_range() -> None:
    assert ask(changed("local_range", None)) == ask(changed("local_range", ...))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
paths = st.sampled_from(
    [
        "range", "range.start", "range.end", "local_range", "local_range.first", "shape", "slot_minutes", "duration_minutes", "groups", "groups.0",
        "groups.0.name", "groups.0.zone", "groups.0.windows", "groups.0.windows.0", "groups.0.windows.0.days", "groups.0.windows.0.from",
        "groups.0.quiet", "groups.0.quiet.0", "groups.0.blocked", "groups.0.reach", "groups.0.required", "groups.0.carried", "limit", "apart_hours",
    ]
)  # fmt: skip


@given(paths, json_values)
def test_any_value_anywhere_is_answered_or_named_under_its_path(path: str, value: object) -> None:
    question = changed(path, value, changed("range.end", "2027-01-02T00:00:00Z"))

    try:
        found = answer(json.dumps(question))
    except Invalid as fault:
        fields = {p.field.replace("[", ".").replace("]", "") for p in fault.problems}
    else:
        fields = set()
        assert "feasible" in json.loads(found)

    assert all(field.startswith(path) for field in fields)


# --- what is hard to answer, against the oracle


def day_of(base: str, hours: int, *groups: Json, **more: Any) -> Json:
    """A question over so many hours from `base`, every half hour."""
    start = oracle.instant(base)
    bounds = {"start": start.isoformat(), "end": (start + timedelta(hours=hours)).isoformat()}
    return {"range": bounds, "slot_minutes": 30, "duration_minutes": 60, "groups": list(groups), **more}


def group(name: str, zone: str, days: str, start: str, end: str, **more: Any) -> Json:
    return {"name": name, "zone": zone, "windows": [{"days": days.split(), "from": start, "to": end}], "quiet": [], "blocked": [], **more}


ALL_WEEK = " ".join(oracle.WEEKDAYS)
HARD = {
    "no group at all": day_of("2027-01-04T00:00Z", 24),
    "one group": day_of("2027-01-04T00:00Z", 24, group("A", "Asia/Kathmandu", "MO", "17:00", "19:00")),
    "one group that is never free": day_of("2027-01-04T00:00Z", 24, {**group("A", "UTC", "MO", "17:00", "19:00"), "windows": []}),
    "a range too short for a start": day_of("2027-01-04T00:15Z", 1, group("A", "UTC", ALL_WEEK, "00:00", "24:00")),
    "every date blocked": day_of(
        "2027-01-04T00:00Z", 24, *(group(name, "Africa/Nairobi", ALL_WEEK, "00:00", "24:00", blocked=["2027-01-04", "2027-01-05"]) for name in "AB")
    ),
    "one day apart": day_of(
        "2027-01-01T00:00Z", 48, group("A", "Pacific/Kiritimati", "SA", "00:00", "24:00"), group("B", "Pacific/Niue", "FR", "09:00", "24:00")
    ),
    "half an hour's change": day_of("2027-04-03T10:00Z", 12, group("A", "Australia/Lord_Howe", "SU", "00:30", "02:30", reach="any")),
    "two hours' change": day_of("2027-03-27T22:00Z", 12, group("A", "Antarctica/Troll", "SU", "00:00", "04:00", reach="waking")),
    "past midnight as clocks go forward": day_of("2027-03-27T18:00Z", 12, group("A", "Europe/Berlin", "SA", "22:00", "03:30")),
    "past midnight as clocks go back": day_of("2027-10-30T18:00Z", 12, group("A", "Europe/Berlin", "SA", "22:00", "03:30", reach="any")),
    "up to the end of the rules": day_of("2037-12-31T00:00Z", 24, group("A", "Pacific/Kiritimati", "TH FR", "10:00", "15:00")),
}  # fmt: skip


@pytest.mark.parametrize("question", HARD.values(), ids=HARD)
def test_hard_question_is_answered_exactly_by_both_readers(question: Json) -> None:
    expected = oracle.answer(question)

    quickly, in_full = ask(question), ask({"cases": [{"id": "a", **question}]})["a"]

    assert quickly == in_full
    assert {key: quickly[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("groups.0.zone", "Africa/Nairoby", "Africa/Nairobi"),
        ("groups.0.zone", "Mars/Olympus_Mons", "Mars/Olympus_Mons"),
        ("groups.0.blocked.0", "2038-01-01", "2037"),
        ("range.end", "2038-01-01T00:00:01Z", "2037"),
    ],
)
def test_what_the_rules_do_not_know_is_told_in_a_sentence(path: str, value: str, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        answer(json.dumps(changed(path, value)))

    (told,) = say_all(caught.value, read_languages()["en"])
    assert sentence in told
