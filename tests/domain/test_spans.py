"""Two stretches share an instant only where they overlap, and what was several of them holds the same instants as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from coordinator.domain.spans import join, overlaps

NOON = datetime(2027, 2, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("first", "last", "held"), [(0, 10, False), (0, 11, True), (19, 30, True), (20, 30, False), (12, 13, True)])
def test_overlaps_leaves_out_both_ends(first: int, last: int, held: bool) -> None:
    assert overlaps((NOON + 10 * MINUTE, NOON + 20 * MINUTE), NOON + first * MINUTE, NOON + last * MINUTE) is held
    assert not overlaps((NOON, NOON), NOON - MINUTE, NOON + MINUTE)


@pytest.mark.parametrize(
    ("least", "joined"),
    [(0, [(0, 4), (4, 6), (8, 9)]), (1, [(0, 6), (8, 9)]), (2, [(0, 6), (8, 9)]), (3, [(0, 9)])],
)
def test_join_makes_one_of_spans_between_which_less_than_the_least_room_is_left(least: int, joined: list[tuple[int, int]]) -> None:
    assert join([(4, 6), (0, 4), (8, 9), (1, 3)], lambda end, start: start - end >= least) == joined
