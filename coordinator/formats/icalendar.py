"""How does a moment stand in a calendar? One-action files and feeds as iCalendar bytes (RFC 5545, RFC 7986).

Pure: plain values in, bytes out, the same bytes for the same values, so that a hash of them is a strong ETag. Every time is UTC with a `Z`,
the only form that all readers get right whatever zone rules they carry; each city's clock stands in the description. What may be
in a feed, and who may read it, is decided before (`services/`).

icalendar 7.3 is worked round where it writes NAME and X-WR-CALNAME raw (a line break in a name would be a line in the file), REFRESH-INTERVAL and
SOURCE without their VALUE, and X-PUBLISHED-TTL as a clock time.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from icalendar import Alarm, Calendar, Event, vDuration, vText, vUri

from coordinator.formats.isolation import Setting
from coordinator.formats.times import LATIN, digits, say_moment
from coordinator.i18n import Language

CONTENT_TYPE = "text/calendar; charset=utf-8"
PRODID = "-//Chorus//Chorus//EN"
COLOR = "orangered"  # the CSS3 name nearest to the colour of the moment
REFRESH_EVERY = timedelta(hours=1)
REMIND_BEFORE = timedelta(days=1)
KEEP_PAST_FOR = timedelta(days=90)
KEEP_CANCELLED_FOR = timedelta(days=30)

# They turn the direction of everything after them and have no business in a calendar; isolates, which we write ourselves, end with the line.
OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e")
UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


class Status(StrEnum):
    """The status of a VEVENT; one spelling, since readers refuse others."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One leg of an action, as one VEVENT.

    `uid` never changes; `sequence` rises when start, end, place or status change. `stamped_at` is when this version was made, `changed_at` when
    anything in it last changed: both stored, never the clock's. Instants are aware. `summary` is in `language` (a BCP 47 tag), the lines of
    `description` in the reader's. `cancelled_reason` is shown while the status is CANCELLED.
    """

    uid: str
    sequence: int
    stamped_at: datetime
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    status: Status
    summary: str
    description: tuple[str, ...]
    url: str
    language: str
    cancelled_reason: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """What a calendar says of itself. `url` is the page it belongs to, `source_url` its own address; `changed_at` the last change in it."""

    uid: str
    name: str
    description: str
    url: str
    source_url: str
    changed_at: datetime
    refresh: timedelta = REFRESH_EVERY


@dataclass(frozen=True, slots=True)
class City:
    """A place whose clock the description reads out."""

    name: str
    zone_id: str


# --- files ------------------------------------------------------------------------------------------------------------


def write_events(entries: Iterable[CalendarEntry], language: Language) -> bytes:
    """A file with the entries of one action, to be saved once; each reminds a day before, unless it is cancelled."""
    calendar = _calendar()
    for entry in _in_order(entries):
        event = _event(entry, language)
        if entry.status is not Status.CANCELLED:
            event.add_component(_alarm(entry))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def write_feed(feed: Feed, entries: Iterable[CalendarEntry], language: Language) -> bytes:
    """A calendar to follow, in the order of time. Valid without entries too: a 404 would make clients drop it."""
    calendar = _calendar()
    _describe_feed(calendar, feed, language)
    for entry in _in_order(entries):
        calendar.add_component(_event(entry, language))
    return bytes(calendar.to_ical())


def _in_order(entries: Iterable[CalendarEntry]) -> list[CalendarEntry]:
    return sorted(entries, key=lambda entry: (entry.starts_at, entry.uid))


def etag(body: bytes) -> str:
    """A strong ETag: the same bytes, the same tag."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_kept(entry: CalendarEntry, now: datetime) -> bool:
    """Whether a feed still carries the entry: 90 days after its end, 30 when cancelled, so that every client hears of it."""
    return now < entry.ends_at + (KEEP_CANCELLED_FOR if entry.status is Status.CANCELLED else KEEP_PAST_FOR)


