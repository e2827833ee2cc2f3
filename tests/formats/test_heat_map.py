"""The drawing of a heat map: where its cells, dots, halves and rings stand, and which of five colours a count takes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from coordinator.domain.heat import Heat, HeatHour
from coordinator.formats.heat_map import Heads, Mark, draw_heat, step_shown, steps_of
from coordinator.formats.sky import Run

AT = datetime(2027, 3, 1, tzinfo=UTC)
FIRST, LAST = date(2027, 3, 1), date(2027, 3, 7)
HEADS = Heads("How many groups", ((FIRST, "March"),), ("00", "06", "12", "18", "24"))


def hour(day: int, at: int, suits: int, *, calm: bool = False, again: bool = False) -> HeatHour:
    return HeatHour(date(2027, 3, day), at, AT, suits, calm, again)


def paths(drawn: str) -> dict[str, str]:
    return {name: path for name, path in re.findall(r'<path class="heat__([^"]+)" d="([^"]+)"/>', drawn) if name not in ("grid", "week")}


def draw(*hours: HeatHour, groups: int = 10, marks: tuple[Mark, ...] = (), mirrored: bool = False) -> str:
    return str(draw_heat(Heat(FIRST, LAST, groups, hours), marks, HEADS, (Run(0, 0, 360), Run(4, 360, 1080)), mirrored=mirrored))


@pytest.mark.parametrize(
    ("groups", "steps"),
    [
        (42, ((0, 8), (9, 16), (17, 25), (26, 33), (34, 42))),
        (12, ((0, 2), (3, 4), (5, 7), (8, 9), (10, 12))),
        (5, ((0, 1), (2, 2), (3, 3), (4, 4), (5, 5))),
        (1, ((0, 0), (1, 1))),
        (0, ((0, 0),)),
    ],
)
def test_steps_cut_a_count_into_five_at_most(groups: int, steps: tuple[tuple[int, int], ...]) -> None:
    assert steps_of(groups) == steps
    assert [step_shown(number, len(steps)) for number in (0, len(steps) - 1)] == [0, 4 if len(steps) > 1 else 0]


def test_cells_of_one_colour_are_drawn_as_one_run_and_a_dot_turns_light_on_a_dark_cell() -> None:
    drawn = draw(hour(1, 8, 0), hour(1, 9, 1), hour(1, 10, 10, calm=True), hour(2, 9, 2, calm=True), hour(2, 11, 2))

    assert paths(drawn) == {
        "can0": "M0 104h12v26h-12zM12 117h12v13h-12zM12 143h12v13h-12z",
        "can4": "M0 130h12v13h-12z",
        "dot heat__dot--dark": "M16 122h3v2h-3z",
        "dot heat__dot--light": "M4 135h3v2h-3z",
    }


def test_hour_that_the_clock_repeats_is_cut_in_two_halves_in_the_order_of_time() -> None:
    hours = hour(2, 1, 10), hour(2, 1, 0, again=True)

    assert paths(draw(*hours)) == {"can0": "M18 13h6v13h-6z", "can4": "M12 13h6v13h-6z"}
    assert paths(draw(*hours, mirrored=True)) == {"can0": "M60 13h6v13h-6z", "can4": "M66 13h6v13h-6z"}


def test_marks_ring_the_hour_of_their_start_and_days_run_from_right_to_left_when_mirrored() -> None:
    mark = Mark("A", date(2027, 3, 2), 90)

    plain, mirrored = draw(marks=(mark,)), draw(marks=(mark,), mirrored=True)

    assert 'class="heat__ring" x="7" y="15.5"' in plain
    assert 'class="heat__ring" x="55" y="15.5"' in mirrored
    assert '<text class="heat__month" x="0" y="-12" text-anchor="start">March</text>' in plain
    assert '<text class="heat__month" x="84" y="-12" text-anchor="end">March</text>' in mirrored
    assert ('viewBox="-64 ' in plain, 'viewBox="-8 ' in mirrored) == (True, True)


def test_drawing_of_a_quarter_stays_small() -> None:
    heat = Heat(
        FIRST,
        date(2027, 5, 31),
        42,
        tuple(
            HeatHour(date(2027, month, day), at, AT, (day * at) % 43, day % 2 == 0)
            for month in (3, 4, 5)
            for day in range(1, 31)
            for at in range(24)
        ),
    )

    assert len(str(draw_heat(heat, (), HEADS, (), mirrored=False))) < 90_000
