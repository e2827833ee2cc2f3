"""What is a quarter: its name, its bounds in the network's zone, and which one an instant lies in.

A quarter turns at local midnight of the zone that the network names, so its bounds are instants and need that zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coordinator.domain.zones import start_of_day, to_wall_time
from coordinator.errors import Invalid, problem

FIRST_YEAR = 1970
LAST_YEAR = 2037
MONTHS = 3

_PATTERN = re.compile(r"([0-9]{4})-?[qQ]([1-4])")


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a civil year, written "2027-Q1"; quarters compare in the order of time."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-Q{self.number}"

    @property
    def first_on(self) -> date:
        """Its first local date."""
        return date(self.year, MONTHS * self.number - 2, 1)

    @property
    def last_on(self) -> date:
        """Its last local date, inclusive."""
        return self.next().first_on - timedelta(days=1)

    def next(self) -> Quarter:
        """The quarter after this one."""
        return self.shifted(1)

    def shifted(self, quarters: int) -> Quarter:
        """The quarter that many later (earlier when negative)."""
        year, index = divmod(self.year * 4 + self.number - 1 + quarters, 4)
        return Quarter(year, index + 1)

    def bounds(self, zone_id: str) -> tuple[datetime, datetime]:
        """Its first instant and the first instant after it, in UTC, when it turns by the clock of `zone_id`."""
        return start_of_day(self.first_on, zone_id), start_of_day(self.next().first_on, zone_id)


def parse_quarter(text: str) -> Quarter:
    """The quarter written in `text` ("2027-Q1", also "2027q1"); Invalid `quarter_malformed`, `date_too_late`, `date_too_early`."""
    found = _PATTERN.fullmatch(text.strip())
    if found is None:
        raise Invalid(problem("", "quarter_malformed", text, "2027-Q1"))
    quarter = Quarter(int(found[1]), int(found[2]))
    if quarter.year > LAST_YEAR:
        raise Invalid(problem("", "date_too_late", text, f"{LAST_YEAR}-Q4"))
    if quarter.year < FIRST_YEAR:
        raise Invalid(problem("", "date_too_early", text, f"{FIRST_YEAR}-Q1"))
    return quarter


def read_quarter(raw: object, now: datetime, zone_id: str) -> Quarter:
    """The quarter a person chose for an action: the one that `now` lies in, or a later one.

    Raises Invalid `quarter_malformed`, `date_too_late`, or `quarter_past` with the current quarter as remedy.
    """
    if not isinstance(raw, str):
        raise Invalid(problem("", "quarter_malformed", raw, "2027-Q1"))
    quarter, current = parse_quarter(raw), quarter_of(now, zone_id)
    if quarter < current:
        raise Invalid(problem("", "quarter_past", raw, current))
    return quarter


def quarter_of(instant: datetime, zone_id: str) -> Quarter:
    """The quarter of the date that the clock of `zone_id` shows at `instant`."""
    return quarter_on(to_wall_time(instant, zone_id).date())


def quarter_on(on: date) -> Quarter:
    """The quarter that the date lies in."""
    return Quarter(on.year, (on.month - 1) // MONTHS + 1)


def next_quarter(instant: datetime, zone_id: str) -> Quarter:
    """The quarter after the one that `instant` lies in."""
    return quarter_of(instant, zone_id).next()
