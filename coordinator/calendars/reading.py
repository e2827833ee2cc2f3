"""When is a group busy, by its calendar? Entries with their repetitions become spans, and nothing else of them is looked at.

Runs in the confined child alone (`child.py`): what the libraries make of a stranger's entry is unknown, so one that they cannot read is
left out and counted. Entries that are cancelled, or say that they take no time (TRANSP:TRANSPARENT), do not count. Days without an hour
are the group's days; times without a zone are in the zone that the calendar names for itself, else in the group's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Calendar, Component, Event, FreeBusy, Timezone
from recurring_ical_events import CalendarQuery, ComponentsWithName, EventAdapter, Occurrence

from coordinator.calendars.slim import slim_down
from coordinator.domain.busy import (
    EPOCH,
    MAX_OCCURRENCES,
    MAX_OCCURRENCES_IN_ALL,
    MAX_SPANS,
    MILLISECOND,
    Busy,
    CalendarRefused,
    Fault,
    Span,
    merge,
    span_of,
)
from coordinator.domain.zones import all_zone_ids, first_instant, last_instant, start_of_day

BESIDE = timedelta(days=2)  # times without a zone are compared with UTC before it is known where they are
TIMES = ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID")
Time = datetime | date


def read_calendar(data: bytes, zone_id: str, within: Span) -> Busy:
    """The spans within `within` for a group in `zone_id`. Raises CalendarRefused."""
    slim = slim_down(data)
    _make_zones_known(slim.zones)
    floating_zone_id = slim.zone_name if slim.zone_name in all_zone_ids() else zone_id
    reader = _Reader(_Clock(zone_id, floating_zone_id, within))
    for entry in reader.sort(slim.events):
        reader.take(entry)
    for text in slim.published:
        reader.take_published(text)
    merged = merge(reader.spans, within)
    if len(merged) > MAX_SPANS:
        raise CalendarRefused(Fault.TOO_MUCH)
    return Busy(merged, reader.left_out)


def _make_zones_known(texts: Iterable[str]) -> None:
    """The library remembers a calendar's own zones, and prefers those of the zone database. What lies in a broken one is left out later."""
    for text in texts:
        with _surviving():
            Timezone.from_ical(text)


class _Unreadable(Exception):
    """An entry that a library failed over, in whatever way."""


