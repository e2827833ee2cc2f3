"""What each reader sees of a group, for every listing, with and without aliases."""

from __future__ import annotations

import itertools

import pytest

from coordinator.domain.listing import Audience, Card, Listing, Seen, see

NAME, PLACE, ZONE = "Cedar Circle", "Beirut", "Asia/Beirut"


def make_card(listing: Listing, alias_name: str = "", alias_place: str = "") -> Card:
    return Card("abc", NAME, PLACE, alias_name, alias_place, ZONE, listing)


OPEN = Seen("abc", NAME, PLACE, ZONE)
NAMELESS = Seen(None, "", None, None)
EXPECTED: dict[tuple[str, str], Seen | None] = {
    ("public", "public"): OPEN,
    ("public", "partner"): OPEN,
    ("partners", "public"): None,
    ("partners", "partner"): OPEN,
    ("hidden", "public"): None,
    ("hidden", "partner"): NAMELESS,
}


@pytest.mark.parametrize(("listing", "audience"), sorted(EXPECTED))
def test_see_without_aliases(listing: str, audience: str) -> None:
    assert see(make_card(Listing(listing)), Audience(audience)) == EXPECTED[listing, audience]


@pytest.mark.parametrize("listing", list(Listing))
def test_see_own_group_whole_and_under_its_own_name(listing: Listing) -> None:
    seen = see(make_card(listing, "Heron", "the coast"), Audience.OWN)

    assert seen == Seen("abc", NAME, PLACE, ZONE, own=True)


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.PARTNER])
def test_see_alias_in_place_of_each(audience: Audience) -> None:
    assert see(make_card(Listing.PUBLIC, "Heron"), audience) == Seen("abc", "Heron", PLACE, ZONE)
    assert see(make_card(Listing.PUBLIC, "", "the coast"), audience) == Seen("abc", NAME, "the coast", ZONE)
    assert see(make_card(Listing.PUBLIC, "Heron", "the coast"), audience) == Seen("abc", "Heron", "the coast", ZONE)


@pytest.mark.parametrize(
    ("alias_name", "alias_place", "audience"),
    list(itertools.product(["", "Heron"], ["", "the coast"], [Audience.PUBLIC, Audience.PARTNER])),
)
def test_see_hidden_never_shows_name_place_zone_or_id(alias_name: str, alias_place: str, audience: Audience) -> None:
    seen = see(make_card(Listing.HIDDEN, alias_name, alias_place), audience)

    assert not any(word in repr(seen) for word in (NAME, PLACE, ZONE, "abc", "the coast"))
    if audience is Audience.PARTNER:
        assert seen == Seen(None, alias_name, None, None)
