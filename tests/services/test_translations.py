"""People translate: whose work stands, what a second reader may sign, and what is told to whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.translation import Label, Origin, Rendering, Translated
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound
from coordinator.services.mirror import Reading, load_spotlight
from coordinator.services.spotlights import draft_spotlight, edit_spotlight, publish_spotlight, retire_spotlight
from coordinator.services.translations import (
    Saved,
    delete_translation,
    load_workbench,
    save_translation,
    section_fields,
    sign_translation,
    waiting_for,
)
from coordinator.store import tables
from coordinator.store.database import Work
from coordinator.store.ids import new_row_id
from coordinator.store.texts import insert_rendering, replace_drafts
from tests.factories import NOON, add_group, add_network, caller_as, load_events, open_database

LANGUAGES = frozenset({"en", "es", "ar"})
TELLING = {"title": "The tide", "story": "They come.\n\nWe stay.", "consent": "All.", "language": "en", "audience": "public"}


class Told:
    """A published spotlight with its translators, inside one transaction; `at` moves the time on."""

    def __init__(self, work: Work, teller: str, partner: str) -> None:
        self.work, self.teller, self.partner = work, teller, partner
        self.custodian = caller_as("custodian", teller)
        self.translator = caller_as("member", partner)
        self.second = Caller(self.translator.grants, "another")
        self.slug = self.text_id = ""

    async def begin(self, **changes: str) -> None:
        self.slug = await draft_spotlight(self.work, self.custodian, self.teller, TELLING | changes, LANGUAGES)
        await publish_spotlight(self.work, self.custodian, self.slug)
        self.text_id = (await self.read()).text_id

    def later(self) -> None:
        self.work.now += timedelta(minutes=1)

    async def read(self, language: str = "es") -> Any:
        return await load_spotlight(self.work.conn, Reading(self.translator, language, self.work.now), self.slug)

    async def form(self, name: str, language: str = "es", keys: int = 4) -> dict[str, str]:
        """What the workbench sends when it was opened now: each section's words with the translator's name before them."""
        bench = await load_workbench(
            self.work.conn, self.translator, self.partner, text_id=self.text_id, language=language, now=self.work.now
        )
        sections = bench.source.sections
        said = {field: f"{name}: {s.words}" for field, s in list(zip(section_fields(sections), sections, strict=True))[:keys]}
        return {"language": language, "source_hash": bench.source.hash, "base": " ".join(r.id for r in bench.bases), **said}

    async def save(self, raw: Mapping[str, object], caller: Caller | None = None) -> Saved:
        self.later()
        return await save_translation(
            self.work, caller or self.translator, self.partner, text_id=self.text_id, raw=raw, languages=LANGUAGES
        )

    async def edit(self, **changes: str) -> None:
        self.later()
        await edit_spotlight(self.work, self.custodian, self.slug, TELLING | changes, LANGUAGES)

    async def draft(self, name: str = "m") -> str:
        """A machine's draft of the wording as it is, stored as the job does."""
        self.later()
        source = (await self.read()).source
        sections = tuple(Translated(s.key, s.hash, f"{name}: {s.words}") for s in source.sections)
        made = Rendering(new_row_id(), self.text_id, "es", Origin.MACHINE, source.hash, sections, self.work.now, engine="test")
        await insert_rendering(self.work.conn, made, None)
        await replace_drafts(self.work.conn, self.text_id, "es", made.id)
        return made.id


@pytest.fixture
async def told(sqlite_database_url: str) -> AsyncIterator[Told]:
    async with open_database(sqlite_database_url) as database, database.write(NOON) as work:
        await add_network(work.conn)
        teller = await add_group(work.conn, "Rede Mangue", listing="public")
        story = Told(work, teller, await add_group(work.conn, "Kathmandu Commons"))
        await story.begin()
        yield story


async def stored(told: Told) -> dict[str, str | None]:
    """Rendering id → by which it was taken up."""
    rows = await told.work.conn.execute(sa.select(tables.rendering.c.id, tables.rendering.c.replaced_by))
    return {row.id: row.replaced_by for row in rows}


# --- saving ---------------------------------------------------------------------------------------------------------------


