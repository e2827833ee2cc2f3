"""When can a group take part: its windows, its quiet hours, its blocked dates, and how far it lets itself be reached?

Everything here is wall time of the group's own zone, by the minute, and repeats each week; clock changes and dates are the
resolver's business. Three readers accept it: JSON (`read_availability`), the columns of a CSV file and the plain form
(`read_availability_text`). The exact meaning stands in DESIGN §4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from coordinator.errors import Invalid, Problem, problem

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY_MINUTES = 24 * 60

MAX_WINDOWS = 100
MAX_QUIET_SPANS = 20
MAX_BLOCKED_DATES = 400
LAST_BLOCKED_ON = date(2037, 12, 31)

TEXT_EXAMPLE = "MO-FR 17:30-21:30; SA 10:00-14:00"

E = TypeVar("E", bound=StrEnum)


class Level(StrEnum):
    """How gladly a group meets in a window."""

    PREFERRED = "preferred"
    POSSIBLE = "possible"


class Reach(StrEnum):
    """What a group bears: only what suits it, any waking hour, or quiet hours too (never a blocked date)."""

    WINDOWS = "windows"
    WAKING = "waking"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of wall time on some weekdays, during which the group can meet.

    `days` are weekdays, Monday 0, in order: those on which it *starts*. Minutes count from midnight; `end_minute` is
    exclusive, greater than `start_minute` and at most a day later, so over 1440 when the window runs past midnight.
    """

    days: tuple[int, ...]
    start_minute: int
    end_minute: int
    level: Level = Level.PREFERRED


@dataclass(frozen=True, slots=True)
class QuietSpan:
    """A stretch of every day that is kept free; minutes as in `Window`."""

    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class Availability:
    """A group's whole availability. `blocked` holds local dates in order, each once."""

    windows: tuple[Window, ...] = ()
    quiet: tuple[QuietSpan, ...] = ()
    blocked: tuple[date, ...] = ()
    reach: Reach = Reach.WAKING

    def to_json(self) -> dict[str, Any]:
        """The mapping that `read_availability` reads back into an equal value."""
        return {
            "windows": [
                {"days": [DAYS[d] for d in w.days], **_span_json(w.start_minute, w.end_minute), "level": w.level.value}
                for w in self.windows
            ],
            "quiet": [_span_json(q.start_minute, q.end_minute) for q in self.quiet],
            "blocked": [on.isoformat() for on in self.blocked],
            "reach": self.reach.value,
        }

    def to_text(self) -> dict[str, str]:
        """What `read_availability_text` reads back: one string each for `availability`, `quiet` and `blocked`."""
        return {
            "availability": "; ".join(_window_text(w) for w in self.windows),
            "quiet": "; ".join(span_text(q.start_minute, q.end_minute) for q in self.quiet),
            "blocked": " ".join(on.isoformat() for on in self.blocked),
        }


def read_availability(raw: object, *, default_reach: Reach = Reach.WAKING, may_never_open: bool = False) -> Availability:
    """The availability in a mapping with `windows`, `quiet`, `blocked` and `reach`, each optional.

    Raises Invalid with every problem, each with its path (`windows[2].from`). `may_never_open` accepts windows that lie
    wholly in quiet hours and groups that can take part at no time at all, as an exact answer about them may be wanted.
    """
    found: list[Problem] = []
    if not isinstance(raw, Mapping):
        raise Invalid(problem("", "type_wrong", raw, "object"))
    _check_keys(raw, ("windows", "quiet", "blocked", "reach"), "", found)
    windows = [_read_window(item, path, found) for path, item in _items(raw, "windows", MAX_WINDOWS, found)]
    quiet = [_read_quiet(item, path, found) for path, item in _items(raw, "quiet", MAX_QUIET_SPANS, found)]
    blocked = [_read_date(item, path, found) for path, item in _items(raw, "blocked", MAX_BLOCKED_DATES, found)]
    reach = _read_choice(raw.get("reach", default_reach), Reach, "reach", "reach_unknown", found)
    if found:
        raise Invalid(*found)
    availability = Availability(tuple(windows), tuple(quiet), tuple(sorted(set(blocked))), reach)
    if not may_never_open:
        refuse_never_open(availability)
    return availability


def read_availability_text(windows: str, quiet: str = "", blocked: str = "", *, reach: Reach = Reach.WAKING) -> Availability:
    """The availability in three lines of text, as in the columns of groups.csv and in the plain form.

    `windows` as "MO-FR 17:30-21:30; SA 10:00-14:00 possible" (days may be listed, "MO WE", or run past Sunday, "SA-MO"),
    `quiet` as "22:30-07:00", `blocked` as "2027-02-01 2027-02-02". Raises Invalid with every problem, whose fields are
    `availability`, `quiet` and `blocked`.
    """
    found: list[Problem] = []
    raw = {
        "windows": [w for part in _parts(windows) for w in _split_window(part, found)],
        "quiet": [q for part in _parts(quiet) for q in _split_span(part, "quiet", found)],
        "blocked": re.split(r"[\s,;]+", blocked.strip()) if blocked.strip() else [],
        "reach": reach,
    }
    availability = Availability()
    try:
        availability = read_availability(raw, may_never_open=bool(found))
    except Invalid as fault:
        found += [Problem(_text_field(p.field), p.code, p.value, p.remedy) for p in fault.problems]
    if found:
        raise Invalid(*dict.fromkeys(found))
    return availability


