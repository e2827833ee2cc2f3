from __future__ import annotations

from typing import Any

from coordinator.domain import conflict
from coordinator.domain.resolver import resolve
from tests.domain import oracle_concession
from tests.domain.asked import EVERY_DAY, Json, asking, demo_groups, group, question_of
from tests.domain.oracle_concession import Asked

# Irreducible for every instance that test_concession.py generates; here what is chosen among several sets.


def ask(*groups: Json, **more: Any) -> tuple[str, ...]:
    raw = asking(*groups, **more)
    found = resolve(question_of(raw)).conflict
    assert not found or oracle_concession.is_irreducible(Asked(raw), list(found))
    return found


def test_group_that_no_start_suits_is_a_conflict_of_one() -> None:
    pair = [group("Early", "UTC", "MO 06:00-08:00"), group("Late", "UTC", "MO 20:00-22:00")]

    assert ask(*pair, group("Never", "UTC", "TU 10:00-12:00")) == ("Never",)


def test_pair_that_shares_no_start_is_named_before_three_who_do_not() -> None:
    three = [group("a", "UTC", "MO 06:00-10:00"), group("b", "UTC", "MO 08:00-12:00"), group("c", "UTC", "MO 06:00-07:30; MO 11:00-12:00")]
    pair = [group("y", "UTC", "MO 06:00-18:00"), group("z", "UTC", "MO 18:00-20:00")]

    assert ask(*three) == ("a", "b", "c")
    assert ask(*three, *pair) == ("b", "z"), "of several pairs one with who is missing at the fullest start"


def test_three_groups_of_whom_each_pair_meets_are_all_named() -> None:
    ring = [group("a", "UTC", "MO 06:00-10:00"), group("b", "UTC", "MO 06:00-08:00; MO 12:00-14:00"), group("c", "UTC", "MO 08:00-14:00")]

    assert ask(*ring, group("Always", "UTC", EVERY_DAY)) == ("a", "b", "c")


def test_nobody_is_to_blame_when_a_start_suits_all_or_the_range_holds_none() -> None:
    always = group("Always", "UTC", EVERY_DAY)

    assert ask(always) == ()
    assert ask(always, end="2027-01-04T00:59:00Z") == ()
    assert ask() == ()


def test_conflict_is_found_beyond_the_groups_that_are_compared() -> None:
    many = [group(f"m{i:03d}", "UTC", "MO 06:00-10:00") for i in range(conflict.COMPARED + 5)]
    odd = [group("odd", "UTC", "MO 08:00-12:00"), group("even", "UTC", "MO 06:00-07:30; MO 11:00-12:00")]

    assert ask(*many, *odd) == ("m000", "odd", "even")


def test_demo_network_has_a_pair_that_shares_no_start_of_a_quarter() -> None:
    raw = asking(*demo_groups("waking"), start="2027-01-01T00:00:00Z", end="2027-04-01T00:00:00Z")

    found = resolve(question_of(raw)).conflict

    pair = [each for each in raw["groups"] if each["name"] in found]
    assert len(pair) == 2
    assert resolve(question_of({**raw, "groups": pair})).max_cover == 1
    assert all(resolve(question_of({**raw, "groups": [each]})).feasible for each in pair)
