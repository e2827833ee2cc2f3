"""How a group's own words about itself are read, with every fault at once."""

from __future__ import annotations

import pytest

from coordinator.domain.availability import Availability, Reach
from coordinator.domain.group import Group, GroupDraft, Numerals, Profile, card, read_group, read_profile, same_name
from coordinator.domain.listing import Card, Listing
from coordinator.errors import Invalid
from tests.factories import NOON

LANGUAGES = ("en", "es", "pt-BR", "zh-Hans")
RAW = {"name": "Rede Mangue", "place": "Recife", "zone": "America/Recife", "language": "pt-BR"}
PROFILE = Profile("Rede Mangue", "Recife", "America/Recife", "pt-BR")


def codes_of(fault: Invalid) -> set[tuple[str, str]]:
    return {(p.field, p.code) for p in fault.problems}


def test_group_is_for_partners_and_reached_in_waking_hours_unless_it_says_otherwise() -> None:
    draft = read_group(RAW, LANGUAGES)

    assert draft == GroupDraft(PROFILE, Availability(reach=Reach.WAKING))
    assert draft.profile.listing is Listing.PARTNERS
    assert draft.profile.numerals is Numerals.LATN


def test_group_keeps_an_old_zone_name_as_typed() -> None:
    assert read_group({**RAW, "zone": "Asia/Calcutta"}, LANGUAGES).profile.zone_id == "Asia/Calcutta"


@pytest.mark.parametrize(("typed", "kept"), [("pt-br", "pt-BR"), ("ZH_hans", "zh-Hans"), (" es ", "es")])
def test_group_language_is_kept_in_its_usual_spelling(typed: str, kept: str) -> None:
    assert read_group({**RAW, "language": typed}, LANGUAGES).profile.language == kept


def test_group_says_every_fault_at_once() -> None:
    raw = {
        "name": "x" * 10_240,
        "place": "a\u202eb",
        "zone": "Europe/Berln",
        "language": "klingon",
        "alias_name": "a\x00",
        "numerals": "roman",
        "listing": "secret",
        "reach": "moon",
        "availability": "MO 25:00-26:00",
        "quiet": "whenever",
        "blocked": "2027-13-01",
    }

    with pytest.raises(Invalid) as refused:
        read_group(raw, LANGUAGES)

    assert codes_of(refused.value) == {
        ("name", "too_long"),
        ("place", "bidi_characters"),
        ("zone", "zone_unknown"),
        ("language", "language_unknown"),
        ("alias_name", "control_characters"),
        ("numerals", "choice_unknown"),
        ("listing", "choice_unknown"),
        ("reach", "choice_unknown"),
        ("availability", "time_malformed"),
        ("quiet", "span_malformed"),
        ("blocked", "date_malformed"),
    }


def test_group_with_nothing_says_what_is_missing() -> None:
    with pytest.raises(Invalid) as refused:
        read_group({}, LANGUAGES)

    assert codes_of(refused.value) == {("name", "missing"), ("zone", "missing"), ("language", "missing")}


def test_group_misspelt_zone_is_answered_with_suggestions() -> None:
    with pytest.raises(Invalid) as refused:
        read_group({**RAW, "zone": "Europe/Berln"}, LANGUAGES)

    assert "Europe/Berlin" in refused.value.problems[0].remedy


def test_profile_keeps_what_is_absent_and_takes_what_is_empty() -> None:
    before = Profile("Rede", "Recife", "America/Recife", "pt-BR", "Mangrove", "the coast", Numerals.NATIVE, Listing.HIDDEN)

    assert read_profile({}, LANGUAGES, before) == before
    changed = read_profile({"alias_name": "", "listing": "public"}, LANGUAGES, before)
    assert changed == Profile("Rede", "Recife", "America/Recife", "pt-BR", "", "the coast", Numerals.NATIVE, Listing.PUBLIC)
    with pytest.raises(Invalid) as refused:
        read_profile({"name": ""}, LANGUAGES, before)
    assert codes_of(refused.value) == {("name", "missing")}


def test_card_holds_what_listing_decides_about() -> None:
    group = Group("abc", PROFILE, Availability(), 3, NOON, None)

    assert card(group) == Card("abc", "Rede Mangue", "Recife", "", "", "America/Recife", Listing.PARTNERS)


def test_same_name_ignores_case_and_space_only() -> None:
    assert same_name(" Rede  MANGUE") == same_name("rede mangue")
    assert same_name("Rede Mangué") != same_name("Rede Mangue")