def describe(
    story: str,
    starts_at: datetime,
    cities: Sequence[City],
    rules_version: str,
    language: Language,
    *,
    others: int = 0,
    numerals: str = LATIN,
) -> tuple[str, ...]:
    """The lines of a description: the story, every city's clock, how many groups are not named, and by which zone rules.

    A phone with old rules shows its own hour; these lines tell people what their group agreed on.
    """
    clocks = [say_moment(starts_at, city.zone_id, language, city.name, numerals=numerals, setting=Setting.ISOLATED) for city in cities]
    if others:
        n = digits(others, numerals)
        clocks.append(language.ngettext("And %(n)s more group.", "And %(n)s more groups.", others, n=n))
    rules = language.gettext("Hours by the time zone rules of %(version)s.", version=rules_version)
    return (*([story, ""] if story else []), *clocks, "", rules)


# --- components -------------------------------------------------------------------------------------------------------


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    return calendar


def _describe_feed(calendar: Calendar, feed: Feed, language: Language) -> None:
    spoken = {"LANGUAGE": language.tag}
    calendar.add("uid", vText(clean_line(feed.uid)))
    for name, old_name, text in (
        ("name", "x-wr-calname", clean_line(feed.name)),
        ("description", "x-wr-caldesc", clean_text(feed.description)),
    ):
        if text:
            calendar.add(name, vText(text, params=spoken))
            calendar.add(old_name, vText(text))
    calendar.add("refresh-interval", vDuration(feed.refresh), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(feed.refresh))
    calendar.add("source", vUri(clean_url(feed.source_url)), parameters={"VALUE": "URI"})
    calendar.add("url", vUri(clean_url(feed.url)))
    calendar.add("last-modified", in_utc(feed.changed_at))
    calendar.add("color", vText(COLOR))


def _event(entry: CalendarEntry, language: Language) -> Event:
    event = Event()
    event.add("uid", vText(clean_line(entry.uid)))
    event.add("sequence", entry.sequence)
    event.add("dtstamp", in_utc(entry.stamped_at))
    event.add("last-modified", in_utc(entry.changed_at))
    event.add("dtstart", in_utc(entry.starts_at))
    event.add("dtend", in_utc(entry.ends_at))
    event.add("status", vText(entry.status.value))
    event.add("summary", vText(_summary(entry, language), params={"LANGUAGE": entry.language}))
    event.add("description", vText(_description(entry, language), params={"LANGUAGE": language.tag}))
    event.add("url", vUri(clean_url(entry.url)))
    return event


def _summary(entry: CalendarEntry, language: Language) -> str:
    title = clean_line(entry.summary)
    # Translators: the title of a cancelled action in a calendar; the first word must be seen at once.
    return language.gettext("CANCELLED: %(title)s", title=title) if entry.status is Status.CANCELLED else title


def _description(entry: CalendarEntry, language: Language) -> str:
    lines = [*entry.description, "", entry.url]
    if entry.status is Status.CANCELLED and entry.cancelled_reason:
        lines[:0] = [language.gettext("Cancelled: %(reason)s", reason=clean_line(entry.cancelled_reason)), ""]
    return clean_text("\n".join(lines))


def _alarm(entry: CalendarEntry) -> Alarm:
    alarm = Alarm()
    alarm.add("action", vText("DISPLAY"))
    alarm.add("trigger", -REMIND_BEFORE)
    alarm.add("description", vText(clean_line(entry.summary)))  # without it strict readers refuse the whole file
    return alarm


# --- values -----------------------------------------------------------------------------------------------------------


def in_utc(instant: datetime) -> datetime:
    """The instant as icalendar writes it with a `Z`, to the second; fixed offsets would become zone names of their own."""
    return instant.astimezone(UTC).replace(microsecond=0)


def clean_line(text: str) -> str:
    """`text` as one line: anything unseen is a space, overrides of direction are gone."""
    return " ".join("".join(" " if unicodedata.category(char) in UNSEEN else char for char in text if char not in OVERRIDES).split())


def clean_text(text: str) -> str:
    """`text` with plain line breaks and nothing else unseen."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n").split("\n")
    return "\n".join(clean_line(line) for line in lines).strip("\n")


def clean_url(url: str) -> str:
    """`url` without anything that could end its line."""
    return "".join(char for char in url if char.isprintable() and not char.isspace())
