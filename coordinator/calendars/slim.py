"""Which lines of a calendar are worth reading? Those that say when something is; titles, places and names are dropped before any library sees them.

The lines are unfolded, counted and matched here, so that what is too deep, too much or cut off is refused for the price of one look.
RFC 5545 §3.1 (lines), §3.6 (components).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from coordinator.domain.busy import (
    MAX_COMPONENTS,
    MAX_DATES,
    MAX_DEPTH,
    MAX_LINE_BYTES,
    MAX_RULES,
    CalendarRefused,
    Fault,
    check_rule,
)

CALENDAR, ZONE, EVENT, PUBLISHED = "VCALENDAR", "VTIMEZONE", "VEVENT", "VFREEBUSY"
CALENDAR_ZONE = "X-WR-TIMEZONE"
OBSERVANCE = frozenset({"DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME"})
KEPT = {
    CALENDAR: frozenset({CALENDAR_ZONE}),
    ZONE: frozenset({"TZID"}),
    "STANDARD": OBSERVANCE,
    "DAYLIGHT": OBSERVANCE,
    EVENT: frozenset({"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SEQUENCE", "STATUS", "TRANSP"}),
    PUBLISHED: frozenset({"FREEBUSY"}),
}
DATES = frozenset({"RDATE", "EXDATE", "FREEBUSY"})
INSIDE = {
    "": {CALENDAR},
    CALENDAR: {ZONE, EVENT, PUBLISHED},
    ZONE: {"STANDARD", "DAYLIGHT"},
}  # the other places of a component are not looked into
LINE = re.compile(r"([A-Za-z0-9-]+)((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):(.*)", re.DOTALL)
YEARLY = re.compile(r"(?:.*;)?FREQ=YEARLY(?:;.*)?", re.IGNORECASE)


@dataclass(slots=True)
class Slim:
    """What is left, each component as its text, and the zone that the calendar names for itself, if any.

    `published` are times that a calendar tells as busy without saying of which event.
    """

    zones: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    zone_name: str = ""


def slim_down(data: bytes) -> Slim:
    """The lines worth reading. Raises CalendarRefused: not_a_calendar, broken, too_much, rule."""
    reader = _Reader()
    for line in unfold(data):
        reader.take(line)
    reader.finish()
    return reader.slim


def unfold(data: bytes) -> Iterator[str]:
    """The lines as they were before they were folded, without empty ones. What is not UTF-8 becomes U+FFFD."""
    parts: list[bytes] = []
    for raw in data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").split(b"\n"):
        if raw[:1] in {b" ", b"\t"} and parts:
            parts.append(raw[1:])
            continue
        yield from _joined(parts)
        parts = [raw]
    yield from _joined(parts)


def _joined(parts: list[bytes]) -> Iterator[str]:
    line = b"".join(parts).strip()
    if line:
        yield line.decode("utf-8", errors="replace")


class _Reader:
    """Follows the components that open and close."""

    def __init__(self) -> None:
        self.slim = Slim()
        self._open: list[str] = []
        self._unread = 0  # how many of the innermost open ones are none that we look into
        self._kept: list[str] = []
        self._components = self._dates = self._rules = 0

    def take(self, line: str) -> None:
        name, parameters, value = self._split(line)
        match name:
            case "BEGIN":
                self._begin(value.strip().upper())
            case "END":
                self._end(value.strip().upper())
            case _ if not self._unread and name in KEPT[self._open[-1]]:
                self._keep(name, f"{name}{parameters}:{value}", value)

    def _split(self, line: str) -> tuple[str, str, str]:
        """Name, parameters and value. A line that is none has no name, and is passed over once the calendar has begun."""
        found = LINE.fullmatch(line) if len(line) <= MAX_LINE_BYTES else None
        name = found[1].upper() if found else ""
        if not self._open and name != "BEGIN":
            raise CalendarRefused(Fault.BROKEN if self._components else Fault.NOT_A_CALENDAR)
        if len(line) > MAX_LINE_BYTES and not self._unread and line.partition(":")[0].partition(";")[0].upper() in KEPT[self._open[-1]]:
            raise CalendarRefused(Fault.BROKEN)
        return (name, found[2], found[3]) if found else ("", "", "")

    def _begin(self, name: str) -> None:
        if not self._open and name != CALENDAR:
            raise CalendarRefused(Fault.BROKEN if self._components else Fault.NOT_A_CALENDAR)
        self._components += 1
        if self._components > MAX_COMPONENTS:
            raise CalendarRefused(Fault.TOO_MUCH)
        if len(self._open) >= MAX_DEPTH:
            raise CalendarRefused(Fault.BROKEN)
        if self._unread or name not in INSIDE.get(self._open[-1] if self._open else "", ()):
            self._unread += 1
        elif name != CALENDAR:
            self._kept.append(f"BEGIN:{name}")
            self._rules = 0
        self._open.append(name)

    def _end(self, name: str) -> None:
        if not self._open or self._open.pop() != name:
            raise CalendarRefused(Fault.BROKEN)
        if self._unread:
            self._unread -= 1
            return
        if name == CALENDAR:
            return
        self._kept.append(f"END:{name}")
        whole = {ZONE: self.slim.zones, EVENT: self.slim.events, PUBLISHED: self.slim.published}
        if name in whole:
            whole[name].append("\r\n".join(self._kept) + "\r\n")
            self._kept = []

    def _keep(self, name: str, line: str, value: str) -> None:
        if name == CALENDAR_ZONE:
            self.slim.zone_name = value.strip()
            return
        if name == "RRULE":
            self._check_rule(value)
        if name in DATES:
            self._dates += value.count(",") + 1
            if self._dates > MAX_DATES:
                raise CalendarRefused(Fault.TOO_MUCH)
        self._kept.append(line)

    def _check_rule(self, rule: str) -> None:
        self._rules += 1
        if self._rules > MAX_RULES or (self._open[-1] != EVENT and not YEARLY.fullmatch(rule)):
            raise CalendarRefused(Fault.RULE)
        check_rule(rule)

    def finish(self) -> None:
        """After the last line: everything must be closed, and there must have been something."""
        if self._open:
            raise CalendarRefused(Fault.BROKEN)
        if not self._components:
            raise CalendarRefused(Fault.NOT_A_CALENDAR)
