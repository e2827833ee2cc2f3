"""A segment's parts and time, and what a tap does to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.meeting import (
    ALLOWED,
    LEFT_MOST,
    PAGES_MOST,
    Meeting,
    MeetingCommand,
    MeetingState,
    Part,
    PartKind,
    Step,
    can,
    make_parts,
    offered_kinds,
    read_meeting,
    read_step,
    seconds_left,
    step,
)
from coordinator.errors import Conflict, Invalid
from tests.factories import NOON

C = MeetingCommand
PARTS = make_parts(10, offered_kinds(has_voice=False))
SET_UP = Meeting(
    id="grp23456-abcdefg",
    group_id="grp23456",
    spotlight_id="spotlight",
    state=MeetingState.SET_UP,
    parts=PARTS,
    part=0,
    page=0,
    part_ends_at=None,
    left_s=None,
    shows_original=False,
    shows_drafts=False,
    next_researcher="",
    revision=1,
    created_at=NOON,
    started_at=None,
    ended_at=None,
)


def tap(meeting: Meeting, *commands: MeetingCommand, now: datetime = NOON, pages: int = PAGES_MOST) -> Meeting:
    """The segment after these taps, each by somebody who sees it as it is."""
    for command in commands:
        meeting = step(meeting, Step(command, meeting.revision), now, pages=pages)
    return meeting


def at(**parts: float) -> datetime:
    return NOON + timedelta(**parts)


# --- steps ------------------------------------------------------------------------------------------------------------


def test_start_turns_to_the_first_part_with_all_its_time() -> None:
    started = tap(SET_UP, C.START)

    assert started == replace(SET_UP, state=MeetingState.RUNNING, part_ends_at=at(minutes=4), started_at=NOON, revision=2)
    assert (seconds_left(SET_UP, NOON), seconds_left(started, at(seconds=30.4)), seconds_left(started, at(minutes=5))) == (240, 210, -60)


def test_next_and_back_give_the_part_its_time_anew_also_after_a_pause() -> None:
    second = tap(tap(SET_UP, C.START, C.PAUSE), C.NEXT, now=at(minutes=1))
    first = tap(second, C.BACK, now=at(minutes=2))

    assert (second.part, second.part_ends_at, second.left_s) == (1, at(minutes=5), None)
    assert (first.part, first.part_ends_at) == (0, at(minutes=6))


def test_pause_keeps_what_is_left_also_when_it_is_over() -> None:
    running = tap(SET_UP, C.START)
    paused = tap(running, C.PAUSE, now=at(minutes=1))
    resumed = tap(paused, C.RESUME, now=at(minutes=9))
    over = tap(running, C.PAUSE, now=at(minutes=4, seconds=20))

    assert (paused.part_ends_at, paused.left_s, seconds_left(paused, at(hours=1))) == (None, 180, 180)
    assert (resumed.part_ends_at, resumed.left_s) == (at(minutes=12), None)
    assert (over.left_s, seconds_left(tap(over, C.RESUME, now=at(hours=1)), at(hours=1))) == (-20, -20)


@pytest.mark.parametrize(("seconds", "left"), [(0, 300), (230, 70), (240, 60), (999, 60)])
def test_one_more_minute_is_one_more_minute(seconds: int, left: int) -> None:
    now = at(seconds=seconds)
    running = tap(SET_UP, C.START)

    assert seconds_left(tap(running, C.ADD_MINUTE, now=now), now) == left
    assert seconds_left(tap(running, C.PAUSE, C.ADD_MINUTE, now=now), now) == left


def test_late_or_doubled_tap_changes_nothing() -> None:
    started = tap(SET_UP, C.START)
    moved = step(started, Step(C.NEXT, 2), NOON)

    assert step(moved, Step(C.NEXT, 2), NOON) is moved  # the same tap again
    assert step(moved, Step(C.END, 1), NOON) is moved  # somebody who looks at an old screen


def test_nothing_further_that_way_changes_nothing() -> None:
    running = tap(SET_UP, C.START)
    last = tap(running, *[C.NEXT] * (len(PARTS) - 1))

    assert tap(running, C.BACK) is running
    assert tap(last, C.NEXT) is last
    assert tap(running, C.PAGE_BACK) is running
    assert tap(running, C.PAGE_ON, pages=1) is running
    assert tap(running, C.PAGE_ON, C.PAGE_ON, C.PAGE_ON, pages=3).page == 2
    assert tap(running, C.SHOW_TRANSLATION) is running


def test_original_and_drafts_are_switched_apart() -> None:
    shown = tap(SET_UP, C.SHOW_ORIGINAL, C.DRAFTS_ON)

    assert (shown.shows_original, shown.shows_drafts) == (True, True)
    assert tap(shown, C.SHOW_TRANSLATION, C.DRAFTS_OFF) == replace(SET_UP, revision=5)


@pytest.mark.parametrize(
    ("state", "command"), [(state, command) for state in MeetingState for command in C if command not in ALLOWED[state]]
)
def test_what_a_state_does_not_allow_is_refused(state: MeetingState, command: MeetingCommand) -> None:
    meeting = {
        MeetingState.SET_UP: SET_UP,
        MeetingState.RUNNING: tap(SET_UP, C.START),
        MeetingState.ENDED: tap(SET_UP, C.START, C.END),
    }[state]

    with pytest.raises(Conflict) as refused:
        tap(meeting, command)

    assert (refused.value.code, refused.value.details) == ("meeting_state", {"state": state, "command": command})


@given(
    st.lists(st.tuples(st.sampled_from(list(C)), st.integers(0, 3), st.integers(0, 4000)), max_size=40),
    st.integers(5, 20),
    st.integers(0, 5),
)
def test_any_taps_at_any_time_keep_it_whole(taps: list[tuple[MeetingCommand, int, int]], minutes: int, pages: int) -> None:
    meeting, now = replace(SET_UP, parts=make_parts(minutes, list(PartKind))), NOON
    for command, behind, seconds in taps:
        now += timedelta(seconds=seconds)
        before, offered = meeting, can(meeting, command, pages=pages)
        try:
            meeting = step(meeting, Step(command, meeting.revision - behind), now, pages=pages)
        except Conflict:
            assert command not in ALLOWED[before.state]
            continue
        changed = behind == 0 and offered
        assert meeting.revision == before.revision + changed
        assert (meeting is before) is not changed
        assert 0 <= meeting.part < len(meeting.parts)
        assert 0 <= meeting.page <= max(0, pages - 1)
        running = meeting.state is MeetingState.RUNNING
        assert (meeting.part_ends_at is not None) + (meeting.left_s is not None) == running
        assert seconds_left(meeting, now) <= LEFT_MOST.total_seconds()
        assert (meeting.ended_at is not None) is (meeting.state is MeetingState.ENDED)
        assert (meeting.id, meeting.group_id, meeting.parts) == (before.id, before.group_id, before.parts)


# --- setting up ---------------------------------------------------------------------------------------------------------


@given(st.integers(5, 20), st.sets(st.sampled_from(list(PartKind)), min_size=1))
def test_plan_shares_out_every_minute_in_half_minutes(minutes: int, kinds: set[PartKind]) -> None:
    parts = make_parts(minutes, list(kinds))

    assert [part.kind for part in parts] == [kind for kind in PartKind if kind in kinds]
    assert sum(part.seconds for part in parts) == minutes * 60
    assert all(part.seconds >= 30 and part.seconds % 30 == 0 for part in parts)


def test_form_without_wishes_is_ten_minutes_without_a_voice() -> None:
    plan = read_meeting({"spotlight": "tide-x2"})

    assert (plan.spotlight, plan.parts) == ("tide-x2", PARTS)
    assert [(part.kind.value, part.seconds) for part in PARTS] == [("spotlight", 240), ("echo", 240), ("reply", 90), ("research", 30)]


def test_form_with_own_minutes_in_any_digits() -> None:
    raw = {"spotlight": "x", "minutes": "٧", "parts": ["echo", "spotlight"], "minutes.spotlight": "٢٫٥", "minutes.echo": "5"}

    assert read_meeting(raw).parts == (Part(PartKind.SPOTLIGHT, 150), Part(PartKind.ECHO, 300))


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        ({}, [("spotlight", "missing")]),
        ({"spotlight": "x", "minutes": "4"}, [("minutes", "number_out_of_range")]),
        ({"spotlight": "x", "minutes": "ten", "parts": "voice"}, [("minutes", "number_malformed"), ("parts", "choice_unknown")]),
        ({"spotlight": "x", "minutes.echo": "2.25"}, [("minutes.echo", "part_minutes")]),
        ({"spotlight": "x", "minutes.echo": "0"}, [("minutes.echo", "part_minutes")]),
        ({"spotlight": "x", "minutes.echo": "20"}, [("parts", "segment_length")]),
        ({"spotlight": "x", "parts": ["echo"], "minutes.echo": "1.5"}, [("parts", "segment_length")]),
    ],
)
def test_form_names_every_fault(raw: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as refused:
        read_meeting(raw)

    assert [(p.field, p.code) for p in refused.value.problems] == faults


def test_tap_that_is_none_names_what_is_wrong() -> None:
    with pytest.raises(Invalid) as refused:
        read_step({"command": "explode", "revision": "-1"})

    assert [(p.field, p.code) for p in refused.value.problems] == [("command", "choice_unknown"), ("revision", "number_out_of_range")]
    assert read_step({"command": "page_on", "revision": "7"}) == Step(C.PAGE_ON, 7)
