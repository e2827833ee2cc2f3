"""Every zone has a city in the reader's language, also the eighteen that CLDR knows by an older name."""

from __future__ import annotations

import unicodedata

import pytest

from coordinator.domain.zones import all_zone_ids, canonical_zone_id, current_zone_ids, search_zones
from coordinator.formats.cities import city_name, city_names, country_names
from coordinator.i18n import Languages, read_languages

# CLDR 47 as in Babel 2.18 has no Arabic name for these; a newer Babel may fill them.
WITHOUT_ARABIC = {"UTC", "America/Coyhaique"}


@pytest.fixture(scope="module")
def languages() -> Languages:
    return read_languages()


@pytest.mark.parametrize(
    ("zone_id", "english", "spanish", "arabic"),
    [
        ("Asia/Kolkata", "Kolkata", "Calcuta", "كالكتا"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires", "Buenos Aires", "بوينوس أيرس"),
        ("Europe/Kyiv", "Kyiv", "Kiev", "كييف"),
        ("Asia/Kathmandu", "Kathmandu", "Katmandú", "كاتماندو"),
        ("Asia/Yangon", "Yangon", "Yangón (Rangún)", "رانغون"),
        ("America/Nuuk", "Nuuk", "Nuuk", "غودثاب"),
        ("Africa/Asmara", "Asmara", "Asmara", "أسمرة"),
        ("America/Indiana/Indianapolis", "Indianapolis", "Indianápolis", "إنديانابوليس"),
        ("Asia/Calcutta", "Kolkata", "Calcuta", "كالكتا"),
        ("US/Pacific", "Los Angeles", "Los Ángeles", "لوس انجلوس"),
        ("Japan", "Tokyo", "Tokio", "طوكيو"),
        ("Africa/Cairo", "Cairo", "El Cairo", "القاهرة"),
        ("America/Montreal", "Montreal", "Montreal", "Montreal"),
        ("EST", "EST", "EST", "EST"),
        ("UTC", "UTC", "UTC", "UTC"),
        ("Etc/GMT+5", "GMT+5", "GMT+5", "GMT+5"),
    ],
)
def test_city_name_is_found_under_new_and_old_names(languages: Languages, zone_id: str, english: str, spanish: str, arabic: str) -> None:
    assert tuple(city_name(zone_id, languages[tag]) for tag in ("en", "es", "ar")) == (english, spanish, arabic)


@pytest.mark.parametrize("tag", ["en", "es", "ar", "hi", "zh-Hans"])
def test_city_name_of_every_zone_is_one_city(languages: Languages, tag: str) -> None:
    names = {zone_id: city_name(zone_id, languages[tag]) for zone_id in all_zone_ids()}

    assert [zone_id for zone_id, name in names.items() if not name or "/" in name or "_" in name] == []


def test_city_name_in_arabic_is_arabic_for_every_current_zone(languages: Languages) -> None:
    latin = {zone_id for zone_id, name in city_names(languages["ar"]).items() if "ARABIC" not in unicodedata.name(name[0])}

    assert latin == WITHOUT_ARABIC


def test_city_names_cover_what_a_list_offers(languages: Languages) -> None:
    assert set(city_names(languages["es"])) == set(current_zone_ids())


@pytest.mark.parametrize(
    ("tag", "typed", "found"),
    [
        ("ar", "القاهرة", "Africa/Cairo"),
        ("es", "calcuta", "Asia/Kolkata"),
        ("ar", "كاتماندو", "Asia/Kathmandu"),
        ("es", "nueva york", "America/New_York"),
        ("ar", "مصر", "Africa/Cairo"),
    ],
)
def test_search_in_the_readers_language_finds_the_zone(languages: Languages, tag: str, typed: str, found: str) -> None:
    language = languages[tag]

    results = search_zones(typed, city_names(language), country_names(language))

    assert found in [canonical_zone_id(zone_id) for zone_id in results]


def test_country_names_are_in_the_readers_language(languages: Languages) -> None:
    assert [country_names(languages[tag])["EG"] for tag in ("en", "es", "ar")] == ["Egypt", "Egipto", "مصر"]
    assert all(name and not name.isdigit() for name in country_names(languages["ar"]).values())
