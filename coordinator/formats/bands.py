"""How are local days drawn: bands of sky, the reader's own day, burden glyphs; which cities share a band, and in which order?

Everything is SVG with classes (`css/components/band.css`), so a page needs no inline style. Bands are decoration for eyes
(`aria-hidden`): the words stand beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from markupsafe import Markup

from coordinator.domain import zones
from coordinator.formats.sky import tone_runs

LEAD = timedelta(hours=10)  # the axis runs from T − 10 h to T + 14 h, so the line stands at 10/24 of every band
DAY_MINUTES = 1440
EDGE_MINUTES = 4  # a notch nearer to the end of a band than this would look like a ragged edge

EACH_UP_TO = 16  # groups with a band each
OFFSETS_UP_TO = 60  # groups with a band per UTC offset; beyond, a band per whole hour
ROOM_BANDS = 8
HOUR = timedelta(hours=1)

BAND = Markup('<svg class="band" viewBox="0 0 {} 10" preserveAspectRatio="none" aria-hidden="true">{}{}</svg>')
RECT = Markup('<rect class="t{}" x="{}" width="{}" height="10"/>')
MIDNIGHT = Markup('<path class="midnight" d="{}"/>')
LOCAL_DAY = Markup('<span class="localday">{}{}</span>')
NEEDLE = Markup('<svg class="needle needle--{}" viewBox="0 0 {} 10" preserveAspectRatio="none" aria-hidden="true">{}</svg>')
STROKE = Markup('<path class="needle__{}" d="M{} 0V10"/>')
GLYPH = Markup('<svg class="burden" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">{}</svg>')


# --- one band -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def band(zone_id: str, starts_at: datetime, minutes: int = DAY_MINUTES) -> Markup:
    """The sky over a zone's city for `minutes` of UTC from `starts_at`, one unit a minute, notched where its weekday changes."""
    rects = Markup("").join(RECT.format(run.tone, run.minute, run.minutes) for run in tone_runs(zone_id, starts_at, minutes))
    notches = "".join(f"M{minute} 0V10" for minute in midnights(zone_id, starts_at, minutes))
    return BAND.format(minutes, rects, MIDNIGHT.format(notches) if notches else "")


def moment_band(zone_id: str, moment_at: datetime) -> Markup:
    """The band that the shared line crosses at 10/24: 24 hours of UTC around the moment."""
    return band(zone_id, moment_at - LEAD)


def midnights(zone_id: str, starts_at: datetime, minutes: int = DAY_MINUTES) -> tuple[int, ...]:
    """The minutes after `starts_at` at which the zone's date changes, by its rules and not by the sun; none at the very edges."""
    ends_at = starts_at + timedelta(minutes=minutes)
    first, last = (zones.to_wall_time(at, zone_id).date() for at in (starts_at, ends_at))
    dates = (first + timedelta(days=k) for k in range(1, (last - first).days + 1))
    found = {round((zones.start_of_day(on, zone_id) - starts_at) / timedelta(minutes=1)) for on in dates}
    return tuple(sorted(m for m in found if EDGE_MINUTES < m < minutes - EDGE_MINUTES))


@lru_cache(maxsize=1024)
def local_day(zone_id: str, moment_at: datetime, line: str = "confirmed") -> Markup:
    """The zone's own day from midnight to midnight (23, 24 or 25 hours) with the moment's needle in it.

    `line` says how the moment stands: confirmed (solid), offered (hollow) or cancelled (dashed).
    """
    on = zones.to_wall_time(moment_at, zone_id).date()
    starts_at = zones.start_of_day(on, zone_id)
    minutes = round((zones.start_of_day(on + timedelta(days=1), zone_id) - starts_at) / timedelta(minutes=1))
    at = round((moment_at - starts_at) / timedelta(minutes=1))
    return LOCAL_DAY.format(band(zone_id, starts_at, minutes), _needle(at, minutes, line))


def _needle(at: int, minutes: int, line: str) -> Markup:
    layers = ("halo", "pin", "core") if line == "offered" else ("halo", "pin")
    return NEEDLE.format(line, minutes, Markup("").join(STROKE.format(layer, at) for layer in layers))


# --- burden ---------------------------------------------------------------------------------------------------------

