"""How are the quarters of a table headed: a year over each four, a short name and a whole one for each?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from coordinator.domain.quarters import Quarter
from coordinator.formats.times import digits, quarter_title
from coordinator.pages.reader import Reader


def year_heads(quarters: Sequence[Quarter], reader: Reader) -> tuple[tuple[str, int], ...]:
    """(year, how many of its quarters stand here), in order."""
    return tuple((digits(year, reader.numerals), len(list(of_it))) for year, of_it in groupby(quarters, lambda each: each.year))


def quarter_heads(quarters: Sequence[Quarter], reader: Reader) -> tuple[tuple[str, str], ...]:
    """(short name, whole name) of each."""
    return tuple((_short(each, reader), quarter_title(each, reader.language, reader.numerals)) for each in quarters)


def _short(quarter: Quarter, reader: Reader) -> str:
    # Translators: a quarter on the axis of a chart, under its year: "Q1".
    return reader.language.gettext("Q%(number)s", number=digits(quarter.number, reader.numerals))
