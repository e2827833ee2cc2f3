"""How do an action and its groups become the pieces that templates set: clock strips, bands of a poster, rows of a list?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from markupsafe import Markup

from coordinator.domain import zones
from coordinator.domain.action import State
from coordinator.domain.listing import Seen
from coordinator.domain.response import Response
from coordinator.formats.bands import LEAD, Place, collapse, local_day, moment_band, west_to_east
from coordinator.formats.isolation import Setting, list_names
from coordinator.formats.places import seen_name, seen_place
from coordinator.formats.times import LATIN, count_words, decimal_words, digits, short_offset_words
from coordinator.i18n import N_, Language
from coordinator.pages.context_moments import ActRow, BandRow, Strip, StripRow, Tick
from coordinator.pages.reader import Reader, clock_of
from coordinator.pages.words import ANSWERS, BURDENS, kind_and_duration
from coordinator.services.actions import ActionView, GroupRow

TWELFTHS = 12
LINE_AT_TWELFTH = 5
LONG_TITLE_CHARS, LONGEST_TITLE_CHARS = 32, 64
LEDE_CHARS = 420

ONE_AXIS = N_("Each band is one local day. Ticks are UTC.")
OWN_AXES = N_("Each band is one local day. The line marks each group’s own moment; whoever acts first comes first.")
OFFERED, CONFIRMED, CANCELLED, NO_LINE = "offered", "confirmed", "cancelled", "none"


def moment_of(view: ActionView) -> tuple[datetime | None, str]:
    """The instant that an action's line marks, and how: what stands, else what is put forward, else where it would have been."""
    if view.state is State.CANCELLED:
        return view.starts_at, CANCELLED
    if view.starts_at is not None:
        return view.starts_at, CONFIRMED
    return (view.offered_at, OFFERED) if view.offered_at is not None else (None, NO_LINE)


def title_size(title: str) -> str:
    """Which type a title takes: empty for the largest, `long`, `longest`."""
    if len(title) > LONGEST_TITLE_CHARS:
        return "longest"
    return "long" if len(title) > LONG_TITLE_CHARS else ""


def lede(story: str) -> str:
    """The story's first paragraph, cut at a word where it is long."""
    first = story.split("\n\n", 1)[0].strip()
    if len(first) <= LEDE_CHARS:
        return first
    return first[:LEDE_CHARS].rsplit(" ", 1)[0].rstrip(",;:") + " …"


# --- the clock strip --------------------------------------------------------------------------------------------------


BARE_TICKS = tuple(Tick("", k == LINE_AT_TWELFTH) for k in range(TWELFTHS))  # of an axis that is not the same for all


def make_ticks(moment_at: datetime, numerals: str = LATIN) -> tuple[Tick, ...]:
    """The twelfths of the axis; every second one carries its UTC time."""
    hours = (moment_at - LEAD + timedelta(hours=2 * k) for k in range(TWELFTHS))
    return tuple(Tick(digits(f"{at:%H:%M}", numerals) if k % 2 else "", k == LINE_AT_TWELFTH) for k, at in enumerate(hours))


def strip_row(
    seen: Seen,
    moment_at: datetime,
    reader: Reader,
    *,
    burden: int | None = None,
    response: Response | None = None,
    reason: str = "",
    carried: float | None = None,
    needed: bool = False,
) -> StripRow:
    """One group on a strip; one that hides its zone shows no time and no band, whatever else is known of it."""
    language, numerals = reader.language, reader.numerals
    name = seen_name(seen, language)
    said = StripRow(
        city=name,
        group="",
        time=None,
        band=Markup(""),
        own=seen.own,
        burden=burden,
        pays="" if burden is None else language.gettext(BURDENS[burden]),
        answer="" if response is None else language.gettext(ANSWERS[response]),
        reason=reason,
        carried="" if carried is None else balance_words(carried, language, numerals),
        needed=needed,
    )
    if seen.zone_id is None:
        return said
    city = seen_place(seen, language)
    time = clock_of(moment_at, seen.zone_id, language, city, numerals)
    return replace(said, city=city, group=name, time=time, band=moment_band(seen.zone_id, moment_at))


def balance_words(carried: float, language: Language, numerals: str = LATIN) -> str:
    """What a group has carried, to one decimal, with a sign where it is not nothing: "+3.5", "−2", "0"."""
    rounded = round(carried, 1)
    mark = "\u2212" if rounded < 0 else "+" if rounded > 0 else ""
    return f"{mark}{decimal_words(abs(rounded), language, numerals)}"


def order_seen(rows: Sequence[tuple[Seen, StripRow]], moment_at: datetime) -> tuple[StripRow, ...]:
    """West to east; whoever hides its zone comes last, by name, so that its place in the row tells nothing."""
    shown = [(seen.zone_id, row) for seen, row in rows if seen.zone_id is not None]
    hidden = sorted((row for seen, row in rows if seen.zone_id is None), key=lambda row: row.city)
    places = [Place(str(index), zone_id) for index, (zone_id, _) in enumerate(shown)]
    return (*(shown[int(place.city)][1] for place in west_to_east(places, moment_at)), *hidden)


