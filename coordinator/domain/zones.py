"""What do the zone rules say: which instant is a wall time, which wall time an instant, and which zone did a person mean?

The only file that imports pytz; no pytz object leaves it. City and country names in the reader's language are made
elsewhere (Babel) and passed in. Instants are aware UTC datetimes, wall times naive ones, zones their IANA names.

pytz 2026 reads the version-1 block of the zone files, which ends in January 2038 (stub42/pytz #31), so wall times and
instants from 2038 on are refused rather than shown an hour off.
"""

from __future__ import annotations

import difflib
import importlib
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import BinaryIO

import pytz
from pytz.exceptions import AmbiguousTimeError, NonExistentTimeError
from pytz.tzfile import build_tzinfo
from pytz.tzinfo import BaseTzInfo

from coordinator.errors import Invalid, problem

RULES_END_AT = datetime(2038, 1, 1, tzinfo=UTC)
RULES_START_AT = datetime(1970, 1, 1, tzinfo=UTC)

SUGGESTIONS = 3
FOUND_ZONES = 20
SEARCHED_CHARS = 60

# The merged database links these old names to a city of another country; the reader means the one at home.
SUCCESSORS = {
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Antarctica/South_Pole": "Antarctica/McMurdo",
    "Atlantic/Jan_Mayen": "Arctic/Longyearbyen",
    "Iceland": "Atlantic/Reykjavik",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
}

# Letters that Unicode does not take apart into a base letter and an accent.
PLAIN_LETTERS = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "_": " ", "/": " ", "-": " ", "’": "'"}
)


@dataclass(frozen=True, slots=True)
class Unambiguous:
    """The wall time occurs once, at `instant`."""

    instant: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """The wall time never occurs: clocks jump over it at `changes_at`.

    `earlier` and `later` are the instants a person may have meant: as far before the jump as the wall time lies before its
    end, and as far after it as the wall time lies after its start (02:30 skipped by 02:00→03:00 is 01:30 or 03:30).
    """

    earlier: datetime
    later: datetime
    changes_at: datetime


@dataclass(frozen=True, slots=True)
class Fold:
    """The wall time occurs twice: at `first`, and again at `second` after clocks were set back at `changes_at`."""

    first: datetime
    second: datetime
    changes_at: datetime


Resolved = Unambiguous | Gap | Fold


@dataclass(frozen=True, slots=True)
class Transition:
    """At the instant `at` the UTC offset of a zone turns from `before` into `after`; the two always differ."""

    at: datetime
    before: timedelta
    after: timedelta


# --- names ---------------------------------------------------------------------------------------------------------


def read_zone_id(raw: object) -> str:
    """The zone a person typed, in the spelling of the database; old names stay old ("Asia/Calcutta").

    Raises Invalid `zone_unknown`, whose remedy holds up to three names that may have been meant, the likeliest first.
    """
    zone_id = _names_by_lower().get(raw.strip().lower()) if isinstance(raw, str) else None
    if zone_id is None:
        raise Invalid(problem("", "zone_unknown", "" if raw is None else raw, *(suggest_zones(raw) if isinstance(raw, str) else ())))
    return zone_id


def is_zone_id(zone_id: str) -> bool:
    """Whether the rules in use know a zone of this name; they may be older or newer than a stored one."""
    return zone_id.lower() in _names_by_lower()


def canonical_zone_id(zone_id: str) -> str:
    """The name that the database uses today: "Asia/Kolkata" for "Asia/Calcutta"; a current name is returned as it is."""
    if zone_id in SUCCESSORS:
        return SUCCESSORS[zone_id]
    return zone_id if zone_id in _zone_table() else _links().get(zone_id, zone_id)


def suggest_zones(raw: str) -> tuple[str, ...]:
    """Up to three zone names that `raw` may have been meant for: by city, country or old name, then by likeness."""
    typed = fold_text(raw[:SEARCHED_CHARS])
    by_name, by_city = _names_by_fold(), _names_by_city()
    alike = (by_name[close] for close in difflib.get_close_matches(typed, by_name, SUGGESTIONS, 0.75))
    city = typed.rsplit(" ", 1)[-1] if "/" in raw else typed
    sounding = (by_city[close] for close in difflib.get_close_matches(city, by_city, SUGGESTIONS, 0.7))
    found = dict.fromkeys([*search_zones(raw, {})[:SUGGESTIONS], *alike, *sounding])
    return tuple(found)[:SUGGESTIONS]


