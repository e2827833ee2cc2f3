"""How is a time said to a person? Always with its weekday, city and UTC offset (DESIGN §4 "Zones").

Instants come in aware, zones by name; the rules are `domain/zones.py`'s. Weekdays and months are CLDR's, in explicit patterns: its "full"
formats and zone names are wrong for us (Dublin's winter, British Columbia). Hours are 24-hour digits, Latin unless `numerals` names others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from coordinator.domain.moment import Sentence
from coordinator.domain.quarters import Quarter
from coordinator.domain.zones import to_wall_time, utc_offset
from coordinator.formats.isolation import Setting, compose, set_city, set_ltr
from coordinator.i18n import Language

LATIN = "latn"
ZERO_OF = {LATIN: 0x30, "arab": 0x660, "arabext": 0x6F0, "deva": 0x966}
DIGITS = {name: {0x30 + n: zero + n for n in range(10)} for name, zero in ZERO_OF.items()}

MINUS = "\u2212"

EPOCH_AT = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


# --- digits and counts ------------------------------------------------------------------------------------------------


def digits(text: object, numerals: str = LATIN) -> str:
    """`text` with its Latin digits in another numbering system (`latn`, `arab`, `arabext`, `deva`; others stay Latin)."""
    return str(text) if numerals == LATIN else str(text).translate(DIGITS.get(numerals, {}))


def count_words(count: int, language: Language, numerals: str = LATIN) -> str:
    """A whole number as the language groups it."""
    return digits(format_decimal(count, locale=language.locale, numbering_system=LATIN), numerals)


def decimal_words(value: float, language: Language, numerals: str = LATIN) -> str:
    """A number to one decimal, which is left out where it is nothing: "3.5", "3,5", "2"."""
    return digits(format_decimal(round(value, 1), format="0.#", locale=language.locale, numbering_system=LATIN), numerals)


def percent_words(percent: int, language: Language, numerals: str = LATIN) -> str:
    """ "75%": a share of a hundred, its sign where the language sets it."""
    return digits(format_percent(percent / 100, locale=language.locale, numbering_system=LATIN), numerals)


# --- pieces -----------------------------------------------------------------------------------------------------------


def wall_words(wall_time: datetime, numerals: str = LATIN) -> str:
    """Hours and minutes on a 24-hour clock: "09:05"."""
    return digits(f"{wall_time:%H:%M}", numerals)


def offset_words(offset: timedelta, language: Language, numerals: str = LATIN) -> str:
    """ "UTC+05:45", "UTC−03:00"; CLDR pattern xxx with a true minus."""
    hours, minutes = hours_and_minutes(offset)
    return language.gettext("UTC%(offset)s", offset=digits(f"{sign(offset)}{hours:02}:{minutes:02}", numerals))


def short_offset_words(offset: timedelta, language: Language, numerals: str = LATIN) -> str:
    """ "UTC+5:45", "UTC−3": for walls and strips."""
    hours, minutes = hours_and_minutes(offset)
    written = f"{sign(offset)}{hours}:{minutes:02}" if minutes else f"{sign(offset)}{hours}"
    return language.gettext("UTC%(offset)s", offset=digits(written, numerals))


def sign(offset: timedelta) -> str:
    """Plus for zero and east of it."""
    return MINUS if offset < timedelta(0) else "+"


def hours_and_minutes(offset: timedelta) -> tuple[int, int]:
    """The size of an offset."""
    return divmod(abs(offset) // MINUTE, 60)


def date_words(on: date, language: Language, numerals: str = LATIN) -> str:
    """ "Saturday 23 January 2027": a civil date is never said without its weekday."""
    return digits(format_date(on, with_months(date_pattern(language), on, language), locale=language.locale), numerals)


def day_words(on: date, language: Language, numerals: str = LATIN) -> str:
    """ "Saturday 23 January": where the year is plain from the place it stands in."""
    return digits(format_date(on, with_months(day_pattern(language), on, language), locale=language.locale), numerals)


def weekday_words(on: date, language: Language) -> str:
    """ "Saturday"."""
    return format_date(on, "EEEE", locale=language.locale)


def short_weekday_words(on: date, language: Language) -> str:
    """ "Sat": for strips and walls."""
    # Not the stand-alone form "ccc": Babel 2.18 resolves its alias once for all languages, and Ukrainian reads Swahili.
    return format_date(on, "EEE", locale=language.locale)


def month_words(on: date, language: Language, numerals: str = LATIN) -> str:
    """ "January 2027": heads of a calendar, where days follow."""
    pattern = str(language.locale.datetime_skeletons["yMMMM"].pattern)
    return digits(format_date(on, with_months(pattern, on, language), locale=language.locale), numerals)


def month_name(on: date, language: Language) -> str:
    """ "January": on an axis, where the year is plain from the heading."""
    return format_date(on, with_months("LLLL", on, language), locale=language.locale)


def short_month_name(on: date, language: Language) -> str:
    """ "Jan": the same on a small screen."""
    return format_date(on, "LLL", locale=language.locale)


def date_pattern(language: Language) -> str:
    """The CLDR pattern for weekday, day, month and year."""
    return language.date_pattern or str(language.locale.date_formats["full"].pattern)


def day_pattern(language: Language) -> str:
    """The CLDR pattern for weekday, day and month."""
    if language.day_pattern:
        return language.day_pattern
    skeletons = language.locale.datetime_skeletons
    pattern = next(str(skeletons[name].pattern) for name in ("MMMMEd", "MMMEd") if name in skeletons)
    return pattern.replace("MMMM", "MMM").replace("MMM", "MMMM").replace("E", "EEEE")


def with_months(pattern: str, on: date, language: Language) -> str:
    """The pattern with the month written out where the language has names of its own in languages.toml."""
    if not language.months:
        return pattern
    name = "'" + language.months[on.month - 1].replace("'", "''") + "'"
    return pattern.replace("MMMM", name).replace("LLLL", name)


# --- one instant ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LocalTime:
    """One instant as a city reads it, in pieces for a template that sets them large and small; show them together or not at all.

    `iso` is for `<time datetime>`: the instant in UTC with a Z.
    """

    iso: str
    time: str
    weekday: str
    short_weekday: str
    date: str
    day: str
    city: str
    offset: str
    short_offset: str


def local_time(instant: datetime, zone_id: str, language: Language, city: str, *, numerals: str = LATIN) -> LocalTime:
    """The instant on the clock and calendar of `city`, which the reader must be allowed to know."""
    wall_time, offset = to_wall_time(instant, zone_id), utc_offset(instant, zone_id)
    return LocalTime(
        iso=iso_words(instant),
        time=wall_words(wall_time, numerals),
        weekday=weekday_words(wall_time, language),
        short_weekday=short_weekday_words(wall_time, language),
        date=date_words(wall_time, language, numerals),
        day=day_words(wall_time, language, numerals),
        city=city,
        offset=offset_words(offset, language, numerals),
        short_offset=short_offset_words(offset, language, numerals),
    )


def iso_words(instant: datetime) -> str:
    """ "2027-01-23T13:30:00Z": the instant for machines."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970 in UTC, the wire's unit."""
    return (instant - EPOCH_AT) // timedelta(milliseconds=1)


