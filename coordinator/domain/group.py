"""What is a partner group: what it says of itself, and how that is read from a form, a JSON body or a row of groups.csv."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coordinator.domain.availability import Availability, Reach
from coordinator.domain.availability_form import read_any_availability
from coordinator.domain.listing import Card, Listing
from coordinator.domain.text import NAME_CHARS, read_choice, read_line, text_of
from coordinator.domain.zones import read_zone_id
from coordinator.errors import Faults, Invalid, problem


class Numerals(StrEnum):
    """Which digits a group's pages and room use: Latin ones, or its language's own."""

    LATN = "latn"
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a group says of itself, its availability aside. An alias is shown in place of the name or place; empty means none."""

    name: str
    place: str
    zone_id: str
    language: str
    alias_name: str = ""
    alias_place: str = ""
    numerals: Numerals = Numerals.LATN
    listing: Listing = Listing.PARTNERS


@dataclass(frozen=True, slots=True)
class GroupDraft:
    """A group that is to be."""

    profile: Profile
    availability: Availability


@dataclass(frozen=True, slots=True)
class Group:
    """One row of `group`. `archived_at` is set when it has left the network."""

    id: str
    profile: Profile
    availability: Availability
    revision: int
    created_at: datetime
    archived_at: datetime | None

    @property
    def name(self) -> str:
        return self.profile.name

    @property
    def place(self) -> str:
        return self.profile.place

    @property
    def zone_id(self) -> str:
        return self.profile.zone_id

    @property
    def language(self) -> str:
        return self.profile.language

    @property
    def listing(self) -> Listing:
        return self.profile.listing

    @property
    def reach(self) -> Reach:
        return self.availability.reach


def card(group: Group) -> Card:
    """The facts that listing decides about."""
    profile = group.profile
    return Card(group.id, profile.name, profile.place, profile.alias_name, profile.alias_place, profile.zone_id, profile.listing)


def read_group(raw: Mapping[str, object], languages: Collection[str]) -> GroupDraft:
    """A new group from its fields and its availability. Raises Invalid with every fault.

    `raw`: name, place, zone, language, alias_name, alias_place, numerals, listing, reach and any form that `read_any_availability` knows.
    `languages` are the BCP 47 tags of languages.toml.
    """
    faults = Faults()
    profile = faults.read("", read_profile, raw, languages)
    availability = faults.read("", read_any_availability, raw)
    faults.check()
    return GroupDraft(profile, availability)


def read_profile(raw: Mapping[str, object], languages: Collection[str], default: Profile | None = None) -> Profile:
    """What a group says of itself; a field that is absent (not merely empty) keeps its value in `default`. Raises Invalid with all faults."""
    kept = _fields(default) if default else {"listing": Listing.PARTNERS.value, "numerals": Numerals.LATN.value}
    given = kept | {name: text_of(raw, name) for name in raw}
    faults = Faults()
    name = faults.read("name", read_line, given.get("name", ""), longest=NAME_CHARS)
    place = faults.read("place", read_line, given.get("place", ""), longest=NAME_CHARS, required=False)
    zone_id = faults.read("zone", read_zone, given.get("zone", ""))
    language = faults.read("language", read_language, given.get("language", ""), languages)
    alias_name = faults.read("alias_name", read_line, given.get("alias_name", ""), longest=NAME_CHARS, required=False)
    alias_place = faults.read("alias_place", read_line, given.get("alias_place", ""), longest=NAME_CHARS, required=False)
    numerals = faults.read("numerals", read_choice, given["numerals"], tuple(Numerals))
    listing = faults.read("listing", read_choice, given["listing"], tuple(Listing))
    faults.check()
    return Profile(name, place, zone_id, language, alias_name, alias_place, Numerals(numerals), Listing(listing))


def read_zone(raw: str) -> str:
    """A zone's name; Invalid `missing`, or `zone_unknown` with the likeliest names as remedy."""
    if not raw.strip():
        raise Invalid(problem("", "missing"))
    return read_zone_id(raw)


def read_language(raw: str, languages: Collection[str]) -> str:
    """A listed language's tag in its usual spelling ("pt-BR" for "pt-br"); Invalid `missing`, `language_unknown`."""
    if not raw.strip():
        raise Invalid(problem("", "missing"))
    spelling = {tag.lower(): tag for tag in languages}.get(raw.strip().replace("_", "-").lower())
    if spelling is None:
        raise Invalid(problem("", "language_unknown", raw, *sorted(languages)))
    return spelling


def same_name(name: str) -> str:
    """A key under which two groups' names count as one: case and white space aside."""
    return " ".join(name.casefold().split())


def _fields(profile: Profile) -> dict[str, str]:
    return {
        "name": profile.name,
        "place": profile.place,
        "zone": profile.zone_id,
        "language": profile.language,
        "alias_name": profile.alias_name,
        "alias_place": profile.alias_place,
        "numerals": profile.numerals.value,
        "listing": profile.listing.value,
    }
