"""What the heat map of a quarter may use. Texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class HeatKey:
    """One colour of the map, `step` 0 to 4, and how many groups it stands for, in words."""

    step: int
    words: str


@dataclass(frozen=True, slots=True)
class HeatView:
    """The picture, its key, and the same as a table: `hours` head the columns, `rows` are (day in words, a cell for each hour).

    `note` says whose hours these are, `best` is one sentence about the quarter's best hours, `uncounted` one about groups left out, or empty.
    """

    note: str
    best: str
    uncounted: str
    picture: Markup
    key: tuple[HeatKey, ...]
    table_note: str
    hours: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
