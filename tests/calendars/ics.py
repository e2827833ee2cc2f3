"""Calendars for tests: as people's programs write them, as nobody should, and what a span of one is in words."""

from __future__ import annotations

from datetime import UTC, datetime

from coordinator.domain.busy import EPOCH, MILLISECOND, Busy, Span, span_of

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)

# As Outlook writes them: a name of Microsoft's with rules of its own, and one that no database knows.
CUSTOM_ZONE = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def calendar(*events: str, head: str = "") -> bytes:
    """A calendar of these events, each given as its lines without BEGIN and END."""
    parts = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//EN\n{head}{parts}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def event(start: str, end: str = "DURATION:PT1H", *more: str, uid: str = "1") -> str:
    """One event's lines: `start` as ":20270110T180000Z" or ";TZID=…:…", the rest whole."""
    return "\n".join([f"UID:{uid}", f"DTSTART{start}", end, *more])


def said(busy: Busy) -> list[str]:
    """The spans in words: "2027-01-10 18:00 – 19:00", UTC."""
    return [_say(span) for span in busy.spans]


def _say(span: Span) -> str:
    start, end = (EPOCH + ms * MILLISECOND for ms in (span.start_ms, span.end_ms))
    return f"{start:%Y-%m-%d %H:%M} – {end:%H:%M}" if start.date() == end.date() else f"{start:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}"


def between(start: str, end: str) -> Span:
    """From midnight UTC of one date to that of another."""
    return span_of(datetime.fromisoformat(f"{start}T00:00:00+00:00"), datetime.fromisoformat(f"{end}T00:00:00+00:00"))
