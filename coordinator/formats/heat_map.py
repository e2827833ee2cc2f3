"""How is a quarter of hours drawn? Days across, the reader's hours down, darker the more groups are in their hours; a dot: nobody at night.

SVG with classes (`css/components/heat.css`). Cells are drawn as runs and cut apart by lines of the ground, which keeps a quarter under
ten kilobytes. An hour that a clock change skips is left open, one that it repeats is cut in two halves. A page that runs from right to
left runs its days so too; hours always run down. A table twin stands under the picture (`pages/heat_section.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter

from markupsafe import Markup

from coordinator.domain.heat import HOURS, Heat, HeatHour
from coordinator.formats.sky import Run

CELL, LINE = 12, 13  # width of a day, height of an hour, each with the pixel that keeps neighbours apart
STEPS = 5
DARK_FROM = 3  # a dot on this step or a darker one is light
BEFORE, AFTER, ABOVE, BELOW = 64, 8, 34, 12
SKY_AT, SKY_WIDTH, HOURS_AT = 26, 14, 34  # how far before the first day
RING = 10.5

Cells = Sequence[tuple[int, HeatHour]]  # day, counted from 0

MAP = Markup('<svg class="heat__plot" viewBox="{left} {top} {width} {height}" role="img" aria-label="{label}">{parts}</svg>')
PATH = Markup('<path class="heat__{}" d="{}"/>')
TEXT = Markup('<text class="heat__{}" x="{}" y="{}" text-anchor="{}">{}</text>')
SKY = Markup('<rect class="t{}" x="{}" y="{}" width="{}" height="{}"/>')
MARK = Markup(
    '<g><rect class="heat__halo" x="{x}" y="{y}" width="{side}" height="{side}"/><rect class="heat__ring" x="{x}" y="{y}" width="{side}" height="{side}"/>'
    '<text class="heat__letter" x="{middle}" y="{above}" text-anchor="middle">{letter}</text></g>'
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A start that is ringed: its letter, its date, and its minute of the day."""

    letter: str
    on: date
    minute: int


@dataclass(frozen=True, slots=True)
class Heads:
    """What stands around the picture: its label, (first date, name) of each month, the figures of hours 0, 6, 12, 18 and 24."""

    label: str
    months: tuple[tuple[date, str], ...]
    hours: tuple[str, ...]


