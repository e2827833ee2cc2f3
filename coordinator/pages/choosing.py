"""How is one moment chosen: from the candidates, or typed in one's own wall time; and until when are answers asked for?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from coordinator.domain.access import Right
from coordinator.domain.action import Shape, latest_deadline
from coordinator.domain.proposal import DEADLINE_USUAL, usual_deadline
from coordinator.errors import Invalid
from coordinator.pages.context_desk import Choosing
from coordinator.pages.door import Visit
from coordinator.pages.forms import Returned
from coordinator.pages.heat_section import view_heat
from coordinator.pages.help_words import help_sentences
from coordinator.pages.picks import LETTERS, candidate_strip, choose, cover_words, make_picks
from coordinator.pages.reader import Reader
from coordinator.pages.wall_time import EXAMPLE_AHEAD, ask_which, settle_answers, wall_time_hint, write_wall_time
from coordinator.services.actions import ActionView
from coordinator.services.candidates import Board, CandidateView
from coordinator.services.heat import HeatBoard

OTHER = "other"  # the form's value for a start that is typed


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to choose from: the candidates, the letter asked for, or a wall time that was typed to be looked at."""

    board: Board
    letter: str
    wall_time: str = ""
    weighed: CandidateView | None = None
    fault: Invalid | None = None
    heat: HeatBoard | None = None


def make_choosing(visit: Visit, view: ActionView, offer: Offer, returned: Returned | None, page: str) -> Choosing:
    """The candidates with their costs, the strip of the one that is looked at, and the form. `page` is the address after the group."""
    reader, language, form = visit.reader, visit.language, settle_answers(returned.form) if returned else {}
    moving = view.starts_at is not None
    start = str(form.get("start", ""))
    own_time = start == OTHER or bool(offer.wall_time)
    current = offer.weighed or (None if own_time else choose(offer.board, offer.letter, start))
    picks = make_picks(offer.board, current, visit.path(page), reader)
    letter = next((pick.letter for pick in picks if pick.current), "")
    return Choosing(
        shape=str(view.shape),
        heading=language.gettext("Moments it could move to") if moving else language.gettext("Moments that could be"),
        look_path=visit.path(page),
        put_path=visit.path(f"actions/{view.slug}/put-forward") if visit.may(Right.PUT_FORWARD) else "",
        put_words=language.gettext("Put the move forward") if moving else language.gettext("Put it forward"),
        picks=picks,
        best=cover_words(offer.board, reader) if offer.board.invited else "",
        help=help_sentences(offer.board, reader),
        strip=None if current is None else candidate_strip(current, reader),
        strip_heading=_strip_heading(letter, visit),
        heat=None if offer.heat is None else view_heat(offer.heat, _lettered(offer.board), reader),
        own_time=own_time,
        wall_time=str(form.get("wall_time", offer.wall_time)),
        which=ask_which(returned, "wall_time", "wall_time", reader),
        deadline=str(form.get("deadline_wall_time", _usual(visit, view, current))),
        deadline_which=ask_which(returned, "deadline_wall_time", "deadline", reader),
        zone_hint=_hint(view, reader),
    )


def _hint(view: ActionView, reader: Reader) -> str:
    """How the start of this shape is typed."""
    language, example = reader.language, write_wall_time(reader.now + EXAMPLE_AHEAD, reader.zone_id)
    if view.shape is Shape.WAVE:
        return language.gettext(
            "By every group’s own clock: year, month, day, hours and minutes, as in %(example)s. It begins where the day begins first.",
            example=example,
        )
    if view.shape is Shape.RELAY:
        return language.gettext(
            "By the clock of %(city)s, one moment a line: year, month, day, hours and minutes, as in %(example)s.",
            city=reader.city,
            example=example,
        )
    return wall_time_hint(reader)


def _lettered(board: Board) -> Iterator[tuple[str, datetime]]:
    return ((letter, candidate.starts_at) for letter, candidate in zip(LETTERS, board.candidates, strict=False))


def _strip_heading(letter: str, visit: Visit) -> str:
    if letter:
        return visit.language.gettext("Who is at what hour, at %(letter)s", letter=letter)
    return visit.language.gettext("Who is at what hour then")


def _usual(visit: Visit, view: ActionView, current: CandidateView | None) -> str:
    """The deadline that the form offers, on the group's own clock."""
    now = visit.reader.now
    latest_at = now + DEADLINE_USUAL if current is None else latest_deadline(current.starts_at, view.starts_at)
    offered_at = usual_deadline(latest_at, now)
    return write_wall_time(max(offered_at, now + timedelta(hours=1)), visit.group.zone_id)
