"""What are a group and its place called for a reader? The place by the group's own word for it, or the reader's where that cannot be read.

A place is one line that the group typed. Where it is the city of its zone, a reader of another script is told the city's name in that
script; readers of the Latin script see what the group wrote (Montréal stays Montréal).
"""

from __future__ import annotations

from functools import lru_cache

from coordinator.domain.listing import Seen
from coordinator.domain.zones import fold_text, zone_city
from coordinator.formats.cities import city_name
from coordinator.i18n import Language, language_and_script

LATIN_SCRIPT = "Latn"


def seen_name(seen: Seen, language: Language) -> str:
    """What a group is called before its reader, also where nothing of it may be told."""
    return seen.name or language.gettext("A group that does not show itself")


def seen_place(seen: Seen, language: Language) -> str:
    """Where a group is, as its reader may know; empty for one that hides."""
    return place_name(seen.place or "", seen.zone_id, language) if seen.zone_id else ""


@lru_cache(maxsize=8192)
def place_name(place: str, zone_id: str, language: Language) -> str:
    """The place for a reader of `language`; an empty place is the zone's city."""
    if not place:
        return city_name(zone_id, language)
    if language_and_script(language.tag)[1] == LATIN_SCRIPT:
        return place
    return city_name(zone_id, language) if fold_text(place) == fold_text(zone_city(zone_id)) else place
