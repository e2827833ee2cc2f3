"""How is one moment chosen: of which shape, from its best starts or typed in one's own wall time; and until when are answers asked for?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from coordinator.domain.access import Right
from coordinator.domain.action import Shape, latest_deadline
from coordinator.domain.chosen import earliest_at, write_start
from coordinator.domain.proposal import DEADLINE_USUAL, OTHER, usual_deadline
from coordinator.errors import Invalid
from coordinator.formats.isolation import Setting, set_city
from coordinator.i18n import Language
from coordinator.pages.context_desk import Choosing, Pick, Start
from coordinator.pages.costs import Costed, cost_strip
from coordinator.pages.door import Visit
from coordinator.pages.forms import Returned
from coordinator.pages.heat_section import view_heat
from coordinator.pages.help_words import help_sentences
from coordinator.pages.picks import LETTERS, choose, cover_words, hindrance, make_picks, weigh_words
from coordinator.pages.reader import Reader
from coordinator.pages.shape_columns import make_columns, make_shape_legs, say_start
from coordinator.pages.wall_time import ask_which, settle_answers, typed_example, wall_time_hint, write_wall_time
from coordinator.services.actions import ActionView
from coordinator.services.candidates import Board
from coordinator.services.heat import HeatBoard
from coordinator.services.offers import OfferView


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to choose from: the shape looked at, the best start of each, and of an instant what the quarter holds.

    `board`: the candidates, `letter` the one asked for, `wall_time` and `weighed` one that was typed to be looked at. None of a wave and a relay.
    """

    shape: Shape
    offers: tuple[OfferView, ...]
    board: Board | None = None
    letter: str = ""
    wall_time: str = ""
    weighed: OfferView | None = None
    fault: Invalid | None = None
    heat: HeatBoard | None = None

    @property
    def best(self) -> OfferView | None:
        """The best start of the shape looked at; None when the quarter holds none."""
        return next((offer for offer in self.offers if offer.shape is self.shape), None)


def make_choosing(visit: Visit, view: ActionView, offer: Offer, returned: Returned | None, page: str) -> Choosing:
    """The shapes and candidates with their costs, the strip of what is looked at, and the form. `page` is the address after the group."""
    reader, language, form = visit.reader, visit.language, settle_answers(returned.form) if returned else {}
    moving, path, may_choose = view.starts_at is not None, visit.path(page), visit.may(Right.PUT_FORWARD)
    own_time = form.get("start") == OTHER or bool(offer.wall_time)
    current = offer.weighed or (None if own_time else _choose(offer, str(form.get("start", ""))))
    told = current if isinstance(current, OfferView) else offer.best
    picks = () if offer.board is None else make_picks(offer.board, current, f"{path}?shape={offer.shape}", reader)
    return Choosing(
        shape=str(offer.shape),
        columns=() if moving else make_columns(offer.offers, offer.shape, path, reader, chooses=may_choose),
        heading=_heading(offer.shape, language, moving=moving),
        look_path=path,
        put_path=visit.path(f"actions/{view.slug}/put-forward") if may_choose else "",
        put_words=language.gettext("Put the move forward") if moving else language.gettext("Put it forward"),
        picks=picks,
        best=cover_words(offer.board, reader) if offer.board is not None and offer.board.invited else "",
        help=() if offer.board is None else help_sentences(offer.board, reader),
        legs=() if told is None else make_shape_legs(told, reader),
        weighed=None if offer.weighed is None else weigh_words(offer.weighed, hindrance(offer.weighed, reader), reader),
        strip=None if current is None else cost_strip(current, reader),
        strip_heading=_strip_heading(offer.shape, next((pick.letter for pick in picks if pick.current), ""), language),
        heat=None if offer.heat is None or offer.board is None else view_heat(offer.heat, _lettered(offer.board), reader),
        starts=_starts(offer, picks, reader, chosen=not own_time),
        own_time=own_time,
        wall_time=str(form.get("wall_time", offer.wall_time)),
        which=ask_which(returned, "wall_time", "wall_time", reader),
        deadline=str(form.get("deadline_wall_time", _usual(visit, view, offer.shape, current))),
        deadline_which=ask_which(returned, "deadline_wall_time", "deadline", reader),
        zone_hint=_hint(offer.shape, reader),
    )


def _choose(offer: Offer, start: str) -> Costed | None:
    """What the page looks at: of an instant the candidate of the letter or start, else the best start of the shape."""
    return offer.best if offer.board is None else choose(offer.board, offer.letter, start)


def _starts(offer: Offer, picks: tuple[Pick, ...], reader: Reader, *, chosen: bool) -> tuple[Start, ...]:
    """What the form offers besides a time of one's own."""
    if offer.board is not None:
        return tuple(Start(pick.start, pick.letter, pick.words, pick.current and chosen) for pick in picks)
    best = offer.best
    return () if best is None else (Start(write_start(best.chosen), "", say_start(best.chosen, reader), chosen),)


def _heading(shape: Shape, language: Language, *, moving: bool) -> str:
    if moving:
        return language.gettext("Moments it could move to")
    match shape:
        case Shape.INSTANT:
            return language.gettext("Moments that could be")
        case Shape.WAVE:
            return language.gettext("The order of zones")
        case Shape.RELAY:
            return language.gettext("The moments of the relay")


def _hint(shape: Shape, reader: Reader) -> str:
    """How the start of this shape is typed."""
    language, example = reader.language, typed_example(reader)
    if shape is Shape.WAVE:
        sentence = language.gettext(
            "By every group’s own clock: year, month, day, hours and minutes, as in %(example)s. It begins where the day begins first."
        )
        return reader.fill(sentence, example=example)
    if shape is Shape.RELAY:
        sentence = language.gettext("By the clock of %(city)s, one moment a line: year, month, day, hours and minutes, as in %(example)s.")
        return reader.fill(sentence, city=set_city(reader.city, Setting.HTML), example=example)
    return wall_time_hint(reader)


def _lettered(board: Board) -> Iterator[tuple[str, datetime]]:
    return ((letter, candidate.starts_at) for letter, candidate in zip(LETTERS, board.candidates, strict=False))


def _strip_heading(shape: Shape, letter: str, language: Language) -> str:
    if shape is not Shape.INSTANT:
        return language.gettext("Who is at what hour, each at its own moment")
    if letter:
        return language.gettext("Who is at what hour, at %(letter)s", letter=letter)
    return language.gettext("Who is at what hour then")


def _usual(visit: Visit, view: ActionView, shape: Shape, current: Costed | None) -> str:
    """The deadline that the form offers, on the group's own clock."""
    now = visit.reader.now
    latest_at = now + DEADLINE_USUAL if current is None else latest_deadline(_begins_at(current), view.starts_at)
    return write_wall_time(usual_deadline(latest_at, now, shape), visit.group.zone_id)


def _begins_at(current: Costed) -> datetime:
    """Before which the answers must be in."""
    return earliest_at(current.chosen) if isinstance(current, OfferView) else current.starts_at