def refuse_never_open(availability: Availability) -> None:
    """Raises Invalid for windows that never open, and for a group that could take part at no minute of the week."""
    quiet = quiet_minutes(availability)
    found = [
        problem(
            f"windows[{i}]",
            "window_never_opens",
            _window_text(window),
            *(span_text(q.start_minute, q.end_minute) for q in availability.quiet),
        )
        for i, window in enumerate(availability.windows)
        if all(minute % DAY_MINUTES in quiet for minute in range(window.start_minute, window.end_minute))
    ]
    if availability.reach is Reach.WINDOWS and not availability.windows:
        found.append(problem("windows", "no_windows", "", TEXT_EXAMPLE))
    if availability.reach is Reach.WAKING and len(quiet) == DAY_MINUTES:
        found.append(problem("quiet", "quiet_all_day", "; ".join(span_text(q.start_minute, q.end_minute) for q in availability.quiet)))
    if found:
        raise Invalid(*found)


def quiet_minutes(availability: Availability) -> frozenset[int]:
    """The minutes of a day, 0 to 1439, that are quiet."""
    return frozenset(minute % DAY_MINUTES for q in availability.quiet for minute in range(q.start_minute, q.end_minute))


# --- JSON -----------------------------------------------------------------------------------------------------------


def _read_window(raw: object, path: str, found: list[Problem]) -> Window:
    if not isinstance(raw, Mapping):
        found.append(problem(path, "type_wrong", raw, "object"))
        return Window((), 0, DAY_MINUTES)
    _check_keys(raw, ("days", "from", "to", "level"), path, found)
    days = _read_days(raw.get("days"), f"{path}.days", found)
    start_minute, end_minute = _read_span(raw, path, found)
    level = _read_choice(raw.get("level", Level.PREFERRED), Level, f"{path}.level", "level_unknown", found)
    return Window(days, start_minute, end_minute, level)


def _read_quiet(raw: object, path: str, found: list[Problem]) -> QuietSpan:
    if not isinstance(raw, Mapping):
        found.append(problem(path, "type_wrong", raw, "object"))
        return QuietSpan(0, DAY_MINUTES)
    _check_keys(raw, ("from", "to"), path, found)
    return QuietSpan(*_read_span(raw, path, found))


def read_days(raw: Sequence[str]) -> tuple[int, ...]:
    """Weekdays, Monday 0, in order and each once, from their short names ("MO"); raises Invalid as `read_availability` does."""
    found: list[Problem] = []
    days = _read_days(tuple(raw), "days", found)
    if found:
        raise Invalid(*found)
    return days


def _read_days(raw: object, path: str, found: list[Problem]) -> tuple[int, ...]:
    if not isinstance(raw, list | tuple):
        found.append(problem(path, "type_wrong", "" if raw is None else raw, "list"))
        return ()
    days = {_read_day(item, f"{path}[{i}]", found) for i, item in enumerate(raw)}
    if not days:
        found.append(problem(path, "days_missing", "", *DAYS))
    return tuple(sorted(days))


def _read_day(raw: object, path: str, found: list[Problem]) -> int:
    if isinstance(raw, str) and raw.upper() in DAYS:
        return DAYS.index(raw.upper())
    found.append(problem(path, "day_unknown", raw, *DAYS))
    return 0


def _read_span(raw: Mapping[str, object], path: str, found: list[Problem]) -> tuple[int, int]:
    """Start and end in minutes from midnight; an end that is not after the start lies on the next day."""
    start, end = raw.get("from"), raw.get("to")
    start_minute = parse_minute(start) if isinstance(start, str) else None
    end_minute = parse_minute(end) if isinstance(end, str) else None
    if start_minute is None or start_minute == DAY_MINUTES:
        found.append(problem(f"{path}.from", "time_malformed", "" if start is None else start, "00:00", "23:59"))
    if end_minute is None:
        found.append(problem(f"{path}.to", "time_malformed", "" if end is None else end, "00:00", "24:00"))
    return start_minute or 0, end_after(start_minute or 0, end_minute or 0)


def end_after(start_minute: int, end_minute: int) -> int:
    """The end of a span as minutes from the midnight before its start: one that is not after the start lies on the next day."""
    return end_minute if end_minute > start_minute else end_minute + DAY_MINUTES


