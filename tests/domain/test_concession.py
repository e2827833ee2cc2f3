from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coordinator.domain.availability import read_availability_text
from coordinator.domain.changes import NEVER, Change, extend_window
from coordinator.domain.extension_bounds import extension_bounds
from coordinator.domain.question import Question
from coordinator.domain.resolver import resolve
from coordinator.domain.shapes import AnyAnswer, resolve_shape
from coordinator.domain.starts import Grid, zone_pieces
from coordinator.domain.suiting import Field, Obstacles
from coordinator.formats.resolve_file import write_answer
from tests.domain import oracle, oracle_concession
from tests.domain.asked import DAR, EVERY_DAY, INSTANCES, Json, asking, group, question_of
from tests.domain.generated import generated_group, generated_question, generated_wave
from tests.domain.oracle_concession import Asked, AskedRelay, AskedWave


def agree(raw: Json, asked: Asked) -> AnyAnswer:
    """The answer, on whose concession the oracle agrees, and which is resolved again."""
    question = question_of(raw)
    found = resolve_shape(question)
    assert write_answer(found)["concession"] == oracle_concession.concession(asked)
    if found.concession is not None:
        assert resolve_shape(found.concession.conceded(question)).max_cover == found.max_cover + 1
    return found


@pytest.mark.timeout(3600)
@settings(max_examples=INSTANCES)
@given(st.integers(0, 2**64))
def test_conflict_and_concession_agree_with_the_oracle(drawn: int) -> None:
    asked = Asked(generated_question(Random(drawn)))

    found = agree(asked.question, asked)

    assert names_conflict(found, asked)


@pytest.mark.timeout(3600)
@settings(max_examples=INSTANCES)
@given(st.integers(0, 2**64))
def test_conflict_and_concession_of_a_wave_agree_with_the_oracle(drawn: int) -> None:
    asked = AskedWave(generated_wave(Random(drawn)))

    found = agree(asked.question, asked)

    assert names_conflict(found, asked)


def names_conflict(found: AnyAnswer, asked: Asked) -> bool:
    """Whether the conflict is irreducible, or there is rightly none."""
    if asked.feasible or not asked.starts:
        return found.conflict == ()
    return oracle_concession.is_irreducible(asked, list(found.conflict))


@pytest.mark.timeout(3600)
@settings(max_examples=INSTANCES)
@given(st.integers(0, 2**64))
def test_conflict_and_concession_of_a_relay_agree_with_the_oracle(drawn: int) -> None:
    draw = Random(drawn)
    raw = generated_question(draw)
    hours_end = oracle.instant(raw["range"]["start"]) + timedelta(hours=draw.randint(2, 16))
    asked = AskedRelay({**raw, "shape": "relay", "range": {**raw["range"], "end": hours_end.isoformat()}})

    found = agree(asked.question, asked)

    assert list(found.conflict) == [g["name"] for g in asked.askable[:1] if asked.starts]


def ask(*groups: Json, **more: Any) -> Json | None:
    """The concession, on which the oracle agrees, and which is resolved again."""
    raw = asking(*groups, **more)
    written: Json | None = write_answer(agree(raw, Asked(raw)))["concession"]
    return written


def concession(group: str, kind: str, before: str, after: str, minutes: int, opens: str) -> Json:
    return {"group": group, "change": {"kind": kind, "from": before, "to": after}, "minutes": minutes, "opens": opens}


def test_concession_extends_the_window_that_is_nearest() -> None:
    before, after = group("Early", "UTC", "MO-SU 10:00-13:15"), group("Late", "UTC", "MO-SU 18:30-23:00")

    assert ask(DAR, before) == concession("Dar", "window", "MO,TU 17:00-21:00", "MO,TU 15:15-21:00", 105, "2027-01-04T12:15:00Z")
    assert ask(DAR, after) == concession("Dar", "window", "MO,TU 17:00-21:00", "MO,TU 17:00-22:30", 90, "2027-01-04T18:30:00Z")


def test_concession_before_midnight_belongs_to_the_days_before() -> None:
    night, evening = group("Night", "UTC", "MO-TU 00:30-04:00"), group("Evening", "UTC", "SU 22:00-24:00")

    found = ask(night, evening, start="2027-01-03T12:00:00Z", end="2027-01-04T12:00:00Z")

    assert found == concession("Evening", "window", "SU 22:00-24:00", "SU 22:00-01:30", 90, "2027-01-04T00:30:00Z")
    assert ask(night, {**evening, "windows": []}, start="2027-01-03T23:00:00Z", end="2027-01-04T01:00:00Z", duration_minutes=105) == (
        concession("Night", "window", "MO,TU 00:30-04:00", "MO,SU 23:15-04:00", 75, "2027-01-03T23:15:00Z")
    )


