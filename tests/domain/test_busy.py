"""Spans are joined without losing a moment, and rules that could be bombs are known by their look."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.busy import (
    HORIZON,
    CalendarRefused,
    Fault,
    Span,
    check_rule,
    explain,
    horizon,
    merge,
    span_of,
)
from coordinator.formats.sentences import PROBLEMS

SPANS = st.lists(st.builds(Span, st.integers(-5, 30), st.integers(-5, 30)))


@given(spans=SPANS, within=st.builds(Span, st.integers(0, 10), st.integers(10, 25)))
def test_merge_keeps_every_moment_and_adds_none(spans: list[Span], within: Span) -> None:
    def moments(some: tuple[Span, ...] | list[Span]) -> set[int]:
        return {ms for span in some for ms in range(span.start_ms, span.end_ms)}

    merged = merge(spans, within)

    assert moments(merged) == moments(spans) & moments([within])
    assert all(one.end_ms < other.start_ms for one, other in itertools.pairwise(merged))
    assert merge(merged, within) == merged


def test_span_of_instants_is_rounded_outwards() -> None:
    start_at = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(microseconds=1_500)

    span = span_of(start_at, start_at + timedelta(microseconds=200))

    assert (span.start_ms, span.end_ms) == (1_798_761_600_001, 1_798_761_600_002)
    assert horizon(start_at).end_ms - horizon(start_at).start_ms == HORIZON // timedelta(milliseconds=1) + 1


@pytest.mark.parametrize(
    "rule", ["FREQ=WEEKLY", "freq=hourly;interval=2", "FREQ=DAILY;COUNT=1000", "FREQ=DAILY;UNTIL=20270101", "", "nonsense"]
)
def test_check_rule_ordinary_one_passes(rule: str) -> None:
    check_rule(rule)


@pytest.mark.parametrize(
    "rule", ["FREQ=MINUTELY", "X=1;FREQ= SECONDLY ", "FREQ=DAILY;INTERVAL=", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=٣", "x" * 501]
)
def test_check_rule_that_could_be_a_bomb_is_refused(rule: str) -> None:
    with pytest.raises(CalendarRefused):
        check_rule(rule)


@pytest.mark.parametrize("fault", Fault)
def test_fault_has_its_sentence_and_all_that_it_names(fault: Fault) -> None:
    told = explain(fault)

    assert "%(first)s" not in PROBLEMS[told.code] or told.remedy
    assert told.field == "calendar"