@contextmanager
def _surviving(failure: type[_Unreadable] | None = None) -> Iterator[None]:
    """Around a library that reads a stranger's words. Its failure is raised as `failure`, or passed over where there is none."""
    try:
        yield
    except (CalendarRefused, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - the libraries may raise anything over a stranger's entry, and the other entries still count
        if failure is not None:
            raise failure from None


class _Reader:
    """Collects the spans of one entry after the other."""

    def __init__(self, clock: _Clock) -> None:
        self.spans: list[Span] = []
        self.left_out = 0
        self._clock = clock
        self._found = 0

    def sort(self, texts: Sequence[str]) -> Iterator[list[Event]]:
        """The events that belong together, an entry and its exceptions; those that cannot be read are left out."""
        by_uid: dict[str, list[Event]] = {}
        for number, text in enumerate(texts):
            try:
                event = _parse(text)
            except _Unreadable:
                self.left_out += 1
            else:
                by_uid.setdefault(str(event.get("UID", number)), []).append(event)
        yield from by_uid.values()

    def take(self, entry: Sequence[Event]) -> None:
        """Adds the spans of an entry, all or none. Raises CalendarRefused: rule, too_much."""
        try:
            with _surviving(_Unreadable):
                occurrences = _find_occurrences(entry, self._clock)
                spans = [span_of(self._clock.start_of(each.start), self._clock.end_of(each.end)) for each in occurrences if each.counts]
        except _Unreadable:
            self.left_out += 1
            return
        self.spans += spans
        self._found += len(occurrences)
        if self._found > MAX_OCCURRENCES_IN_ALL:
            raise CalendarRefused(Fault.TOO_MUCH)

    def take_published(self, text: str) -> None:
        """Adds the spans that are told without an event (RFC 5545 §3.6.4), all or none: whatever does not say that it is free."""
        try:
            with _surviving(_Unreadable):
                told = [period for period in _each(FreeBusy.from_ical(text), "FREEBUSY") if period.params.get("FBTYPE") != "FREE"]
                spans = [span_of(self._clock.start_of(period.start), self._clock.end_of(period.end)) for period in told]
        except _Unreadable:
            self.left_out += 1
        else:
            self.spans += spans


def _parse(text: str) -> Event:
    """One event. Raises _Unreadable when it has no beginning, a time or a rule that is none, or a zone that nobody knows."""
    with _surviving(_Unreadable):
        event = Event.from_ical(text)
        assert isinstance(event, Event)
        if not event.errors and "DTSTART" in event and all("FREQ" in rule for rule in _each(event, "RRULE")) and _has_known_zones(event):
            return event
    raise _Unreadable


def _has_known_zones(event: Event) -> bool:
    """The library reads a time in an unknown zone as one without a zone."""
    return not any("TZID" in value.params and _is_floating(value) for name in TIMES for value in _each(event, name))


def _each(component: Component, name: str) -> list[Any]:
    """The values of a property, which may be there more than once or not at all."""
    found = component.get(name, [])
    return found if isinstance(found, list) else [found]


def _is_floating(value: object) -> bool:
    times = [each.dt for each in getattr(value, "dts", [value])]
    return any(isinstance(time, datetime) and time.tzinfo is None for time in times)


class _Entry(EventAdapter):  # type: ignore[misc]  # the library has no types
    """An event as the library repeats it, and whether it takes any time."""

    @property
    def counts(self) -> bool:
        said = {name: str(self._component.get(name, "")).upper() for name in ("STATUS", "TRANSP")}
        return said["STATUS"] != "CANCELLED" and said["TRANSP"] != "TRANSPARENT"


class _Occurrence(Occurrence):  # type: ignore[misc]  # the library has no types
    """One time at which an event takes place, by itself or as an exception of its entry says."""

    @property
    def counts(self) -> bool:
        return bool(self._adapter.counts)


def _find_occurrences(entry: Sequence[Event], clock: _Clock) -> list[_Occurrence]:
    calendar = Calendar()
    for event in entry:
        calendar.add_component(event)
    found: list[_Occurrence] = []
    for series in CalendarQuery(calendar, components=[ComponentsWithName("VEVENT", _Entry, occurrence=_Occurrence)]).series:
        for occurrence in series.between(clock.start_at - BESIDE, clock.end_at + BESIDE):
            found.append(occurrence)
            if len(found) > MAX_OCCURRENCES:
                raise CalendarRefused(Fault.RULE)
    return found


class _Clock:
    """Makes instants of what entries say. Nobody can be asked about clock changes: the longest that may be meant is taken."""

    def __init__(self, zone_id: str, floating_zone_id: str, within: Span) -> None:
        self._zone_id = zone_id
        self._floating_zone_id = floating_zone_id
        self.start_at = EPOCH + within.start_ms * MILLISECOND
        self.end_at = EPOCH + within.end_ms * MILLISECOND

    def start_of(self, time: Time) -> datetime:
        """When it begins. What lies days before the stretch that is asked for begins with it: the rules of far years are not asked."""
        return self.start_at if _date_of(time) < (self.start_at - BESIDE).date() else self._locate(time, first_instant)

    def end_of(self, time: Time) -> datetime:
        """When it ends, likewise."""
        return self.end_at if _date_of(time) > (self.end_at + BESIDE).date() else self._locate(time, last_instant)

    def _locate(self, time: Time, locate: Callable[[datetime, str], datetime]) -> datetime:
        if not isinstance(time, datetime):
            return start_of_day(time, self._zone_id)
        return locate(time, self._floating_zone_id) if time.tzinfo is None else time.astimezone(UTC)


def _date_of(time: Time) -> date:
    return date(time.year, time.month, time.day)
