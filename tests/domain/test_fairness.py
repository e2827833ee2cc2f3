from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.fairness import KeptAction, carried, carried_after
from coordinator.domain.quarters import Quarter


def test_carried_is_the_burden_less_the_actions_mean() -> None:
    kept = [KeptAction(Quarter(2026, 3), {"a": 0, "b": 3, "c": 8}), KeptAction(Quarter(2026, 4), {"a": 1, "b": 0})]

    assert carried(kept, Quarter(2026, 4)) == {"a": -19 / 6, "b": -7 / 6, "c": 13 / 3}


def test_carried_forgets_what_is_older_than_eight_quarters() -> None:
    kept = [KeptAction(Quarter(2025, 1), {"a": 8, "b": 0}), KeptAction(Quarter(2024, 4), {"a": 13, "b": 0})]

    assert carried(kept, Quarter(2026, 4)) == {"a": 4.0, "b": -4.0}
    assert carried(kept, Quarter(2027, 1)) == {}


def test_carried_of_an_action_of_one_group_is_nothing() -> None:
    assert carried([KeptAction(Quarter(2026, 4), {"a": 8})], Quarter(2026, 4)) == {"a": 0.0}
    assert carried([KeptAction(Quarter(2026, 4), {})], Quarter(2026, 4)) == {}


def test_carried_after_adds_the_burden_less_its_mean() -> None:
    assert carried_after([0.0, 2.5, -1.0], [0, 3, 0]) == [-1.0, 4.5, -2.0]
    assert carried_after([], []) == []


burden = st.sampled_from([0, 1, 3, 8, 13])
actions = st.builds(
    KeptAction,
    st.builds(Quarter, st.integers(2025, 2026), st.integers(1, 4)),
    st.dictionaries(st.sampled_from("abcdef"), burden, max_size=6),
)


@given(st.lists(actions, max_size=12))
def test_carried_over_everybody_sums_to_zero(kept: list[KeptAction]) -> None:
    assert math.isclose(sum(carried(kept, Quarter(2026, 4)).values()), 0, abs_tol=1e-9)


@given(st.lists(actions, max_size=6), st.tuples(burden, burden, burden))
def test_carried_after_is_what_carried_becomes_once_the_action_is_kept(kept: list[KeptAction], burdens: tuple[int, int, int]) -> None:
    now = Quarter(2026, 4)
    before = carried(kept, now)

    after = carried([*kept, KeptAction(now, dict(zip("abc", burdens, strict=True)))], now)

    foreseen = carried_after([before.get(g, 0.0) for g in "abc"], burdens)
    assert all(math.isclose(after[g], f, abs_tol=1e-9) for g, f in zip("abc", foreseen, strict=True))
