"""The score: staff lines, weeks as wide as they need to be, strokes from dot to ring, and the same mirrored for right-to-left pages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.quarters import Quarter
from coordinator.formats.echo_map import HEAD, LEAST_STEP, STEPS, Stroke, Week, draw_score, line_at, step_for, week_at, weeks_of

SHEET = Path(__file__).parents[2] / "web/static/css/components/score.css"
WEEKS = tuple(Week(str(number), "January" if number == 1 else "", "Jan" if number == 1 else "") for number in range(1, 5))


def xs(picture: str) -> list[float]:
    """How far across the dots lie, in their order."""
    return [float(x) for x in re.findall(r'class="score__told" cx="([0-9.]+)%"', picture)]


def draw(*strokes: Stroke, lines: int = 3, mirrored: bool = False) -> str:
    return str(draw_score(lines, WEEKS, strokes, "Echo map", mirrored=mirrored).picture)


def test_score_of_one_echo_is_two_lines_and_a_stroke_between_them() -> None:
    score = draw_score(2, WEEKS[:2], [Stroke(1, 0, 1, "Recife told, La Paz answered")], "Echo map", mirrored=False)

    assert (score.step, score.width) == (44, "")
    assert score.picture == (
        '<svg class="score__plot" width="100%" height="132" role="img" aria-label="Echo map">'
        '<text class="score__month" x="0%" y="14">January</text><text class="score__month score__month--short" x="0%" y="14">Jan</text>'
        '<text class="score__week" x="25%" y="32" text-anchor="middle">1</text>'
        '<text class="score__week" x="75%" y="32" text-anchor="middle">2</text>'
        '<line class="score__staff" x1="0" x2="100%" y1="66" y2="66"/><line class="score__staff" x1="0" x2="100%" y1="110" y2="110"/>'
        '<g class="score__echo"><title>Recife told, La Paz answered</title>'
        '<line class="score__stem" x1="75%" x2="75%" y1="110" y2="66"/>'
        '<circle class="score__told" cx="75%" cy="110" r="7"/><circle class="score__answered" cx="75%" cy="66" r="5.5"/></g></svg>'
    )


def test_score_without_echoes_is_lines_without_strokes() -> None:
    picture = draw(lines=5)

    assert (picture.count("score__staff"), picture.count("score__echo"), picture.count("score__week")) == (5, 0, 4)


def test_score_mirrors_across_and_not_down() -> None:
    strokes = (Stroke(0, 2, 0, ""), Stroke(1, 0, 3, ""))
    plain, mirrored = draw(*strokes), draw(*strokes, mirrored=True)

    assert xs(plain) == [12.5, 87.5]
    assert xs(mirrored) == [87.5, 12.5]
    assert re.findall(r'cy="\d+"', plain) == re.findall(r'cy="\d+"', mirrored)


def test_score_sets_echoes_that_would_touch_side_by_side_and_shares_lanes_with_the_others() -> None:
    apart = draw(Stroke(0, 1, 0, ""), Stroke(2, 3, 0, ""), lines=4)
    touching = draw(Stroke(0, 2, 0, ""), Stroke(2, 3, 0, ""), lines=4)

    assert xs(apart) == [12.5, 12.5]
    assert xs(touching) == [6.25, 18.75]


def test_score_makes_a_crowded_week_wider_and_says_when_it_needs_room() -> None:
    crowd = [Stroke(0, 1, 1, "") for _ in range(8)]
    score = draw_score(2, WEEKS, [*crowd, Stroke(0, 1, 3, "")], "", mirrored=False)

    across = xs(str(score.picture))
    assert [round(b - a, 2) for a, b in pairwise(across[:8])] == [7.14] * 7
    assert across[-1] > 90
    assert [draw_score(2, WEEKS, crowd * many, "", mirrored=False).width for many in (1, 4, 9)] == ["", "wide", "widest"]


def test_score_escapes_what_people_wrote() -> None:
    picture = draw(Stroke(0, 1, 0, '<script>"&'))

    assert "<title>&lt;script&gt;&#34;&amp;</title>" in picture


@given(
    strokes=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)).filter(lambda s: s[0] != s[1]).map(lambda s: Stroke(*s, "")),
        max_size=30,
    ),
    mirrored=st.booleans(),
)
def test_score_never_draws_two_strokes_over_one_another(strokes: list[Stroke], mirrored: bool) -> None:
    strokes = sorted(strokes, key=lambda stroke: stroke.week)
    picture = draw(*strokes, lines=10, mirrored=mirrored)

    stems = re.findall(r'score__stem" x1="([0-9.]+)%" x2="[0-9.]+%" y1="(\d+)" y2="(\d+)"', picture)
    drawn = [(float(x), *sorted((int(y1), int(y2)))) for x, y1, y2 in stems]
    assert len(drawn) == len(strokes)
    for index, (x, top, bottom) in enumerate(drawn):
        assert 0 < x < 100
        assert not [o for o in drawn[index + 1 :] if abs(o[0] - x) < 0.01 and o[1] <= bottom and top <= o[2]]


# --- weeks and steps --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quarter", "first", "count"),
    [
        (Quarter(2027, 1), date(2026, 12, 28), 14),  # begins on a Friday
        (Quarter(2027, 2), date(2027, 3, 29), 14),
        (Quarter(2029, 1), date(2029, 1, 1), 13),  # begins on a Monday
        (Quarter(2026, 4), date(2026, 9, 28), 14),
    ],
)
def test_weeks_hold_every_day_of_the_quarter(quarter: Quarter, first: date, count: int) -> None:
    mondays = weeks_of(quarter)

    assert (mondays[0], len(mondays)) == (first, count)
    assert mondays[-1] <= quarter.last_on < mondays[-1] + timedelta(days=7)
    assert (week_at(quarter.first_on, mondays), week_at(quarter.last_on, mondays)) == (0, count - 1)


def test_week_of_a_date_beyond_the_quarter_is_the_nearest() -> None:
    mondays = weeks_of(Quarter(2027, 1))

    assert (week_at(date(2026, 1, 1), mondays), week_at(date(2028, 1, 1), mondays)) == (0, 13)


def test_sheet_and_picture_agree_where_the_lines_are() -> None:
    sheet = SHEET.read_text()

    assert f".score__names {{ padding-block-start: {HEAD}px;" in sheet
    assert f".score__names li {{ block-size: {LEAST_STEP}px; line-height: {LEAST_STEP}px;" in sheet
    for _, step in STEPS:
        assert f'.score[data-step="{step}"] li {{ block-size: {step}px; line-height: {step}px; }}' in sheet
    assert [step_for(lines) for lines in (0, 8, 9, 14, 15, 99)] == [44, 44, 36, 36, 28, 28]
    assert line_at(2, 28) - line_at(1, 28) == 28
