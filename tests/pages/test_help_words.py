"""What a draft says where no moment suits everybody, in each of its sentences."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from coordinator.domain.availability import Availability
from coordinator.domain.listing import Seen
from coordinator.domain.question import Concession, Move
from coordinator.formats.times import LATIN
from coordinator.i18n import read_languages
from coordinator.pages.help_words import OWN_CHANGES, help_sentences
from coordinator.pages.reader import Reader
from coordinator.services.candidates import Board, Help
from tests.factories import NOON

MOMENT, WHEN = datetime(2027, 1, 12, 14, 0, tzinfo=UTC), "Tuesday 12 January 2027, 10:00 in La Paz, UTC−04:00"
OWN, DAR, REED = (
    Seen("a", "Minga", "La Paz", "America/La_Paz", own=True),
    Seen("b", "Dar", "Dar", "Africa/Dar_es_Salaam"),
    Seen(None, "", None, None),
)
CONCESSION = Concession("a", "window", Move.EARLIER, "TU 17:00-21:00", "TU 16:15-21:00", 45, MOMENT, Availability())


def sentences(found: Help | None, tag: str = "en") -> tuple[str, ...]:
    board = Board(candidates=(), invited=42, suiting=0, max_cover=40, missing=(), help=found)
    reader = Reader(read_languages()[tag], LATIN, "America/La_Paz", "La Paz", NOON)
    return tuple(str(sentence) for sentence in help_sentences(board, reader))


def plain(sentence: str) -> str:
    return re.sub("<[^>]+>", "", sentence)


def test_help_names_the_moment_the_conflict_and_what_the_group_itself_could_change() -> None:
    said = sentences(Help(MOMENT, (DAR, REED), None, CONCESSION))

    assert [plain(sentence) for sentence in said] == [
        f"That moment is {WHEN}.",
        "These groups have no start in common, though without any one of them the others do: Dar, A group that does not show itself.",
        f"If hours of your group began 45 minutes earlier, one moment would suit 41 of 42 groups: {WHEN}.",
    ]


def test_help_says_who_could_be_asked_and_nothing_of_its_windows() -> None:
    others, own = (sentences(Help(MOMENT, (DAR,), asked, None)) for asked in (DAR, OWN))

    assert [plain(sentence) for sentence in others[1:]] == [
        "No start of this quarter lies in the hours of Dar.",
        "Dar bears that moment outside its hours, and could be asked: with it, 41 of 42 groups could take part.",
    ]
    assert own[2] == "Your group bears that moment outside its hours: with it, 41 of 42 groups could take part."


@pytest.mark.parametrize("tag", ["en", "es", "ar"])
def test_every_change_has_a_sentence_of_its_own(tag: str) -> None:
    changes = [replace(CONCESSION, kind=kind, move=move, change_from="2027-02-14") for kind, move in OWN_CHANGES]

    said = {sentences(Help(MOMENT, (), None, change), tag)[1] for change in changes}

    assert len(said) == len(OWN_CHANGES)
    assert not any("%(" in sentence for sentence in said)


def test_nothing_is_said_where_a_moment_suits_everybody() -> None:
    assert sentences(None) == ()


def test_name_of_a_group_is_text_and_not_markup() -> None:
    assert "&lt;b&gt;" in sentences(Help(MOMENT, (replace(DAR, name="<b>"),), None, None))[1]
