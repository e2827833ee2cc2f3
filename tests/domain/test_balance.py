"""Whom the mirror turns to next: never told first, then fewest, then longest ago; and over many rounds nobody is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.balance import BALANCE_QUARTERS, Heard, Proposed, Reason, Turned, last_quarters, propose_next, weigh
from coordinator.domain.quarters import Quarter, quarter_of
from tests.factories import NOON

CURRENT = Quarter(2027, 1)
NOTHING = (0,) * BALANCE_QUARTERS


def turned(group_id: str, at: datetime) -> Turned:
    return Turned(group_id, at, quarter_of(at, "UTC"))


def days(number: int) -> datetime:
    return NOON + timedelta(days=number)


def test_weigh_counts_by_quarter_over_two_years_and_keeps_the_order_of_the_groups() -> None:
    told = [turned("b", days(-1)), turned("b", days(-2)), turned("b", days(-80)), turned("a", days(-800)), turned("gone", days(-1))]
    mirrored = [turned("b", days(-1)), turned("a", days(-80))]

    heard = weigh(["b", "a", "c"], told, mirrored, CURRENT)

    assert heard == (
        Heard("b", (0, 0, 0, 0, 0, 0, 1, 2), (0, 0, 0, 0, 0, 0, 0, 1), days(-1)),
        Heard("a", NOTHING, (0, 0, 0, 0, 0, 0, 1, 0), days(-800)),
        Heard("c", NOTHING, NOTHING, None),
    )
    assert (heard[0].times_told, heard[0].times_mirrored) == (3, 1)


def test_last_quarters_end_with_the_running_one() -> None:
    assert [str(quarter) for quarter in last_quarters(CURRENT)] == [
        "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1"
    ]  # fmt: skip


def heard(group_id: str, times: int, last: int | None) -> Heard:
    return Heard(group_id, (*NOTHING[1:], times), NOTHING, None if last is None else days(last))


@pytest.mark.parametrize(
    ("all_heard", "proposed"),
    [
        ([], None),
        ([heard("a", 3, -1), heard("b", 0, None)], ("b", Reason.NEVER)),
        ([heard("a", 0, None), heard("b", 0, None)], ("a", Reason.NEVER)),
        ([heard("a", 3, -1), heard("b", 0, -900)], ("b", Reason.FEWEST)),  # told, but before all of these quarters
        ([heard("a", 2, -900), heard("b", 1, -1)], ("b", Reason.FEWEST)),
        ([heard("a", 1, -1), heard("b", 1, -9), heard("c", 2, -99)], ("b", Reason.LONGEST_AGO)),
        ([heard("b", 1, -1), heard("a", 1, -1)], ("b", Reason.IN_TURN)),
        ([heard("a", 1, -1)], ("a", Reason.IN_TURN)),
    ],
)
def test_proposal_is_never_told_then_fewest_then_longest_ago(all_heard: list[Heard], proposed: tuple[str, Reason] | None) -> None:
    assert propose_next(all_heard) == (None if proposed is None else Proposed(*proposed))


@given(
    groups=st.integers(2, 9),
    before=st.lists(st.tuples(st.integers(0, 8), st.integers(1, 900)), max_size=40),
    refused=st.lists(st.integers(0, 3), min_size=30, max_size=30),
)
def test_proposal_followed_for_many_rounds_lets_nobody_wait_for_ever(
    groups: int, before: list[tuple[int, int]], refused: list[int]
) -> None:
    """Whatever was told before, and though the proposed one tells only sometimes, everybody who is asked tells within bounds."""
    names = [f"g{number}" for number in range(groups)]
    told = [turned(names[who % groups], days(-ago)) for who, ago in before]
    now, told_now = NOON, []

    for wait in refused + [0] * groups * 45:
        now += timedelta(days=7 * (wait + 1))
        proposed = propose_next(weigh(names, told, (), quarter_of(now, "UTC")))
        assert proposed is not None
        told.append(turned(proposed.group_id, now))
        told_now.append(proposed.group_id)

    assert set(told_now) == set(names)
    assert max(told_now[-3 * groups :].count(name) for name in names) <= 6
