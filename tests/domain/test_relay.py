"""Few instants that include every group, held against the oracle of relays."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from coordinator.domain.relay import RelayAnswer, RelayCandidate, resolve_relay, weigh_relay
from tests.domain import oracle, oracle_relay
from tests.domain.asked import INSTANCES, Json, asking, demo_groups, group, leg_row_json, question_of, summary_json
from tests.domain.generated import relay_questions


def json_of(found: RelayAnswer) -> Json:
    return {
        **summary_json(found, oracle.iso),
        "bound": {"least": found.bound.least, "factor": round(found.bound.factor, 6)} if found.bound else None,
        "candidates": [candidate_json(c) for c in found.candidates],
    }


def candidate_json(candidate: RelayCandidate) -> Json:
    return {
        "start": [oracle.iso(start) for start in candidate.starts],
        "covered": candidate.covered,
        "missing": list(candidate.missing),
        "groups": [leg_row_json(row) for row in candidate.groups],
    }


def ask(start: str, end: str, *groups: Json, **more: Any) -> Json:
    question = asking(*groups, start=start, end=end, **more)
    found = json_of(resolve_relay(question_of(question)))
    assert found == oracle_relay.answer(question)
    return found


# --- the oracle's verdict on generated networks


@pytest.mark.timeout(3600)  # the full count on a busy machine
@settings(max_examples=INSTANCES)
@given(relay_questions())
def test_relay_agrees_with_the_oracle(raw: Json) -> None:
    found = resolve_relay(question_of(raw))

    assert json_of(found) == oracle_relay.answer(raw)
    assert [weigh_relay(question_of(raw), candidate.starts) for candidate in found.candidates] == list(found.candidates)


@settings(max_examples=INSTANCES // 4)
@given(relay_questions())
def test_bound_holds_against_the_shortest_relay_there_is(raw: Json) -> None:
    found = resolve_relay(question_of({**raw, "limit": 1}))
    starts = oracle.starts_of(raw)
    burdens = [oracle.burden_by_start(g, raw, starts) for g in raw["groups"]]
    bearers = {frozenset(n for n, each in enumerate(burdens) if each[i] < 13) for i in range(len(starts))} - {frozenset()}
    everybody = frozenset().union(*bearers)

    if not everybody:
        assert found.bound is None
        return
    shortest = next(
        k for k in itertools.count(1) if any(frozenset().union(*some) == everybody for some in itertools.combinations(bearers, k))
    )
    assert found.bound is not None
    assert found.bound.least <= shortest <= len(found.candidates[0].starts) <= found.bound.factor * shortest


# --- by hand

DAY = ("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z")  # a Monday


def test_relay_of_two_halves_of_the_planet_takes_two_instants() -> None:
    evening = "MO-FR 18:00-20:00"
    east = [group(z, z, evening) for z in ("Asia/Tokyo", "Asia/Seoul")]
    west = group("Lima", "America/Lima", evening)

    found = ask(*DAY, *east, west, limit=1)

    assert found["candidates"][0]["start"] == ["2027-01-04T09:00:00Z", "2027-01-04T23:00:00Z"]
    assert [row["leg"] for row in found["candidates"][0]["groups"]] == ["2027-01-04T09:00:00Z"] * 2 + ["2027-01-04T23:00:00Z"]
    assert found["bound"] == {"least": 2, "factor": 1.5}
    assert (found["feasible"], found["max_cover"], found["missing"]) == (True, 3, [])
    assert (found["ranges"], found["count"]) == ([], 0)


def test_relay_that_one_instant_answers_has_one() -> None:
    found = ask(*DAY, group("A", "UTC", "MO 10:00-12:00"), group("B", "UTC", "MO 11:00-13:00"))

    assert [c["start"] for c in found["candidates"]] == [["2027-01-04T11:00:00Z"]]
    assert found["ranges"] == [["2027-01-04T11:00:00Z", "2027-01-04T11:00:00Z"]]
    assert found["bound"] == {"least": 1, "factor": 1.5}


def test_second_instant_is_the_nearest_of_those_that_are_as_good() -> None:
    early, late = group("Early", "UTC", "MO-SU 06:00-07:00"), group("Late", "UTC", "WE 20:00-21:00")
    pair = group("Pair", "UTC", "WE 20:00-21:00")

    found = ask("2027-01-04T00:00:00Z", "2027-01-11T00:00:00Z", early, late, pair, limit=1)

    assert found["candidates"][0]["start"] == ["2027-01-06T20:00:00Z", "2027-01-07T06:00:00Z"]


def test_each_group_follows_its_least_burden_and_what_nobody_follows_is_dropped() -> None:
    both = [group(f"b{i}", "UTC", "MO 10:00-11:00", quiet="12:00-24:00", reach="waking", carried=4) for i in range(2)]
    morning = group("Morning", "UTC", "MO 09:00-10:00")
    forenoon = group("Forenoon", "UTC", "MO 10:00-11:00")

    found = ask(*DAY, *both, morning, forenoon, limit=1)

    assert found["candidates"][0]["start"] == ["2027-01-04T09:00:00Z", "2027-01-04T10:00:00Z"]
    assert [row["burden"] for row in found["candidates"][0]["groups"]] == [0, 0, 0, 0]


def test_first_instant_that_later_ones_outdo_is_dropped() -> None:
    """At 09:00 three bear it, so it is taken first; the two who are missing draw all three of them away."""
    waking = [
        group("Ten", "UTC", "MO 10:00-11:00", quiet="11:00-24:00; 00:00-09:00", reach="waking"),
        group("Eleven", "UTC", "MO 08:00-09:00", quiet="10:00-24:00; 00:00-08:00", reach="waking"),
        group("Nine", "UTC", "MO 08:00-09:00", quiet="10:00-24:00; 00:00-08:00", reach="waking"),
    ]
    left = [group("Late", "UTC", "MO 10:00-11:00"), group("Early", "UTC", "MO 08:00-09:00")]

    found = ask(*DAY, *waking, *left, limit=1, slot_minutes=60)

    assert found["candidates"][0]["start"] == ["2027-01-04T08:00:00Z", "2027-01-04T10:00:00Z"]


def test_relay_of_at_most_so_many_instants_leaves_out_whom_fewest_follow() -> None:
    hours = [(8, 3), (12, 2), (16, 1)]
    groups = [group(f"{hour}-{n}", "UTC", f"MO {hour:02}:00-{hour + 1:02}:00") for hour, count in hours for n in range(count)]

    whole = ask(*DAY, *groups, limit=1)["candidates"][0]
    short = ask(*DAY, *groups, limit=1, relay_most=2)["candidates"][0]

    assert (len(whole["start"]), whole["missing"]) == (3, [])
    assert (short["start"], short["missing"]) == (["2027-01-04T08:00:00Z", "2027-01-04T12:00:00Z"], ["16-0"])


def test_relays_begin_far_from_every_instant_of_those_before() -> None:
    evening = "MO-FR 18:00-19:00"
    groups = [group("Tokyo", "Asia/Tokyo", evening), group("Lima", "America/Lima", evening)]

    far = ask("2027-01-04T00:00:00Z", "2027-01-07T00:00:00Z", *groups, apart_hours=20)["candidates"]
    farther = ask("2027-01-04T00:00:00Z", "2027-01-07T00:00:00Z", *groups, apart_hours=26)["candidates"]

    assert [c["start"] for c in far] == [
        ["2027-01-04T09:00:00Z", "2027-01-04T23:00:00Z"],
        ["2027-01-05T23:00:00Z", "2027-01-06T09:00:00Z"],
    ]
    assert [c["start"] for c in farther] == [
        ["2027-01-04T09:00:00Z", "2027-01-04T23:00:00Z"],
        ["2027-01-05T23:00:00Z", "2027-01-06T09:00:00Z"],
    ]


def test_relay_that_comes_out_like_an_earlier_one_is_shown_once() -> None:
    always, once = group("Always", "UTC", "MO-SU 00:00-24:00"), group("Once", "UTC", "MO 12:00-13:00")

    found = ask("2027-01-04T00:00:00Z", "2027-01-06T00:00:00Z", always, once)

    assert [c["start"] for c in found["candidates"]] == [["2027-01-04T12:00:00Z"]], "12:00 is earlier than what begins 20 hours later"


# --- nobody, one, none


def test_relay_of_no_groups_is_the_earliest_start() -> None:
    found = ask("2027-01-04T00:00:00Z", "2027-01-04T02:00:00Z")

    assert (found["feasible"], found["count"], found["max_cover"], found["bound"]) == (True, 5, 0, None)
    assert found["candidates"] == [{"start": ["2027-01-04T00:00:00Z"], "covered": 0, "missing": [], "groups": []}]


def test_relay_that_nobody_bears_is_one_instant_that_everybody_misses() -> None:
    blocked = [group(z, z, "MO-SU 00:00-24:00", blocked="2027-01-03 2027-01-04 2027-01-05", reach="any") for z in ("UTC", "Asia/Tokyo")]

    found = ask(*DAY, *blocked, limit=1)

    assert (found["feasible"], found["max_cover"], found["missing"], found["bound"]) == (False, 0, ["UTC", "Asia/Tokyo"], None)
    assert (found["candidates"][0]["start"], found["candidates"][0]["missing"]) == (["2027-01-04T00:00:00Z"], ["UTC", "Asia/Tokyo"])


def test_group_that_no_instant_includes_is_missing_and_the_others_are_not() -> None:
    found = ask(*DAY, group("A", "UTC", "MO 10:00-11:00"), group("Never", "UTC"), limit=1)

    best = found["candidates"][0]
    assert (best["start"], best["covered"], best["missing"]) == (["2027-01-04T10:00:00Z"], 1, ["Never"])
    assert (found["feasible"], found["max_cover"], found["missing"], found["bound"]) == (False, 1, ["Never"], {"least": 1, "factor": 1.0})


def test_range_too_short_for_the_action_has_no_relay_and_everybody_missing() -> None:
    found = ask("2027-01-04T00:00:00Z", "2027-01-04T00:59:00Z", group("A", "UTC", "MO-SU 00:00-24:00"))

    assert (found["feasible"], found["missing"], found["candidates"], found["bound"]) == (False, ["A"], [], None)


def test_demo_network_is_included_by_two_instants_of_one_day() -> None:
    question = {"range": {"start": "2027-01-01T00:00:00Z", "end": "2027-04-01T00:00:00Z"}, "slot_minutes": 15, "duration_minutes": 60,
                "groups": demo_groups("waking")}  # fmt: skip

    found = resolve_relay(question_of(question))

    assert [c.covered for c in found.candidates] == [42, 42, 42]
    assert [(len(c.starts), c.starts[-1] - c.starts[0] < timedelta(days=1)) for c in found.candidates] == [(2, True)] * 3
    assert found.bound is not None
    assert found.bound.least == 2