def say_moment(
    instant: datetime, zone_id: str, language: Language, city: str, *, numerals: str = LATIN, setting: Setting = Setting.BARE
) -> str:
    """ "Saturday 23 January 2027, 19:15 in Kathmandu, UTC+05:45", without a full stop."""
    wall_time, offset = to_wall_time(instant, zone_id), utc_offset(instant, zone_id)
    return _say_wall_time(wall_time, offset, language, city, numerals=numerals, setting=setting)


def say_sentence(sentence: Sentence, language: Language, city: str, *, numerals: str = LATIN, setting: Setting = Setting.BARE) -> str:
    """The same for what a group agreed to, by the rules of that day: what its clock was to read, whatever it reads now."""
    return _say_wall_time(sentence.wall_time, sentence.utc_offset, language, city, numerals=numerals, setting=setting)


def _say_wall_time(wall_time: datetime, offset: timedelta, language: Language, city: str, *, numerals: str, setting: Setting) -> str:
    # Translators: one moment in one city: "Saturday 23 January 2027, 19:15 in Kathmandu, UTC+05:45".
    sentence = language.gettext("%(date)s, %(time)s in %(city)s, %(offset)s")
    return compose(
        sentence,
        setting,
        date=date_words(wall_time, language, numerals),
        time=wall_words(wall_time, numerals),
        city=set_city(city, setting),
        offset=set_ltr(offset_words(offset, language, numerals), setting),
    )