def action_strip(rows: Sequence[GroupRow], moment_at: datetime, line: str, reader: Reader, *, caption: str, others: str) -> Strip:
    """The strip of a moment of an action: what stands shows the burdens agreed to, what is put forward those offered.

    Each group stands at the instant of its own leg. `moment_at` is for those whose clock is not seen, and where all stand at one.
    """
    starts = [(row.offered_at if line == OFFERED else row.starts_at) or moment_at for row in rows]
    pairs = [(row.seen, _row_of(row, at, line, reader)) for row, at in zip(rows, starts, strict=True)]
    return make_strip(pairs, moment_at, line, reader, caption=caption, others=others, starts=starts)


def make_strip(
    pairs: Sequence[tuple[Seen, StripRow]],
    moment_at: datetime,
    line: str,
    reader: Reader,
    *,
    caption: str,
    others: str,
    starts: Sequence[datetime] = (),
) -> Strip:
    """A strip of these groups; columns that nobody has anything in are left out. `starts`: each one's own instant, where it is not `moment_at`.

    Where these are several there is no axis that is right for all: the line marks everybody's own instant, and the first come first.
    """
    legs = sorted({at for (seen, _), at in zip(pairs, starts, strict=False) if seen.zone_id is not None}) or [moment_at]
    is_one = len(legs) == 1
    rows = order_seen(pairs, legs[0]) if is_one else _order_by_leg(pairs, starts, legs)
    return Strip(
        caption=caption,
        note=reader.language.gettext(ONE_AXIS if is_one else OWN_AXES),
        line=line,
        ticks=make_ticks(legs[0], reader.numerals) if is_one else BARE_TICKS,
        rows=rows,
        others=others,
        pays=any(row.burden is not None for row in rows),
        carried=any(row.carried for row in rows),
        answers=any(row.answer for row in rows),
    )


def _order_by_leg(pairs: Sequence[tuple[Seen, StripRow]], starts: Sequence[datetime], legs: Sequence[datetime]) -> tuple[StripRow, ...]:
    """Those of the first leg first; whoever hides its zone comes last, as ever."""
    shown = [(pair, at) for pair, at in zip(pairs, starts, strict=True) if pair[0].zone_id is not None]
    hidden = [pair for pair in pairs if pair[0].zone_id is None]
    by_leg = (order_seen([pair for pair, at in shown if at == leg], leg) for leg in legs)
    return (*(row for rows in by_leg for row in rows), *order_seen(hidden, legs[0]))


def _row_of(row: GroupRow, moment_at: datetime, line: str, reader: Reader) -> StripRow:
    burden = row.offered_burden if line == OFFERED else row.burden
    needed = row.required and burden is not None  # who is needed is the partners' matter, as burdens are
    return strip_row(row.seen, moment_at, reader, burden=burden, response=row.response, reason=row.reason, needed=needed)


# --- the poster -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def band_rows(places: tuple[Place, ...], moment_at: datetime, language: Language, numerals: str = LATIN) -> tuple[BandRow, ...]:
    """The poster's rows for these places: the same for every reader of a language, so kept while the moment stands."""
    made = []
    for row in collapse(places, moment_at):
        local = clock_of(moment_at, row.zone_id, language, row.cities[0], numerals)
        cities = list_names(row.cities, language, Setting.BARE)
        offset = short_offset_words(zones.utc_offset(moment_at, row.zone_id), language, numerals) if row.by_hour else local.offset
        count = group_count(row.count, language, numerals) if row.by_hour else ""
        made.append(BandRow(local.time, local.short_weekday, cities, offset, count, moment_band(row.zone_id, moment_at)))
    return tuple(made)


def group_count(count: int, language: Language, numerals: str = LATIN) -> str:
    """ "14 groups"."""
    return language.ngettext("%(n)s group", "%(n)s groups", count, n=count_words(count, language, numerals))


def places_of(seen: Iterable[Seen], language: Language) -> tuple[Place, ...]:
    """Places and zones of the groups whose zone the reader may know."""
    return tuple(Place(seen_place(one, language), one.zone_id) for one in seen if one.zone_id is not None)


def city_choices(places: Iterable[Place]) -> tuple[tuple[str, str], ...]:
    """What "Change city" offers: (zone, city), each pair once, by the city's name."""
    return tuple(sorted({(place.zone_id, place.city) for place in places}, key=lambda pair: zones.fold_text(pair[1])))


# --- rows of a list ---------------------------------------------------------------------------------------------------


def day_picture(view: ActionView, zone_id: str) -> Markup:
    """The zone's own day with the action's needle in it; empty where the action has no moment."""
    moment_at, line = moment_of(view)
    return Markup("") if moment_at is None else local_day(zone_id, moment_at, line)


def act_row(view: ActionView, path: str, reader: Reader, *, state: str, more: str) -> ActRow:
    """One action in a list, told by the reader's clock."""
    moment_at, line = moment_of(view)
    return ActRow(
        path=path,
        title=view.title,
        title_language=view.language,
        what=kind_and_duration(view, reader.language, reader.numerals),
        time=None if moment_at is None else reader.clock(moment_at),
        day=day_picture(view, reader.zone_id),
        struck=line == CANCELLED,
        state=state,
        more=more,
    )
