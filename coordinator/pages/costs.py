"""What does a start cost whom? Counted in lines, told group by group, and drawn on the clock strip: for one instant and for several."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from coordinator.domain.burden import BURDEN_NIGHT, BURDEN_NOT_BORNE, BURDEN_POSSIBLE, BURDEN_PREFERRED, BURDEN_WAKING
from coordinator.domain.listing import Seen
from coordinator.formats.isolation import Setting
from coordinator.formats.places import seen_name, seen_place
from coordinator.formats.reason_words import say_reason
from coordinator.formats.times import count_words, say_short
from coordinator.i18n import Language
from coordinator.pages.context_moments import Strip, Told
from coordinator.pages.reader import Reader
from coordinator.pages.views import OFFERED, make_strip, strip_row
from coordinator.services.candidates import CandidateView, WeighedRow
from coordinator.services.offers import OfferView

Costed = CandidateView | OfferView


def first_at(costed: Costed) -> datetime:
    """The instant at which it begins, for this reader."""
    return costed.first_at if isinstance(costed, OfferView) else costed.starts_at


def cost_lines(costed: Costed, language: Language, numerals: str) -> tuple[tuple[int, str], ...]:
    """(burden for the glyph, how many groups have it); whoever is left out is counted only when somebody is."""
    suited = _count(costed, BURDEN_PREFERRED, BURDEN_POSSIBLE)
    awake, night, out = (_count(costed, burden) for burden in (BURDEN_WAKING, BURDEN_NIGHT, BURDEN_NOT_BORNE))
    lines = [
        (BURDEN_PREFERRED, _suited_words(suited, language, numerals)),
        (BURDEN_WAKING, _awake_words(awake, language, numerals)),
        (BURDEN_NIGHT, _night_words(night, language, numerals)),
    ]
    if out:
        words = language.ngettext("%(n)s left out", "%(n)s left out", out, n=count_words(out, language, numerals))
        lines.append((BURDEN_NOT_BORNE, words))
    return tuple(lines)


def _count(costed: Costed, *burdens: int) -> int:
    return sum(row.burden in burdens for row in costed.rows)


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


def too_few_words(language: Language) -> str:
    """Said of a start that leaves out too many to be agreed to by the others."""
    return language.gettext("It leaves out so many that it would not stand, unless some of them consent all the same.")


def tell_reasons(costed: Costed, reader: Reader) -> tuple[Told, ...]:
    """Every group that the reader sees: its own first, then by name; whoever hides its zone comes last."""
    seen_rows = sorted(_seen_rows(costed), key=lambda each: (not each[0].own, each[0].zone_id is None, each[0].name))
    return tuple(
        Told(
            name=seen_name(seen, reader.language),
            own=seen.own,
            burden=row.burden,
            words=say_reason(row.reason, _time_of(seen, at, reader), reader.language, reader.numerals),
        )
        for seen, row, at in seen_rows
    )


def _time_of(seen: Seen, at: datetime, reader: Reader) -> str:
    if seen.zone_id is None:
        return ""
    city = seen_place(seen, reader.language)
    return say_short(at, seen.zone_id, reader.language, city, numerals=reader.numerals, setting=Setting.HTML)


def cost_strip(costed: Costed, reader: Reader) -> Strip:
    """The clock strip of a start, each group at its own leg, with what it would have carried after it."""
    seen_rows = list(_seen_rows(costed))
    pairs = [
        (seen, strip_row(seen, at, reader, burden=row.burden, carried=row.carried_after, needed=row.required))
        for seen, row, at in seen_rows
    ]
    caption = reader.language.gettext("Local time and burden of each group at this moment")
    return make_strip(pairs, first_at(costed), OFFERED, reader, caption=caption, others="", starts=[at for _seen, _row, at in seen_rows])


def _seen_rows(costed: Costed) -> Iterator[tuple[Seen, WeighedRow, datetime]]:
    """The groups that the reader sees, each with the instant of its leg; what stands there for a group without a clock is never shown."""
    begins_at = first_at(costed)
    for row in costed.rows:
        if row.seen is not None:
            yield row.seen, row, row.leg_at or begins_at