def search_zones(query: str, city_names: Mapping[str, str], country_names: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Up to twenty current zone names for what a person typed, best first; accents and case do not matter.

    `city_names` maps zone names, `country_names` ISO 3166 codes, to names in the reader's language; both may be incomplete:
    the database's own English names are searched as well, and so are old zone names. An empty query finds nothing.
    """
    wanted = fold_text(query[:SEARCHED_CHARS])
    if not wanted:
        return ()
    ranked: list[tuple[int, int, str]] = []
    for order, (zone_id, known) in enumerate(_search_keys().items()):
        names = [*known, fold_text(city_names.get(zone_id, ""))]
        names += [fold_text((country_names or {}).get(code, "")) for code in _zone_codes().get(zone_id, ())]
        rank = min(_match_rank(wanted, name) for name in names)
        if rank < NO_MATCH:
            ranked.append((rank, order, zone_id))
    return tuple(zone_id for _, _, zone_id in sorted(ranked)[:FOUND_ZONES])


def country_zones() -> Mapping[str, tuple[str, ...]]:
    """ISO 3166 code → zones of that country, the most populous first; only countries that have a zone."""
    return {code: tuple(zones) for code in pytz.country_names if (zones := pytz.country_timezones.get(code))}


def zone_countries(zone_id: str) -> tuple[str, ...]:
    """ISO 3166 codes of the countries that list this zone (by its current name); empty for UTC and the like."""
    return _zone_codes().get(canonical_zone_id(zone_id), ())


def zone_point(zone_id: str) -> tuple[float, float] | None:
    """Latitude and longitude of the zone's city in degrees; None for zones that have none, such as UTC."""
    return _zone_table().get(canonical_zone_id(zone_id))


def zone_city(zone_id: str) -> str:
    """The zone's city in the database's own English spelling, without underscores ("Buenos Aires")."""
    return zone_id.rsplit("/", 1)[-1].replace("_", " ")


def all_zone_ids() -> tuple[str, ...]:
    """Every name that is accepted, old ones included, in alphabetical order."""
    return tuple(pytz.all_timezones)


def current_zone_ids() -> tuple[str, ...]:
    """The names worth offering in a list: one for each city of the database's table, and UTC."""
    return ("UTC", *sorted(_zone_table()))


def fold_text(text: str) -> str:
    """`text` for comparing: no accents, no case, words parted by single spaces ("São_Paulo" → "sao paulo")."""
    parted = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN_LETTERS))
    return " ".join("".join(c for c in parted if not unicodedata.combining(c)).split())


# --- which rules -----------------------------------------------------------------------------------------------------

RELEASE = re.compile(r"([0-9]{4})([a-z]{1,2})")


def rules_version() -> str:
    """The tz database release that every time is computed with, such as "2026f" (pytz carries its own copy)."""
    return str(pytz.OLSON_VERSION)  # type: ignore[attr-defined]  # missing in types-pytz


def tzdata_version() -> str:
    """The release that libraries with zoneinfo read, which is the tzdata wheel's; "" when that is not installed."""
    if _tzdata is not None:
        return _tzdata
    try:
        return str(importlib.import_module("tzdata").IANA_VERSION)
    except ImportError:
        return ""


def release_order(version: str) -> tuple[int, int, str]:
    """What releases are sorted by: 2026z comes before 2026za, both before 2027a. Anything else comes before all of them."""
    named = RELEASE.fullmatch(version)
    return (int(named[1]), len(named[2]), named[2]) if named else (0, 0, "")


def use_rules(version: str, zone_ids: Collection[str], open_table: Callable[[str], BinaryIO], *, tzdata: str) -> None:
    """Has every time from now on computed with other rules than the installed ones. For the start of a process: what was said before stays.

    `zone_ids` is every name they know; `open_table` opens a zone's file, or a table such as "zone.tab", and raises OSError for others.
    `tzdata` is the release that whoever calls has given zoneinfo.
    """
    for name, value in _as_pytz_has_them(version, sorted(zone_ids), open_table).items():
        setattr(pytz, name, value)
    pytz._tzinfo_cache.clear()  # type: ignore[attr-defined]  # private: zones that were built from the former rules
    for filled in (pytz.country_timezones, pytz.country_names):
        filled.data = None  # type: ignore[union-attr]  # a LazyDict, which reads its table when it is asked again
    for kept in (_zone, _names_by_lower, _names_by_fold, _names_by_city, _links, _zone_table, _zone_codes, _search_keys, read_tables):
        kept.cache_clear()
    global _tzdata  # noqa: PLW0603 - as pytz itself, this module holds the rules of its process
    _tzdata = tzdata


def _as_pytz_has_them(version: str, zone_ids: list[str], open_table: Callable[[str], BinaryIO]) -> dict[str, object]:
    """pytz keeps its list of zones in code and its tables in files: both are put in its place, under its own names."""
    return {
        "OLSON_VERSION": version,
        "open_resource": open_table,
        "all_timezones": zone_ids,
        "all_timezones_set": set(zone_ids),
        "_all_timezones_unchecked": zone_ids,
        "_all_timezones_lower_to_standard": None,  # filled from the list when it is needed
    }