def test_concession_of_equals_is_the_first_by_name_then_the_first_window_then_its_start() -> None:
    pair = [group(name, "UTC", "MO 08:00-10:00; MO 12:00-14:00") for name in ("b", "a")]
    middle = group("c", "UTC", "MO 10:30-11:30")

    assert ask(*pair, middle) == concession("c", "window", "MO 10:30-11:30", "MO 09:00-11:30", 90, "2027-01-04T09:00:00Z")
    assert ask(*pair, {**middle, "windows": []}, group("d", "UTC", "MO 00:00-06:00")) is not None


def test_group_without_windows_is_asked_for_one() -> None:
    always, none = group("Always", "UTC", EVERY_DAY), group("None", "Asia/Kathmandu")

    assert ask(always, none) == concession("None", "window", "", "MO 05:45-06:45 possible", 60, "2027-01-04T00:00:00Z")


def test_concession_of_quiet_hours_is_asked_for_when_no_window_helps() -> None:
    always, sleeper = group("Always", "UTC", EVERY_DAY), group("Sleeper", "UTC", EVERY_DAY, quiet="22:00-07:00")

    found = ask(always, sleeper, start="2027-01-04T05:00:00Z", end="2027-01-04T07:30:00Z")

    assert found == concession("Sleeper", "quiet", "22:00-07:00", "22:00-06:30", 30, "2027-01-04T06:30:00Z")


def test_quiet_span_that_must_go_altogether_leaves_nothing() -> None:
    always, sleeper = group("Always", "UTC", EVERY_DAY), group("Sleeper", "UTC", EVERY_DAY, quiet="11:00-12:00")

    found = ask(always, sleeper, start="2027-01-04T11:00:00Z", end="2027-01-04T12:00:00Z")

    assert found == concession("Sleeper", "quiet", "11:00-12:00", "", 60, "2027-01-04T11:00:00Z")


def test_blocked_date_is_freed_when_nothing_less_helps() -> None:
    always, away = group("Always", "UTC", EVERY_DAY), group("Away", "UTC", EVERY_DAY, blocked="2027-01-04")

    assert ask(always, away) == concession("Away", "blocked", "2027-01-04", "", 60, "2027-01-04T00:00:00Z")


def test_blocked_date_on_which_the_clock_changes_is_one_date() -> None:
    berlin = group("Berlin", "Europe/Berlin", EVERY_DAY, blocked="2027-03-28")

    found = ask(berlin, start="2027-03-28T00:30:00Z", end="2027-03-28T01:30:00Z")

    assert found == concession("Berlin", "blocked", "2027-03-28", "", 60, "2027-03-28T00:30:00Z")


def test_no_single_change_is_answered_with_none() -> None:
    away = group("Away", "UTC", "TU 00:00-24:00", quiet="00:00-24:00", blocked="2027-01-04")

    assert ask(away) is None


def test_no_go_time_is_never_conceded_and_a_later_start_is_found_instead() -> None:
    always, away = group("Always", "UTC", EVERY_DAY), group("Away", "UTC", no_go=[["2027-01-04T01:30:00Z", "2027-01-04T12:00:00Z"]])
    whole_range = {"no_go": [["2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z"]]}

    found = ask(always, away, start="2027-01-04T01:00:00Z")

    assert found == concession("Away", "window", "", "MO 12:00-13:00 possible", 60, "2027-01-04T12:00:00Z")
    assert ask(always, {**away, **whole_range}) is None


def test_concession_over_a_clock_change_covers_what_the_clock_shows() -> None:
    always = group("Always", "UTC", EVERY_DAY)
    spring, autumn = ("2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"), ("2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z")
    berlin = group("Berlin", "Europe/Berlin")

    assert ask(always, berlin, start=spring[0], end=spring[1]) == (
        concession("Berlin", "window", "", "SU 01:30-03:30 possible", 120, "2027-03-28T00:30:00Z")
    )
    assert ask(always, berlin, start=autumn[0], end=autumn[1]) == (
        concession("Berlin", "window", "", "SU 02:00-03:00 possible", 60, "2027-10-31T00:30:00Z")
    )


