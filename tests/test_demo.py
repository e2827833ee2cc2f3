"""The demo's mirror: three struggles that everybody can read in the words of a person, once however often it starts."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta

import pytest

from coordinator.assets import asset_root
from coordinator.demo import HOST_GROUP, fill_network
from coordinator.demo_mirror import read_file
from coordinator.domain.access import NOBODY
from coordinator.domain.spotlight import WORDS_MOST
from coordinator.domain.translation import Label
from coordinator.i18n import read_languages
from coordinator.services.groups import load_groups
from coordinator.services.mirror import EchoView, Reading, SpotlightView, as_group, load_echoes, load_standing
from coordinator.store.database import Database
from coordinator.store.tables import echo, glossary_term, rendering, spotlight, text
from tests.factories import NOON, count_rows

COMPLETE = ("en", "es", "ar")
LATIN, ARABIC = re.compile(r"[A-Za-z]"), re.compile(r"[\u0621-\u064a]")
BY_PEOPLE = {Label.ORIGINAL, Label.READ, Label.PERSON}


async def standing(demo: Database, language: str, *, drafts: bool = True) -> dict[str, SpotlightView]:
    """The name of who tells → the spotlight as the public reads it."""
    async with demo.read() as conn:
        views = await load_standing(conn, Reading(NOBODY, language, NOON, drafts))
    return {view.teller.name: view for view in views if view.teller is not None}


async def echoes(demo: Database, language: str) -> dict[str, EchoView]:
    async with demo.read() as conn:
        return {view.answerer.name: view for view in await load_echoes(conn, Reading(NOBODY, language, NOON)) if view.answerer is not None}


async def test_demo_has_three_spotlights_in_the_words_of_people_in_every_complete_language(demo: Database) -> None:
    labels = {language: {name: view.shown.label for name, view in (await standing(demo, language)).items()} for language in COMPLETE}

    assert labels == {
        "en": {"Rede Mangue": Label.READ, "Nile Listeners": Label.READ, "Minga del Agua": Label.READ},
        "es": {"Rede Mangue": Label.READ, "Nile Listeners": Label.PERSON, "Minga del Agua": Label.ORIGINAL},
        "ar": {"Rede Mangue": Label.PERSON, "Nile Listeners": Label.ORIGINAL, "Minga del Agua": Label.READ},
    }


@pytest.mark.parametrize("language", COMPLETE)
async def test_demo_says_every_section_in_the_readers_language(demo: Database, language: str) -> None:
    views = [*(await standing(demo, language)).values(), *(await echoes(demo, language)).values()]
    pieces = [piece for view in views for piece in view.shown.pieces]

    assert len(views) == 5
    assert {piece.language for piece in pieces} == {language}
    script = ARABIC if language == "ar" else LATIN
    assert [piece.words for piece in pieces if not script.search(piece.words)] == []
    assert language != "ar" or [piece.words for piece in pieces if LATIN.search(piece.words)] == []


async def test_demo_has_an_echo_by_the_host_that_people_have_translated(demo: Database) -> None:
    labels = {language: {name: view.shown.label for name, view in (await echoes(demo, language)).items()} for language in COMPLETE}

    assert set(labels["en"]) == {HOST_GROUP, "Cape Flats Commons"}
    assert labels == {
        "en": dict.fromkeys(labels["en"], Label.ORIGINAL),
        "es": dict.fromkeys(labels["en"], Label.READ),
        "ar": dict.fromkeys(labels["en"], Label.PERSON),
    }


async def test_demo_tells_whole_spotlights(demo: Database) -> None:
    for view in (await standing(demo, "en")).values():
        keys = [section.key for section in view.source.sections]
        told = sum(len(section.words.split()) for section in view.source.sections if section.key.startswith("body."))

        assert keys == ["title", *(key for key in keys if key.startswith("body.")), "ask", "face", "share", "answer", "consent"]
        assert 120 <= told <= WORDS_MOST / 2
        assert {link.url.startswith("https://example.org/") for link in view.links} == {True}


async def test_demo_projects_what_was_read_and_falls_back_to_the_original(demo: Database) -> None:
    async with demo.read() as conn:
        groups = {group.name: group.id for group in await load_groups(conn)}
        views = await load_standing(conn, as_group(groups["Cedar Circle"], "ar", NOON, drafts=False))

    assert {view.teller.name: view.shown.language for view in views if view.teller} == {
        "Rede Mangue": "pt-BR",  # its Arabic waits for a second reader
        "Nile Listeners": "ar",
        "Minga del Agua": "ar",
    }


async def test_demo_second_start_changes_nothing_of_the_mirror(demo: Database) -> None:
    async with demo.read() as conn:
        before = await count_rows(conn, spotlight, echo, text, rendering, glossary_term)
    async with demo.write(NOON + timedelta(hours=3)) as work:
        await fill_network(work, read_languages())
        after = await count_rows(work.conn, spotlight, echo, text, rendering, glossary_term)

    assert (before, after) == ({"spotlight": 3, "echo": 2, "text": 5, "rendering": 11, "glossary_term": 2}, before)


def test_demo_translations_leave_nothing_out() -> None:
    told = read_file()["spotlight"]
    originals = [*told, *(answer for one in told for answer in one.get("echoes", ()))]
    not_words = {"group", "language", "links", "translations", "echoes", "by", "read_by"}

    for original in originals:
        assert set(original["translations"]) == set(COMPLETE) - {original["language"]}
        for words in original["translations"].values():
            assert set(words) - not_words == set(original) - not_words
            if "story" in words:
                assert len(words["story"].split("\n\n")) == len(original["story"].split("\n\n"))
            assert words.get("read_by") != words["by"]


def test_demo_file_is_plain_toml_that_names_no_real_place_on_the_web() -> None:
    raw = (asset_root() / "demo" / "spotlights.toml").read_text(encoding="utf-8")

    assert set(tomllib.loads(raw)) == {"spotlight", "term"}
    assert set(re.findall(r"https?://([^/\s]+)", raw)) == {"example.org"}
