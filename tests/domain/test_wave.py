"""Wall times that go round the planet, held against the oracle of waves."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.domain.wave import Leg, WaveAnswer, WaveCandidate, resolve_wave, weigh_wave
from coordinator.domain.zones import Fold, Gap, Unambiguous, resolve_wall_time
from tests.domain import oracle, oracle_wave
from tests.domain.asked import INSTANCES, Json, asking, group, leg_row_json, question_of, summary_json
from tests.domain.generated import CHANGES, ZONES, wave_questions


def json_of(found: WaveAnswer) -> Json:
    return {**summary_json(found, oracle_wave.local), "candidates": [candidate_json(c) for c in found.candidates]}


def candidate_json(candidate: WaveCandidate) -> Json:
    instants = [leg.starts_at for leg in candidate.legs]
    return {
        "start": oracle_wave.local(candidate.wall_time),
        "covered": candidate.covered,
        "missing": list(candidate.missing),
        "groups": [leg_row_json(row) for row in candidate.groups],
        "legs": [leg_json(leg) for leg in candidate.legs],
        "first": oracle.iso(instants[0]) if instants else None,
        "last": oracle.iso(instants[-1]) if instants else None,
        "span_minutes": candidate.span // timedelta(minutes=1),
    }


def leg_json(leg: Leg) -> Json:
    return {"leg": oracle.iso(leg.starts_at), "utc_offset": oracle_wave.offset_text(leg.utc_offset), "groups": list(leg.groups)}


def ask(start: str, end: str, *groups: Json, **more: Any) -> Json:
    question = asking(*groups, start=start, end=end, **more)
    found = json_of(resolve_wave(question_of(question)))
    assert found == oracle_wave.answer(question)
    return found


# --- the oracle's verdict on generated networks


@pytest.mark.timeout(3600)  # the full count on a busy machine
@settings(max_examples=INSTANCES)
@given(wave_questions())
def test_wave_agrees_with_the_oracle(raw: Json) -> None:
    assert json_of(resolve_wave(question_of(raw))) == oracle_wave.answer(raw)


@settings(max_examples=INSTANCES)
@given(st.sampled_from(sorted(CHANGES)), st.sampled_from(ZONES), st.integers(-36 * 60, 36 * 60))
def test_leg_of_any_wall_time_is_what_the_zone_rules_say(base: str, zone_id: str, minutes_later: int) -> None:
    wall_time = datetime.fromisoformat(base) + timedelta(minutes=minutes_later)
    question = question_of({"range": {"start": f"{base}T00:00:00Z", "end": f"{base}T00:00:00Z"}, "slot_minutes": 1, "duration_minutes": 1,
                            "groups": [group("A", zone_id)]})  # fmt: skip

    row = weigh_wave(question, wall_time).groups[0]

    match resolve_wall_time(wall_time, zone_id):
        case Unambiguous(instant):
            assert (row.leg_at, row.asked, row.wall_time) == (instant, None, wall_time)
        case Gap(later=later):
            assert (row.leg_at, row.asked) == (later, "skipped")
        case Fold(first=first):
            assert (row.leg_at, row.asked, row.wall_time) == (first, "doubled", wall_time)


# --- each time rule once, by hand


def test_wave_of_an_ordinary_evening_rolls_from_east_to_west() -> None:
    evening = "SA 18:00-20:00"
    zones = ("Pacific/Niue", "Asia/Kathmandu", "Pacific/Kiritimati")

    found = ask("2027-01-01T00:00:00Z", "2027-01-05T00:00:00Z", *(group(z, z, evening) for z in zones))

    assert found["ranges"] == [["2027-01-02T18:00", "2027-01-02T19:00"]]
    assert (found["feasible"], found["count"], found["max_cover"], found["missing"]) == (True, 5, 3, [])
    best = found["candidates"][0]
    assert best["start"] == "2027-01-02T18:00"
    assert best["legs"] == [
        {"leg": "2027-01-02T04:00:00Z", "utc_offset": "+14:00", "groups": ["Pacific/Kiritimati"]},
        {"leg": "2027-01-02T12:15:00Z", "utc_offset": "+05:45", "groups": ["Asia/Kathmandu"]},
        {"leg": "2027-01-03T05:00:00Z", "utc_offset": "-11:00", "groups": ["Pacific/Niue"]},
    ]
    assert (best["first"], best["last"], best["span_minutes"]) == ("2027-01-02T04:00:00Z", "2027-01-03T05:00:00Z", 25 * 60)
    assert [row["leg"] for row in best["groups"]] == ["2027-01-03T05:00:00Z", "2027-01-02T12:15:00Z", "2027-01-02T04:00:00Z"]


def test_wall_time_that_a_clock_skips_starts_by_the_offset_before_and_is_asked_about() -> None:
    berlin = group("Berlin", "Europe/Berlin", "SU 03:00-05:00")
    lagos = group("Lagos", "Africa/Lagos", "SU 02:00-05:00")  # an hour ahead of UTC, as Berlin in winter

    found = ask("2027-03-27T20:00:00Z", "2027-03-28T06:00:00Z", berlin, lagos)

    best = found["candidates"][0]
    assert (best["start"], [leg["leg"] for leg in best["legs"]]) == ("2027-03-28T02:00", ["2027-03-28T01:00:00Z"])
    assert {key: best["groups"][0][key] for key in ("local", "utc_offset", "leg", "asked")} == {
        "local": "2027-03-28T03:00",
        "utc_offset": "+02:00",
        "leg": "2027-03-28T01:00:00Z",
        "asked": "skipped",
    }
    assert "asked" not in best["groups"][1]
    assert found["ranges"] == [["2027-03-28T02:00", "2027-03-28T04:00"]]


def test_wall_time_that_a_clock_doubles_is_the_first_of_the_two() -> None:
    berlin = group("Berlin", "Europe/Berlin", "SU 02:00-03:00")

    found = ask("2027-10-30T20:00:00Z", "2027-10-31T06:00:00Z", berlin, duration_minutes=120)

    assert found["ranges"] == [["2027-10-31T02:00", "2027-10-31T02:00"]], "two hours fit into an hour that comes twice"
    row = found["candidates"][0]["groups"][0]
    assert (row["local"], row["utc_offset"], row["leg"], row["asked"]) == ("2027-10-31T02:00", "+02:00", "2027-10-31T00:00:00Z", "doubled")


def test_lord_howes_half_hour_is_skipped_and_doubled() -> None:
    reef = group("Reef", "Australia/Lord_Howe", "MO-SU 00:00-24:00", reach="any")

    spring = ask("2027-10-02T15:15:00Z", "2027-10-02T16:45:00Z", reef, limit=9, apart_hours=0)["candidates"]
    autumn = ask("2027-04-03T14:30:00Z", "2027-04-03T16:30:00Z", reef, limit=9, apart_hours=0)["candidates"]

    def told(candidates: list[Json]) -> list[tuple[str, str, str | None]]:
        return [(c["start"][11:], c["groups"][0]["local"][11:], c["groups"][0].get("asked")) for c in candidates]

    assert told(spring) == [("01:45", "01:45", None), ("02:00", "02:30", "skipped"), ("02:15", "02:45", "skipped"),
                            ("02:30", "02:30", None), ("02:45", "02:45", None)]  # fmt: skip
    assert told(autumn) == [("01:30", "01:30", "doubled"), ("01:45", "01:45", "doubled"), ("02:00", "02:00", None)]


def test_day_that_a_zone_left_out_is_skipped_as_a_whole() -> None:
    apia = group("Apia", "Pacific/Apia", "MO-SU 12:00-14:00")

    best = ask("2011-12-29T12:00:00Z", "2012-01-01T12:00:00Z", apia, limit=9)["candidates"]

    assert [(c["start"], c["groups"][0]["local"], c["groups"][0].get("asked")) for c in best[:3]] == [
        ("2011-12-29T12:00", "2011-12-29T12:00", None),
        ("2011-12-30T12:00", "2011-12-31T12:00", "skipped"),
        ("2011-12-31T12:00", "2011-12-31T12:00", None),
    ]


@pytest.mark.parametrize(
    ("zone", "before", "skipped", "after"),
    [
        ("Pacific/Apia", "2011-12-29", "2011-12-30", "2011-12-31"),
        ("Pacific/Fakaofo", "2011-12-29", "2011-12-30", "2011-12-31"),
        ("Pacific/Kiritimati", "1994-12-30", "1994-12-31", "1995-01-01"),
        ("Pacific/Kwajalein", "1993-08-20", "1993-08-21", "1993-08-22"),
    ],
)
def test_wave_across_a_skipped_day_is_what_the_oracle_says_at_every_hour(zone: str, before: str, skipped: str, after: str) -> None:
    """Dates blocked, asked for or refused on either side, and actions that run over the change or a whole day."""
    lagoon = group("Lagoon", zone, "MO-SU 22:00-21:00", blocked=after, no_go=[[f"{after}T04:00:00Z", f"{after}T06:30:00Z"]])
    night = group("Night", zone, "MO-SU 20:00-10:00", quiet="02:00-03:00", reach="any")
    away = group("Away", "Asia/Kathmandu", "MO-SU 06:00-23:00", blocked=skipped)
    dates = {"local_range": {"first": skipped, "last": after}}
    wall_range = {"wall_range": {"start": f"{before}T18:00", "end": f"{after}T20:00"}}

    for duration, more in itertools.product((60, 600, 1440), ({}, dates, wall_range)):
        found = ask(f"{before}T06:00:00Z", f"{after}T23:00:00Z", lagoon, night, away, slot_minutes=60, duration_minutes=duration, **more)
        assert found["candidates"], "something to disagree about"


def test_wall_time_whose_leg_lies_before_the_range_ends_a_run() -> None:
    berlin = group("Berlin", "Europe/Berlin", "MO-SU 00:00-24:00")

    found = ask("2027-03-28T01:30:00Z", "2027-03-28T04:00:00Z", berlin)

    assert found["ranges"] == [["2027-03-28T02:30", "2027-03-28T02:45"], ["2027-03-28T03:30", "2027-03-28T05:00"]]


def test_wave_over_the_troll_change_is_two_hours_off() -> None:
    troll = group("Troll", "Antarctica/Troll", "SU 04:00-05:00")

    found = ask("2027-03-28T00:00:00Z", "2027-03-28T06:00:00Z", troll, limit=1)

    assert found["ranges"] == [["2027-03-28T02:00", "2027-03-28T02:00"], ["2027-03-28T04:00", "2027-03-28T04:00"]]
    assert found["candidates"][0]["groups"][0]["asked"] == "skipped"


def test_window_past_midnight_belongs_to_the_day_it_starts_on_in_a_wave() -> None:
    late = [group(z, z, "SA 23:00-02:00") for z in ("Pacific/Auckland", "America/Lima")]

    found = ask("2027-01-01T00:00:00Z", "2027-01-06T00:00:00Z", *late)

    assert found["ranges"] == [["2027-01-02T23:00", "2027-01-03T01:00"]]


def test_local_range_holds_each_group_to_its_own_dates() -> None:
    everywhere = [group(z, z, "MO-SU 00:00-24:00") for z in ("Pacific/Kiritimati", "Pacific/Niue")]

    found = ask("2026-12-30T00:00:00Z", "2027-01-05T00:00:00Z", *everywhere, local_range={"first": "2027-01-01", "last": "2027-01-02"})

    assert found["ranges"] == [["2027-01-01T00:00", "2027-01-02T23:00"]]


def test_wall_range_counts_by_the_wall_clock_wherever_the_legs_lie() -> None:
    everywhere = [group(z, z, "MO-SU 00:00-24:00") for z in ("Pacific/Kiritimati", "Pacific/Niue")]
    day = {"start": "2027-01-04T00:00", "end": "2027-01-05T00:00"}

    found = ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", *everywhere, wall_range=day, limit=1)

    assert found["ranges"] == [["2027-01-04T00:00", "2027-01-04T23:00"]]
    assert [leg["leg"] for leg in found["candidates"][0]["legs"]] == ["2027-01-03T10:00:00Z", "2027-01-04T11:00:00Z"]


def test_no_go_span_refuses_the_leg_that_runs_into_it_and_no_other() -> None:
    evening = "MO 18:00-20:00"
    away = group("Away", "Asia/Kathmandu", evening, no_go=[["2027-01-04T12:15:00Z", "2027-01-04T12:30:00Z"]])

    found = ask("2027-01-03T00:00:00Z", "2027-01-06T00:00:00Z", away, group("Lima", "America/Lima", evening))

    assert found["ranges"] == [["2027-01-04T18:15", "2027-01-04T19:00"]]


# --- nobody, one, none


def test_wave_of_no_groups_reads_wall_times_as_utc() -> None:
    found = ask("2027-01-04T00:00:00Z", "2027-01-04T02:00:00Z")

    assert (found["feasible"], found["ranges"], found["count"]) == (True, [["2027-01-04T00:00", "2027-01-04T01:00"]], 5)
    assert (found["candidates"][0]["legs"], found["candidates"][0]["first"], found["candidates"][0]["groups"]) == ([], None, [])


def test_range_shorter_than_the_planet_is_wide_has_no_wave_and_everybody_missing() -> None:
    always = [group(z, z, "MO-SU 00:00-24:00") for z in ("Pacific/Kiritimati", "Pacific/Niue")]

    short = ask("2027-01-04T00:00:00Z", "2027-01-05T01:45:00Z", *always)
    enough = ask("2027-01-04T00:00:00Z", "2027-01-05T02:00:00Z", *always)

    assert (short["feasible"], short["missing"], short["candidates"]) == (False, ["Pacific/Kiritimati", "Pacific/Niue"], [])
    assert enough["ranges"] == [["2027-01-04T14:00", "2027-01-04T14:00"]]


def test_wave_of_which_everybody_is_blocked_is_answered_with_nobody() -> None:
    days = "2027-01-03 2027-01-04 2027-01-05"
    blocked = [group(z, z, "MO-SU 00:00-24:00", blocked=days, reach="any") for z in ("UTC", "Asia/Tokyo")]

    found = ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", *blocked)

    assert (found["feasible"], found["max_cover"], found["missing"]) == (False, 0, ["UTC", "Asia/Tokyo"])
    assert [row["burden"] for row in found["candidates"][0]["groups"]] == [13, 13]


@pytest.mark.parametrize(
    ("start", "end"), [("1970-01-01T00:00:00Z", "1970-01-03T00:00:00Z"), ("2037-12-30T00:00:00Z", "2038-01-01T00:00:00Z")]
)
def test_wave_where_the_rules_begin_or_end_is_answered_as_anywhere(start: str, end: str) -> None:
    found = ask(
        start, end, group("Monrovia", "Africa/Monrovia", "MO-SU 00:00-24:00"), group("Lagoon", "Pacific/Kiritimati", "MO-SU 00:00-24:00")
    )

    assert found["feasible"]


def test_wall_range_that_ends_before_it_begins_has_no_wave() -> None:
    always = group("Always", "UTC", "MO-SU 00:00-24:00")

    found = ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", always, wall_range={"start": "2027-01-08T00:00", "end": "2027-01-04T00:00"})

    assert (found["feasible"], found["missing"], found["candidates"]) == (False, ["Always"], [])