def test_concession_of_a_wave_is_made_at_each_groups_own_leg() -> None:
    morning, noon = group("Morning", "Asia/Kathmandu", "MO 10:00-12:00"), group("Noon", "America/Lima", "MO 13:00-15:00")

    raw = asking(morning, noon, start="2027-01-03T12:00:00Z", end="2027-01-05T12:00:00Z", shape="wave")
    found = agree(raw, AskedWave(raw))

    assert found.conflict == ("Morning", "Noon")
    assert write_answer(found)["concession"] == (
        concession("Morning", "window", "MO 10:00-12:00", "MO 10:00-14:00", 120, "2027-01-04T13:00")
    )


def test_concession_of_a_wave_at_a_skipped_time_is_for_what_the_clock_shows_then() -> None:
    always, berlin = group("Always", "Africa/Lagos", EVERY_DAY), group("Berlin", "Europe/Berlin")
    skipped = {"start": "2027-03-28T02:30", "end": "2027-03-28T03:30"}

    raw = asking(always, berlin, shape="wave", wall_range=skipped)
    found = agree(raw, AskedWave(raw))

    assert write_answer(found)["concession"] == concession("Berlin", "window", "", "SU 03:30-04:30 possible", 60, "2027-03-28T02:30")


def test_concession_of_a_relay_gives_a_group_a_start_of_its_own() -> None:
    day, night = group("Day", "UTC", "MO 10:00-12:00"), group("Night", "UTC", "MO 20:00-22:00")
    never = [group(name, "UTC", f"MO {begin}-09:15", quiet="09:00-10:00") for name, begin in (("Never", "08:30"), ("Nor", "08:15"))]

    raw = asking(day, *never, night, shape="relay")
    found = agree(raw, AskedRelay(raw))

    assert found.conflict == ("Never",)
    assert write_answer(found)["concession"] == concession("Nor", "window", "MO 08:15-09:15", "MO 08:00-09:15", 15, "2027-01-04T08:00:00Z")


@pytest.mark.parametrize("shape", ["instant", "wave", "relay"])
def test_nothing_is_asked_of_anybody_when_all_are_suited_or_the_range_holds_no_start(shape: str) -> None:
    always = [group(zone, zone, EVERY_DAY) for zone in ("UTC", "Asia/Tokyo")]

    for raw in asking(*always), asking(*always, end="2027-01-04T00:59:00Z"), asking():
        found = resolve_shape(question_of({**raw, "shape": shape}))
        assert (found.conflict, found.concession) == ((), None)


def test_window_after_a_change_is_read_back_as_the_window_it_is() -> None:
    found = resolve(question_of(asking(DAR, group("Late", "UTC", "MO-SU 18:30-23:00")))).concession

    assert found is not None
    assert read_availability_text(found.change_to).windows == found.availability.windows


@settings(max_examples=30)
@given(st.integers(0, 2**64))
def test_bound_of_an_extension_is_never_above_the_least_one(drawn: int) -> None:
    """What spares ten thousand groups a close look may not change the answer."""
    question = question_of(generated_question(Random(drawn)))
    grid = Grid.of(question)
    assume(grid.count)
    field = Field.of(question, grid, zone_pieces(question.groups, grid.first, grid.end))
    starts = np.arange(grid.count)[:: 1 + grid.count // 5]

    bounds = extension_bounds(field, starts, question.groups)

    for bound, each in zip(bounds, question.groups, strict=True):
        change = extend_window(Obstacles(field, each, starts))
        assert bound <= (NEVER if change is None else change.minutes)


def test_large_network_has_the_concession_that_a_look_at_each_group_finds() -> None:
    draw = Random(20270104)
    question = question_of(
        asking(
            *(generated_group(draw, f"g{i}", "2027-03-28") for i in range(200)),
            start="2027-03-27T00:00:00Z",
            end="2027-03-29T00:00:00Z",
        )
    )

    found = resolve(question)

    assert found.concession is not None
    assert resolve(found.concession.conceded(question)).max_cover == found.max_cover + 1
    assert found.concession.minutes == min(change.minutes for change in each_extension(question, found.max_cover))


def each_extension(question: Question, max_cover: int) -> Iterator[Change]:
    """The least extension of each group, looked at one by one."""
    grid = Grid.of(question)
    field = Field.of(question, grid, zone_pieces(question.groups, grid.first, grid.end))
    cover = np.sum([field.suiting(each) for each in question.groups], axis=0)
    changes = (extend_window(Obstacles(field, each, np.flatnonzero(cover == max_cover))) for each in question.groups)
    return (change for change in changes if change is not None)
