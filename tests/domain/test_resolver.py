from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.domain import cover
from coordinator.domain.availability import read_availability_text
from coordinator.domain.question import Answer, Candidate, Invitee, Question
from coordinator.domain.resolver import ranking_key, resolve
from coordinator.domain.weighing import weigh
from tests.domain import oracle
from tests.domain.asked import INSTANCES, Json, asking, demo_groups, group, question_of, row_json, summary_json
from tests.domain.generated import instant_questions


def json_of(found: Answer) -> Json:
    return {**summary_json(found, oracle.iso), "candidates": [candidate_json(c) for c in found.candidates]}


def candidate_json(candidate: Candidate) -> Json:
    return {
        "start": oracle.iso(candidate.start_at),
        "covered": candidate.covered,
        "missing": list(candidate.missing),
        "groups": [row_json(row) for row in candidate.groups],
    }


def ask(start: str, end: str, *groups: Json, **more: Any) -> Json:
    question = asking(*groups, start=start, end=end, **more)
    found = json_of(resolve(question_of(question)))
    assert found == oracle.answer(question)
    return found


# --- the oracle's verdict on generated networks


@pytest.mark.timeout(3600)  # the full count on a busy machine
@settings(max_examples=INSTANCES)
@given(instant_questions())
def test_resolve_agrees_with_the_oracle(raw: Json) -> None:
    assert json_of(resolve(question_of(raw))) == oracle.answer(raw)


