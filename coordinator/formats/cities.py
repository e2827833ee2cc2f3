"""What is the city of a zone called in the reader's language, and its country?

CLDR keys its city names by the zone names of 2005, so eighteen of today's names (Kolkata, Kyiv, Buenos Aires …) find nothing when
asked directly; the old name of the same zone finds them. Babel's `get_timezone_location(…, return_city=True)` renames old to new before
it looks, so it misses all eighteen (and raises KeyError in rare locales); the table is read here instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from babel.core import get_global

from coordinator.domain.zones import canonical_zone_id, country_zones, current_zone_ids, zone_city
from coordinator.i18n import Language

CONTINENTS = frozenset({"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"})
# Names of clocks, not of places: the database links EST to Panama and CET to Brussels, and nobody who typed them means that.
CLOCKS = frozenset({"UTC", "UCT", "Zulu", "Universal", "Greenwich", "GMT", "GMT0", "GMT+0", "GMT-0", "CET", "MET", "EET", "WET"})
AMERICAN_CLOCKS = frozenset({"EST", "MST", "HST", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT"})


@lru_cache(maxsize=8192)
def city_name(zone_id: str, language: Language) -> str:
    """The city of the zone (current or old name) in that language, else in English as the database spells it; never empty.

    An old name that names a city keeps it (Montreal stays Montreal, though its clock is Toronto's); one that names a country or a state
    ("Japan", "US/Pacific") shows the city that the database means. Clocks without a place (UTC, EST, Etc/…) keep their name.
    """
    region = zone_id.split("/", 1)[0]
    if region in CLOCKS or region in AMERICAN_CLOCKS or region == "Etc":
        return zone_city(zone_id)
    placed = zone_id if region in CONTINENTS else canonical_zone_id(zone_id)
    return cldr_city(placed, language) or zone_city(placed)


def cldr_city(zone_id: str, language: Language) -> str:
    """CLDR's name under this zone name or an older name of it; empty when it has none in this language."""
    zones = language.locale.time_zones
    found = (zones[name].get("city") for name in (zone_id, *older_names().get(zone_id, ())) if name in zones)
    return next((str(city) for city in found if city), "")


@lru_cache(maxsize=1)
def older_names() -> Mapping[str, tuple[str, ...]]:
    """Zone name → the older names that CLDR lists for it, alphabetically."""
    older: dict[str, list[str]] = {}
    for old, current in sorted(get_global("zone_aliases").items()):
        older.setdefault(current, []).append(old)
    return {current: tuple(names) for current, names in older.items()}


@lru_cache(maxsize=32)
def city_names(language: Language) -> Mapping[str, str]:
    """Every zone worth offering → its city in that language; what `domain.zones.search_zones` searches."""
    return MappingProxyType({zone_id: city_name(zone_id, language) for zone_id in current_zone_ids()})


@lru_cache(maxsize=32)
def country_names(language: Language) -> Mapping[str, str]:
    """ISO 3166 code → the country's name in that language, for every country that has a zone; the code where CLDR has no name."""
    territories = language.locale.territories
    return MappingProxyType({code: str(territories.get(code, code)) for code in country_zones()})
