"""Until when may a voice note be heard? As long as its group chooses, never longer than two quarters from its beginning."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from coordinator.domain.rota import read_last_day
from coordinator.domain.text import read_choice, text_of
from coordinator.domain.zones import start_of_day, to_wall_time
from coordinator.errors import Faults

KEPT_FOR = timedelta(days=2 * 92)  # two quarters
A_MOMENT = timedelta(microseconds=1)  # an end that is a midnight belongs to the day before


class Span(StrEnum):
    """What can be chosen without a date. Counted from today, but the longest one: that begins with the note."""

    MONTH = "month"
    QUARTER = "quarter"
    LONGEST = "longest"


DAYS = {Span.MONTH: timedelta(days=30), Span.QUARTER: timedelta(days=92)}


def read_voice_end(raw: Mapping[str, object], zone_id: str, *, begun_at: datetime, now: datetime) -> datetime:
    """The end of a note: `until` (its last day), or else `span` (absent: the longest there is, KEPT_FOR from `begun_at`).

    A last day ends at the group's midnight. Problems: choice_unknown, date_malformed, until_past, until_too_late.
    """
    longest_at = begun_at + KEPT_FOR
    until = text_of(raw, "until")
    if until.strip():
        ends_at = read_last_day(until, zone_id, now, latest_on=to_wall_time(longest_at - A_MOMENT, zone_id).date())
    else:
        ends_at = _end_of_span(_read_span(raw), zone_id, now, longest_at)
    return min(ends_at, longest_at)


def _read_span(raw: Mapping[str, object]) -> Span:
    faults = Faults()
    span = faults.read("span", read_choice, text_of(raw, "span") or Span.LONGEST.value, tuple(Span))
    faults.check()
    return Span(span)


def _end_of_span(span: Span, zone_id: str, now: datetime, longest_at: datetime) -> datetime:
    if span is Span.LONGEST:
        return longest_at
    last_on = to_wall_time(now, zone_id).date() + DAYS[span]
    return start_of_day(last_on + timedelta(days=1), zone_id)