@lru_cache(maxsize=1)
def read_tables() -> Mapping[str, bytes]:
    """Every zone's file as it is in use: for `use_rules` in a process that cannot open any, and does not know yet which it will need."""
    return {zone_id: _read_table(zone_id) for zone_id in all_zone_ids()}


def read_offsets(zone_id: str, table: BinaryIO, instants: Collection[datetime]) -> tuple[timedelta, ...]:
    """What a zone's file that is not in use says of these instants, as pytz reads it. What it raises on a broken file is pytz's affair."""
    zone = build_tzinfo(zone_id, table)
    return tuple(_offset(zone, instant) for instant in instants)


_tzdata: str | None = None  # set by `use_rules`

# --- times ---------------------------------------------------------------------------------------------------------


def resolve_wall_time(wall_time: datetime, zone_id: str) -> Resolved:
    """What instant the naive `wall_time` is in that zone: one, none (`Gap`) or two (`Fold`); nothing is guessed.

    Raises Invalid `date_too_late` or `date_too_early` outside 1970–2037, `zone_unknown` for a zone the rules lack.
    """
    refuse_outside_rules(wall_time.replace(tzinfo=UTC))
    found = _locate(wall_time, zone_id)
    if isinstance(found, Unambiguous):
        refuse_outside_rules(found.instant)
    return found


def to_wall_time(instant: datetime, zone_id: str) -> datetime:
    """What a clock in that zone reads at `instant`, as a naive datetime."""
    return instant.astimezone(_zone(zone_id)).replace(tzinfo=None)


def utc_offset(instant: datetime, zone_id: str) -> timedelta:
    """How far that zone's clock is ahead of UTC at `instant` (negative west of Greenwich), in whole minutes."""
    return _offset(_zone(zone_id), instant)


def transitions(zone_id: str, start: datetime, end: datetime) -> tuple[Transition, ...]:
    """Where the UTC offset changes within start < at < end, in order; changes of the abbreviation alone are left out."""
    zone = _zone(zone_id)
    times: list[datetime] = getattr(zone, "_utc_transition_times", [])
    first = bisect_right(times, start.astimezone(UTC).replace(tzinfo=None))
    last = bisect_left(times, end.astimezone(UTC).replace(tzinfo=None))
    return tuple(_changes(zone, times[first:last]))


def start_of_day(on: date, zone_id: str) -> datetime:
    """The first instant at which that zone's date is `on` or later: midnight, its first occurrence, or the end of a gap."""
    return first_instant(datetime.combine(on, time.min), zone_id)


def first_instant(wall_time: datetime, zone_id: str) -> datetime:
    """When that zone's clock first reads `wall_time`, where nobody can be asked: in a gap, the jump over it."""
    match _locate(wall_time, zone_id):
        case Unambiguous(instant):
            return instant
        case Gap(changes_at=changes_at):
            return changes_at
        case Fold(first=first):
            return first


def last_instant(wall_time: datetime, zone_id: str) -> datetime:
    """When that zone's clock reads `wall_time` for the last time, where nobody can be asked: in a gap, the jump over it."""
    match _locate(wall_time, zone_id):
        case Unambiguous(instant):
            return instant
        case Gap(changes_at=changes_at):
            return changes_at
        case Fold(second=second):
            return second


def refuse_outside_rules(instant: datetime, field: str = "") -> None:
    """Raises Invalid `date_too_late` from 2038 on and `date_too_early` before 1970, where the rules are not to be trusted."""
    if instant >= RULES_END_AT:
        raise Invalid(problem(field, "date_too_late", instant.date().isoformat(), "2037-12-31"))
    if instant < RULES_START_AT:
        raise Invalid(problem(field, "date_too_early", instant.date().isoformat(), "1970-01-01"))


def _locate(wall_time: datetime, zone_id: str) -> Resolved:
    zone = _zone(zone_id)
    try:
        return Unambiguous(zone.localize(wall_time, is_dst=None).astimezone(UTC))
    except NonExistentTimeError:
        change = _change_around(wall_time, zone_id)
        return Gap(_at_offset(wall_time, change.after), _at_offset(wall_time, change.before), change.at)
    except AmbiguousTimeError:
        change = _change_around(wall_time, zone_id)
        return Fold(_at_offset(wall_time, change.before), _at_offset(wall_time, change.after), change.at)


