"""What a column says of a wave and a relay, in each of its sentences."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from coordinator.domain.action import Shape
from coordinator.domain.chosen import AtInstants, AtWallTime, write_start
from coordinator.domain.listing import Seen
from coordinator.domain.question import Asked
from coordinator.domain.reasons import seen_by_others
from coordinator.formats.times import LATIN
from coordinator.i18n import read_languages
from coordinator.pages.context_shapes import ShapeColumn
from coordinator.pages.reader import Reader
from coordinator.pages.shape_columns import make_columns, make_shape_legs, say_start
from coordinator.services.candidates import WeighedRow
from coordinator.services.offers import OfferView
from tests.factories import NOON

LA_PAZ = Seen("a", "Minga", "La Paz", "America/La_Paz", own=True)
SUVA, NADI = Seen("b", "Suva <b>", "Suva", "Pacific/Fiji"), Seen("c", "Nadi", "Nadi", "Pacific/Fiji")
REED = Seen(None, "Reed", None, None)
EAST, WEST = datetime(2027, 1, 23, 6, tzinfo=UTC), datetime(2027, 1, 23, 22, tzinfo=UTC)
WAVE = AtWallTime(datetime(2027, 1, 23, 18))


def row(seen: Seen, leg_at: datetime | None, asked: Asked | None = None, burden: int = 0) -> WeighedRow:
    return WeighedRow(seen, False, burden, 0.0, 0.0, seen_by_others(burden), leg_at, asked)


def column(offer: OfferView, tag: str = "en", *, chooses: bool = True) -> ShapeColumn:
    made = make_columns([offer], offer.shape, "/page", reader(tag), chooses=chooses)
    return next(each for each in made if each.shape == offer.shape)


def reader(tag: str = "en") -> Reader:
    return Reader(read_languages()[tag], LATIN, "America/La_Paz", "La Paz", NOON)


def plain(markup: str) -> str:
    return re.sub("<[^>]+>", "", str(markup))


def test_wave_says_from_where_to_where_it_goes_and_whom_clocks_make_it_ask() -> None:
    rows = (
        row(NADI, EAST, Asked.SKIPPED),
        row(SUVA, EAST, Asked.SKIPPED),
        row(LA_PAZ, WEST, Asked.DOUBLED, burden=8),
        row(REED, None, burden=13),
    )
    offer = OfferView(Shape.WAVE, WAVE, 3, (EAST, WEST), rows, None)

    made = column(offer)

    assert (made.clock, made.day, made.where) == ("18:00", "Saturday 23 January 2027", "on every clock, each group’s own")
    assert [plain(sentence) for sentence in made.said] == [
        "2 legs: first in Nadi, and 16 hours later in La Paz.",
        "It begins: Saturday 23 January 2027, 02:00 in La Paz, UTC−04:00.",
        "The last leg begins: Saturday 23 January 2027, 18:00 in La Paz, UTC−04:00.",
        "Clocks jump over that time where these groups are, so they are asked: Nadi, Suva &lt;b&gt;.",
        "Clocks pass that time twice where these groups are, so they are asked: Minga.",
    ]
    assert [words for _, words in made.lines] == ["2 in their hours", "none awake outside their hours", "1 in its night", "1 left out"]
    assert [(told.name, told.own, told.burden) for told in made.told] == [
        ("Minga", True, 8),
        ("Nadi", False, 0),
        ("Suva <b>", False, 0),
        ("Reed", False, 13),
    ]
    assert [(leg.time.time, leg.time.offset, plain(leg.cities)) for leg in make_shape_legs(offer, reader())] == [
        ("18:00", "UTC+12:00", "Nadi, Suva"),
        ("18:00", "UTC−04:00", "La Paz"),
    ]
    assert (write_start(WAVE), say_start(WAVE, reader())) == ("2027-01-23T18:00", "18:00 everywhere on Saturday 23 January 2027")


def test_relay_shows_its_unfollowed_moment_only_to_whoever_may_choose_it() -> None:
    between = datetime(2027, 1, 23, 12, tzinfo=UTC)
    starts = AtInstants((EAST, between, WEST))
    offer = OfferView(Shape.RELAY, starts, 3, (EAST, WEST), (row(SUVA, EAST), row(LA_PAZ, WEST), row(REED, None)), 2)

    chooser, member = column(offer), column(offer, chooses=False)

    assert [(made.clock, len(made.instants)) for made in (chooser, member)] == [("3 moments", 3), ("2 moments", 2)]
    assert plain(chooser.instants[1]) == "Saturday 23 January 2027, 08:00 in La Paz, UTC−04:00"
    assert "08:00" not in plain("".join(member.instants))
    assert chooser.where == "16 hours from the first to the last"
    assert chooser.said == ("At least 2 are needed to include everybody who can take part.",)
    assert write_start(starts) == "2027-01-23T06:00:00Z, 2027-01-23T12:00:00Z, 2027-01-23T22:00:00Z"
    assert plain(say_start(starts, reader())).count("in La Paz") == 3


def test_relay_of_one_moment_that_nobody_could_do_with_less_says_so() -> None:
    offer = OfferView(Shape.RELAY, AtInstants((EAST,)), 1, (EAST,), (row(LA_PAZ, EAST),), 1)

    made = column(offer)

    assert (made.clock, made.where, made.said) == ("1 moment", "", ("No fewer would do to include everybody who can take part.",))


def test_relay_that_leaves_out_too_many_says_so_last() -> None:
    offer = OfferView(Shape.RELAY, AtInstants((EAST,)), 1, (EAST,), (row(LA_PAZ, EAST), row(REED, None, burden=13)), 1, could_stand=False)

    assert column(offer).said[-1] == "It leaves out so many that it would not stand, unless some of them consent all the same."


@pytest.mark.parametrize("tag", ["en", "es", "ar"])
def test_wave_whose_only_leg_is_seen_names_no_span(tag: str) -> None:
    offer = OfferView(Shape.WAVE, WAVE, 2, (WEST,), (row(LA_PAZ, WEST), row(REED, None)), None)

    made = column(offer, tag)

    assert len(made.said) == 1
    assert "18:00" in plain(made.said[0])