async def test_save_that_goes_on_from_another_takes_it_up(told: Told) -> None:
    first = await told.save(await told.form("a"))
    second = await told.save(await told.form("b"), told.second)

    shown = (await told.read()).shown
    assert (first.beside, second.beside, second.outdated) == (False, False, False)
    assert (shown.label, shown.words("title"), shown.others) == (Label.PERSON, "b: The tide", ())
    assert await stored(told) == {first.rendering_id: second.rendering_id, second.rendering_id: None}


async def test_save_of_two_at_once_keeps_both(told: Told) -> None:
    a, b = await told.form("a"), await told.form("b")

    first, second = await told.save(a), await told.save(b, told.second)

    shown = (await told.read()).shown
    assert (first.beside, second.beside) == (False, True)
    assert (shown.rendering.id, [other.id for other in shown.others]) == (second.rendering_id, [first.rendering_id])
    assert await stored(told) == {first.rendering_id: None, second.rendering_id: None}


async def test_save_after_both_takes_both_up(told: Told) -> None:
    a, b = await told.form("a"), await told.form("b")
    ids = [(await told.save(raw)).rendering_id for raw in (a, b)]

    third = await told.save(await told.form("c"))

    assert await stored(told) == {**dict.fromkeys(ids, third.rendering_id), third.rendering_id: None}


async def test_save_of_a_wording_that_has_changed_is_kept_and_said_to_be_outdated(told: Told) -> None:
    raw = await told.form("a")
    await told.edit(title="The tide rose")

    saved = await told.save(raw)

    shown = (await told.read()).shown
    assert (saved.outdated, shown.label) == (True, Label.OUT_OF_DATE)
    assert (shown.words("title"), shown.words("body.1")) == ("The tide rose", "a: They come.")


async def test_save_of_an_earlier_wording_leaves_current_work_where_it_is(told: Told) -> None:
    current = await told.save(await told.form("a"))
    await told.edit(title="The tide rose")
    late = await told.form("late")
    await told.edit()

    saved = await told.save(late)

    shown = (await told.read()).shown
    assert (saved.outdated, saved.beside) == (True, False)
    assert (shown.label, shown.rendering.id) == (Label.PERSON, current.rendering_id)


async def test_save_of_a_wording_that_nobody_knows_is_a_conflict(told: Told) -> None:
    with pytest.raises(Conflict) as fault:
        await told.save(await told.form("a") | {"source_hash": "0" * 64})

    assert (fault.value.code, await stored(told)) == ("wording_unknown", {})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"language": "en"}, ("language", "language_of_original")),
        ({"language": "xx"}, ("language", "language_unknown")),
        ({"language": ""}, ("language", "missing")),
        ({"section[0]": "x" * 5_000}, ("section[0]", "too_long")),
        ({"section[1]": "\u202e"}, ("section[1]", "bidi_characters")),
        ({f"section[{n}]": " " for n in range(4)}, ("section[0]", "missing")),
    ],
)
async def test_save_of_what_cannot_be_taken_names_the_field_and_writes_nothing(
    told: Told, changes: dict[str, str], expected: tuple[str, str]
) -> None:
    with pytest.raises(Invalid) as fault:
        await told.save(await told.form("a") | changes)

    assert [(p.field, p.code) for p in fault.value.problems] == [expected]
    assert await stored(told) == {}


async def test_save_by_whoever_may_not_read_the_text_finds_nothing(told: Told) -> None:
    await retire_spotlight(told.work, told.custodian, told.slug)

    with pytest.raises(NotFound):
        await told.save({"language": "es", "section[0]": "x"})


@pytest.mark.parametrize("role", ["witness", "room", "remote", "steward"])
async def test_save_by_a_role_that_does_not_translate_is_forbidden(told: Told, role: str) -> None:
    with pytest.raises(Forbidden):
        await told.save(await told.form("a"), caller_as(role, told.partner))


# --- machines ---------------------------------------------------------------------------------------------------------------


async def test_machine_never_takes_a_persons_place(told: Told) -> None:
    person = await told.save(await told.form("a", keys=1))

    drafted = await told.draft()

    shown = (await told.read()).shown
    assert (shown.label, shown.rendering.id) == (Label.PERSON, person.rendering_id)
    assert await stored(told) == {person.rendering_id: None, drafted: None}


