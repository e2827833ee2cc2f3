"""Which groups stand in a plain question file, read without a path for every fault?

Most files are plain: every field of its own type, every name and zone known. Then JSON goes straight into the values that the resolver works on.
Whatever is out of the ordinary, right or wrong, is left to `resolve_file`, which alone names faults; both readers agree wherever this one answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

import msgspec

from coordinator.domain.availability import (
    DAY_MINUTES,
    LAST_BLOCKED_ON,
    MAX_BLOCKED_DATES,
    MAX_QUIET_SPANS,
    MAX_WINDOWS,
    Availability,
    Level,
    QuietSpan,
    Reach,
    Window,
    end_after,
    parse_minute,
    read_days,
)
from coordinator.domain.question import Invitee
from coordinator.domain.zones import read_zone_id
from coordinator.errors import Invalid

MAX_GROUPS = 20_000
MAX_CARRIED = 1_000_000
MAX_NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class PlainQuestion:
    """A question of which the groups are read, and the rest is not. `rest`: its other fields as JSON values."""

    rest: dict[str, Any]
    groups: tuple[Invitee, ...]


def read_plain(text: str) -> PlainQuestion | None:
    """The question in `text`; None when it is not plain, or holds a fault."""
    try:
        found = msgspec.json.decode(text, type=_Question)
        if len(found.groups) > MAX_GROUPS or len({group.name for group in found.groups}) < len(found.groups):
            return None
        groups = tuple(map(_read_group, found.groups))
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError, Invalid, _NotPlain):
        return None
    given = msgspec.structs.asdict(found)
    return PlainQuestion({key: value for key, value in given.items() if key != "groups" and value is not msgspec.UNSET}, groups)


class _NotPlain(Exception):
    """A value that the JSON types allow, and that the full reader has to look at."""


_Day = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]  # the same seven strings, not one for each that is read


class _Span(msgspec.Struct, rename={"start": "from", "end": "to"}, forbid_unknown_fields=True, gc=False):
    start: str
    end: str


class _Window(msgspec.Struct, rename={"start": "from", "end": "to"}, forbid_unknown_fields=True, gc=False):
    days: tuple[_Day, ...]
    start: str
    end: str
    level: Level = Level.PREFERRED


class _Group(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    name: str
    zone: str
    windows: list[_Window]
    quiet: list[_Span] = []
    blocked: list[date] = []
    reach: Reach = Reach.WINDOWS
    required: bool = False
    carried: float = 0.0


class _Question(msgspec.Struct, forbid_unknown_fields=True):
    groups: list[_Group]
    range: Any = msgspec.UNSET
    local_range: Any = msgspec.UNSET
    shape: Any = msgspec.UNSET
    slot_minutes: Any = msgspec.UNSET
    duration_minutes: Any = msgspec.UNSET
    limit: Any = msgspec.UNSET
    apart_hours: Any = msgspec.UNSET


def _read_group(raw: _Group) -> Invitee:
    name, carried = raw.name, raw.carried
    if not name.isprintable() or not name.strip() or len(name) > MAX_NAME_CHARS or not -MAX_CARRIED <= carried <= MAX_CARRIED:
        raise _NotPlain
    return Invitee(name, read_zone_id(raw.zone), _read_availability(raw), raw.required, carried)


def _read_availability(raw: _Group) -> Availability:
    if len(raw.windows) > MAX_WINDOWS or len(raw.quiet) > MAX_QUIET_SPANS:
        raise _NotPlain
    quiet = tuple([_read_quiet(span.start, span.end) for span in raw.quiet])
    return Availability(tuple(map(_read_window, raw.windows)), quiet, _read_blocked(raw.blocked), raw.reach)


def _read_window(raw: _Window) -> Window:
    start_minute, end_minute = _read_minutes(raw.start, raw.end)
    return Window(_read_days(raw.days), start_minute, end_minute, raw.level)


def _read_minutes(start: str, end: str) -> tuple[int, int]:
    start_minute, end_minute = parse_minute(start), parse_minute(end)
    if start_minute is None or start_minute == DAY_MINUTES or end_minute is None:
        raise _NotPlain
    return start_minute, end_after(start_minute, end_minute)


@lru_cache(maxsize=2048)  # groups sleep alike
def _read_quiet(start: str, end: str) -> QuietSpan:
    return QuietSpan(*_read_minutes(start, end))


@lru_cache(maxsize=2048)
def _read_days(raw: tuple[str, ...]) -> tuple[int, ...]:
    return read_days(raw)


def _read_blocked(raw: Sequence[date]) -> tuple[date, ...]:
    if len(raw) > MAX_BLOCKED_DATES:
        raise _NotPlain
    blocked = tuple(sorted(set(raw))) if len(raw) > 1 else tuple(raw)
    if blocked and blocked[-1] > LAST_BLOCKED_ON:
        raise _NotPlain
    return blocked
