"""A group tells its struggle: who sees it when, in which words, and who hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.translation import Label
from coordinator.services.mirror import Reading, load_spotlight, load_standing
from coordinator.services.spotlights import delete_spotlight, draft_spotlight, edit_spotlight, publish_spotlight, retire_spotlight
from coordinator.services.translations import load_workbench, save_translation, section_fields, sign_translation
from coordinator.store.database import Database, Work
from tests.factories import NOON, add_group, add_network, caller_as, count_rows, load_events, open_database

LANGUAGES = frozenset({"en", "es", "ar"})
TELLING: dict[str, Any] = {
    "title": "The tide is ours",
    "story": "The port wants eleven hectares of mangrove.\n\nWe mapped every household that eats from it.",
    "ask": "Write to the court.",
    "face": "A port that calls a living shore empty land.",
    "consent": "Names of places may be shown.",
    "links": "https://example.org/mangrove The map",
    "language": "en",
    "audience": "public",
}


@dataclass
class World:
    database: Database
    teller: str
    partner: str

    @property
    def custodian(self) -> Caller:
        return caller_as("custodian", self.teller)

    @property
    def reader(self) -> Caller:
        return caller_as("member", self.partner)

    async def tell(self, work: Work, **changes: Any) -> str:
        slug = await draft_spotlight(work, self.custodian, self.teller, TELLING | changes, LANGUAGES)
        await publish_spotlight(work, self.custodian, slug)
        return slug


@pytest.fixture
async def world(sqlite_database_url: str) -> AsyncIterator[World]:
    async with open_database(sqlite_database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            teller = await add_group(work.conn, "Rede Mangue", place="Recife", zone_id="America/Recife", language="pt-BR", listing="public")
            partner = await add_group(work.conn, "Kathmandu Commons", place="Kathmandu", zone_id="Asia/Kathmandu", language="en")
        yield World(database, teller, partner)


async def test_published_is_seen_by_partners_and_public_a_draft_by_its_own_group(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await draft_spotlight(work, world.custodian, world.teller, TELLING, LANGUAGES)
        before = [await load_standing(work.conn, Reading(who, "en", NOON)) for who in (world.custodian, world.reader, NOBODY)]
        await publish_spotlight(work, world.custodian, slug)
        after = [await load_standing(work.conn, Reading(who, "en", NOON)) for who in (world.custodian, world.reader, NOBODY)]

    assert [len(views) for views in before] == [0, 0, 0]
    assert [views[0].shown.words("title") for views in after] == ["The tide is ours"] * 3
    assert [(views[0].own, views[0].teller and views[0].teller.name) for views in after] == [
        (True, "Rede Mangue"),
        (False, "Rede Mangue"),
        (False, "Rede Mangue"),
    ]


async def test_translation_by_a_person_signed_by_another_then_edited_falls_back_to_the_original(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work)
        view = await load_spotlight(work.conn, Reading(world.reader, "es", NOON), slug)
        bench = await load_workbench(work.conn, world.reader, world.partner, text_id=view.text_id, language="es", now=NOON)
        words = {field: f"es: {s.words}" for field, s in zip(section_fields(bench.source.sections), bench.source.sections, strict=True)}
        raw = {"language": "es", "source_hash": bench.source.hash, "base": "", **words}
        saved = await save_translation(work, world.reader, world.partner, text_id=view.text_id, raw=raw, languages=LANGUAGES)
        by_person = await load_spotlight(work.conn, Reading(world.reader, "es", NOON), slug)
        second = Caller(world.reader.grants, "another session")
        await sign_translation(work, second, world.partner, saved.rendering_id)
        read = await load_spotlight(work.conn, Reading(world.reader, "es", NOON, drafts=False), slug)
        await edit_spotlight(work, world.custodian, slug, TELLING | {"title": "The tide was ours"}, LANGUAGES)
        late = await load_spotlight(work.conn, Reading(world.reader, "es", NOON), slug)
        wall = await load_spotlight(work.conn, Reading(world.reader, "es", NOON, drafts=False), slug)

    assert (by_person.shown.label, by_person.shown.words("title")) == (Label.PERSON, "es: The tide is ours")
    assert (read.shown.label, read.shown.words("title")) == (Label.READ, "es: The tide is ours")
    assert (late.shown.label, late.shown.words("title"), late.shown.words("ask")) == (
        Label.OUT_OF_DATE,
        "The tide was ours",
        "es: Write to the court.",
    )
    assert (wall.shown.label, wall.shown.words("ask")) == (Label.ORIGINAL, "Write to the court.")


async def test_events_carry_ids_and_states_only_and_reach_whom_they_concern(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work)
        await retire_spotlight(work, world.custodian, slug)
    async with world.database.read() as conn:
        told = await load_events(conn)

    assert [(stream, kind, data) for stream, kind, data in told if stream in ("partners", "public")] == [
        (stream, kind, {"spotlight": slug, "revision": revision, "state": state})
        for stream in ("partners", "public")
        for kind, revision, state in (("spotlight.published", 2, "published"), ("spotlight.retired", 3, "retired"))
    ]


async def test_delete_leaves_nothing_that_was_made_of_the_words(world: World) -> None:
    async with world.database.write(NOON) as work:
        before = await count_rows(work.conn)
        slug = await world.tell(work)
        view = await load_spotlight(work.conn, Reading(world.reader, "en", NOON), slug)
        raw = {"language": "es", "section[0]": "La marea es nuestra"}
        await save_translation(work, world.reader, world.partner, text_id=view.text_id, raw=raw, languages=LANGUAGES)
        await edit_spotlight(work, world.custodian, slug, TELLING | {"title": "The tide was ours"}, LANGUAGES)
        await delete_spotlight(work, world.custodian, slug)
        after = await count_rows(work.conn)

    kept = {"event", "stream", "job"}
    assert {name: rows for name, rows in after.items() if name not in kept} == {n: rows for n, rows in before.items() if n not in kept}


async def test_spotlight_whose_consent_has_run_out_is_seen_by_nobody_else(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work, until="2027-01-10")
        late = NOON + timedelta(days=8)
        seen = [await load_standing(work.conn, Reading(who, "en", late)) for who in (world.custodian, world.reader, NOBODY)]
        own = await load_spotlight(work.conn, Reading(world.custodian, "en", late), slug)

    assert (seen, own.over) == ([[], [], []], True)