async def test_machine_takes_the_place_of_its_own_unread_draft_only(told: Told) -> None:
    first = await told.draft("one")
    await sign_translation(told.work, told.second, told.partner, first)
    second, third = await told.draft("two"), await told.draft("three")

    shown = (await told.read()).shown
    assert (shown.label, shown.rendering.id) == (Label.READ, first)
    assert await stored(told) == {first: None, second: third, third: None}


async def test_machine_that_comes_late_leaves_the_current_draft(told: Told) -> None:
    early = (await told.read()).source
    await told.edit(title="The tide rose")
    current = await told.draft("current")
    late = Rendering(
        "late", told.text_id, "es", Origin.MACHINE, early.hash, (Translated("title", early.sections[0].hash, "x"),), told.work.now
    )
    await insert_rendering(told.work.conn, late, None)
    await replace_drafts(told.work.conn, told.text_id, "es", "late")

    assert (await told.read()).shown.rendering.id == current
    assert await stored(told) == {current: None, "late": None}


# --- signing ----------------------------------------------------------------------------------------------------------------


async def test_sign_by_the_session_that_made_it_is_a_conflict(told: Told) -> None:
    saved = await told.save(await told.form("a"))

    with pytest.raises(Conflict) as fault:
        await sign_translation(told.work, told.translator, told.partner, saved.rendering_id)

    assert (fault.value.code, (await told.read()).shown.label) == ("own_translation", Label.PERSON)


async def test_sign_by_a_second_reader_makes_it_read_and_twice_changes_nothing(told: Told) -> None:
    saved = await told.save(await told.form("a"))
    await sign_translation(told.work, told.second, told.partner, saved.rendering_id)
    once = await told.read()
    told.later()
    await sign_translation(told.work, Caller(told.custodian.grants, "a third"), told.teller, saved.rendering_id)
    twice = await told.read()

    assert (once.shown.label, once.shown.rendering.signed_by) == (Label.READ, told.partner)
    assert twice == once


async def test_sign_of_an_earlier_wording_is_a_conflict(told: Told) -> None:
    saved = await told.save(await told.form("a"))
    await told.edit(title="The tide rose")

    with pytest.raises(Conflict) as fault:
        await sign_translation(told.work, told.second, told.partner, saved.rendering_id)

    assert fault.value.code == "translation_outdated"


async def test_signed_stays_the_best_until_its_successor_is_signed(told: Told) -> None:
    first = await told.save(await told.form("a"))
    await sign_translation(told.work, told.second, told.partner, first.rendering_id)
    second = await told.save(await told.form("b"))
    between = (await told.read()).shown
    await sign_translation(told.work, told.second, told.partner, second.rendering_id)
    after = (await told.read()).shown

    assert (between.label, between.rendering.id, [r.id for r in between.others]) == (Label.READ, first.rendering_id, [second.rendering_id])
    assert (after.label, after.rendering.id) == (Label.READ, second.rendering_id)


async def test_waiting_are_the_current_unsigned_ones_the_newest_first(told: Told) -> None:
    a, b = await told.form("a"), await told.form("b")
    ids = [(await told.save(raw)).rendering_id for raw in (a, b)]
    bench = await load_workbench(told.work.conn, told.translator, told.partner, text_id=told.text_id, language="es", now=told.work.now)
    await sign_translation(told.work, told.second, told.partner, ids[0])

    assert [r.id for r in waiting_for(bench.words.renderings, bench.source, "es")] == ids[::-1]
    assert waiting_for(bench.words.renderings, bench.source, "ar") == []


# --- taking away ------------------------------------------------------------------------------------------------------------


async def test_delete_lets_what_it_took_up_stand_again(told: Told) -> None:
    first = await told.save(await told.form("a"))
    second = await told.save(await told.form("b"))

    await delete_translation(told.work, caller_as("custodian", told.partner), told.partner, second.rendering_id)

    assert (await told.read()).shown.words("title") == "a: The tide"
    assert await stored(told) == {first.rendering_id: None}


@pytest.mark.parametrize(
    ("who", "fault"), [("member of the maker", Forbidden), ("custodian of a third", NotFound), ("custodian of the teller", None)]
)
async def test_delete_is_for_custodians_of_the_maker_and_of_the_teller(told: Told, who: str, fault: type[Exception] | None) -> None:
    third = await add_group(told.work.conn, "Third")
    saved = await told.save(await told.form("a"))
    group = {"member of the maker": told.partner, "custodian of a third": third}.get(who, told.teller)
    caller = caller_as(who.split()[0], group)

    if fault is None:
        await delete_translation(told.work, caller, group, saved.rendering_id)
    else:
        with pytest.raises(fault):
            await delete_translation(told.work, caller, group, saved.rendering_id)

    assert list(await stored(told)) == ([] if fault is None else [saved.rendering_id])


