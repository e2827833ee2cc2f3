"""A group tells its struggle: who sees it when, in which words, and who hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.spotlight import SpotlightState
from coordinator.domain.translation import Label
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn
from coordinator.services.mirror import Reading, load_spotlight, load_standing
from coordinator.services.spotlights import (
    delete_spotlight,
    draft_spotlight,
    edit_spotlight,
    expire_spotlight,
    publish_spotlight,
    retire_spotlight,
)
from coordinator.services.translations import load_workbench, save_translation, section_fields, sign_translation
from coordinator.store.database import Database, Work
from coordinator.store.tables import job, metadata, to_microseconds
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


# --- who may do what, when ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "draft", "edit", "publish", "edit_published"),
    [
        ("custodian", None, None, None, None),
        ("member", None, None, Forbidden, Forbidden),
        ("lapsed", Forbidden, Forbidden, Forbidden, Forbidden),
        ("witness", Forbidden, Forbidden, Forbidden, Forbidden),
        ("steward", Forbidden, Forbidden, Forbidden, Forbidden),
        ("room", Forbidden, NotFound, NotFound, Forbidden),
        ("remote", Forbidden, NotFound, NotFound, Forbidden),
    ],
)
async def test_each_role_may_do_what_the_table_says(
    world: World, role: str, draft: type[Exception], edit: type[Exception], publish: type[Exception], edit_published: type[Exception]
) -> None:
    caller = caller_as(role, world.teller, meeting_id=None if role != "remote" else f"{world.teller}-m")

    async def outcome(doing: Any) -> type[Exception] | None:
        try:
            await doing
        except (Forbidden, NotFound) as fault:
            return type(fault)
        return None

    async with world.database.write(NOON) as work:
        slug = await draft_spotlight(work, world.custodian, world.teller, TELLING, LANGUAGES)
        assert await outcome(draft_spotlight(work, caller, world.teller, TELLING, LANGUAGES)) is draft
        assert await outcome(edit_spotlight(work, caller, slug, TELLING, LANGUAGES)) is edit
        assert await outcome(publish_spotlight(work, caller, slug)) is publish
        told = await world.tell(work)
        assert await outcome(edit_spotlight(work, caller, told, TELLING, LANGUAGES)) is edit_published
        assert await outcome(retire_spotlight(work, caller, told)) is edit_published


async def test_another_group_cannot_touch_it_and_does_not_learn_of_a_draft(world: World) -> None:
    other = caller_as("custodian", world.partner)
    async with world.database.write(NOON) as work:
        draft = await draft_spotlight(work, world.custodian, world.teller, TELLING, LANGUAGES)
        told = await world.tell(work)
        for command in (publish_spotlight, retire_spotlight, delete_spotlight):
            with pytest.raises(NotFound):
                await command(work, other, draft)
            with pytest.raises(Forbidden):
                await command(work, other, told)
            with pytest.raises(NotSignedIn):
                await command(work, NOBODY, told)


async def test_commands_out_of_turn_are_conflicts(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await draft_spotlight(work, world.custodian, world.teller, TELLING, LANGUAGES)
        with pytest.raises(Conflict):
            await retire_spotlight(work, world.custodian, slug)
        await publish_spotlight(work, world.custodian, slug)
        with pytest.raises(Conflict):
            await publish_spotlight(work, world.custodian, slug)
        await retire_spotlight(work, world.custodian, slug)
        for again in (retire_spotlight, publish_spotlight):
            with pytest.raises(Conflict) as fault:
                await again(work, world.custodian, slug)
        with pytest.raises(Conflict):
            await edit_spotlight(work, world.custodian, slug, TELLING, LANGUAGES)

    assert (fault.value.code, fault.value.details["state"]) == ("spotlight_state", "retired")


async def test_publish_after_its_last_day_is_a_conflict_until_it_gets_a_later_one(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await draft_spotlight(work, world.custodian, world.teller, TELLING | {"until": "2027-01-05"}, LANGUAGES)
    async with world.database.write(NOON + timedelta(days=2)) as work:
        with pytest.raises(Conflict) as fault:
            await publish_spotlight(work, world.custodian, slug)
        await edit_spotlight(work, world.custodian, slug, TELLING | {"until": "2027-02-05"}, LANGUAGES)
        await publish_spotlight(work, world.custodian, slug)

    assert fault.value.code == "consent_over"


@pytest.mark.parametrize("field", ["revision", "edition"])
async def test_edit_of_what_somebody_else_edited_is_a_conflict(world: World, field: str) -> None:
    async with world.database.write(NOON) as work:
        slug = await draft_spotlight(work, world.custodian, world.teller, TELLING, LANGUAGES)
        seen = getattr(await load_spotlight(work.conn, Reading(world.custodian, "en", NOON), slug), field)
        await edit_spotlight(work, world.custodian, slug, TELLING | {field: str(seen)}, LANGUAGES)
        with pytest.raises(Conflict) as fault:
            await edit_spotlight(work, world.custodian, slug, TELLING | {field: str(seen), "title": "Late"}, LANGUAGES)
        after = await load_spotlight(work.conn, Reading(world.custodian, "en", NOON), slug)

    assert (fault.value.code, after.shown.words("title")) == ("changed_meanwhile", "The tide is ours")


async def test_edit_with_faults_changes_nothing(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work)
        before = await load_spotlight(work.conn, Reading(world.custodian, "en", NOON), slug)
        with pytest.raises(Invalid):
            await edit_spotlight(work, world.custodian, slug, TELLING | {"title": "", "story": "\u202e"}, LANGUAGES)

        assert await load_spotlight(work.conn, Reading(world.custodian, "en", NOON), slug) == before


# --- the end ----------------------------------------------------------------------------------------------------------------


async def test_expire_retires_at_the_end_unless_it_was_given_more_time(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work, until="2027-01-10")
        view = await load_spotlight(work.conn, Reading(world.custodian, "en", NOON), slug)
        first = {"spotlight": view.id, "expires_at_us": to_microseconds(view.expires_at)}
        await edit_spotlight(work, world.custodian, slug, TELLING | {"until": "2027-01-20"}, LANGUAGES)
        later = await load_spotlight(work.conn, Reading(world.custodian, "en", NOON), slug)
        planned = (await work.conn.execute(sa.select(job.c.ref, job.c.due_at).where(job.c.kind == "expire"))).all()
        states = []
        for ref in (first, first | {"spotlight": "gone"}, first | {"expires_at_us": to_microseconds(later.expires_at)}):
            await expire_spotlight(work, ref)
            states.append((await load_spotlight(work.conn, Reading(world.custodian, "en", NOON), slug)).state)

    assert sorted(row.due_at for row in planned) == [view.expires_at, later.expires_at]
    assert states == [SpotlightState.PUBLISHED, SpotlightState.PUBLISHED, SpotlightState.RETIRED]


async def test_edit_that_narrows_the_audience_is_told_to_those_who_lose_it(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work)
        await edit_spotlight(work, world.custodian, slug, TELLING | {"audience": "partners"}, LANGUAGES)
        await edit_spotlight(work, world.custodian, slug, TELLING | {"audience": "partners", "title": "Among us"}, LANGUAGES)
        seen = await load_standing(work.conn, Reading(NOBODY, "en", NOON))
    async with world.database.read() as conn:
        public = [(kind, data["revision"]) for _, kind, data in await load_events(conn, "public")]

    assert (seen, public) == ([], [("spotlight.published", 2), ("spotlight.edited", 3)])


async def test_deleted_words_are_in_no_cell_and_no_byte(world: World, sqlite_database_url: str) -> None:
    words = "Žmangle"
    async with world.database.write(NOON) as work:
        slug = await world.tell(
            work, title=f"{words} title", story=f"{words} story", ask=f"{words} ask", links="https://example.org/x " + words
        )
        view = await load_spotlight(work.conn, Reading(world.reader, "en", NOON), slug)
        raw = {"language": "es", "section[0]": f"{words} título", "section[1]": words}
        await save_translation(work, world.reader, world.partner, text_id=view.text_id, raw=raw, languages=LANGUAGES)
    async with world.database.write(NOON) as work:
        await edit_spotlight(work, world.custodian, slug, TELLING | {"title": f"{words} again"}, LANGUAGES)
    async with world.database.write(NOON) as work:
        await delete_spotlight(work, world.custodian, slug)
    async with world.database.read() as conn:
        cells = [str(tuple(row)) for table in metadata.sorted_tables for row in await conn.execute(sa.select(table))]
    await world.database.close()  # the last connection puts the log back into the file

    assert [cell for cell in cells if "mangle" in cell] == []
    path = Path(sa.make_url(sqlite_database_url).database or "")
    assert [found.name for found in path.parent.glob(f"{path.name}*") if b"mangle" in found.read_bytes()] == []
