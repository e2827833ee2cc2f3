"""When can a group not take part, for a reason that is nobody else's? Dated stretches that only the group itself sees (DESIGN §4, §7).

They are wall time of the group's own zone, read anew under the zone rules of the day: an evening stays an evening. Nobody is asked about
clock changes, as a stretch can only mean all of itself: minutes that are skipped never occur, repeated ones count both times.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from coordinator.domain.availability import LAST_BLOCKED_ON, parse_minute
from coordinator.domain.spans import join
from coordinator.domain.text import read_line, text_of
from coordinator.domain.zones import first_instant, last_instant, to_wall_time
from coordinator.errors import Faults, Invalid, problem

WHY_CHARS = 200
LONGEST_DAYS = 366
DAY = timedelta(days=1)
DAY_EXAMPLE, WALL_TIME_EXAMPLE = "2027-02-14", "2027-02-14 18:30"

Span = tuple[datetime, datetime]  # [start, end) in UTC

_WRITTEN = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{1,2}:[0-9]{2}))?")


@dataclass(frozen=True, slots=True)
class NoGo:
    """Naive wall times, `from_wall_time` < `to_wall_time`, the end exclusive. `why` is the group's own reminder, mostly empty."""

    from_wall_time: datetime
    to_wall_time: datetime
    why: str = ""


def read_no_go(raw: Mapping[str, object], zone_id: str, now: datetime) -> NoGo:
    """What a form or JSON body says with `from`, `to` and `why`. A bound is a date, or a date with a time.

    A date alone is whole, also as the end; without an end it is that one day. Raises Invalid with every fault: missing, no_go_malformed,
    date_too_late, range_reversed, range_too_long, until_past, and those of a line.
    """
    faults = Faults()
    starts, ends = text_of(raw, "from").strip(), text_of(raw, "to").strip()
    first = faults.read("from", _read_bound, starts)
    last = faults.read("to", _read_bound, ends) if ends or not _is_day(starts) else first
    why = faults.read("why", read_line, text_of(raw, "why"), longest=WHY_CHARS, required=False)
    faults.check()
    found = NoGo(first[0], last[1], why)
    _refuse_unfit(found, ends or starts, to_wall_time(now, zone_id))
    return found


def to_span(no_go: NoGo, zone_id: str) -> Span:
    """The instants [start, end) that it holds in that zone; an empty span when clocks jump over all of it."""
    return first_instant(no_go.from_wall_time, zone_id), last_instant(no_go.to_wall_time, zone_id)


def join_spans(spans: Iterable[Span], duration: timedelta) -> tuple[Span, ...]:
    """The spans in order; two between which no action of this length has room are one, which refuses the same starts."""
    return tuple(join(spans, lambda end_at, start_at: start_at - end_at >= duration))


def _is_day(text: str) -> bool:
    return len(text) == len(DAY_EXAMPLE)


def _read_bound(text: str) -> tuple[datetime, datetime]:
    """The wall time as a beginning, and as an end: they differ for a date alone."""
    if not text:
        raise Invalid(problem("", "missing"))
    shape = _WRITTEN.fullmatch(text)
    on, minute = (_parse_day(shape[1]), parse_minute(shape[2] or "0:00")) if shape else (None, None)
    if shape is None or on is None or minute is None:
        raise Invalid(problem("", "no_go_malformed", text, DAY_EXAMPLE, WALL_TIME_EXAMPLE))
    if on > LAST_BLOCKED_ON:
        raise Invalid(problem("", "date_too_late", text, LAST_BLOCKED_ON))
    wall_time = datetime.combine(on, time.min) + timedelta(minutes=minute)
    return wall_time, wall_time if shape[2] else wall_time + DAY


def _parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _refuse_unfit(found: NoGo, end: str, wall_time: datetime) -> None:
    """`end` as it was typed, for the sentence; `wall_time` is what the group's clock shows now."""
    if found.to_wall_time <= found.from_wall_time:
        raise Invalid(problem("to", "range_reversed", end, found.from_wall_time.isoformat(" ", "minutes")))
    if found.to_wall_time - found.from_wall_time > LONGEST_DAYS * DAY:
        raise Invalid(problem("to", "range_too_long", end, LONGEST_DAYS))
    if found.to_wall_time <= wall_time:
        raise Invalid(problem("to", "until_past", end, wall_time.date()))
