"""An action's life: every transition, deadlines to the second, stages, and the phases of a room to the second."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.action import (
    Command,
    Phase,
    Stage,
    State,
    can,
    check_deadline,
    latest_deadline,
    next_state,
    phase,
    seconds_left,
    stage,
    turn,
)
from coordinator.errors import Conflict, Invalid
from tests.factories import NOON

T = datetime(2027, 3, 27, 18, 0, tzinfo=NOON.tzinfo)
HOUR = timedelta(hours=1)

# state command → state; "moving" and "still" say when a confirmed action takes the command. Everything else is refused.
NETWORK = {
    ("draft", "edit"): "draft",
    ("draft", "put_forward"): "proposed",
    ("draft", "withdraw"): "withdrawn",
    ("proposed", "respond"): "proposed",
    ("proposed", "confirm"): "confirmed",
    ("proposed", "lapse"): "lapsed",
    ("proposed", "withdraw"): "withdrawn",
}
CONFIRMED_STILL = {"move": "confirmed", "cancel": "cancelled"}
CONFIRMED_MOVING = {"respond": "confirmed", "confirm": "confirmed", "keep": "confirmed", "cancel": "cancelled"}
PRACTICE = {
    ("draft", "edit"): "draft",
    ("draft", "practise"): "confirmed",
    ("draft", "withdraw"): "withdrawn",
    ("proposed", "withdraw"): "withdrawn",  # no command leads a practice there
    ("confirmed", "cancel"): "cancelled",
}


def expected_state(state: str, command: str, *, moving: bool, practice: bool) -> str | None:
    if practice:
        return PRACTICE.get((state, command))
    if state == "confirmed":
        return (CONFIRMED_MOVING if moving else CONFIRMED_STILL).get(command)
    return NETWORK.get((state, command))


@pytest.mark.parametrize(("moving", "practice"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize(("state", "command"), list(itertools.product(State, Command)))
def test_next_state_every_cell(state: State, command: Command, moving: bool, practice: bool) -> None:
    expected = expected_state(state, command, moving=moving, practice=practice)

    assert can(state, command, moving=moving, practice=practice) is (expected is not None)
    if expected is None:
        with pytest.raises(Conflict) as refused:
            next_state(state, command, moving=moving, practice=practice)
        assert (refused.value.code, refused.value.details) == ("action_state", {"state": state, "command": command})
    else:
        assert next_state(state, command, moving=moving, practice=practice) == expected


# --- deadlines --------------------------------------------------------------------------------------------------------


def test_latest_deadline_of_a_move_is_before_the_earlier_of_old_and_new() -> None:
    earlier = T - timedelta(days=10)

    assert latest_deadline(T) == T - timedelta(hours=48)
    assert latest_deadline(T, earlier) == earlier - timedelta(hours=48)
    assert latest_deadline(earlier, T) == earlier - timedelta(hours=48)


def deadline_codes(deadline_at: datetime, starts_at: datetime, now: datetime, standing_at: datetime | None = None) -> list[str]:
    try:
        check_deadline(deadline_at, starts_at, now, standing_at)
    except Invalid as fault:
        return [f"{p.field} {p.code}" for p in fault.problems]
    return []


def test_check_deadline_bounds_are_inclusive_to_the_second() -> None:
    second = timedelta(seconds=1)

    assert deadline_codes(NOON + HOUR, T, NOON) == []
    assert deadline_codes(NOON + HOUR - second, T, NOON) == ["deadline deadline_too_early"]
    assert deadline_codes(T - 48 * HOUR, T, NOON) == []
    assert deadline_codes(T - 48 * HOUR + second, T, NOON) == ["deadline deadline_too_late"]


def test_check_deadline_names_both_faults_when_there_is_no_room_at_all() -> None:
    assert deadline_codes(NOON, NOON + 47 * HOUR, NOON) == ["deadline deadline_too_early", "deadline deadline_too_late"]


def test_check_deadline_says_the_latest_instant() -> None:
    with pytest.raises(Invalid) as refused:
        check_deadline(T, T, NOON)

    assert refused.value.problems[0].remedy == ((T - 48 * HOUR).isoformat(),)


# --- stages -----------------------------------------------------------------------------------------------------------

LEGS = [T, T + 5 * HOUR]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (T - timedelta(seconds=3601), Stage.AHEAD),
        (T - timedelta(seconds=3600), Stage.GATHERING),
        (T - timedelta(seconds=1), Stage.GATHERING),
        (T, Stage.LIVE),
        (T + 3 * HOUR, Stage.LIVE),
        (T + 6 * HOUR - timedelta(seconds=1), Stage.LIVE),
        (T + 6 * HOUR, Stage.REFLECTING),
        (T + 6 * HOUR + timedelta(days=7) - timedelta(seconds=1), Stage.REFLECTING),
        (T + 6 * HOUR + timedelta(days=7), Stage.ARCHIVED),
    ],
)
def test_stage_runs_from_the_first_leg_to_the_last_ones_end(now: datetime, expected: Stage) -> None:
    assert stage(LEGS, HOUR, now) is expected
    assert stage(LEGS[::-1], HOUR, now) is expected


# --- phases of a room -------------------------------------------------------------------------------------------------

LASTS = timedelta(minutes=20)


@pytest.mark.parametrize(
    ("left_s", "expected"),
    [
        (3601, Phase.WAITING),
        (3600, Phase.GATHERING),
        (600, Phase.GATHERING),
        (599, Phase.COUNTING),
        (11, Phase.COUNTING),
        (10, Phase.FINAL),
        (1, Phase.FINAL),
        (0, Phase.NOW),
        (-9, Phase.NOW),
        (-10, Phase.HOLDING),
        (-1199, Phase.HOLDING),
        (-1200, Phase.THANKS),
        (-1200 - 1799, Phase.THANKS),
        (-1200 - 1800, Phase.WAITING),
    ],
)
def test_phase_boundaries_to_the_second(left_s: int, expected: Phase) -> None:
    assert phase(T, LASTS, T - timedelta(seconds=left_s)) is expected


@pytest.mark.parametrize("left_s", [3600, 599, 10, 0])
def test_phase_begins_a_microsecond_after_the_second_before(left_s: int) -> None:
    """n is rounded up: with 599.000001 s left the room still gathers, with 599 it counts."""
    moment = T - timedelta(seconds=left_s)
    just_before = moment - timedelta(microseconds=1)

    assert seconds_left(T, moment) == left_s
    assert seconds_left(T, just_before) == left_s + 1
    assert phase(T, LASTS, just_before) is not phase(T, LASTS, moment)


def test_phase_of_an_action_shorter_than_now_goes_from_now_to_thanks() -> None:
    short = timedelta(seconds=5)

    assert phase(T, short, T + timedelta(seconds=9)) is Phase.NOW
    assert phase(T, short, T + timedelta(seconds=10)) is Phase.THANKS
    assert phase(T, short, T + timedelta(seconds=10 + 1799)) is Phase.THANKS
    assert phase(T, short, T + timedelta(seconds=10 + 1800)) is Phase.WAITING


ORDER = [Phase.WAITING, Phase.GATHERING, Phase.COUNTING, Phase.FINAL, Phase.NOW, Phase.HOLDING, Phase.THANKS]


@given(
    earlier=st.integers(-7_200_000_000, 90_000_000_000),
    step=st.integers(0, 90_000_000_000),
    minutes=st.integers(1, 1440),
)
def test_phase_never_goes_back(earlier: int, step: int, minutes: int) -> None:
    lasts = timedelta(minutes=minutes)
    first = phase(T, lasts, T + timedelta(microseconds=earlier))
    second = phase(T, lasts, T + timedelta(microseconds=earlier + step))

    after_all = second is Phase.WAITING and earlier + step > 0

    assert after_all or ORDER.index(second) >= ORDER.index(first) or first is Phase.WAITING
    if earlier > 0 and first is Phase.WAITING:
        assert second is Phase.WAITING


# --- which of several legs --------------------------------------------------------------------------------------------

LEGS = [T, T + timedelta(minutes=15), T + timedelta(hours=5)]  # the second begins while the first goes on


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(days=-9), 0),
        (timedelta(seconds=-1), 0),
        (timedelta(seconds=300), 0),  # ten minutes before the second, whose digits have not begun
        (timedelta(seconds=301), 1),
        (timedelta(minutes=15), 1),
        (timedelta(minutes=75), 2),  # the second's thanks are over
        (timedelta(minutes=75, seconds=-1), 1),
        (timedelta(hours=5), 2),
        (timedelta(days=9), 2),
    ],
)
def test_turn_shows_the_leg_that_is_counted_down_to_or_goes_on(after: timedelta, expected: int) -> None:
    assert turn(LEGS, timedelta(minutes=30), T + after) == expected


def test_turn_never_cuts_now_short() -> None:
    legs = [T, T + timedelta(minutes=2)]

    shown = [turn(legs, timedelta(minutes=30), T + timedelta(seconds=s)) for s in (-1, 0, 9, 10)]

    assert shown == [0, 0, 0, 1]
