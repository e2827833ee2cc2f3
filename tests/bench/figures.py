"""What is a figure of the bench, how is it taken beside its floor, and how is it told?

A figure by itself says more about the machine than about Chorus. Each therefore stands beside a floor or a peer that was measured in the
same run and in turns with it; the ratio of the two is what history keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

COLUMNS = ("figure", "now", "floor or peer", "ratio", "promised")


@dataclass(frozen=True, slots=True)
class Promise:
    """The most that a figure may be, in its own unit. `word`: `must` or `goal` (DESIGN §10)."""

    word: str
    most: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `value`, `floor` and the promise share `unit`; `note` is what a reader may want to know besides."""

    name: str
    value: float
    unit: str
    floor: float
    floor_name: str
    promise: Promise | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.value / self.floor

    @property
    def is_missed(self) -> bool:
        return self.promise is not None and self.value > self.promise.most


def take_in_turns(tasks: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of what each task returns, over `rounds` rounds in which every task has a turn; the first one changes from round to round."""
    names = list(tasks)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            taken[name].append(tasks[name]())
    return {name: median(values) for name, values in taken.items()}


def tell(figures: Iterable[Figure], was: Mapping[str, float]) -> str:
    """The table. `was`: the ratios of the last stored run, by figure."""
    rows = [COLUMNS, *(_row(figure, was.get(figure.name)) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _row(figure: Figure, was: float | None) -> tuple[str, ...]:
    now = f"{short(figure.value)} {figure.unit}"
    floor = f"{short(figure.floor)} {figure.unit}, {figure.floor_name}"
    ratio = f"was {short(was)}, now {short(figure.ratio)}" if was is not None else f"now {short(figure.ratio)}"
    return figure.name, now, floor, ratio, _promised(figure)


def _promised(figure: Figure) -> str:
    words = [figure.note] if figure.note else []
    if figure.promise is not None:
        held = "missed" if figure.is_missed else "held"
        words.insert(0, f"{figure.promise.word} ≤ {short(figure.promise.most)} {figure.unit}: {held}")
    return "; ".join(words)


def short(number: float) -> str:
    """Three digits that matter, never an exponent."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"
