"""How are the three shapes of a draft shown side by side, and the legs of one of them in the order of time?

A leg is told by the groups that the reader sees on it. The instants of a relay are all told only to whoever may choose them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from markupsafe import escape

from coordinator.domain.action import Shape
from coordinator.domain.chosen import AtInstant, AtInstants, AtWallTime, Chosen
from coordinator.domain.question import Asked
from coordinator.formats.bands import Place, west_to_east
from coordinator.formats.isolation import Setting, list_names, set_city
from coordinator.formats.times import count_words, date_words, duration_words, wall_words
from coordinator.i18n import N_
from coordinator.pages.context_shapes import ShapeColumn, ShapeLeg
from coordinator.pages.costs import cost_lines, tell_reasons, too_few_words
from coordinator.pages.reader import Reader
from coordinator.pages.views import places_of
from coordinator.services.candidates import WeighedRow
from coordinator.services.offers import OfferView

NAMES: Mapping[Shape, str] = MappingProxyType(
    {Shape.INSTANT: N_("One moment for all"), Shape.WAVE: N_("A wave"), Shape.RELAY: N_("A relay")}
)
MEANINGS: Mapping[Shape, str] = MappingProxyType(
    {
        Shape.INSTANT: N_("Everybody acts at the same instant, whatever hour it is there."),
        Shape.WAVE: N_("Everybody acts when their own clock shows the same time, so the action goes round the planet."),
        Shape.RELAY: N_("There are a few moments, and each group acts at the one that costs it least."),
    }
)
LOOKS: Mapping[Shape, str] = MappingProxyType(
    {
        Shape.INSTANT: N_("The moments that could be"),
        Shape.WAVE: N_("The wave, leg by leg"),
        Shape.RELAY: N_("The relay, moment by moment"),
    }
)


def make_columns(offers: Collection[OfferView], looked_at: Shape, path: str, reader: Reader, *, chooses: bool) -> tuple[ShapeColumn, ...]:
    """All three shapes in their order, also those that find no start. `path` is the page that shows one of them by `?shape=`."""
    best = {offer.shape: offer for offer in offers}
    return tuple(_column(shape, best.get(shape), f"{path}?shape={shape}#moments", looked_at, reader, chooses=chooses) for shape in Shape)


def _column(shape: Shape, offer: OfferView | None, path: str, looked_at: Shape, reader: Reader, *, chooses: bool) -> ShapeColumn:
    language = reader.language
    column = ShapeColumn(
        shape=str(shape),
        current=shape is looked_at,
        path=path,
        name=language.gettext(NAMES[shape]),
        words=language.gettext(MEANINGS[shape]),
        look=language.gettext(LOOKS[shape]),
        time=None,
        clock="",
        day="",
        where="",
        instants=(),
        said=(language.gettext("No start of this quarter leaves time to answer."),),
        lines=(),
        told=(),
    )
    if offer is None:
        return column
    told, lines = tell_reasons(offer, reader), cost_lines(offer, language, reader.numerals)
    made = _with_time(replace(column, told=told, lines=lines), offer, reader, chooses=chooses)
    return made if offer.could_stand else replace(made, said=(*made.said, too_few_words(language)))


def _with_time(column: ShapeColumn, offer: OfferView, reader: Reader, *, chooses: bool) -> ShapeColumn:
    """The column with what it says of when."""
    language, numerals = reader.language, reader.numerals
    match offer.chosen:
        case AtInstant(starts_at):
            return replace(column, time=reader.clock(starts_at), said=())
        case AtWallTime(wall_time):
            return replace(
                column,
                clock=wall_words(wall_time, numerals),
                day=date_words(wall_time, language, numerals),
                where=language.gettext("on every clock, each group’s own"),
                said=tuple(_wave_sentences(offer, reader)),
            )
        case AtInstants(starts):
            shown = starts if chooses else offer.legs
            return replace(
                column,
                clock=language.ngettext("%(n)s moment", "%(n)s moments", len(shown), n=count_words(len(shown), language, numerals)),
                where=_relay_span(shown, reader),
                instants=tuple(map(reader.say, shown)),
                said=tuple(_relay_sentences(offer, reader)),
            )


# --- a wave -----------------------------------------------------------------------------------------------------------


def _wave_sentences(offer: OfferView, reader: Reader) -> Iterator[str]:
    """How long it takes and from where to where; its first and last instant; who is asked, since its clock skips or doubles the time."""
    language, legs = reader.language, offer.legs
    if len(legs) > 1:
        yield reader.fill(
            language.ngettext(
                "%(n)s leg: first in %(first)s, and %(span)s later in %(last)s.",
                "%(n)s legs: first in %(first)s, and %(span)s later in %(last)s.",
                len(legs),
            ),
            n=count_words(len(legs), language, reader.numerals),
            first=_first_city(offer, legs[0], reader),
            span=duration_words(legs[-1] - legs[0], language, reader.numerals),
            last=_first_city(offer, legs[-1], reader),
        )
    if legs:
        yield reader.fill(language.gettext("It begins: %(moment)s."), moment=reader.say(legs[0]))
    if len(legs) > 1:
        yield reader.fill(language.gettext("The last leg begins: %(moment)s."), moment=reader.say(legs[-1]))
    yield from _asked_sentences(offer, reader)


def _asked_sentences(offer: OfferView, reader: Reader) -> Iterator[str]:
    language = reader.language
    for asked, sentence in (
        (Asked.SKIPPED, N_("Clocks jump over that time where these groups are, so they are asked: %(groups)s.")),
        (Asked.DOUBLED, N_("Clocks pass that time twice where these groups are, so they are asked: %(groups)s.")),
    ):
        names = sorted(row.seen.name for row in offer.rows if row.asked is asked and row.seen is not None)
        if names:
            yield reader.fill(language.gettext(sentence), groups=list_names(names, language))


# --- a relay ----------------------------------------------------------------------------------------------------------


def _relay_span(starts: Sequence[datetime], reader: Reader) -> str:
    if len(starts) < 2:
        return ""
    span = duration_words(starts[-1] - starts[0], reader.language, reader.numerals)
    return reader.language.gettext("%(span)s from the first to the last", span=span)


def _relay_sentences(offer: OfferView, reader: Reader) -> Iterator[str]:
    """How few instants could do."""
    language = reader.language
    if offer.least is None or not isinstance(offer.chosen, AtInstants):
        return
    if offer.least == len(offer.chosen.starts):
        yield language.gettext("No fewer would do to include everybody who can take part.")
        return
    yield language.ngettext(
        "At least %(n)s is needed to include everybody who can take part.",
        "At least %(n)s are needed to include everybody who can take part.",
        offer.least,
        n=count_words(offer.least, language, reader.numerals),
    )


# --- leg by leg -------------------------------------------------------------------------------------------------------


def make_shape_legs(offer: OfferView, reader: Reader) -> tuple[ShapeLeg, ...]:
    """The legs that the reader sees, the first to come first; nothing where there is but one instant by its shape."""
    if offer.shape is Shape.INSTANT:
        return ()
    return tuple(_leg(_places_at(offer, at, reader), at, reader) for at in offer.legs)


def _leg(places: Sequence[Place], at: datetime, reader: Reader) -> ShapeLeg:
    there = replace(reader, zone_id=places[0].zone_id, city=places[0].city)
    return ShapeLeg(there.clock(at), list_names(dict.fromkeys(place.city for place in places), reader.language))


def _places_at(offer: OfferView, at: datetime, reader: Reader) -> list[Place]:
    """Where the groups of a leg are, from west to east; never empty, since a leg is one by those who are seen to follow it."""
    return west_to_east(places_of((row.seen for row in _followers(offer, at) if row.seen is not None), reader.language), at)


def _followers(offer: OfferView, at: datetime) -> Iterator[WeighedRow]:
    return (row for row in offer.rows if row.leg_at == at)


def _first_city(offer: OfferView, at: datetime, reader: Reader) -> str:
    return set_city(_places_at(offer, at, reader)[0].city, Setting.HTML)


# --- the form ---------------------------------------------------------------------------------------------------------


def say_start(chosen: Chosen, reader: Reader) -> str:
    """When it is, for whoever chooses it: as markup."""
    language, numerals = reader.language, reader.numerals
    match chosen:
        case AtInstant(starts_at):
            return reader.say(starts_at)
        case AtWallTime(wall_time):
            time, date = wall_words(wall_time, numerals), date_words(wall_time, language, numerals)
            return language.gettext("%(time)s everywhere on %(date)s", time=time, date=date)
        case AtInstants(starts):
            return escape(language.pgettext("between moments", "; ")).join(map(reader.say, starts))