async def test_what_was_taken_up_can_be_neither_signed_nor_deleted(told: Told) -> None:
    first = await told.save(await told.form("a"))
    await told.save(await told.form("b"))

    with pytest.raises(NotFound):
        await sign_translation(told.work, told.second, told.partner, first.rendering_id)
    with pytest.raises(NotFound):
        await delete_translation(told.work, told.custodian, told.teller, first.rendering_id)


# --- telling ----------------------------------------------------------------------------------------------------------------


async def test_every_change_is_told_without_words(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            teller = await add_group(work.conn, "Rede Mangue", listing="public")
            told = Told(work, teller, await add_group(work.conn, "Kathmandu Commons"))
            await told.begin(audience="partners")
            saved = await told.save(await told.form("a"))
            await sign_translation(work, told.second, told.partner, saved.rendering_id)
            await delete_translation(work, told.custodian, teller, saved.rendering_id)
        async with database.read() as conn:
            partners, public = await load_events(conn, "partners"), await load_events(conn, "public")

    translated = [data for _, kind, data in partners if kind == "spotlight.translated"]
    assert translated == [{"spotlight": told.slug, "revision": revision, "state": "published"} for revision in (3, 4, 5)]
    assert public == []


async def test_workbench_of_a_stranger_finds_nothing(told: Told) -> None:
    draft = await draft_spotlight(told.work, told.custodian, told.teller, TELLING, LANGUAGES)
    view = await load_spotlight(told.work.conn, Reading(told.custodian, "en", NOON), draft)

    with pytest.raises(NotFound):
        await load_workbench(told.work.conn, told.translator, told.partner, text_id=view.text_id, language="es", now=NOON)
    with pytest.raises(NotFound):
        await load_spotlight(told.work.conn, Reading(NOBODY, "en", NOON), draft)


async def test_edit_while_translations_come_in_goes_by_the_edition(told: Told) -> None:
    view = await told.read()
    await told.save(await told.form("a"))

    await edit_spotlight(told.work, told.custodian, told.slug, TELLING | {"title": "B", "edition": str(view.edition)}, LANGUAGES)

    with pytest.raises(Conflict) as fault:
        await edit_spotlight(told.work, told.custodian, told.slug, TELLING | {"title": "C", "edition": str(view.edition)}, LANGUAGES)
    assert (fault.value.code, (await told.read()).source.words("title")) == ("changed_meanwhile", "B")


# --- several at the same instant ----------------------------------------------------------------------------------------------


async def test_translators_and_an_editor_at_the_same_instant_take_turns(database_url: str) -> None:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            teller = await add_group(work.conn, "Rede Mangue", listing="public")
            told = Told(work, teller, await add_group(work.conn, "Kathmandu Commons"))
            await told.begin()
            raw = await told.form("a")

        async def save(person: int) -> Saved:
            caller = Caller(told.translator.grants, f"person {person}")
            async with database.write(NOON) as work:
                return await save_translation(work, caller, told.partner, text_id=told.text_id, raw=raw, languages=LANGUAGES)

        async def edit() -> None:
            async with database.write(NOON) as work:
                await edit_spotlight(work, told.custodian, told.slug, TELLING | {"title": "The tide rose"}, LANGUAGES)

        *saved, _ = await asyncio.gather(*(save(person) for person in range(4)), edit())
        async with database.read() as conn:
            view = await load_spotlight(conn, Reading(told.translator, "es", NOON), told.slug)
            rows = (await conn.execute(sa.select(tables.rendering.c.id))).scalars().all()

    before_the_edit = [one for one in saved if one is not None and not one.outdated]
    assert set(rows) == {one.rendering_id for one in saved if one is not None}
    assert [one.beside for one in before_the_edit].count(False) <= 1  # only the first can have found nobody there
    assert (view.shown.label, view.shown.words("title"), view.shown.words("body.1")) == (
        Label.OUT_OF_DATE,
        "The tide rose",
        "a: They come.",
    )
