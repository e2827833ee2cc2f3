"""The hours of the heat map against a plain count: every start weighed by itself, every hour read off the zone's own clock."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.domain.availability import Availability, Level, QuietSpan, Reach, Window
from coordinator.domain.heat import Heat, find_heat
from coordinator.domain.question import Invitee, Question
from coordinator.domain.weighing import weigh
from coordinator.domain.zones import to_wall_time

DAY = timedelta(days=1)
ZONES = ("Asia/Kathmandu", "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca", "America/St_Johns", "Pacific/Kiritimati")
CHANGES = (
    datetime(2027, 3, 28, tzinfo=UTC),
    datetime(2027, 10, 31, tzinfo=UTC),
    datetime(2027, 4, 3, tzinfo=UTC),
    datetime(2027, 2, 6, tzinfo=UTC),
)


@st.composite
def invitees(draw: st.DrawFn, name: str) -> Invitee:
    def span() -> tuple[int, int]:
        start = draw(st.integers(0, 95)) * 15
        return start, start + draw(st.integers(4, 60)) * 15

    windows = tuple(Window((0, 2, 5, 6), *span(), draw(st.sampled_from(Level))) for _ in range(draw(st.integers(1, 2))))
    quiet = tuple(QuietSpan(*span()) for _ in range(draw(st.integers(0, 1))))
    blocked = (date(2027, 3, 29),) if draw(st.booleans()) else ()
    return Invitee(name, draw(st.sampled_from(ZONES)), Availability(windows, quiet, blocked, draw(st.sampled_from(Reach))))


@st.composite
def questions(draw: st.DrawFn) -> Question:
    start_at = draw(st.sampled_from(CHANGES))
    groups = tuple(draw(invitees(f"g{n}")) for n in range(draw(st.integers(0, 4))))
    return Question(
        start_at, start_at + 3 * DAY, draw(st.sampled_from((15, 45, 120))), groups, slot_minutes=draw(st.sampled_from((15, 30)))
    )


def plainly(question: Question, zone_id: str) -> list[tuple[date, int, datetime, int, bool]]:
    """(date, hour, best start, how many it suits, whether nobody is at night) of each hour, an offset at a time."""
    found: dict[tuple[date, int, timedelta], list[tuple[int, bool, datetime]]] = defaultdict(list)
    start_at = question.start_at
    while start_at + timedelta(minutes=question.duration_minutes) <= question.end_at:
        rows = weigh(question, start_at).groups
        wall_time = to_wall_time(start_at, zone_id)
        hour = wall_time.date(), wall_time.hour, wall_time - start_at.replace(tzinfo=None)
        found[hour].append((sum(row.burden <= 1 for row in rows), all(row.burden <= 3 for row in rows), start_at))
        start_at += timedelta(minutes=question.slot_minutes)
    best = {hour: min(starts, key=lambda each: (-each[0], not each[1], each[2])) for hour, starts in found.items()}
    return sorted(((on, hour, at, suits, calm) for (on, hour, _), (suits, calm, at) in best.items()), key=lambda each: each[2])


def in_order(heat: Heat) -> list[tuple[date, int, datetime, int, bool]]:
    return sorted(((each.on, each.hour, each.starts_at, each.suits, each.nobody_at_night) for each in heat.hours), key=lambda each: each[2])


@settings(max_examples=60, deadline=None)
@given(questions(), st.sampled_from(ZONES))
def test_hours_agree_with_a_plain_count(question: Question, zone_id: str) -> None:
    heat = find_heat(question, zone_id, (date(2027, 1, 1), date(2027, 12, 31)))

    assert heat.groups == len(question.groups)
    assert in_order(heat) == plainly(question, zone_id)


@pytest.mark.parametrize(
    ("start_at", "hours"),
    [
        (datetime(2027, 3, 28, tzinfo=UTC), [(0, False), (2, False), (3, False)]),  # one o'clock is skipped
        (datetime(2027, 10, 30, 23, tzinfo=UTC), [(0, False), (1, False), (1, True), (2, False)]),
    ],
)
def test_hours_of_a_clock_change_are_left_out_or_stand_twice(start_at: datetime, hours: list[tuple[int, bool]]) -> None:
    heat = find_heat(
        Question(start_at, start_at + timedelta(hours=len(hours)), 15, ()), "Europe/London", (date(2027, 1, 1), date(2027, 12, 31))
    )

    assert [(each.hour, each.again) for each in heat.hours] == hours


def test_hours_outside_the_dates_asked_for_and_a_question_without_starts_are_left_out() -> None:
    question = Question(datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 3, 3, tzinfo=UTC), 60, ())

    assert {each.on for each in find_heat(question, "UTC", (date(2027, 3, 2), date(2027, 3, 9))).hours} == {date(2027, 3, 2)}
    assert find_heat(Question(question.start_at, question.start_at, 60, ()), "UTC", (date(2027, 3, 2), date(2027, 3, 9))).hours == ()