def say_moment_without_city(
    instant: datetime, zone_id: str, language: Language, *, numerals: str = LATIN, setting: Setting = Setting.BARE
) -> str:
    """ "Saturday 23 January 2027, 19:15, UTC+05:45": only where the city stands right beside it (a table row, a heading)."""
    local = local_time(instant, zone_id, language, "", numerals=numerals)
    sentence = language.gettext("%(date)s, %(time)s, %(offset)s")
    return compose(sentence, setting, date=local.date, time=local.time, offset=set_ltr(local.offset, setting))


def say_short(
    instant: datetime, zone_id: str, language: Language, city: str, *, numerals: str = LATIN, setting: Setting = Setting.BARE
) -> str:
    """ "19:15 Kathmandu, Sat UTC+5:45": for walls and strips."""
    local = local_time(instant, zone_id, language, city, numerals=numerals)
    # Translators: the shortest form, on walls: "19:15 Kathmandu, Sat UTC+5:45".
    sentence = language.gettext("%(time)s %(city)s, %(weekday)s %(offset)s")
    return compose(
        sentence,
        setting,
        time=local.time,
        city=set_city(city, setting),
        weekday=local.short_weekday,
        offset=set_ltr(local.short_offset, setting),
    )


def say_in_utc(instant: datetime, language: Language, numerals: str = LATIN) -> str:
    """ "13:30 UTC, Saturday": the line that all bands share."""
    wall_time = instant.astimezone(UTC)
    # Translators: "13:30 UTC, Saturday".
    return language.gettext("%(time)s UTC, %(weekday)s", time=wall_words(wall_time, numerals), weekday=weekday_words(wall_time, language))


def say_day_in_utc(instant: datetime, language: Language, numerals: str = LATIN) -> str:
    """ "Saturday 23 January 2027, 13:30 UTC": for a reader whose city is not known."""
    wall_time = instant.astimezone(UTC)
    date_said, time_said = date_words(wall_time, language, numerals), wall_words(wall_time, numerals)
    return language.gettext("%(date)s, %(time)s UTC", date=date_said, time=time_said)


# --- stretches --------------------------------------------------------------------------------------------------------


def say_range(
    start: datetime,
    end: datetime,
    zone_id: str,
    language: Language,
    city: str,
    *,
    numerals: str = LATIN,
    setting: Setting = Setting.BARE,
) -> str:
    """ "Saturday 23 January 2027, 19:15 to 19:45 in Kathmandu, UTC+05:45"; both days, or both offsets, in full where they differ."""
    first, last = (local_time(at, zone_id, language, city, numerals=numerals) for at in (start, end))
    if (first.date, first.offset) == (last.date, last.offset):
        sentence = language.gettext("%(date)s, %(start)s to %(end)s in %(city)s, %(offset)s")
    else:
        sentence = language.gettext("%(date)s, %(start)s, %(offset)s to %(end_date)s, %(end)s, %(end_offset)s in %(city)s")
    return compose(
        sentence,
        setting,
        date=first.date,
        start=first.time,
        offset=set_ltr(first.offset, setting),
        end_date=last.date,
        end=last.time,
        end_offset=set_ltr(last.offset, setting),
        city=set_city(city, setting),
    )


def say_hours(start: time, end: time, language: Language, numerals: str = LATIN) -> str:
    """ "17:30 to 21:30": hours of a week, whose days, city and offset head the table they stand in. An `end` of 00:00 is said as 24:00."""
    written = "24:00" if end == time.min else f"{end:%H:%M}"
    return language.gettext("%(start)s to %(end)s", start=digits(f"{start:%H:%M}", numerals), end=digits(written, numerals))


