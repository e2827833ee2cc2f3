"""Which calendars may tell when a group is busy, what is taken out of one, and why is one refused?

Only spans of time come out of a calendar: no title, place or name. `coordinator/calendars/` reads the bytes by the limits that stand here;
what came of it is kept by `services/busy.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from coordinator.domain.spans import join
from coordinator.errors import Problem, problem

# what may come in (a year of a busy hall's calendar has a third of it)
MAX_BYTES = 2**20
MAX_LINE_BYTES = 64 * 1_024
MAX_COMPONENTS = 2_000
MAX_DEPTH = 4
MAX_DATES = 4_000  # that are named one by one, beside the rules
MAX_RULES = 4  # of one entry
MAX_RULE_CHARS = 500
MAX_RULE_COUNT = 1_000
MAX_OCCURRENCES = 500  # of one entry within HORIZON
MAX_OCCURRENCES_IN_ALL = 10_000
REFUSED_FREQUENCIES = frozenset({"SECONDLY", "MINUTELY"})

# what goes out
HORIZON = timedelta(days=400)  # from the moment of reading: this quarter and the three after it, whichever day it is
MAX_SPANS = 4_000  # ten a day

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Fault(StrEnum):
    """Why a calendar could not be read. The words are stored and have a translated sentence each: extend, never rename."""

    # the calendar itself: it is refused, however often it is tried
    EMPTY = "busy_empty"
    """There are no bytes."""
    TOO_BIG = "busy_too_big"
    """More than MAX_BYTES, as it comes or unpacked."""
    NOT_A_CALENDAR = "busy_not_a_calendar"
    """It does not begin as a calendar: a web page, a picture, an archive."""
    BROKEN = "busy_broken"
    """Its parts do not close, or lie too deep in each other; or a line is longer than MAX_LINE_BYTES."""
    TOO_MUCH = "busy_too_much"
    """More entries, dates or spans than fit."""
    RULE = "busy_rule"
    """An entry repeats more often than a calendar of a group needs, or by a rule that makes no sense."""
    TOO_COSTLY = "busy_too_costly"
    """Reading it takes more processor time or memory than any calendar needs."""
    CRASHED = "busy_crashed"
    """The reader died of it."""
    # the way there: it may be another on another day
    ADDRESS = "busy_address"
    """The name leads to an address that is not on the open internet."""
    UNKNOWN_HOST = "busy_unknown_host"
    """Nobody knows the name."""
    UNREACHABLE = "busy_unreachable"
    """Nothing answers there, or the line broke."""
    CERTIFICATE = "busy_certificate"
    """It does not prove that it is who it says."""
    TOO_SLOW = "busy_too_slow"
    """It was not there in time."""
    REDIRECTED = "busy_redirected"
    """It sends us on too often, or to what is no https address."""
    DENIED = "busy_denied"
    """401, 403: the link does not open it (any more)."""
    GONE = "busy_gone"
    """404, 410."""
    SERVER = "busy_server"
    """Any other answer than 200."""
    KEY_LOST = "busy_key_lost"
    """The sealed link cannot be opened: the network's secret key is another than it was."""


REMEDIES: Mapping[Fault, tuple[object, ...]] = {
    Fault.TOO_BIG: (MAX_BYTES // 2**20,),
    Fault.TOO_MUCH: (MAX_COMPONENTS,),
    Fault.RULE: (MAX_OCCURRENCES,),
}


class CalendarRefused(Exception):
    """This calendar cannot be read; `fault` says why. What was known of the group stands."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.value)


def explain(fault: Fault, field: str = "calendar") -> Problem:
    """The fault as one of a form's field, with what would be accepted."""
    return problem(field, fault.value, "", *REMEDIES.get(fault, ()))


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time in ms since 1970 UTC, without its end."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Busy:
    """What was read: spans in order that neither touch nor overlap, and how many entries made no sense and were left out."""

    spans: tuple[Span, ...]
    left_out: int


def span_of(start_at: datetime, end_at: datetime) -> Span:
    """From one instant to another, to the millisecond outwards: nothing busy is lost."""
    return Span((start_at - EPOCH) // MILLISECOND, -((EPOCH - end_at) // MILLISECOND))


def horizon(now: datetime) -> Span:
    """The stretch for which a calendar is asked when it is read at `now`."""
    return span_of(now, now + HORIZON)


def merge(spans: Iterable[Span], within: Span) -> tuple[Span, ...]:
    """The same times as few spans in order that neither touch nor overlap, cut to `within`."""
    cut = ((max(span.start_ms, within.start_ms), min(span.end_ms, within.end_ms)) for span in spans)
    return tuple(Span(*one) for one in join((one for one in cut if one[0] < one[1]), lambda end_ms, start_ms: start_ms > end_ms))


# --- rules of repetition --------------------------------------------------------------------------------------------------


def check_rule(rule: str) -> None:
    """Raises CalendarRefused for a rule (RFC 5545 §3.3.10) that could be a bomb, before anything expands it."""
    if len(rule) > MAX_RULE_CHARS:
        raise CalendarRefused(Fault.RULE)
    parts = dict(part.partition("=")[::2] for part in re.sub(r"\s", "", rule).upper().split(";"))
    if parts.get("FREQ", "") in REFUSED_FREQUENCIES:
        raise CalendarRefused(Fault.RULE)
    if _number(parts.get("INTERVAL", "1")) < 1 or not 1 <= _number(parts.get("COUNT", "1")) <= MAX_RULE_COUNT:
        raise CalendarRefused(Fault.RULE)


def _number(text: str) -> int:
    """What a number in a rule says; 0 for what is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
