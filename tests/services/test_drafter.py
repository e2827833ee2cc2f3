"""A machine's draft comes to a text: after it was published, never before, and never over what a person wrote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.domain.access import Caller
from coordinator.domain.translation import Label
from coordinator.errors import EngineAway
from coordinator.ports import Locality, Pair
from coordinator.services.drafter import Drafter
from coordinator.services.mirror import Reading, SpotlightView, load_spotlight
from coordinator.services.spotlights import draft_spotlight, edit_spotlight, publish_spotlight, retire_spotlight
from coordinator.services.translations import save_translation
from coordinator.store.database import Database
from coordinator.store.tables import job, rendering, spotlight
from tests.factories import NOON, add_group, add_network, caller_as, load_events, open_database

LANGUAGES = frozenset({"en", "es", "pt-BR", "ar"})
TELLING: dict[str, Any] = {
    "title": "La marea es nuestra",
    "story": "El puerto quiere once hectáreas de manglar.\n\nHicimos un mapa de cada casa.",
    "consent": "Los lugares pueden mostrarse.",
    "language": "es",
}
DEADLINE_S = 5.0


@dataclass
class Backwards:
    """A Translator that says each word backwards, tokens excepted, and remembers what it was sent."""

    locality: Locality = Locality.IN_PROCESS
    name: str = "backwards"
    version: str = "1"
    served: frozenset[Pair] = frozenset({Pair("es", "pt")})
    away: bool = False
    sent: list[str] = field(default_factory=list)

    async def pairs(self) -> frozenset[Pair]:
        return self.served

    async def translate(self, segments: Sequence[str], pair: Pair, deadline_s: float) -> list[str]:
        if self.away:
            raise EngineAway(self.name, "down")
        self.sent.extend(segments)
        return [" ".join(w if any(c.isdigit() for c in w) else w[::-1] for w in segment.split()) for segment in segments]

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class World:
    database: Database
    group: str
    reader_group: str
    engine: Backwards

    @property
    def custodian(self) -> Caller:
        return caller_as("custodian", self.group)

    @property
    def reader(self) -> Caller:
        return caller_as("member", self.reader_group)

    @property
    def drafter(self) -> Drafter:
        return Drafter(self.engine, ["en", "es", "ar"], DEADLINE_S)

    async def publish(self, **changes: Any) -> str:
        async with self.database.write(NOON) as work:
            slug = await draft_spotlight(work, self.custodian, self.group, TELLING | changes, LANGUAGES)
            await publish_spotlight(work, self.custodian, slug)
        return slug

    async def work_off(self) -> None:
        """Runs the two jobs as the worker does, for every language that was planned."""
        async with self.database.read() as conn:
            planned = (await conn.execute(sa.select(job.c.ref).where(job.c.kind == keys.JOB_TRANSLATE))).scalars().all()
        for ref in planned:
            await self.plan(ref)
        async with self.database.read() as conn:
            refs = (await conn.execute(sa.select(job.c.ref).where(job.c.kind == keys.JOB_DRAFT))).scalars().all()
        for ref in refs:
            await self.draft(ref)

    async def plan(self, ref: Any) -> None:
        async with self.database.read() as conn:
            wanted = await self.drafter.load_wanted(conn, ref, NOON)
        if wanted is not None:
            served = await self.drafter.choose_served(wanted)
            async with self.database.write(NOON) as work:
                await self.drafter.plan_served(work, served)

    async def draft(self, ref: Any) -> None:
        async with self.database.read() as conn:
            task = await self.drafter.load(conn, ref, NOON)
        if task is not None:
            made = await self.drafter.compute(task)
            async with self.database.write(NOON) as work:
                await self.drafter.store(work, made)

    async def read(self, slug: str, language: str = "pt-BR") -> SpotlightView:
        async with self.database.read() as conn:
            return await load_spotlight(conn, Reading(self.reader, language, NOON), slug)

    async def count(self) -> int:
        async with self.database.read() as conn:
            return (await conn.execute(sa.select(sa.func.count()).select_from(rendering))).scalar_one()


@pytest.fixture
async def world(sqlite_database_url: str) -> AsyncIterator[World]:
    async with open_database(sqlite_database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            group = await add_group(work.conn, "Minga del Agua")
            reader = await add_group(work.conn, "Rede Mangue", zone_id="America/Recife", place="Recife", language="pt-BR")
        yield World(database, group, reader, Backwards())


async def test_published_text_is_drafted_for_who_reads_here_and_labelled(world: World) -> None:
    slug = await world.publish()
    await world.work_off()

    view = await world.read(slug)
    untouched = await world.read(slug, "ar")
    assert (view.shown.label, view.shown.words("title")) == (Label.MACHINE, "aL aeram se artseun")
    assert untouched.shown.label is Label.ORIGINAL
    assert view.shown.rendering is not None
    assert (view.shown.rendering.engine, view.shown.rendering.engine_version) == ("backwards", "1")


async def test_draft_is_told_to_partners_without_a_word_of_it(world: World) -> None:
    slug = await world.publish()
    await world.work_off()

    async with world.database.read() as conn:
        told = [(kind, data["spotlight"]) for _, kind, data in await load_events(conn, keys.PARTNERS)]
    assert told == [("spotlight.published", slug), ("spotlight.translated", slug)]


async def test_nothing_is_sent_before_it_is_published_or_after_it_was_taken_back(world: World) -> None:
    async with world.database.write(NOON) as work:
        await draft_spotlight(work, world.custodian, world.group, TELLING, LANGUAGES)
    slug = await world.publish(title="Otra marea")
    async with world.database.write(NOON) as work:
        await retire_spotlight(work, world.custodian, slug)
    await world.work_off()

    assert (world.engine.sent, await world.count()) == ([], 0)


async def test_remote_engine_gets_only_texts_whose_group_said_yes(world: World) -> None:
    world.engine.locality = Locality.REMOTE
    kept = await world.publish(title="Se queda")
    sent = await world.publish(title="Puede salir", may_leave="1")
    await world.work_off()

    assert not any("queda" in words for words in world.engine.sent)
    assert (await world.read(kept)).shown.label is Label.ORIGINAL
    assert (await world.read(sent)).shown.label is Label.MACHINE


async def test_machine_never_overwrites_a_person(world: World) -> None:
    slug = await world.publish()
    await world.work_off()
    view = await world.read(slug)
    async with world.database.write(NOON) as work:
        raw = {"language": "pt-BR", "source_hash": view.source.hash, "section[0]": "A maré é nossa"}
        await save_translation(work, world.reader, world.reader_group, text_id=view.text_id, raw=raw, languages=LANGUAGES)
    await world.draft({"text": view.text_id, "language": "pt-BR"})

    after = await world.read(slug)
    assert (after.shown.label, after.shown.words("title")) == (Label.PERSON, "A maré é nossa")
    assert await world.count() == 2


async def test_person_who_saves_while_the_machine_works_wins(world: World) -> None:
    slug = await world.publish()
    view = await world.read(slug)
    async with world.database.read() as conn:
        task = await world.drafter.load(conn, {"text": view.text_id, "language": "pt-BR"}, NOON)
    assert task is not None
    made = await world.drafter.compute(task)
    async with world.database.write(NOON) as work:
        raw = {"language": "pt-BR", "section[0]": "A maré é nossa"}
        await save_translation(work, world.reader, world.reader_group, text_id=view.text_id, raw=raw, languages=LANGUAGES)
    async with world.database.write(NOON) as work:
        await world.drafter.store(work, made)

    assert ((await world.read(slug)).shown.label, await world.count()) == (Label.PERSON, 1)


async def test_edit_is_drafted_again_and_only_what_changed_is_sent(world: World) -> None:
    slug = await world.publish()
    await world.work_off()
    world.engine.sent.clear()
    async with world.database.write(NOON) as work:
        await edit_spotlight(work, world.custodian, slug, TELLING | {"title": "La marea era nuestra"}, LANGUAGES)
    stale = await world.read(slug)
    await world.work_off()
    fresh = await world.read(slug)

    assert (stale.shown.label, stale.shown.words("title")) == (Label.OUT_OF_DATE, "La marea era nuestra")
    assert (fresh.shown.label, fresh.shown.words("title")) == (Label.MACHINE, "aL aeram are artseun")
    assert world.engine.sent == ["La marea era nuestra"]


async def test_engine_that_is_away_leaves_the_original_and_is_asked_again(world: World) -> None:
    slug = await world.publish()
    world.engine.away = True
    with pytest.raises(EngineAway):
        await world.work_off()
    meanwhile = await world.read(slug)
    world.engine.away = False
    await world.work_off()
    await world.work_off()

    assert meanwhile.shown.label is Label.ORIGINAL
    assert ((await world.read(slug)).shown.label, await world.count()) == (Label.MACHINE, 1)


async def test_what_a_packet_brought_is_drafted_for_its_own_group_alone(world: World) -> None:
    await world.publish()
    async with world.database.write(NOON) as work:
        await work.conn.execute(sa.update(spotlight).values(audience="own"))
    await world.work_off()

    async with world.database.read() as conn:
        planned = (await conn.execute(sa.select(job.c.ref).where(job.c.kind == keys.JOB_DRAFT))).scalars().all()
    assert planned == []  # its group reads the original


async def test_only_what_the_engine_serves_is_planned(world: World) -> None:
    await world.publish()
    await world.work_off()

    async with world.database.read() as conn:
        planned = (await conn.execute(sa.select(job.c.ref).where(job.c.kind == keys.JOB_DRAFT))).scalars().all()
    assert [ref["language"] for ref in planned] == ["pt-BR"]


async def test_names_of_partners_are_not_translated(world: World) -> None:
    slug = await world.publish(title="Rede Mangue y Minga del Agua caminan")
    await world.work_off()

    title = (await world.read(slug)).shown.words("title")
    assert "Rede Mangue" in title
    assert "Minga del Agua" in title
    assert "caminan" not in title


async def test_draft_that_comes_after_an_edit_is_thrown_away(world: World) -> None:
    slug = await world.publish()
    view = await world.read(slug)
    async with world.database.read() as conn:
        task = await world.drafter.load(conn, {"text": view.text_id, "language": "pt-BR"}, NOON)
    assert task is not None
    made, _ = await asyncio.gather(world.drafter.compute(task), asyncio.sleep(0))
    async with world.database.write(NOON) as work:
        await edit_spotlight(work, world.custodian, slug, TELLING | {"title": "Otra"}, LANGUAGES)
        await world.drafter.store(work, made)

    assert (await world.count(), (await world.read(slug)).shown.label) == (0, Label.ORIGINAL)


async def test_edit_that_is_taken_back_is_drafted_again(world: World) -> None:
    slug = await world.publish()
    await world.work_off()
    for title in ("La marea subió", TELLING["title"]):
        async with world.database.write(NOON) as work:
            await edit_spotlight(work, world.custodian, slug, TELLING | {"title": title}, LANGUAGES)
        await world.work_off()

    view = await world.read(slug)
    async with world.database.read() as conn:
        refs = (await conn.execute(sa.select(job.c.ref).where(job.c.kind == keys.JOB_DRAFT))).scalars().all()
    assert len([ref for ref in refs if ref["language"] == "pt-BR"]) == 3
    assert (view.shown.label, view.shown.words("title")) == (Label.MACHINE, "aL aeram se artseun")