def duration_words(duration: timedelta, language: Language, numerals: str = LATIN) -> str:
    """ "30 minutes", "1 hour and 30 minutes", "2 days and 3 hours": the two largest units, rounded down, as they stand alone."""
    units = [standing_unit(unit, count, language, numerals) for unit, count in largest_units(duration)]
    if len(units) == 1:
        return units[0]
    # Translators: two parts of a duration: "1 hour and 30 minutes".
    return language.pgettext("duration", "%(larger)s and %(smaller)s", larger=units[0], smaller=units[1])


def time_left_words(instant: datetime, now: datetime, language: Language, numerals: str = LATIN) -> str:
    """ "In 61 days and 22 hours." before the instant, "61 days and 22 hours ago." after it, "Now." within its second."""
    left = instant - now
    if abs(left) < timedelta(seconds=1):
        return language.gettext("Now.")
    units = [governed_unit(unit, count, language, numerals) for unit, count in largest_units(abs(left))]
    if len(units) == 1:
        sentence = language.gettext("In %(time)s.") if left > timedelta(0) else language.gettext("%(time)s ago.")
        return sentence % {"time": units[0]}
    sentence = (
        language.gettext("In %(larger)s and %(smaller)s.") if left > timedelta(0) else language.gettext("%(larger)s and %(smaller)s ago.")
    )
    return sentence % {"larger": units[0], "smaller": units[1]}


def largest_units(duration: timedelta) -> list[tuple[str, int]]:
    """The two largest neighbouring units of a duration that is not negative, zero ones left out; at least one."""
    minutes, seconds = divmod(duration // timedelta(seconds=1), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    counts = [("day", days), ("hour", hours), ("minute", minutes), ("second", seconds)]
    first = next((i for i, (_, count) in enumerate(counts) if count), len(counts) - 1)
    pair = counts[first : first + 2] if counts[first][0] != "minute" else counts[first : first + 1]
    return [pair[0], *(unit for unit in pair[1:] if unit[1])]


def standing_unit(unit: str, count: int, language: Language, numerals: str) -> str:
    """ "3 hours", as it stands alone."""
    n = count_words(count, language, numerals)
    match unit:
        case "day":
            return language.ngettext("%(n)s day", "%(n)s days", count, n=n)
        case "hour":
            return language.ngettext("%(n)s hour", "%(n)s hours", count, n=n)
        case "minute":
            return language.ngettext("%(n)s minute", "%(n)s minutes", count, n=n)
        case _:
            return language.ngettext("%(n)s second", "%(n)s seconds", count, n=n)


def governed_unit(unit: str, count: int, language: Language, numerals: str) -> str:
    """ "3 hours", in the case that "in" and "ago" ask for."""
    n = count_words(count, language, numerals)
    match unit:
        case "day":
            # Translators: stands after the word for "in": "In 3 days."
            return language.npgettext("in or ago", "%(n)s day", "%(n)s days", count, n=n)
        case "hour":
            return language.npgettext("in or ago", "%(n)s hour", "%(n)s hours", count, n=n)
        case "minute":
            return language.npgettext("in or ago", "%(n)s minute", "%(n)s minutes", count, n=n)
        case _:
            return language.npgettext("in or ago", "%(n)s second", "%(n)s seconds", count, n=n)


# --- quarters ---------------------------------------------------------------------------------------------------------


def quarter_words(quarter: Quarter, language: Language, numerals: str = LATIN) -> str:
    """ "the first quarter of 2027", inside a sentence."""
    year = digits(quarter.year, numerals)
    match quarter.number:
        case 1:
            return language.gettext("the first quarter of %(year)s", year=year)
        case 2:
            return language.gettext("the second quarter of %(year)s", year=year)
        case 3:
            return language.gettext("the third quarter of %(year)s", year=year)
        case _:
            return language.gettext("the fourth quarter of %(year)s", year=year)


def quarter_title(quarter: Quarter, language: Language, numerals: str = LATIN) -> str:
    """ "The first quarter of 2027", as a heading."""
    words = quarter_words(quarter, language, numerals)
    return words[:1].upper() + words[1:]


def short_quarter_words(quarter: Quarter, language: Language, numerals: str = LATIN) -> str:
    """ "Q1 2027": axes of charts."""
    # Translators: the shortest name of a quarter, on the axis of a chart: "Q1 2027".
    return language.gettext("Q%(number)s %(year)s", number=digits(quarter.number, numerals), year=digits(quarter.year, numerals))
