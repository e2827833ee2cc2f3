"""The words of a voice note: a sentence a line, each with its time."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.spoken import LINE_CHARS, LINES_MOST, SIGNS_MOST, Spoken, read_spoken, spread_times
from coordinator.domain.translation import Section
from coordinator.errors import Invalid

RAW = {"language": "es", "words": "El río es nuestro.\r\n\r\n  Les oímos. \n"}
SECTIONS = (Section("line.1", "El río es nuestro."), Section("line.2", "Les oímos."))


def test_read_spoken_without_times_spreads_them_by_length() -> None:
    assert read_spoken(RAW, languages=["en", "es"], duration_ms=2_800) == Spoken("es", SECTIONS, ((0, 1_800), (1_800, 2_800)))


def test_read_spoken_with_times_keeps_them() -> None:
    spoken = read_spoken(RAW | {"times": "0.0 1.25\n1.5 2.8"}, languages=["es"], duration_ms=2_800)

    assert spoken.times == ((0, 1_250), (1_500, 2_800))


@pytest.mark.parametrize(
    "times",
    ["0 1", "0 1\n2 2.9", "0 2\n1 2.8", "0 1\n1 1", "1 0\n1 2", "0 1\na b", "0 1\n1 2\nx", "-1 1\n1 2", "0 1\n1 nan", "0 1\n1 2\n2 2.5"],
)
def test_read_spoken_times_that_do_not_fit_are_refused(times: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_spoken(RAW | {"times": times}, languages=["es"], duration_ms=2_800)

    assert [(fault.field, fault.code) for fault in caught.value.problems] == [("times", "times_unfit")]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "missing"),
        (" \n\t\n", "missing"),
        ("x" * (LINE_CHARS + 1), "too_long"),
        ("a\n" * (LINES_MOST + 1), "too_many_lines"),
        ("10\u202e:00", "bidi_characters"),
        ("a\0b", "control_characters"),
    ],
)
def test_read_spoken_bad_words_are_refused_by_name(words: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_spoken({"language": "xx", "words": words}, languages=["en"], duration_ms=2_800)

    assert [(fault.field, fault.code) for fault in caught.value.problems] == [("language", "language_unknown"), ("words", code)]


@given(st.lists(st.text(min_size=1, max_size=LINE_CHARS), min_size=1, max_size=LINES_MOST), st.integers(1_000, 90_500))
def test_spread_times_fill_the_sound_without_hole_or_overlap(lines: list[str], duration_ms: int) -> None:
    times = spread_times(lines, duration_ms)

    assert len(times) == len(lines)
    assert (times[0][0], times[-1][1]) == (0, duration_ms)
    assert all(before[1] == after[0] and before[0] <= before[1] for before, after in itertools.pairwise(times))


# --- words without a sound ------------------------------------------------------------------------------------------------


def test_read_spoken_without_a_sound_has_no_times_even_if_some_are_given() -> None:
    assert read_spoken(RAW | {"times": "0 1\n1 2"}, languages=["es"], duration_ms=None) == Spoken("es", SECTIONS, ())


@pytest.mark.parametrize(("line", "fits"), [("a" * 240, 5), ("水" * 80, 5), ("مياه" * 60, 5)])
def test_read_spoken_without_a_sound_takes_what_a_minute_and_a_half_hold(line: str, fits: int) -> None:
    lines = [line] * fits
    assert len(read_spoken({"language": "en", "words": "\n".join(lines)}, languages=["en"], duration_ms=None).sections) == fits

    with pytest.raises(Invalid) as caught:
        read_spoken({"language": "en", "words": "\n".join([*lines, "x"])}, languages=["en"], duration_ms=None)

    (fault,) = caught.value.problems
    assert (fault.field, fault.code, fault.value, fault.remedy) == ("words", "too_many_signs", str(SIGNS_MOST + 1), (str(SIGNS_MOST),))
