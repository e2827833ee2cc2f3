"""What the three shapes of a draft, side by side, may use. Texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from coordinator.formats.times import LocalTime
from coordinator.pages.context_moments import Told


@dataclass(frozen=True, slots=True)
class ShapeColumn:
    """One shape at its best start: what it is (`words`), when, and what it costs whom. `path` shows this shape's moments, by the words `look`.

    Of one instant `time` says when; of several `clock` is what stands large, `day` and `where` beneath it. All are empty where the quarter
    holds no start of this shape. `instants` are those of a relay, `said` sentences, both markup; `lines` are (burden, how many groups have it, in words), `told` has
    every group that the reader sees, each at its own leg.
    """

    shape: str
    current: bool
    path: str
    name: str
    words: str
    look: str
    time: LocalTime | None
    clock: str
    day: str
    where: str
    instants: tuple[str, ...]
    said: tuple[str, ...]
    lines: tuple[tuple[int, str], ...]
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class ShapeLeg:
    """One leg that the reader sees, by the clock of the first of its cities, west to east."""

    time: LocalTime
    cities: str