@pytest.mark.timeout(3600)
@settings(max_examples=INSTANCES // 4)
@given(instant_questions(), st.integers(-3 * 1440, 3 * 1440))
def test_weigh_of_any_minute_agrees_with_the_oracle(raw: Json, minutes_later: int) -> None:
    start_at = oracle.instant(raw["range"]["start"]) + timedelta(minutes=minutes_later)
    burdens = [oracle.burden_by_start(g, raw, [start_at])[0] for g in raw["groups"]]

    assert candidate_json(weigh(question_of(raw), start_at)) == oracle.candidate(raw, start_at, burdens)


@pytest.mark.timeout(3600)
@settings(max_examples=INSTANCES // 4)
@given(instant_questions())
def test_candidates_stand_in_the_order_of_their_ranking_key(raw: Json) -> None:
    question = question_of(raw)

    keys = [ranking_key(question, candidate) for candidate in resolve(question).candidates]

    assert keys == sorted(keys)


@pytest.mark.timeout(3600)
@settings(max_examples=INSTANCES // 8)
@given(instant_questions())
def test_resolve_does_not_depend_on_how_groups_are_gathered(raw: Json) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cover, "BATCH_CELLS", 1_400)  # two groups at slots of 15 minutes, one at 5
        patch.setattr(cover, "REFUSED_CELLS", 40)
        in_small_batches = resolve(question_of(raw))

    assert in_small_batches == resolve(question_of(raw))


# --- each time rule once, by hand


def test_ordinary_evening_suits_inside_the_window_only() -> None:
    found = ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", group("Nairobi", "Africa/Nairobi", "MO 17:30-20:30"))

    assert found["ranges"] == [["2027-01-04T14:30:00Z", "2027-01-04T16:30:00Z"]]
    assert (found["feasible"], found["count"], found["max_cover"], found["missing"]) == (True, 9, 1, [])


def test_minutes_that_a_clock_change_skips_never_occur() -> None:
    berlin = group("Berlin", "Europe/Berlin", "SU 01:00-02:00; SU 03:00-04:00")

    found = ask("2027-03-28T00:00:00Z", "2027-03-28T04:00:00Z", berlin, duration_minutes=120)

    assert found["ranges"] == [["2027-03-28T00:00:00Z", "2027-03-28T00:00:00Z"]], "01:00–02:00 is followed by 03:00 at once"


def test_blocked_date_on_which_the_clock_changes_is_blocked_throughout() -> None:
    berlin = group("Berlin", "Europe/Berlin", "SU 01:00-02:00; SU 03:00-04:00", blocked="2027-03-28")

    found = ask("2027-03-28T00:00:00Z", "2027-03-28T04:00:00Z", berlin, duration_minutes=120)

    assert (found["count"], found["max_cover"]) == (0, 0)


def test_action_whose_last_minute_alone_lies_behind_the_change_counts_it() -> None:
    berlin = group("Berlin", "Europe/Berlin", "SU 01:00-02:00")

    found = ask("2027-03-28T00:00:00Z", "2027-03-28T02:00:00Z", berlin, duration_minutes=46)

    assert found["ranges"] == [["2027-03-28T00:00:00Z", "2027-03-28T00:00:00Z"]], "46 minutes from 00:15Z end at 03:01"


def test_window_inside_a_gap_never_opens_that_day() -> None:
    berlin = group("Berlin", "Europe/Berlin", "SU 02:00-03:00")

    assert ask("2027-03-28T00:00:00Z", "2027-03-29T00:00:00Z", berlin, duration_minutes=1)["count"] == 0


def test_minutes_that_a_clock_change_repeats_count_both_times() -> None:
    berlin = group("Berlin", "Europe/Berlin", "SU 02:00-03:00")

    found = ask("2027-10-31T00:00:00Z", "2027-10-31T04:00:00Z", berlin, duration_minutes=120)

    assert found["ranges"] == [["2027-10-31T00:00:00Z", "2027-10-31T00:00:00Z"]], "two hours fit into an hour that comes twice"


def test_lord_howes_half_hour_moves_the_window_by_half_an_hour() -> None:
    reef = group("Reef", "Australia/Lord_Howe", "MO-SU 09:00-10:00")

    found = ask("2027-10-01T00:00:00Z", "2027-10-05T00:00:00Z", reef)

    assert [first for first, _ in found["ranges"]] == [
        "2027-10-01T22:30:00Z",
        "2027-10-02T22:00:00Z",
        "2027-10-03T22:00:00Z",
        "2027-10-04T22:00:00Z",
    ]


def test_kathmandus_quarter_of_an_hour_is_met_by_quarter_hour_slots() -> None:
    kathmandu = group("Kathmandu", "Asia/Kathmandu", "MO 18:00-19:00")

    found = ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", kathmandu)

    assert found["ranges"] == [["2027-01-04T12:15:00Z", "2027-01-04T12:15:00Z"]]
    assert ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", kathmandu, slot_minutes=60)["count"] == 0


def test_date_line_pair_shares_no_saturday_but_a_saturday_and_a_friday() -> None:
    kiritimati = group("Lagoon", "Pacific/Kiritimati", "SA 00:00-24:00")

    saturdays = ask("2027-01-01T00:00:00Z", "2027-01-15T00:00:00Z", kiritimati, group("Niue", "Pacific/Niue", "SA 00:00-24:00"))
    mixed = ask("2027-01-01T00:00:00Z", "2027-01-05T00:00:00Z", kiritimati, group("Niue", "Pacific/Niue", "FR 00:00-24:00"))

    assert (saturdays["feasible"], saturdays["max_cover"], saturdays["missing"]) == (False, 1, ["Niue"])
    assert mixed["ranges"] == [["2027-01-01T11:00:00Z", "2027-01-02T09:00:00Z"]]


def test_window_past_midnight_belongs_to_the_day_it_starts_on() -> None:
    late = group("Late", "Africa/Nairobi", "SU 22:00-02:00")

    found = ask("2027-01-01T00:00:00Z", "2027-01-06T00:00:00Z", late)

    assert found["ranges"] == [["2027-01-03T19:00:00Z", "2027-01-03T22:00:00Z"]]


def test_window_past_midnight_over_a_clock_change_lasts_as_long_as_the_clock_shows() -> None:
    late = group("Late", "Europe/Berlin", "SA 23:00-04:00")

    spring = ask("2027-03-27T12:00:00Z", "2027-03-28T12:00:00Z", late)
    autumn = ask("2027-10-30T12:00:00Z", "2027-10-31T12:00:00Z", late)

    assert spring["ranges"] == [["2027-03-27T22:00:00Z", "2027-03-28T01:00:00Z"]]
    assert autumn["ranges"] == [["2027-10-30T21:00:00Z", "2027-10-31T02:00:00Z"]]


def test_blocked_date_is_the_groups_own_date() -> None:
    found = ask(
        "2027-01-01T00:00:00Z", "2027-01-04T00:00:00Z", group("Lagoon", "Pacific/Kiritimati", "MO-SU 00:00-24:00", blocked="2027-01-02")
    )

    assert found["ranges"] == [["2027-01-01T00:00:00Z", "2027-01-01T09:00:00Z"], ["2027-01-02T10:00:00Z", "2027-01-03T23:00:00Z"]]


def test_local_range_holds_throughout_for_every_group() -> None:
    everywhere = [group(z, z, "MO-SU 00:00-24:00") for z in ("Pacific/Kiritimati", "Pacific/Niue")]

    found = ask("2026-12-30T00:00:00Z", "2027-01-04T00:00:00Z", *everywhere, local_range={"first": "2027-01-01", "last": "2027-01-02"})

    assert found["ranges"] == [["2027-01-01T11:00:00Z", "2027-01-02T09:00:00Z"]]


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [
        ("10:00:00", "11:00:00", ("09:15", "10:45")),  # 09:00–10:00 ends as the span begins, 11:00 begins as it ends
        ("10:00:00.000001", "11:00:00", ("09:15", "10:45")),  # 09:00–10:00 is over before it, 10:00 still runs into it
        ("09:59:59.999999", "10:00:00", ("09:00", "09:45")),  # the last microsecond of 09:00–10:00 is enough
        ("10:00:00", "11:00:00.000001", ("09:15", "11:00")),
        ("10:07:30", "10:07:31", ("09:15", "10:00")),
    ],
)
def test_no_go_span_refuses_what_overlaps_it_and_leaves_what_touches_it(start: str, end: str, refused: tuple[str, str]) -> None:
    away = group("Away", "Asia/Kathmandu", "MO-SU 00:00-24:00", no_go=[[f"2027-01-04T{start}Z", f"2027-01-04T{end}Z"]])

    found = ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", away)

    (_, before), (after, _) = found["ranges"]
    assert oracle.instant(before) + timedelta(minutes=15) == oracle.instant(f"2027-01-04T{refused[0]}Z")
    assert oracle.instant(after) - timedelta(minutes=15) == oracle.instant(f"2027-01-04T{refused[1]}Z")


def test_no_go_spans_are_answered_as_blocked_dates_whatever_the_reach() -> None:
    day = {"start": "2027-01-04T00:00:00Z", "end": "2027-01-07T00:00:00Z"}
    spans = [
        ["2027-01-05T12:00:00Z", "2027-01-06T00:00:00Z"],
        ["2027-01-05T00:00:00Z", "2027-01-05T13:00:00Z"],
        ["2027-01-04T09:00:00Z"] * 2,
    ]
    other = group("Other", "UTC", "TU 10:00-12:00", required=True)

    blocked = ask(*day.values(), group("A", "UTC", "MO-WE 00:00-24:00", blocked="2027-01-05", reach="any"), other)
    away = ask(*day.values(), group("A", "UTC", "MO-WE 00:00-24:00", no_go=spans, reach="any"), other)

    assert away == blocked
    assert away["candidates"][0]["groups"][0]["burden"] == 13


def test_weigh_off_the_minute_counts_a_no_go_span_by_the_instant() -> None:
    free_from = oracle.instant("2027-01-04T10:00:30Z")
    away = Invitee("A", "UTC", read_availability_text("MO-SU 00:00-24:00"), no_go=((free_from - timedelta(hours=1), free_from),))
    question = Question(free_from, free_from, 60, (away,))

    assert [weigh(question, free_from - timedelta(microseconds=late)).covered for late in (0, 1)] == [1, 0]


# --- reach, burden, ranking


@pytest.mark.parametrize(
    ("reach", "borne", "burdens"),
    [("windows", 0, {13}), ("waking", 16, {3, 8, 13}), ("any", 24, {3, 8})],
)
def test_reach_decides_what_is_borne(reach: str, borne: int, burdens: set[int]) -> None:
    sleeper = group("Sleeper", "UTC", quiet="22:30-06:30", reach=reach)

    found = ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", sleeper, slot_minutes=60, duration_minutes=30, limit=24, apart_hours=0)

    assert {row["burden"] for c in found["candidates"] for row in c["groups"]} == burdens
    assert sum(c["covered"] for c in found["candidates"]) == borne
    assert found["max_cover"] == 0, "without a window nothing suits"


def test_whoever_carried_most_comes_first() -> None:
    day, night = "MO-SU 08:00-10:00", "MO-SU 20:00-22:00"
    rested = group("Rested", "UTC", day, reach="any", carried=0)
    tired = group("Tired", "UTC", night, reach="any", carried=2)

    found = ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", rested, tired, limit=1)

    assert found["candidates"][0]["start"] == "2027-01-04T20:00:00Z"
    assert [row["carried_after"] for row in found["candidates"][0]["groups"]] == [1.5, 0.5]


def test_required_groups_come_before_everything() -> None:
    many = [group(f"m{i}", "UTC", "MO 08:00-09:00") for i in range(5)]
    needed = group("Needed", "UTC", "MO 20:00-21:00", required=True, carried=-50)

    best = ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", *many, needed)["candidates"][0]

    assert (best["start"], best["covered"], best["missing"]) == ("2027-01-04T20:00:00Z", 1, [g["name"] for g in many])


def test_candidates_are_at_least_as_far_apart_as_asked() -> None:
    always = group("Always", "UTC", "MO-SU 00:00-24:00")

    far = ask("2027-01-04T00:00:00Z", "2027-01-07T00:00:00Z", always)["candidates"]
    near = ask("2027-01-04T00:00:00Z", "2027-01-07T00:00:00Z", always, apart_hours=0)["candidates"]

    assert [c["start"] for c in far] == ["2027-01-04T00:00:00Z", "2027-01-04T20:00:00Z", "2027-01-05T16:00:00Z"]
    assert [c["start"] for c in near] == ["2027-01-04T00:00:00Z", "2027-01-04T00:15:00Z", "2027-01-04T00:30:00Z"]


# --- nobody, one, none


def test_no_groups_suit_every_start() -> None:
    found = ask("2027-01-04T00:00:00Z", "2027-01-04T02:00:00Z")

    assert (found["feasible"], found["count"], found["max_cover"], found["missing"]) == (True, 5, 0, [])
    assert found["candidates"] == [{"start": "2027-01-04T00:00:00Z", "covered": 0, "missing": [], "groups": []}]


def test_range_too_short_for_the_action_has_no_start_and_everybody_missing() -> None:
    found = ask("2027-01-04T00:00:00Z", "2027-01-04T00:59:00Z", group("A", "UTC", "MO-SU 00:00-24:00"))

    assert found == {"feasible": False, "ranges": [], "count": 0, "max_cover": 0, "missing": ["A"], "candidates": []}


def test_everybody_blocked_is_answered_with_nobody() -> None:
    blocked = [group(z, z, "MO-SU 00:00-24:00", blocked="2027-01-03 2027-01-04 2027-01-05", reach="any") for z in ("UTC", "Asia/Tokyo")]

    found = ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", *blocked)

    assert (found["feasible"], found["max_cover"], found["missing"]) == (False, 0, ["UTC", "Asia/Tokyo"])
    assert [row["burden"] for row in found["candidates"][0]["groups"]] == [13, 13]


def test_starts_are_multiples_of_the_slot_within_a_range_of_any_second() -> None:
    always = group("Always", "UTC", "MO-SU 00:00-24:00")

    found = ask("2027-01-04T00:00:01Z", "2027-01-04T02:14:59Z", always)

    assert found["ranges"] == [["2027-01-04T00:15:00Z", "2027-01-04T01:00:00Z"]]


def test_weigh_off_the_minute_counts_every_minute_that_is_touched() -> None:
    raw = {
        "range": {"start": "2027-01-04T00:00:00Z", "end": "2027-01-05T00:00:00Z"},
        "slot_minutes": 15,
        "duration_minutes": 60,
        "groups": [group("A", "UTC", "MO 10:00-11:00", reach="waking")],
    }

    assert weigh(question_of(raw), datetime(2027, 1, 4, 10, 0, tzinfo=UTC)).groups[0].burden == 0
    assert weigh(question_of(raw), datetime(2027, 1, 4, 10, 0, 1, tzinfo=UTC)).groups[0].burden == 3


def test_action_over_the_end_of_the_week_counts_mondays_minutes() -> None:
    late = group("Late", "UTC", "SU 23:00-24:00; MO 00:00-01:00")
    later = group("Later", "UTC", "SU 23:00-24:00; MO 00:00-00:29")

    found = ask("2027-01-03T23:30:00Z", "2027-01-04T00:30:00Z", late, later)

    assert [row["burden"] for row in found["candidates"][0]["groups"]] == [0, 13]


@pytest.mark.parametrize("more", [{"slot_minutes": 7}, {"slot_minutes": 0}, {"duration_minutes": 0}, {"duration_minutes": 1441}])
def test_question_outside_what_a_day_holds_is_an_error_of_the_caller(more: dict[str, int]) -> None:
    values = {"duration_minutes": 60, **more}

    with pytest.raises(ValueError, match="day"):
        Question(datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC), groups=(), **values)


# --- the demo network


def test_demo_network_over_a_clock_change_agrees_with_the_oracle() -> None:
    found = ask("2027-03-27T20:00:00Z", "2027-03-28T20:00:00Z", *demo_groups("windows", "waking", "any"), slot_minutes=30, apart_hours=4)

    assert len(found["candidates"]) == 3
    assert 0 < found["max_cover"] < 42


def test_demo_network_over_a_quarter_has_a_candidate_that_most_bear() -> None:
    question = {
        "range": {"start": "2027-01-01T00:00:00Z", "end": "2027-04-01T00:00:00Z"},
        "slot_minutes": 15,
        "duration_minutes": 60,
        "groups": demo_groups("any"),
    }

    found = resolve(question_of(question))

    assert found.candidates[0].covered == 42
    assert max(row.burden for row in found.candidates[0].groups) == 8
