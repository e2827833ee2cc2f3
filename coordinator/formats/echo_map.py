"""How is it drawn which struggle echoed which? As a score: groups are staff lines, weeks run along, an echo is a stroke.

The stroke runs from the teller's line (full dot) to the answerer's (ring). Weeks are as wide as what happened in them needs, as bars of a
score are. SVG with classes (`css/components/score.css`): across in hundredths of the width, so that it fits every screen without
shrinking its type; down in pixels, which the names beside it share. A right-to-left page runs its weeks from right to left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from markupsafe import Markup

from coordinator.domain.quarters import Quarter

HEAD = 44  # above the first line: months, and under them the numbers of weeks; `score.css` has this and the steps as well
STEPS = ((8, 44), (14, 36))  # up to so many lines: how far one is from the next; beyond: the least
LEAST_STEP = 28
MONTHS_AT, WEEKS_AT = 14, 32
DOT, RING = 7, 5.5
WEEK = timedelta(days=7)
LANE_PX, BAR_PX = 16, 16  # what a stroke and a week need at least
WIDTHS = ((280, ""), (640, "wide"))  # up to so many pixels: no scrolling on a phone; on a desk; beyond: `widest`
WIDEST = "widest"

SCORE = Markup('<svg class="score__plot" width="100%" height="{}" role="img" aria-label="{}">{}</svg>')
STAFF = Markup('<line class="score__staff" x1="0" x2="100%" y1="{0}" y2="{0}"/>')
MONTH = Markup(
    '<text class="score__month" x="{x}%" y="{y}">{month}</text><text class="score__month score__month--short" x="{x}%" y="{y}">{short}</text>'
)
NUMBER = Markup('<text class="score__week" x="{}%" y="{}" text-anchor="middle">{}</text>')
ECHO = Markup(
    '<g class="score__echo"><title>{words}</title><line class="score__stem" x1="{x}%" x2="{x}%" y1="{told}" y2="{answered}"/>'
    '<circle class="score__told" cx="{x}%" cy="{told}" r="{dot}"/><circle class="score__answered" cx="{x}%" cy="{answered}" r="{ring}"/></g>'
)


@dataclass(frozen=True, slots=True)
class Stroke:
    """One echo: the lines of teller and answerer, counted from 0, its week, counted from 0, and what a pointer over it reads."""

    teller: int
    answerer: int
    week: int
    words: str


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a quarter: its number, and the name of the month that begins in it, in full and for small screens, else empty."""

    number: str
    month: str = ""
    short_month: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """The picture, how far its lines are apart in pixels, and how much room it asks for: empty, `wide` or `widest`."""

    picture: Markup
    step: int
    width: str


def weeks_of(quarter: Quarter) -> tuple[date, ...]:
    """The Mondays of the 13 or 14 weeks that hold a day of the quarter."""
    first = quarter.first_on - timedelta(days=quarter.first_on.weekday())
    return tuple(first + WEEK * number for number in range((quarter.last_on - first) // WEEK + 1))


def week_at(on: date, mondays: Sequence[date]) -> int:
    """Which of these weeks the date lies in; the nearest one for a date beyond them."""
    return min(max((on - mondays[0]) // WEEK, 0), len(mondays) - 1)


def draw_score(lines: int, weeks: Sequence[Week], strokes: Sequence[Stroke], label: str, *, mirrored: bool) -> Score:
    """The score of these strokes, in the order of time; `mirrored` for a page that runs from right to left. Without strokes: bare lines."""
    lanes = _share_lanes(strokes, len(weeks))
    counts = [max((lane for stroke, lane in lanes if stroke.week == week), default=-1) + 1 for week in range(len(weeks))]
    bars, step = _Bars(counts, mirrored=mirrored), step_for(lines)
    staff = (STAFF.format(line_at(line, step)) for line in range(lines))
    heads = (_head(week, bars, number) for number, week in enumerate(weeks))
    echoes = (_echo(stroke, bars.lane_at(stroke.week, lane), step) for stroke, lane in lanes)
    parts = Markup("").join((*heads, *staff, *echoes))
    return Score(SCORE.format(HEAD + step * lines, label, parts), step, _width(counts))


def step_for(lines: int) -> int:
    """How far lines are apart, so that few of them fill a wall as many do."""
    return next((step for most, step in STEPS if lines <= most), LEAST_STEP)


def line_at(line: int, step: int) -> int:
    """How far down a line is, in pixels."""
    return HEAD + step * line + step // 2


class _Bars:
    """Where weeks and their lanes lie across, in hundredths of the width."""

    def __init__(self, counts: Sequence[int], *, mirrored: bool) -> None:
        self._counts, self._mirrored = counts, mirrored
        self._widths = [max(1.0, count / 2) for count in counts]
        self._starts = [0.0, *accumulate(self._widths)]

    def start_of(self, week: int) -> str:
        return self._across(self._starts[week])

    def middle_of(self, week: int) -> str:
        return self._across(self._starts[week] + self._widths[week] / 2)

    def lane_at(self, week: int, lane: int) -> str:
        return self._across(self._starts[week] + self._widths[week] * (lane + 0.5) / self._counts[week])

    def _across(self, at: float) -> str:
        share = at / self._starts[-1]
        return f"{100 * (1 - share if self._mirrored else share):.3f}".rstrip("0").rstrip(".")


def _share_lanes(strokes: Sequence[Stroke], weeks: int) -> list[tuple[Stroke, int]]:
    """Each stroke with its lane in its week: those that would touch lie side by side, in their order; the others share a lane."""
    taken: list[list[list[Stroke]]] = [[] for _ in range(weeks)]
    placed = []
    for stroke in strokes:
        lanes = taken[stroke.week]
        lane = next((number for number, held in enumerate(lanes) if all(_apart(stroke, other) for other in held)), len(lanes))
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append(stroke)
        placed.append((stroke, lane))
    return placed


def _apart(one: Stroke, other: Stroke) -> bool:
    first, second = sorted((one.teller, one.answerer)), sorted((other.teller, other.answerer))
    return first[1] < second[0] or second[1] < first[0]


def _head(week: Week, bars: _Bars, number: int) -> Markup:
    at = {"x": bars.start_of(number), "y": MONTHS_AT}
    month = MONTH.format(**at, month=week.month, short=week.short_month) if week.month else Markup("")
    return month + NUMBER.format(bars.middle_of(number), WEEKS_AT, week.number)


def _echo(stroke: Stroke, x: str, step: int) -> Markup:
    told, answered = line_at(stroke.teller, step), line_at(stroke.answerer, step)
    return ECHO.format(words=stroke.words, x=x, told=told, answered=answered, dot=DOT, ring=RING)


def _width(counts: Sequence[int]) -> str:
    needed = sum(max(BAR_PX, LANE_PX * count) for count in counts)
    return next((name for most, name in WIDTHS if needed <= most), WIDEST)
