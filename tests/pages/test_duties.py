"""How a page says who holds a duty, and what it keeps saying."""

from __future__ import annotations

from datetime import datetime, timedelta

from coordinator.domain.rota import Duty, Lease, Nag, Seat
from coordinator.i18n import read_languages
from coordinator.pages.duties import is_free, last_day, nag_notice, seat_words
from coordinator.pages.reader import Reader
from coordinator.services.rota import Nagging
from tests.conftest import NOON

READER = Reader(read_languages()["en"], "latn", "America/La_Paz", "La Paz", NOON)
LAST_MIDNIGHT = datetime.fromisoformat("2027-01-11T04:00:00+00:00")  # the end of Sunday 10 January in La Paz


def seat(until_at: datetime, duty: Duty = Duty.FACILITATOR) -> Seat:
    return Seat(duty, 1, Lease("1", duty, 1, "<ibis>", 1, NOON, until_at, NOON, None), None)


def test_last_day_is_the_one_before_the_midnight_that_ends_the_turn() -> None:
    assert last_day(LAST_MIDNIGHT, READER) == "Sunday 10 January 2027"


def test_seat_says_who_holds_it_and_escapes_the_alias() -> None:
    assert seat_words(seat(LAST_MIDNIGHT), READER) == "<bdi>&lt;ibis&gt;</bdi>, until Sunday 10 January 2027"


def test_seat_that_ran_out_is_free_and_says_since_when() -> None:
    over = seat(NOON - timedelta(hours=8))

    assert is_free(over, READER)
    assert seat_words(over, READER) == "<bdi>&lt;ibis&gt;</bdi>, ran out on Sunday 3 January 2027"


def test_seat_that_nobody_took_is_free() -> None:
    empty = Seat(Duty.CUSTODIAN, 1, None, None)

    assert (is_free(empty, READER), seat_words(empty, READER)) == (True, "nobody yet")
    assert nag_notice(Nagging(Nag.EMPTY, empty), READER).first.startswith("Nobody holds this: Custodian.")


def test_lapsed_custody_says_what_the_group_cannot_do() -> None:
    lapsed = nag_notice(Nagging(Nag.LAPSED, seat(NOON, Duty.CUSTODIAN)), READER).first
    other = nag_notice(Nagging(Nag.LAPSED, seat(NOON)), READER).first

    assert lapsed.endswith("the group can answer but not propose.")
    assert other == "This has run out: Facilitator, since Monday 4 January 2027."
