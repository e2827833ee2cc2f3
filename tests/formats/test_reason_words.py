from __future__ import annotations

from datetime import date

import pytest

from coordinator.domain.availability import QuietSpan
from coordinator.domain.reasons import OF_BURDEN, Reason, Why
from coordinator.formats.reason_words import say_reason
from coordinator.i18n import read_languages

WHEN = "19:15 Kathmandu, Sat UTC+5:45"


@pytest.mark.parametrize("tag", ["en", "es", "ar"])
def test_every_reason_has_a_sentence_of_its_own_with_its_time(tag: str) -> None:
    language = read_languages()[tag]

    said = {why: say_reason(Reason(why, QuietSpan(0, 420), date(2027, 2, 14)), WHEN, language) for why in Why}

    assert len(set(said.values())) == len(Why)
    assert all(WHEN in sentence for sentence in said.values())
    assert "%(" not in "".join(said.values())


def test_quiet_hours_and_blocked_dates_are_named() -> None:
    language = read_languages()["en"]

    assert (
        say_reason(Reason(Why.QUIET, quiet=QuietSpan(1350, 1860)), WHEN, language)
        == f"{WHEN}: your quiet hours, 22:30 to 07:00, are touched."
    )
    assert (
        say_reason(Reason(Why.BLOCKED, blocked_on=date(2027, 2, 14)), WHEN, language)
        == f"{WHEN}: you have blocked Sunday 14 February 2027."
    )


def test_group_that_hides_its_zone_is_told_of_without_an_hour() -> None:
    language = read_languages()["en"]

    said = [say_reason(Reason(why), "", language) for why in OF_BURDEN.values()]

    assert len(set(said)) == len(OF_BURDEN)
    assert not any(character.isdigit() for sentence in said for character in sentence)
