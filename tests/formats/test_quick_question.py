from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from coordinator.errors import Invalid
from coordinator.formats.resolve_file import read_question, read_quickly
from tests.formats.test_resolve_file import ONE_DAY, QUESTION, changed

Json = dict[str, Any]

odd = st.sampled_from(
    [None, "", "  ", 7, -0.0, 15.0, 1e300, True, [], {}, ["MO"], {"from": "1:00"}, "24:00", "9:05", "2037-12-31", "2038-01-01", "far"]
)
times = st.sampled_from(["00:00", "7:30", "17:00", "23:59", "24:00", "24:01", "7:5", "17:00:00", "१७:००", ""])
days = st.lists(st.sampled_from(["MO", "TU", "we", "SU", "DI"]), max_size=4)
dates = st.sampled_from(
    ["2027-02-14", "2027-02-29", "2028-02-29", "0001-01-01", "2037-12-31", "2038-01-01", "2027-2-1", "2027-02-14T00:00:00Z"]
)
spans = st.fixed_dictionaries({"from": times, "to": times}, optional={"until": times})
windows = st.fixed_dictionaries(
    {"days": days, "from": times, "to": times}, optional={"level": st.sampled_from(["preferred", "possible", "Preferred", None])}
)
groups = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["A", "B", "", " ", "\u00a0", "a\tb", "\u200f", "Ω" * 200, "Ω" * 201, "مجموعة", "\u2028"]) | st.text(max_size=3),
        "zone": st.sampled_from(["Africa/Nairobi", "asia/calcutta", " UTC ", "Mars/Olympus", ""]),
        "windows": st.lists(windows | windows | odd, max_size=2),
    },
    optional={
        "quiet": st.lists(spans, max_size=2) | odd,
        "blocked": st.lists(dates | odd, max_size=3),
        "reach": st.sampled_from(["windows", "waking", "any", "all"]) | odd,
        "required": st.booleans() | odd,
        "carried": st.floats(-2_000_000, 2_000_000) | st.integers(-9, 9) | odd,
        "mood": odd,
    },
)  # fmt: skip
questions = st.fixed_dictionaries(
    {**{key: st.just(value) for key, value in ONE_DAY.items()}, "groups": st.lists(groups, max_size=2)},
    optional={
        "shape": st.sampled_from(["instant", "wave", "relay"]) | odd,
        "limit": st.integers(0, 3) | odd,
        "apart_hours": odd,
        "local_range": odd,
        "id": odd,
    },
)


def agree(question: Json) -> bool:
    """Whether the quick reader answered; when it did, the full one answers the same, and without a fault."""
    quick = read_quickly(json.dumps(question))
    assert quick is None or quick == read_question(json.loads(json.dumps(question)))
    return quick is not None


@given(questions)
def test_quick_reader_agrees_with_the_full_one_or_leaves_the_question_to_it(question: Json) -> None:
    event(f"answered quickly: {agree(question)}")


@pytest.mark.parametrize("question", [QUESTION, ONE_DAY, {**ONE_DAY, "groups": []}, changed("groups.0.windows", [], ONE_DAY)])
def test_plain_question_is_read_quickly(question: Json) -> None:
    assert agree(question)


def test_several_blocked_dates_out_of_order_are_read_as_the_full_reader_does() -> None:
    dates = ["2027-03-02", "2027-03-01", "2027-03-02"]

    assert agree(changed("groups.0.blocked", dates))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("groups.0.zone", "Nowhere"),
        ("groups.0.mood", "good"),
        ("groups.0.windows.0.from", "24:00"),
        ("groups.0.windows", [QUESTION["groups"][0]["windows"][0]] * 101),
        ("groups.0.quiet", QUESTION["groups"][0]["quiet"] * 21),
        ("groups.0.blocked", ["2027-02-14"] * 401),
        ("groups.0.blocked", ["2038-01-01"]),
        ("groups.0.carried", 1_000_001),
        ("groups", [QUESTION["groups"][0]] * 2),
        ("slot_minutes", 15.0),
        ("shape", "spiral"),
    ],
)
def test_question_with_a_fault_is_left_to_the_full_reader(path: str, value: object) -> None:
    question = changed(path, value)

    assert read_quickly(json.dumps(question)) is None
    with pytest.raises(Invalid):
        read_question(question)


@pytest.mark.parametrize("text", ["", "[]", '{"cases": []}', '{"groups": [NaN]}', '"\ud800"', "[" * 100_000, json.dumps(ONE_DAY) + "x"])
def test_text_that_is_no_question_is_left_to_the_full_reader(text: str) -> None:
    assert read_quickly(text) is None
