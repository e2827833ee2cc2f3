"""What people's words may hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.text import BIDI_CONTROLS, is_yes, latin_digits, read_choice, read_line, read_number, read_prose, text_of
from coordinator.errors import Invalid


def codes(reader: object, *args: object, **kwargs: object) -> list[str]:
    assert callable(reader)
    try:
        reader(*args, **kwargs)
    except Invalid as fault:
        return [p.code for p in fault.problems]
    return []


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  Huerta Común ", "Huerta Común"),
        ("Huerta   Común  del río", "Huerta Común del río"),
        ("Cafe\u0301", "Café"),
        ("a\u00a0b", "a\u00a0b"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # the joiner is spelling
        ("x\u200e", "x\u200e"),
    ],
)
def test_line_is_trimmed_and_composed(raw: str, expected: str) -> None:
    assert read_line(raw, longest=80) == expected


@pytest.mark.parametrize("raw", ["a\nb", "a\tb", "a\x00b", "a\x1bb", "a\x85b", "a\ue000b", "a\ud800b"])
def test_line_with_a_control_character_is_refused(raw: str) -> None:
    assert codes(read_line, raw, longest=80) == ["control_characters"]


@pytest.mark.parametrize("control", sorted(BIDI_CONTROLS))
def test_line_with_a_bidi_control_is_refused(control: str) -> None:
    assert codes(read_line, f"10:00 {control}x", longest=80) == ["bidi_characters"]


def test_bidi_controls_are_all_embeddings_overrides_and_isolates() -> None:
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}

    assert {chr(c) for c in range(0x110000) if unicodedata.bidirectional(chr(c)) in turning} == BIDI_CONTROLS


@pytest.mark.parametrize("raw", ["", "   ", "\u00a0"])
def test_line_that_is_empty_is_missing_if_needed(raw: str) -> None:
    assert codes(read_line, raw, longest=80) == ["missing"]
    assert read_line(raw, longest=80, required=False) == ""


def test_line_says_all_its_faults_at_once() -> None:
    assert codes(read_line, "\x07\u202e" + "x" * 10_000, longest=80) == ["too_long", "control_characters", "bidi_characters"]


def test_line_that_is_too_long_says_how_long_it_is_and_shows_a_part() -> None:
    with pytest.raises(Invalid) as refused:
        read_line("y" * 10_240, longest=120)

    (fault,) = refused.value.problems
    assert fault.remedy == ("120", "10240")
    assert len(fault.value) == 80


def test_prose_keeps_line_breaks_in_one_spelling() -> None:
    assert read_prose(" a\r\nb\rc\n\td ", longest=80) == "a\nb\nc\n\td"
    assert codes(read_prose, "a\x0bb", longest=80) == ["control_characters"]


@given(st.text(max_size=60))
def test_line_that_is_accepted_reads_the_same_again(raw: str) -> None:
    try:
        once = read_line(raw, longest=80)
    except Invalid:
        return

    assert read_line(once, longest=80) == once


@pytest.mark.parametrize(("raw", "expected"), [("0", 0), (" 42 ", 42), ("-5", -5), ("100", 100), ("007", 7)])
def test_number_within_bounds(raw: str, expected: int) -> None:
    assert read_number(raw, least=-5, most=100) == expected


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "missing"),
        (" ", "missing"),
        ("1.5", "number_malformed"),
        ("1e3", "number_malformed"),
        ("٤", "number_malformed"),
        ("--1", "number_malformed"),
        ("-", "number_malformed"),
        ("9" * 4000, "number_malformed"),
        ("101", "number_out_of_range"),
        ("-6", "number_out_of_range"),
    ],
)
def test_number_that_is_none_or_out_of_bounds_is_refused(raw: str, code: str) -> None:
    assert codes(read_number, raw, least=-5, most=100) == [code]


def test_choice_is_exact_and_names_the_others() -> None:
    assert read_choice("b", ("a", "b")) == "b"
    with pytest.raises(Invalid) as refused:
        read_choice("B", ("a", "b"))
    assert refused.value.problems[0].remedy == ("a", "b")


def test_text_of_reads_forms_and_json_alike() -> None:
    raw = {"a": "x", "b": None, "c": 5}

    assert [text_of(raw, name) for name in ("a", "b", "c", "d")] == ["x", "", "5", ""]


# --- digits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["17:30", "١٧:٣٠", "۱۷:۳۰", "१७:३०", "１７:３０"])
def test_digits_of_any_script_become_latin_ones(typed: str) -> None:
    assert latin_digits(typed) == "17:30"


def test_latin_digits_leave_everything_else_alone() -> None:
    assert latin_digits("½ ² Ⅻ 五 mañana") == "½ ² Ⅻ 五 mañana"


@pytest.mark.parametrize("tick", ["1", "on", "yes", "YES", "true", "True", True])
def test_tick_and_json_true_are_yes(tick: object) -> None:
    assert is_yes({"public": tick}, "public")


@pytest.mark.parametrize(
    "raw", [{}, {"public": None}, {"public": ""}, {"public": False}, {"public": "0"}, {"public": "no"}, {"public": " 1"}]
)
def test_anything_else_is_no(raw: dict[str, object]) -> None:
    assert not is_yes(raw, "public")
