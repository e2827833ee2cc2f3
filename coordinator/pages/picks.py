"""How are the candidates of an action shown: three side by side, what each costs whom, and one of them on the clock strip?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from coordinator.domain import zones
from coordinator.domain.burden import (
    BURDEN_NIGHT,
    BURDEN_NOT_BORNE,
    BURDEN_POSSIBLE,
    BURDEN_PREFERRED,
    BURDEN_WAKING,
)
from coordinator.domain.listing import Seen
from coordinator.formats.places import place_name
from coordinator.formats.reason_words import say_reason
from coordinator.formats.times import Setting, count_words, iso_words, say_short
from coordinator.i18n import Language
from coordinator.pages.context_desk import Pick, Told
from coordinator.pages.context_moments import Strip
from coordinator.pages.reader import Reader
from coordinator.pages.views import OFFERED, make_strip, strip_row
from coordinator.services.candidates import Board, CandidateView

LETTERS = "ABC"
NAMED_CITIES = 3
A_WEEK_AROUND = timedelta(hours=84)


def make_picks(board: Board, chosen: CandidateView | None, path: str, reader: Reader) -> tuple[Pick, ...]:
    """The candidates, best first, lettered; `path` is the page that shows one of them by `?candidate=`."""
    return tuple(
        Pick(
            letter=letter,
            current=candidate is chosen,
            path=f"{path}?candidate={letter}#strip",
            start=iso_words(candidate.starts_at),
            words=reader.say(candidate.starts_at),
            time=reader.clock(candidate.starts_at),
            lines=cost_lines(candidate, reader.language, reader.numerals),
            remark=remark(candidate, reader),
            reasons=tell_reasons(candidate, reader),
        )
        for letter, candidate in zip(LETTERS, board.candidates, strict=False)
    )


def choose(board: Board, letter: str, start: str = "") -> CandidateView | None:
    """The candidate of this letter or start; the best one when neither names one; None when there is none at all."""
    by_name = dict(zip(LETTERS, board.candidates, strict=False))
    by_start = {iso_words(candidate.starts_at): candidate for candidate in board.candidates}
    best = board.candidates[0] if board.candidates else None
    return by_start.get(start) or by_name.get(letter) or best


def cost_lines(candidate: CandidateView, language: Language, numerals: str) -> tuple[tuple[int, str], ...]:
    """(burden for the glyph, how many groups have it); whoever is left out is counted only when somebody is."""
    suited = candidate.count(BURDEN_PREFERRED, BURDEN_POSSIBLE)
    awake, night, out = (candidate.count(burden) for burden in (BURDEN_WAKING, BURDEN_NIGHT, BURDEN_NOT_BORNE))
    lines = [
        (BURDEN_PREFERRED, _suited_words(suited, language, numerals)),
        (BURDEN_WAKING, _awake_words(awake, language, numerals)),
        (BURDEN_NIGHT, _night_words(night, language, numerals)),
    ]
    if out:
        words = language.ngettext("%(n)s left out", "%(n)s left out", out, n=count_words(out, language, numerals))
        lines.append((BURDEN_NOT_BORNE, words))
    return tuple(lines)


def _suited_words(count: int, language: Language, numerals: str) -> str:
    if not count:
        return language.gettext("none in their hours")
    return language.ngettext("%(n)s in its hours", "%(n)s in their hours", count, n=count_words(count, language, numerals))


def _awake_words(count: int, language: Language, numerals: str) -> str:
    if not count:
        return language.gettext("none awake outside their hours")
    n = count_words(count, language, numerals)
    return language.ngettext("%(n)s awake, outside its hours", "%(n)s awake, outside their hours", count, n=n)


def _night_words(count: int, language: Language, numerals: str) -> str:
    if not count:
        return language.gettext("none in their night")
    return language.ngettext("%(n)s in its night", "%(n)s in their night", count, n=count_words(count, language, numerals))


def remark(candidate: CandidateView, reader: Reader) -> str:
    """The one thing to know: who is needed and left out, where clocks change that week, whose night it is. Only of groups that are seen."""
    language = reader.language
    needed = [row.seen for row in candidate.rows if row.required and row.burden == BURDEN_NOT_BORNE and row.seen is not None]
    if needed:
        return language.gettext("Needed, and left out: %(groups)s.", groups=_listed([seen.name for seen in needed], language))
    turning = [row.seen for row in candidate.rows if row.seen is not None and _clocks_change(row.seen, candidate.starts_at)]
    if turning:
        cities = _listed(_cities(turning, language), language)
        return language.gettext("Clocks change that week in %(cities)s; the moment stays the same instant.", cities=cities)
    night = [row.seen for row in candidate.rows if row.burden == BURDEN_NIGHT and row.seen is not None and row.seen.zone_id]
    return language.gettext("It is night in %(cities)s.", cities=_listed(_cities(night, language), language)) if night else ""


def _clocks_change(seen: Seen, at: datetime) -> bool:
    return seen.zone_id is not None and bool(zones.transitions(seen.zone_id, at - A_WEEK_AROUND, at + A_WEEK_AROUND))


def _cities(seen: Sequence[Seen], language: Language) -> list[str]:
    return [place_name(one.place or "", one.zone_id, language) for one in seen if one.zone_id is not None]


def _listed(names: Sequence[str], language: Language) -> str:
    """The first few names; an ellipsis stands for the rest."""
    once = list(dict.fromkeys(names))
    shown = once[:NAMED_CITIES] + (["…"] if len(once) > NAMED_CITIES else [])
    return language.pgettext("between cities", ", ").join(shown)


def tell_reasons(candidate: CandidateView, reader: Reader) -> tuple[Told, ...]:
    """Every group that the reader sees: its own first, then by name; whoever hides its zone comes last."""
    rows = [(row.seen, row) for row in candidate.rows if row.seen is not None]
    rows.sort(key=lambda pair: (not pair[0].own, pair[0].zone_id is None, pair[0].name))
    return tuple(
        Told(
            name=seen.name or reader.language.gettext("A group that does not show itself"),
            own=seen.own,
            burden=row.burden,
            words=say_reason(row.reason, _time_of(seen, candidate.starts_at, reader), reader.language, reader.numerals),
        )
        for seen, row in rows
    )


def _time_of(seen: Seen, starts_at: datetime, reader: Reader) -> str:
    if seen.zone_id is None:
        return ""
    city = place_name(seen.place or "", seen.zone_id, reader.language)
    return say_short(starts_at, seen.zone_id, reader.language, city, numerals=reader.numerals, setting=Setting.HTML)


def candidate_strip(candidate: CandidateView, reader: Reader) -> Strip:
    """The clock strip of one start, with what every group would have carried after it."""
    pairs = [
        (
            row.seen,
            strip_row(row.seen, candidate.starts_at, reader, burden=row.burden, carried=row.carried_after, needed=row.required),
        )
        for row in candidate.rows
        if row.seen is not None
    ]
    caption = reader.language.gettext("Local time and burden of each group at this moment")
    return make_strip(pairs, candidate.starts_at, OFFERED, reader, caption=caption, others="")


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
