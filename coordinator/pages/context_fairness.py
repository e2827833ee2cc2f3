"""What the page of the groups' balances may use. Texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from coordinator.pages.context import Frame, Way


@dataclass(frozen=True, slots=True)
class PaidCell:
    """What one group paid in one quarter: a burden for each kept action that invited it (its glyph), with its words."""

    paid: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class PaidRow:
    """One group. `place` is empty for one that hides, `path` leads to its account where that may be asked for, `carried` is in figures."""

    name: str
    place: str
    path: str
    cells: tuple[PaidCell, ...]
    bar: Markup
    carried: str
    own: bool


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One kept action in a group's account: burden, mean and their difference in figures. `burden` draws the glyph."""

    quarter: str
    title: str
    language: str
    path: str
    burden: int
    words: str
    figure: str
    mean: str
    difference: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """A group's balance, line by line; `carried` is the sum of the differences."""

    heading: str
    lines: tuple[AccountLine, ...]
    carried: str


@dataclass(frozen=True, slots=True)
class FairnessPage:
    """Groups by quarters, what each has paid, and one account. `years` are (year, how many of its quarters), `quarters` (short, whole name).

    `means` are the mean burdens of each quarter's actions, in figures; `lead` says where the reader's own group stands.
    """

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    lead: str
    years: tuple[tuple[str, int], ...]
    quarters: tuple[tuple[str, str], ...]
    rows: tuple[PaidRow, ...]
    means: tuple[str, ...]
    key: tuple[tuple[int, str], ...]
    account: AccountView | None


CONTEXTS_OF_FAIRNESS: dict[str, type] = {"fairness.html": FairnessPage}