GLYPHS = {
    0: Markup('<circle class="burden__dot" cx="10" cy="10" r="2"/>'),
    1: Markup('<circle class="burden__mark" cx="10" cy="10" r="3.2"/>'),
    3: Markup('<circle class="burden__mark" cx="10" cy="10" r="5"/>'),
    8: Markup('<path class="burden__mark" d="M12.6 1.6A8.6 8.6 0 1 0 18.4 12.4 7 7 0 1 1 12.6 1.6z"/>'),
    13: Markup('<circle class="burden__ring" cx="10" cy="10" r="8.4"/>'),
}


def burden_glyph(burden: int) -> Markup:
    """The glyph of a burden (0, 1, 3, 8 or 13): size and shape both grow. KeyError for other numbers; words stand beside it always."""
    return GLYPH.format(GLYPHS[burden])


# --- which rows -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A city as the reader may see it, and the zone whose clock it keeps."""

    city: str
    zone_id: str


@dataclass(frozen=True, slots=True)
class Row:
    """One band: its zone stands for all its cities. `count` is how many groups share it; `cities` are without doubles, west to east."""

    zone_id: str
    utc_offset: timedelta
    cities: tuple[str, ...]
    count: int
    by_hour: bool = False  # a whole hour shares the band, so only the count may be said of the rest


def west_to_east(places: Iterable[Place], at: datetime) -> list[Place]:
    """The places by UTC offset at that instant, then by longitude, then by name."""
    return sorted(places, key=lambda place: (zones.utc_offset(at, place.zone_id), _longitude(place.zone_id, at), place.city))


def collapse(places: Sequence[Place], at: datetime) -> tuple[Row, ...]:
    """The rows of a page or wall: up to 16 groups a band each, up to 60 a band per UTC offset, over that a band per whole hour."""
    ordered = west_to_east(places, at)
    if len(ordered) <= EACH_UP_TO:
        return tuple(_row([place], at) for place in ordered)
    by_hour = len(ordered) > OFFSETS_UP_TO
    shared: dict[timedelta, list[Place]] = {}
    for place in ordered:
        offset = zones.utc_offset(at, place.zone_id)
        shared.setdefault(offset // HOUR * HOUR if by_hour else offset, []).append(place)
    return tuple(_row(together, at, by_hour=by_hour) for together in shared.values())


def _row(together: Sequence[Place], at: datetime, *, by_hour: bool = False) -> Row:
    lead = together[0]
    cities = tuple(dict.fromkeys(place.city for place in together))
    return Row(lead.zone_id, zones.utc_offset(at, lead.zone_id), cities, len(together), by_hour)


def farthest_apart(own: Place | None, others: Sequence[Place], at: datetime, limit: int = ROOM_BANDS) -> tuple[list[Place], int]:
    """At most `limit` places for a wall, west to east, and how many groups are left for words.

    The own city is always there; each next one is the place farthest from all that are chosen (great circle).
    """
    chosen = [own] if own else []
    left = [place for place in others if place != own]
    if not chosen and left:
        chosen = [west_to_east(left, at)[0]]
        left.remove(chosen[0])
    while left and len(chosen) < limit:
        best = max(left, key=lambda place: (min(_distance(place, other, at) for other in chosen), place.city))
        chosen.append(best)
        left = [place for place in left if place != best]
    return west_to_east(chosen, at), len(left)


def _longitude(zone_id: str, at: datetime) -> float:
    return _point(zone_id, at)[1]


def _point(zone_id: str, at: datetime) -> tuple[float, float]:
    """The zone's city, or the place at the equator whose noon is the zone's."""
    return zones.zone_point(zone_id) or (0.0, zones.utc_offset(at, zone_id) / HOUR * 15)


def _distance(one: Place, other: Place, at: datetime) -> float:
    """Great-circle distance in radians."""
    (lat_1, lon_1), (lat_2, lon_2) = _point(one.zone_id, at), _point(other.zone_id, at)
    p, q, turn = math.radians(lat_1), math.radians(lat_2), math.radians(lon_1 - lon_2)
    return math.acos(max(-1.0, min(1.0, math.sin(p) * math.sin(q) + math.cos(p) * math.cos(q) * math.cos(turn))))
