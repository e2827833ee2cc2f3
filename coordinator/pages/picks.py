"""How are the candidates of an action shown: three side by side, what each costs whom, and which of them is looked at?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from coordinator.domain import zones
from coordinator.domain.burden import BURDEN_NIGHT, BURDEN_NOT_BORNE
from coordinator.domain.listing import Seen
from coordinator.formats.isolation import list_names
from coordinator.formats.times import count_words, iso_words
from coordinator.i18n import Language
from coordinator.pages.context_desk import Pick, Weighed
from coordinator.pages.costs import Costed, cost_lines, tell_reasons, too_few_words
from coordinator.pages.reader import Reader
from coordinator.pages.views import places_of
from coordinator.services.candidates import Board, CandidateView

LETTERS = "ABC"
NAMED_CITIES = 3
A_WEEK_AROUND = timedelta(hours=84)


def make_picks(board: Board, chosen: Costed | None, path: str, reader: Reader) -> tuple[Pick, ...]:
    """The candidates, best first, lettered; `path` is the page, with a query, that shows one of them by `candidate=`."""
    return tuple(
        Pick(
            letter=letter,
            current=candidate is chosen,
            path=f"{path}&candidate={letter}#strip",
            start=iso_words(candidate.starts_at),
            words=reader.say(candidate.starts_at),
            time=reader.clock(candidate.starts_at),
            weighed=weigh_words(candidate, remark(candidate, reader), reader),
        )
        for letter, candidate in zip(LETTERS, board.candidates, strict=False)
    )


def choose(board: Board, letter: str, start: str = "") -> CandidateView | None:
    """The candidate of this letter or start; the best one when neither names one; None when there is none at all."""
    by_name = dict(zip(LETTERS, board.candidates, strict=False))
    by_start = {iso_words(candidate.starts_at): candidate for candidate in board.candidates}
    best = board.candidates[0] if board.candidates else None
    return by_start.get(start) or by_name.get(letter) or best


def weigh_words(costed: Costed, said: str, reader: Reader) -> Weighed:
    """What a start costs, counted and group by group, with the one sentence that is `said` of it."""
    return Weighed(cost_lines(costed, reader.language, reader.numerals), said, tell_reasons(costed, reader))


def hindrance(costed: Costed, reader: Reader) -> str:
    """Why it would not stand: who is needed and left out, or that too many are; else empty. Names only groups that are seen."""
    language = reader.language
    needed = [row.seen for row in costed.rows if row.required and row.burden == BURDEN_NOT_BORNE and row.seen is not None]
    if needed:
        return reader.fill(language.gettext("Needed, and left out: %(groups)s."), groups=_listed([seen.name for seen in needed], language))
    return "" if costed.could_stand else too_few_words(language)


def remark(candidate: CandidateView, reader: Reader) -> str:
    """The one thing to know: why it would not stand, where clocks change that week, whose night it is. Names only groups that are seen."""
    language = reader.language
    if words := hindrance(candidate, reader):
        return words
    turning = [row.seen for row in candidate.rows if row.seen is not None and _clocks_change(row.seen, candidate.starts_at)]
    if turning:
        sentence = language.gettext("Clocks change that week in %(cities)s; the moment stays the same instant.")
        return reader.fill(sentence, cities=_listed(_cities(turning, language), language))
    night = [row.seen for row in candidate.rows if row.burden == BURDEN_NIGHT and row.seen is not None and row.seen.zone_id]
    if night:
        return reader.fill(language.gettext("It is night in %(cities)s."), cities=_listed(_cities(night, language), language))
    return ""


def _clocks_change(seen: Seen, at: datetime) -> bool:
    return seen.zone_id is not None and bool(zones.transitions(seen.zone_id, at - A_WEEK_AROUND, at + A_WEEK_AROUND))


def _cities(seen: Sequence[Seen], language: Language) -> list[str]:
    return list(dict.fromkeys(place.city for place in places_of(seen, language)))


def _listed(names: Sequence[str], language: Language) -> str:
    return list_names(names, language, most=NAMED_CITIES)


def cover_words(board: Board, reader: Reader) -> str:
    """What the whole quarter offers, in one sentence."""
    language, numerals = reader.language, reader.numerals
    if board.suiting:
        n = count_words(board.suiting, language, numerals)
        return language.ngettext(
            "%(n)s start of this quarter suits everybody.", "%(n)s starts of this quarter suit everybody.", board.suiting, n=n
        )
    n, of = count_words(board.max_cover, language, numerals), count_words(board.invited, language, numerals)
    return language.gettext(
        "No moment of this quarter falls inside everybody's hours. The most that one moment can suit is %(n)s of %(of)s groups.", n=n, of=of
    )