def steps_of(most: int) -> tuple[tuple[int, int], ...]:
    """The bounds of the colours, five or fewer: (fewest, most) groups, inclusive, the lightest first. The darkest one holds `most`."""
    bounds = [most * step // STEPS for step in range(1, STEPS)]
    firsts = [0, *(bound + 1 for bound in bounds)]
    lasts = [*bounds, most]
    return tuple((first, last) for first, last in zip(firsts, lasts, strict=True) if first <= last)


def draw_heat(heat: Heat, marks: Iterable[Mark], heads: Heads, sky: Sequence[Run], *, mirrored: bool) -> Markup:
    """The picture. `sky`: the tones of one day of the reader's, by minute."""
    plot = _Plot(heat, mirrored=mirrored)
    cells = [((hour.on - heat.first_on).days, hour) for hour in heat.hours]
    parts = (
        *_heads(heads, plot),
        *(_sky(run, plot) for run in sky),
        *_colours(cells, heat, plot),
        PATH.format("grid", plot.grid()),
        *_dots(cells, heat, plot),
        PATH.format("week", plot.mondays()),
        *(_mark(mark, plot) for mark in marks),
    )
    left = -(AFTER if mirrored else BEFORE)
    return MAP.format(
        left=left,
        top=-ABOVE,
        width=plot.width + BEFORE + AFTER,
        height=HOURS * LINE + ABOVE + BELOW,
        label=heads.label,
        parts=Markup("").join(parts),
    )


class _Plot:
    """Where days and hours lie."""

    def __init__(self, heat: Heat, *, mirrored: bool) -> None:
        self.first_on, self.mirrored = heat.first_on, mirrored
        self.days = (heat.last_on - heat.first_on).days + 1
        self.width = self.days * CELL

    def x(self, day: int) -> int:
        """The left edge of a day's column."""
        return (self.days - 1 - day if self.mirrored else day) * CELL

    def before(self, away: float) -> float:
        """So far outside the edge on which the first day lies."""
        return self.width + away if self.mirrored else -away

    @property
    def anchor(self) -> str:
        """How text ends towards the picture at its first edge."""
        return "start" if self.mirrored else "end"

    def grid(self) -> str:
        """The lines of the ground that cut runs into cells."""
        across = "".join(f"M0 {hour * LINE - 0.5}h{self.width}" for hour in range(1, HOURS))
        return across + "".join(f"M{day * CELL - 0.5} 0v{HOURS * LINE}" for day in range(1, self.days))

    def mondays(self) -> str:
        """A tick under each Monday."""
        days = (day for day in range(self.days) if (self.first_on + timedelta(days=day)).weekday() == 0)
        return "".join(f"M{self.x(day) + (CELL if self.mirrored else 0) - 0.5} {HOURS * LINE + 2}v5" for day in days)


def _colours(cells: Cells, heat: Heat, plot: _Plot) -> Iterator[Markup]:
    """A path for each step, the lightest first."""
    steps = steps_of(heat.most)
    halved = {(day, hour.hour) for day, hour in cells if hour.again}
    boxes: dict[int, list[str]] = {}
    for day, of_day in groupby((cell for cell in cells if (cell[0], cell[1].hour) not in halved), key=itemgetter(0)):
        for step, first, count in _runs((hour.hour, _step(hour.suits, steps)) for _, hour in of_day):
            boxes.setdefault(step, []).append(_box(plot.x(day), first, CELL, count))
    for day, hour in cells:
        if (day, hour.hour) in halved:
            x = plot.x(day) + (CELL // 2 if hour.again != plot.mirrored else 0)
            boxes.setdefault(_step(hour.suits, steps), []).append(_box(x, hour.hour, CELL // 2, 1))
    return (PATH.format(f"can{step}", "".join(boxes[step])) for step in sorted(boxes))


def _box(x: int, hour: int, width: int, hours: int) -> str:
    return f"M{x} {hour * LINE}h{width}v{hours * LINE}h-{width}z"


def step_shown(number: int, steps: int) -> int:
    """The colour of a step; fewer steps than colours, with few groups, spread over the whole scale."""
    return number if steps == STEPS else number * (STEPS - 1) // max(1, steps - 1)


def _step(suits: int, steps: Sequence[tuple[int, int]]) -> int:
    return step_shown(next(step for step, (_, most) in enumerate(steps) if suits <= most), len(steps))


def _runs(hours: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int, int]]:
    """(step, first hour, hours) of each run of successive hours of one step."""
    run: tuple[int, int, int] | None = None
    for hour, step in hours:
        if run is not None and run[0] == step and run[1] + run[2] == hour:
            run = (step, run[1], run[2] + 1)
            continue
        if run is not None:
            yield run
        run = (step, hour, 1)
    if run is not None:
        yield run


def _dots(cells: Cells, heat: Heat, plot: _Plot) -> Iterable[Markup]:
    """Nobody at night: ink on light cells, paper on dark ones."""
    steps = steps_of(heat.most)
    found: dict[str, list[str]] = {}
    for day, hour in cells:
        if hour.nobody_at_night and not hour.again:
            kind = "light" if _step(hour.suits, steps) >= DARK_FROM else "dark"
            found.setdefault(kind, []).append(f"M{plot.x(day) + 4} {hour.hour * LINE + 5}h3v2h-3z")
    return (PATH.format(f"dot heat__dot--{kind}", "".join(found[kind])) for kind in sorted(found))


def _sky(run: Run, plot: _Plot) -> Markup:
    return SKY.format(run.tone, _near(plot, SKY_AT, SKY_WIDTH), f"{run.minute * LINE / 60:g}", SKY_WIDTH, f"{run.minutes * LINE / 60:g}")


def _near(plot: _Plot, away: float, width: float) -> str:
    """The left edge of something `width` wide whose outer edge lies `away` from the first day."""
    return f"{plot.before(away) - (width if plot.mirrored else 0):g}"


def _heads(heads: Heads, plot: _Plot) -> Iterable[Markup]:
    start = "end" if plot.mirrored else "start"
    for on, name in heads.months:
        day = (on - plot.first_on).days
        yield TEXT.format("month", plot.x(day) + (CELL if plot.mirrored else 0), -12, start, name)
    for quarter_day, figure in enumerate(heads.hours):
        yield TEXT.format("hour", f"{plot.before(HOURS_AT):g}", quarter_day * 6 * LINE + 4, plot.anchor, figure)


def _mark(mark: Mark, plot: _Plot) -> Markup:
    middle = plot.x((mark.on - plot.first_on).days) + (CELL - 1) / 2
    down = mark.minute * LINE / 60 + LINE / 2
    return MARK.format(
        x=f"{middle - RING:g}", y=f"{down - RING:g}", side=2 * RING, middle=f"{middle:g}", above=f"{down - RING - 5:g}", letter=mark.letter
    )