@lru_cache(maxsize=2048)
def parse_minute(text: str) -> int | None:
    """Minutes from midnight of "H:MM" or "HH:MM", 1440 for "24:00"; None for anything else."""
    shape = re.fullmatch(r"([0-9]{1,2}):([0-5][0-9])", text)
    minute = int(shape[1]) * 60 + int(shape[2]) if shape else DAY_MINUTES + 1
    return minute if minute <= DAY_MINUTES else None


def _read_date(raw: object, path: str, found: list[Problem]) -> date:
    on = _parse_date(raw) if isinstance(raw, str) else None
    if on is None:
        found.append(problem(path, "date_malformed", raw, "2027-02-14"))
    elif on > LAST_BLOCKED_ON:
        found.append(problem(path, "date_too_late", raw, LAST_BLOCKED_ON))
    return on or date.min


@lru_cache(maxsize=2048)
def _parse_date(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _read_choice(raw: object, kind: type[E], path: str, code: str, found: list[Problem]) -> E:
    try:
        return kind(str(raw))
    except ValueError:
        found.append(problem(path, code, raw, *(member.value for member in kind)))
        return next(iter(kind))


def _check_keys(raw: Mapping[str, object], known: Sequence[str], path: str, found: list[Problem]) -> None:
    found.extend(problem(f"{path}.{key}" if path else str(key), "key_unknown", key, *known) for key in raw if key not in known)


def _items(raw: Mapping[str, object], key: str, limit: int, found: list[Problem]) -> Iterator[tuple[str, object]]:
    """Path and value of each item of the list under `key`; nothing for a list that is absent, too long or none."""
    items = raw.get(key, ())
    if not isinstance(items, list | tuple):
        found.append(problem(key, "type_wrong", items, "list"))
    elif len(items) > limit:
        found.append(problem(key, "too_many", len(items), limit))
    else:
        yield from ((f"{key}[{i}]", item) for i, item in enumerate(items))


# --- text -----------------------------------------------------------------------------------------------------------

_WINDOW = re.compile(r"(?P<days>[A-Za-z ,\-]+?)\s+(?P<from>[0-9:]+)\s*-\s*(?P<to>[0-9:]+)(?:\s+(?P<level>\w+))?")
_SPAN = re.compile(r"(?P<from>[0-9:]+)\s*-\s*(?P<to>[0-9:]+)")


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("–", "-").split(";") if part.strip()]


def _split_window(part: str, found: list[Problem]) -> Iterator[dict[str, object]]:
    shape = _WINDOW.fullmatch(part)
    if shape is None:
        found.append(problem("availability", "window_malformed", part, TEXT_EXAMPLE))
        return
    days = [day for word in shape["days"].replace(",", " ").split() for day in _split_days(word)]
    yield {"days": days, "from": shape["from"], "to": shape["to"], "level": (shape["level"] or Level.PREFERRED).lower()}


def _split_days(word: str) -> Iterator[str]:
    """ "MO-FR" → its five days, also round the weekend ("SA-MO"); what is no weekday is passed on to be refused."""
    first, dash, last = word.upper().partition("-")
    if dash and first in DAYS and last in DAYS:
        start = DAYS.index(first)
        count = (DAYS.index(last) - start) % len(DAYS) + 1
        yield from (DAYS[(start + i) % len(DAYS)] for i in range(count))
    else:
        yield word


def _split_span(part: str, field: str, found: list[Problem]) -> Iterator[dict[str, str]]:
    shape = _SPAN.fullmatch(part)
    if shape is None:
        found.append(problem(field, "span_malformed", part, "22:30-07:00"))
    else:
        yield shape.groupdict()


def _text_field(path: str) -> str:
    column = path.partition("[")[0].partition(".")[0]
    return "availability" if column == "windows" else column


def _window_text(window: Window) -> str:
    level = "" if window.level is Level.PREFERRED else f" {window.level.value}"
    return f"{_days_text(window.days)} {span_text(window.start_minute, window.end_minute)}{level}"


def _days_text(days: tuple[int, ...]) -> str:
    """Runs of three or more weekdays as "MO-FR", the rest one by one."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return " ".join(f"{DAYS[run[0]]}-{DAYS[run[-1]]}" if len(run) > 1 else DAYS[run[0]] for run in runs)


def _span_json(start_minute: int, end_minute: int) -> dict[str, str]:
    start, _, end = span_text(start_minute, end_minute).partition("-")
    return {"from": start, "to": end}


def span_text(start_minute: int, end_minute: int) -> str:
    """ "22:30-07:00" for 1350 and 1860."""
    return f"{minute_text(start_minute)}-{minute_text(end_minute if end_minute <= DAY_MINUTES else end_minute - DAY_MINUTES)}"


def minute_text(minute: int) -> str:
    """ "17:30" for 1050; 1440 is "24:00"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