def _change_around(wall_time: datetime, zone_id: str) -> Transition:
    """The change whose skipped or repeated stretch of wall time holds `wall_time`."""
    near = wall_time.replace(tzinfo=UTC)
    for change in transitions(zone_id, near - timedelta(hours=27), near + timedelta(hours=27)):
        edges = sorted((change.at + change.before, change.at + change.after))
        if edges[0] <= near < edges[1]:
            return change
    raise AssertionError(f"pytz finds a gap or fold at {wall_time} in {zone_id}, its table does not")


def _at_offset(wall_time: datetime, offset: timedelta) -> datetime:
    return (wall_time - offset).replace(tzinfo=UTC)


def _changes(zone: tzinfo, times: list[datetime]) -> Iterator[Transition]:
    for time_utc in times:
        at = time_utc.replace(tzinfo=UTC)
        before, after = _offset(zone, at - timedelta(seconds=1)), _offset(zone, at)
        if before != after:
            yield Transition(at, before, after)


def _offset(zone: tzinfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).replace(tzinfo=None) - instant.astimezone(UTC).replace(tzinfo=None)


# --- tables of the installed rules, read once -------------------------------------------------------------------------

NO_MATCH = 9


@lru_cache(maxsize=1024)
def _zone(zone_id: str) -> BaseTzInfo:
    return pytz.timezone(read_zone_id(zone_id))


@lru_cache(maxsize=1)
def _names_by_lower() -> dict[str, str]:
    return {name.lower(): name for name in pytz.all_timezones}


@lru_cache(maxsize=1)
def _names_by_fold() -> dict[str, str]:
    return {fold_text(name): name for name in pytz.all_timezones}


@lru_cache(maxsize=1)
def _names_by_city() -> dict[str, str]:
    return {fold_text(zone_city(name)): canonical_zone_id(name) for name in pytz.all_timezones}


@lru_cache(maxsize=1)
def _links() -> dict[str, str]:
    """Old name → current name, from the `L target name` lines of the database's compact source."""
    lines = (line.split() for line in _table_lines("tzdata.zi"))
    return {words[2]: words[1] for words in lines if len(words) == 3 and words[0] == "L"}


@lru_cache(maxsize=1)
def _zone_table() -> dict[str, tuple[float, float]]:
    """Current name → latitude, longitude in degrees, in the order of zone.tab."""
    rows = (line.split("\t") for line in _table_lines("zone.tab"))
    return {row[2]: _read_point(row[1]) for row in rows}


def _table_lines(name: str) -> list[str]:
    return [line for line in _read_table(name).decode("utf-8").splitlines() if line and not line.startswith("#")]


def _read_table(name: str) -> bytes:
    with pytz.open_resource(name) as table:  # type: ignore[attr-defined]  # missing in types-pytz
        data: bytes = table.read()
    return data


def _read_point(text: str) -> tuple[float, float]:
    """ISO 6709 ±DDMM[SS]±DDDMM[SS] → degrees."""
    cut = max(text.rfind("+"), text.rfind("-"))
    return _read_degrees(text[:cut], 2), _read_degrees(text[cut:], 3)


def _read_degrees(text: str, whole: int) -> float:
    digits = text[1:].ljust(whole + 4, "0")
    degrees = int(digits[:whole]) + int(digits[whole : whole + 2]) / 60 + int(digits[whole + 2 : whole + 4]) / 3600
    return round(-degrees if text[0] == "-" else degrees, 4)


@lru_cache(maxsize=1)
def _zone_codes() -> dict[str, tuple[str, ...]]:
    codes: dict[str, tuple[str, ...]] = {}
    for code, zones in country_zones().items():
        for zone_id in zones:
            codes[zone_id] = (*codes.get(zone_id, ()), code)
    return codes


@lru_cache(maxsize=1)
def _search_keys() -> dict[str, tuple[str, ...]]:
    """Current name → everything it may be called by: itself, its city, its countries' names, its old names and their cities."""
    keys: dict[str, list[str]] = {zone_id: [zone_city(zone_id), zone_id] for zone_id in ("UTC", *_zone_table())}
    for zone_id, codes in _zone_codes().items():
        keys.setdefault(zone_id, [zone_city(zone_id), zone_id]).extend(pytz.country_names[code] for code in codes)
    for name in pytz.all_timezones:
        current = canonical_zone_id(name)
        if current in keys and current != name:
            keys[current] += [zone_city(name), name]
    return {zone_id: tuple(dict.fromkeys(map(fold_text, names))) for zone_id, names in keys.items()}


def _match_rank(wanted: str, name: str) -> int:
    """How well `name` answers, the least the best: the same, begins so, a word begins so, contains it, `NO_MATCH`."""
    if wanted == name:
        return 0
    if name.startswith(wanted):
        return 1
    if f" {wanted}" in name:
        return 2
    return 3 if len(wanted) > 2 and wanted in name else NO_MATCH
