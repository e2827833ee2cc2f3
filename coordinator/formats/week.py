"""How is a group's ordinary week drawn: seven bands under a strip of sky, each with its hours in words?

`web/static/js/week-picture.js` draws the same shapes while somebody paints.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from markupsafe import Markup

from coordinator.domain.availability import DAY_MINUTES, DAYS, Availability, Level, quiet_minutes
from coordinator.domain.zones import start_of_day
from coordinator.formats.bands import band
from coordinator.formats.times import LATIN, date_words, digits, say_hours, short_weekday_words, weekday_words
from coordinator.i18n import Language

MONDAY = date(2027, 1, 4)  # any Monday: only the names of the days are taken from it
SCALE_HOURS = range(0, 24, 3)
HEIGHT, STRIPE = 30, 5
HATCH_MINUTES = 60  # between the strokes over quiet hours, and the minutes that each runs through
NOTHING, POSSIBLE, PREFERRED, QUIET = "none", "possible", "preferred", "quiet"

WEEK = Markup(
    '<svg class="painter__week" viewBox="0 0 1440 30" preserveAspectRatio="none" aria-hidden="true">'
    '<rect class="painter__none" width="1440" height="30"/>{}<path class="painter__grid" d="{}"/></svg>'
)
RECT = Markup('<rect class="painter__{}" x="{}" width="{}" height="{}"/>')
STRIPES = Markup('<rect class="painter__stripe" x="{}" y="{}" width="{}" height="{}"/>')
HATCH = Markup('<path class="painter__hatch" d="{}"/>')
HOUR_LINES = "".join(f"M{minute} 0V30" for minute in range(60, DAY_MINUTES, 60))


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One day: its code ("MO"), its short and its full name, its picture, and its hours in words (empty when the group is never free that day)."""

    code: str
    name: str
    full_name: str
    picture: Markup
    hours: str


@dataclass(frozen=True, slots=True)
class WeekHours:
    """One day of the table beside the picture: its name in full, and the hours of each kind in words (empty for none)."""

    day: str
    preferred: str
    possible: str
    quiet: str


def week_days(availability: Availability, language: Language, numerals: str = LATIN) -> tuple[WeekDay, ...]:
    """The seven days, in the order of `day_names`."""
    quiet = quiet_minutes(availability)
    return tuple(
        WeekDay(code, short, name, _picture(minutes), _hours(minutes, language, numerals))
        for code, short, name in day_names(language)
        for minutes in (_day_minutes(availability, DAYS.index(code), quiet),)
    )


def day_names(language: Language) -> tuple[tuple[str, str, str], ...]:
    """Code, short and full name of each weekday, from the one that the language's week begins with."""
    first = DAYS.index(language.week_start)
    days = ((DAYS[day % len(DAYS)], MONDAY + timedelta(days=day)) for day in range(first, first + len(DAYS)))
    return tuple((code, short_weekday_words(on, language), weekday_words(on, language)) for code, on in days)


def week_hours(availability: Availability, language: Language, numerals: str = LATIN) -> tuple[WeekHours, ...]:
    """What the picture shows, in its order, for those who read rather than look."""
    quiet = quiet_minutes(availability)
    return tuple(
        _hours_of_day(_day_minutes(availability, DAYS.index(code), quiet), name, language, numerals)
        for code, _, name in day_names(language)
    )


def _hours_of_day(minutes: list[str], name: str, language: Language, numerals: str) -> WeekHours:
    preferred, possible, quiet = (_hours(minutes, language, numerals, {kind}) for kind in (PREFERRED, POSSIBLE, QUIET))
    return WeekHours(name, preferred, possible, quiet)


def quiet_words(availability: Availability, language: Language, numerals: str = LATIN) -> str:
    """The quiet hours of every day: "22:00 to 06:00"; empty for none."""
    spans = (say_hours(_time(span.start_minute), _time(span.end_minute), language, numerals) for span in availability.quiet)
    return language.pgettext("between hours", ", ").join(spans)


def blocked_words(availability: Availability, language: Language, numerals: str = LATIN) -> str:
    """The blocked dates with their weekdays; empty for none."""
    return language.pgettext("between hours", ", ").join(date_words(on, language, numerals) for on in availability.blocked)


def scale_words(numerals: str = LATIN) -> tuple[str, ...]:
    """The labels over the bands, every three hours: "00", "03" …"""
    return tuple(digits(f"{hour:02d}", numerals) for hour in SCALE_HOURS)


def sun_strip(zone_id: str, now: datetime) -> Markup:
    """The sky of today over the zone's city, from midnight to midnight."""
    return band(zone_id, start_of_day(now.date(), zone_id))


def _day_minutes(availability: Availability, day: int, quiet: frozenset[int]) -> list[str]:
    """What each minute of that weekday is; a window that began the day before reaches into it."""
    minutes = [NOTHING] * DAY_MINUTES
    for window in sorted(availability.windows, key=lambda w: w.level is Level.PREFERRED):
        kind = PREFERRED if window.level is Level.PREFERRED else POSSIBLE
        for shift in _shifts(window.days, day):
            first, last = (min(max(minute + shift, 0), DAY_MINUTES) for minute in (window.start_minute, window.end_minute))
            minutes[first:last] = [kind] * (last - first)
    return [QUIET if minute in quiet else kind for minute, kind in enumerate(minutes)]


def _shifts(days: tuple[int, ...], day: int) -> tuple[int, ...]:
    """Where the window's midnight lies, in minutes of that day: on it, or a day before."""
    return tuple(shift for start, shift in ((day, 0), ((day - 1) % len(DAYS), -DAY_MINUTES)) if start in days)


def _runs(minutes: list[str]) -> list[tuple[str, int, int]]:
    """(kind, first minute, minute after the last) of each run that is not nothing."""
    found, at = [], 0
    for kind, run in groupby(minutes):
        length = len(list(run))
        if kind != NOTHING:
            found.append((kind, at, at + length))
        at += length
    return found


def _picture(minutes: list[str]) -> Markup:
    shapes = Markup("").join(_shape(kind, first, last - first) for kind, first, last in _runs(minutes))
    return WEEK.format(shapes, HOUR_LINES)


def _shape(kind: str, at: int, width: int) -> Markup:
    ground = RECT.format(kind, at, width, HEIGHT)
    match kind:
        case "possible":
            return ground + Markup("").join(STRIPES.format(at, y, width, STRIPE - 2) for y in range(0, HEIGHT, STRIPE * 2))
        case "quiet":
            return ground + HATCH.format(_hatch(at, at + width))
    return ground


def _hatch(first: int, last: int) -> str:
    """Rising strokes, one an hour, cut at the first and at the last minute."""
    return "".join(
        _stroke(foot, max(foot, first), min(foot + HATCH_MINUTES, last))
        for foot in range(first // HATCH_MINUTES * HATCH_MINUTES, last, HATCH_MINUTES)
    )


def _stroke(foot: int, start: int, end: int) -> str:
    first, last = (HEIGHT - (minute - foot) * HEIGHT / HATCH_MINUTES for minute in (start, end))
    return f"M{start} {first:g}L{end} {last:g}"


def _hours(minutes: list[str], language: Language, numerals: str, kinds: Collection[str] = (POSSIBLE, PREFERRED)) -> str:
    spans = (say_hours(_time(first), _time(last), language, numerals) for kind, first, last in _runs(minutes) if kind in kinds)
    return language.pgettext("between hours", ", ").join(spans)


def _time(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
