"""What a candidate's one remark says, and of whom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from coordinator.domain.listing import Seen
from coordinator.domain.reasons import seen_by_others
from coordinator.formats.times import LATIN
from coordinator.i18n import read_languages
from coordinator.pages.picks import remark
from coordinator.pages.reader import Reader
from coordinator.services.candidates import CandidateView, WeighedRow
from tests.factories import NOON

WINTER, CLOCKS_CHANGE = datetime(2027, 1, 23, 6, tzinfo=UTC), datetime(2027, 3, 27, 6, tzinfo=UTC)
SUVA, NADI, BERLIN = [
    Seen(name, name, name, zone) for name, zone in (("Suva", "Pacific/Fiji"), ("Nadi", "Pacific/Fiji"), ("Kreis", "Europe/Berlin"))
]
REED, NAMELESS = Seen(None, "Reed", None, None), None
READER = Reader(read_languages()["en"], LATIN, "America/La_Paz", "La Paz", NOON)


def row(seen: Seen | None, burden: int, *, required: bool = False) -> WeighedRow:
    return WeighedRow(seen, required, burden, 0.0, 0.0, seen_by_others(burden))


def test_remark_of_a_start_that_leaves_out_too_many_is_that_it_could_not_stand() -> None:
    candidate = CandidateView(CLOCKS_CHANGE, 1, (row(BERLIN, 8), row(SUVA, 13), row(NADI, 13)), could_stand=False)

    assert remark(candidate, READER) == "It leaves out so many that it would not stand, unless some of them consent all the same."


@pytest.mark.parametrize(
    ("at", "rows", "said"),
    [
        (WINTER, [row(SUVA, 3), row(BERLIN, 0)], ""),
        (WINTER, [row(SUVA, 8), row(NADI, 8), row(REED, 8), row(NAMELESS, 8)], "It is night in <bdi>Suva</bdi>, <bdi>Nadi</bdi>."),
        (WINTER, [row(SUVA, 13, required=True), row(REED, 13, required=True)], "Needed, and left out: <bdi>Suva</bdi>, <bdi>Reed</bdi>."),
        (CLOCKS_CHANGE, [row(BERLIN, 8)], "Clocks change that week in <bdi>Kreis</bdi>; the moment stays the same instant."),
    ],
)
def test_remark_is_the_one_thing_to_know_and_tells_no_clock_that_hides(at: datetime, rows: list[WeighedRow], said: str) -> None:
    assert remark(CandidateView(at, 0, tuple(rows)), READER) == said
