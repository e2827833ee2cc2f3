"""Apertium's stream format, written and read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.translators.stream import read_stream, write_stream

SEGMENTS = st.lists(
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0") | st.sampled_from("\\^$/[]{}<>@~*# \n\t.")), max_size=8
)


@pytest.mark.parametrize(
    ("segment", "written"),
    [
        ("uno", b"uno.[]\0"),
        ("uno.", b"uno..[]\0"),
        ("", b".[]\0"),
        ("a [b] ^c$ d/e\\f <g> {h} @i", rb"a \[b\] \^c\$ d\/e\\f \<g\> \{h\} \@i.[]" + b"\0"),
        ("uno\n\ndos", b"uno[\n\n]dos.[]\0"),
        ("uno  dos ~ tres~", b"uno[  ]dos[ ~ ]tres[~].[]\0"),
    ],
)
def test_write_escapes_signs_and_keeps_white_space(segment: str, written: bytes) -> None:
    assert write_stream([segment]) == written


@given(SEGMENTS)
def test_read_what_was_written_is_what_it_was(segments: list[str]) -> None:
    assert read_stream(write_stream(segments), segments) == segments


@given(SEGMENTS)
def test_write_holds_one_nul_a_segment_and_no_bare_bracket_or_tag(segments: list[str]) -> None:
    written = write_stream(segments)

    assert written.count(b"\0") == len(segments)


def test_read_passes_over_what_parts_of_the_pipeline_flush_at_the_end() -> None:
    assert read_stream(b"um.[]\0\0dois.[]\0\0\0\0\0", ["uno", "", "dos"]) == ["um", "", "dois"]


def test_read_of_another_count_is_left_to_the_caller() -> None:
    assert read_stream(b"", ["uno", "dos"]) == []
    assert read_stream(b"um\0", ["uno", "dos"]) == ["um"]
    assert read_stream(b"um\0doi", ["uno", "dos", "tres"]) == ["um", "doi"]
    assert read_stream(b"um\0dois\0tres\0", ["uno", "dos"]) == ["um", "dois", "tres"]


def test_read_takes_marks_of_doubt_off_unless_they_were_there() -> None:
    assert read_stream(b"*um \\@dois #tres\0*um\0", ["uno dos tres", "*uno"]) == ["um dois tres", "*um"]
