"""How are the several moments of a wave or a relay told: in one sentence, and leg by leg with its cities and its own countdown?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from coordinator.domain.action import Shape
from coordinator.domain.listing import Seen
from coordinator.formats.bands import west_to_east
from coordinator.formats.isolation import Setting, list_names, set_city
from coordinator.formats.times import count_words, duration_words
from coordinator.pages.context_moments import LegRow
from coordinator.pages.reader import Reader
from coordinator.pages.views import places_of
from coordinator.services.actions import ActionView, LegView

NAMED_CITIES = 4

Instants = list[tuple[datetime, LegView]]


def make_legs(view: ActionView, reader: Reader, path: str) -> tuple[LegRow, ...]:
    """The legs that the reader sees, in the order of time; nothing where there is but one. `path` is the action's public page."""
    instants = instants_of(view)
    if len(instants) < 2:
        return ()
    next_at = view.at(reader.now).starts_at
    return tuple(_leg_row(view, at, leg, reader, path, current=at == next_at) for at, leg in instants)


def instants_of(view: ActionView) -> Instants:
    """What stands, else what is put forward: instants with their legs, in order; a leg whose groups have all left is nowhere."""
    followed = [leg for leg in view.legs if _followers(view, leg)]
    agreed = [(leg.starts_at, leg) for leg in followed if leg.starts_at is not None]
    offered = [(leg.offered_at, leg) for leg in followed if leg.offered_at is not None]
    return sorted(agreed or offered, key=lambda one: (one[0], one[1].leg))


def legs_words(view: ActionView, reader: Reader) -> str:
    """What the shape means for the whole: where a wave begins and ends, how many moments a relay has; empty for one moment for all."""
    instants = instants_of(view)
    if len(instants) < 2:
        return ""
    language, numerals = reader.language, reader.numerals
    span = duration_words(instants[-1][0] - instants[0][0], language, numerals)
    if view.shape is Shape.WAVE:
        first, last = (set_city(cities_of(view, leg, at, reader)[0], Setting.HTML) for at, leg in (instants[0], instants[-1]))
        sentence = language.gettext("One time on every clock, round the planet: first in %(first)s, and %(span)s later in %(last)s.")
        return reader.fill(sentence, first=first, span=span, last=last)
    n = len(instants)
    return language.ngettext(
        "%(n)s moment, with %(span)s from the first to the last: each group acts at the one that costs it least.",
        "%(n)s moments, with %(span)s from the first to the last: each group acts at the one that costs it least.",
        n,
        n=count_words(n, language, numerals),
        span=span,
    )


def cities_of(view: ActionView, leg: LegView, at: datetime, reader: Reader) -> list[str]:
    """The cities of a leg, from west to east, each once; never empty, since a leg is shown by those who follow it."""
    return list(dict.fromkeys(place.city for place in west_to_east(places_of(_followers(view, leg), reader.language), at)))


def reader_of_leg(view: ActionView, reader: Reader) -> Reader:
    """By whose clock the one moment in this view is told to everybody: of a wave or a relay by that of its first city, else by the page's own."""
    leg = next((leg for leg in view.legs if (leg.starts_at or leg.offered_at) is not None), None)
    followers = [] if leg is None or view.shape is Shape.INSTANT else places_of(_followers(view, leg), reader.language)
    if leg is None or not followers:
        return reader
    first = west_to_east(followers, leg.starts_at or leg.offered_at or reader.now)[0]
    return replace(reader, zone_id=first.zone_id, city=first.city)


def _followers(view: ActionView, leg: LegView) -> list[Seen]:
    stands = leg.starts_at is not None
    return [row.seen for row in view.rows if leg.leg == (row.leg if stands else row.offered_leg) and row.seen.zone_id is not None]


def _leg_row(view: ActionView, at: datetime, leg: LegView, reader: Reader, path: str, *, current: bool) -> LegRow:
    there = reader_of_leg(view.of_leg(leg.leg), reader)
    stands = leg.starts_at is not None
    return LegRow(
        time=there.clock(at),
        cities=list_names(cities_of(view, leg, at, reader), reader.language, most=NAMED_CITIES),
        current=current,
        countdown_path=f"{path}/countdown?leg={leg.leg}" if stands else "",
        calendar_path=f"{path}.ics?leg={leg.leg}" if stands else "",
    )
