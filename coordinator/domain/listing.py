"""What one reader may see of a group (DESIGN §7 "Listing"): decided here once, for pages, API, sockets, feeds and rooms alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Listing(StrEnum):
    """How visible a group wants to be."""

    PUBLIC = "public"
    PARTNERS = "partners"
    HIDDEN = "hidden"


class Audience(StrEnum):
    """From how near a reader looks at one group."""

    PUBLIC = "public"
    PARTNER = "partner"
    OWN = "own"  # the group itself, and the steward


@dataclass(frozen=True, slots=True)
class Card:
    """The facts of a group that listing decides about."""

    group_id: str
    name: str
    place: str
    alias_name: str
    alias_place: str
    zone_id: str
    listing: Listing


@dataclass(frozen=True, slots=True)
class Seen:
    """A group as one reader sees it. Whatever is None must not be derivable from the page: no zone also means no local time.

    `name` is empty when only "a group" may be said.
    """

    group_id: str | None
    name: str
    place: str | None
    zone_id: str | None
    own: bool = False


def see(card: Card, audience: Audience) -> Seen | None:
    """The group as this audience sees it; None when it only counts as one of "the others"."""
    if audience is Audience.OWN:
        return Seen(card.group_id, card.name, card.place, card.zone_id, own=True)
    if card.listing is Listing.PUBLIC or (card.listing is Listing.PARTNERS and audience is Audience.PARTNER):
        return Seen(card.group_id, card.alias_name or card.name, card.alias_place or card.place, card.zone_id)
    return Seen(None, card.alias_name, None, None) if audience is Audience.PARTNER else None
