"""How does the whole quarter stand on a page: as a picture of hours, with its key, and as a table of the same figures?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from coordinator.domain import zones
from coordinator.domain.availability import DAY_MINUTES
from coordinator.domain.heat import HOURS, Heat, HeatHour
from coordinator.formats.heat_map import Heads, Mark, draw_heat, step_shown, steps_of
from coordinator.formats.isolation import Setting, compose, set_city, set_ltr
from coordinator.formats.sky import tone_runs
from coordinator.formats.times import count_words, date_words, day_words, digits, month_name, offset_words
from coordinator.pages.context_heat import HeatKey, HeatView
from coordinator.pages.reader import Reader
from coordinator.services.heat import HeatBoard

CALM = "*"  # in the table: nobody at night
NOTHING = "—"
HEADED_HOURS = range(0, HOURS + 1, 6)


def view_heat(board: HeatBoard, starts: Iterable[tuple[str, datetime]], reader: Reader) -> HeatView:
    """The quarter's hours on the reader's clock; `starts` are the lettered ones that are ringed."""
    heat, language = board.heat, reader.language
    bounds = zones.start_of_day(heat.first_on, reader.zone_id), zones.start_of_day(heat.last_on + timedelta(days=1), reader.zone_id)
    middle_at = zones.start_of_day(heat.first_on + (heat.last_on - heat.first_on) / 2, reader.zone_id)
    heads = Heads(
        label=language.gettext("How many groups are in their hours, by day and hour. The table below says the same in figures."),
        months=tuple(_months(heat, reader)),
        hours=tuple(digits(f"{hour:02d}", reader.numerals) for hour in HEADED_HOURS),
    )
    marks = [_mark(letter, at, reader) for letter, at in starts if bounds[0] <= at < bounds[1]]
    return HeatView(
        note=_note(bounds, reader),
        best=_best(heat, reader),
        uncounted=_uncounted(board.uncounted, reader),
        picture=draw_heat(heat, marks, heads, tone_runs(reader.zone_id, middle_at, DAY_MINUTES), mirrored=language.direction == "rtl"),
        key=tuple(_key(heat, reader)),
        table_note=language.gettext("An asterisk: nobody in their night, nobody left out. A dash: no start in this hour."),
        hours=tuple(digits(f"{hour:02d}", reader.numerals) for hour in range(HOURS)),
        rows=tuple(_rows(heat, reader)),
    )


def _months(heat: Heat, reader: Reader) -> Iterator[tuple[date, str]]:
    """The first day of each month that is drawn; a month of which less than a week is drawn has no room for its name."""
    on = heat.first_on
    while on <= heat.last_on:
        following = (on.replace(day=1) + timedelta(days=31)).replace(day=1)
        if (min(following, heat.last_on + timedelta(days=1)) - on).days >= 7:
            yield on, month_name(on, reader.language)
        on = following


def _mark(letter: str, at: datetime, reader: Reader) -> Mark:
    wall_time = zones.to_wall_time(at, reader.zone_id)
    return Mark(letter, wall_time.date(), wall_time.hour * 60 + wall_time.minute)


def _note(bounds: tuple[datetime, datetime], reader: Reader) -> str:
    """Whose hours these are, and how their offset changes in the quarter; as markup."""
    language = reader.language
    first = offset_words(zones.utc_offset(bounds[0], reader.zone_id), language, reader.numerals)
    sentence = language.gettext("Hours as in %(city)s, %(offset)s.")
    said = [compose(sentence, Setting.HTML, city=set_city(reader.city, Setting.HTML), offset=set_ltr(first, Setting.HTML))]
    for change in zones.transitions(reader.zone_id, *bounds):
        # Translators: the clock of a city changes; "From Sunday 28 March 2027 on UTC+02:00."
        sentence = language.gettext("From %(date)s on %(offset)s.")
        on = date_words(zones.to_wall_time(change.at, reader.zone_id).date(), language, reader.numerals)
        offset = set_ltr(offset_words(change.after, language, reader.numerals), Setting.HTML)
        said.append(compose(sentence, Setting.HTML, date=on, offset=offset))
    return compose(" ", Setting.HTML).join(said)


def _best(heat: Heat, reader: Reader) -> str:
    """How many groups the best hours suit, and how many of these hours there are; empty without any."""
    language, numerals = reader.language, reader.numerals
    if not heat.most:
        return language.gettext("No hour of this quarter lies in any group’s hours.")
    count = sum(hour.suits == heat.most for hour in heat.hours)
    figures = {name: count_words(value, language, numerals) for name, value in (("most", heat.most), ("of", heat.groups), ("n", count))}
    return language.ngettext(
        "In %(n)s hour of this quarter %(most)s of %(of)s groups are in their hours; in none are there more.",
        "In %(n)s hours of this quarter %(most)s of %(of)s groups are in their hours; in none are there more.",
        count,
        **figures,
    )


def _uncounted(count: int, reader: Reader) -> str:
    """That groups which do not show where they are stand in no figure; empty when there are none."""
    if not count:
        return ""
    n = count_words(count, reader.language, reader.numerals)
    return reader.language.ngettext(
        "%(n)s invited group does not show where it is and is not counted here.",
        "%(n)s invited groups do not show where they are and are not counted here.",
        count,
        n=n,
    )


def _key(heat: Heat, reader: Reader) -> Iterator[HeatKey]:
    language, numerals = reader.language, reader.numerals
    steps = steps_of(heat.most)
    for number, (first, last) in enumerate(steps):
        bounds = {name: count_words(value, language, numerals) for name, value in (("first", first), ("last", last), ("of", heat.groups))}
        yield HeatKey(step_shown(number, len(steps)), _span_words(bounds, reader, whole=last == heat.most))


def _span_words(bounds: dict[str, str], reader: Reader, *, whole: bool) -> str:
    """`whole` marks the last span, which says of how many."""
    language, is_one = reader.language, bounds["first"] == bounds["last"]
    if whole and not is_one:
        # Translators: a colour of a map: 34 to 42 of 42 groups.
        return language.gettext("%(first)s to %(last)s of %(of)s", **bounds)
    if whole:
        return language.gettext("%(last)s of %(of)s", **bounds)
    return bounds["first"] if is_one else language.gettext("%(first)s to %(last)s", **bounds)


def _rows(heat: Heat, reader: Reader) -> Iterator[tuple[str, tuple[str, ...]]]:
    by_hour: dict[tuple[date, int], list[HeatHour]] = {}
    for hour in heat.hours:
        by_hour.setdefault((hour.on, hour.hour), []).append(hour)
    for day in range((heat.last_on - heat.first_on).days + 1):
        on = heat.first_on + timedelta(days=day)
        yield day_words(on, reader.language, reader.numerals), tuple(_cell(by_hour.get((on, hour), ()), reader) for hour in range(HOURS))


def _cell(hours: Sequence[HeatHour], reader: Reader) -> str:
    figures = (count_words(hour.suits, reader.language, reader.numerals) + (CALM if hour.nobody_at_night else "") for hour in hours)
    return " / ".join(figures) or NOTHING
