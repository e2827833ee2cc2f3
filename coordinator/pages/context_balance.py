"""What the page of the mirror's balance may use. Texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from coordinator.pages.context import Frame, Way


@dataclass(frozen=True, slots=True)
class HeardCell:
    """One group's quarter: a glyph for eyes, words for everybody else."""

    glyph: Markup
    words: str


@dataclass(frozen=True, slots=True)
class HeardRow:
    """One group: `place` is empty for one that hides; `told` and `mirrored` are sums in figures. `proposed` marks whom to turn to next."""

    name: str
    place: str
    cells: tuple[HeardCell, ...]
    told: str
    mirrored: str
    proposed: bool
    own: bool


@dataclass(frozen=True, slots=True)
class BalancePage:
    """Groups by quarters, and whom to turn to next. `years` are (year, how many of its quarters), `quarters` (short name, whole name).

    `next_path` leads to where the proposal can be followed, `next_words` say what is there. `proposal` is empty without any group.
    """

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    proposal: str
    next_path: str
    next_words: str
    years: tuple[tuple[str, int], ...]
    quarters: tuple[tuple[str, str], ...]
    rows: tuple[HeardRow, ...]
    key: tuple[HeardCell, ...]


CONTEXTS_OF_BALANCE: dict[str, type] = {"balance.html": BalancePage}
