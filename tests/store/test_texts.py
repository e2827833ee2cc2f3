"""Words, their earlier wordings and their translations, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.translation import Origin, Rendering, Section, Source, Translated
from coordinator.store import texts
from coordinator.store.database import Database
from coordinator.store.tables import rendering, text_version
from coordinator.store.texts import TextRecord
from tests.factories import NOON, add_group, count_rows

END = NOON + timedelta(days=90)
HOUR = timedelta(hours=1)
HOSTILE = ("{{ 7*7 }} %(x)s", "<script>", "\U0001f30a\u200d" * 1_000, "مرحبا 10:00", "'; DROP TABLE text;--", "a\nb\tc")
FIRST = Source("t", "en", tuple(Section(f"body.{n}", words) for n, words in enumerate(HOSTILE)))
SECOND = Source("t", "pt-BR", (Section("title", "Outra"),))


async def add_text(conn: AsyncConnection, source: Source = FIRST) -> str:
    group_id = await add_group(conn, "Rede Mangue")
    await texts.insert_text(conn, source, group_id=group_id, kind="spotlight", may_leave=True, now=NOON, expires_at=END)
    return group_id


async def change(conn: AsyncConnection, after: Source, at: Any, expires_at: Any = END) -> None:
    before = await texts.find_text(conn, "t", lock=True)
    assert before is not None
    await texts.change_text(conn, before, after, may_leave=False, now=at, expires_at=expires_at)


def made(name: str, hours: int = 0, **changes: Any) -> Rendering:
    sections = tuple(Translated(s.key, s.hash, f"{name}: {s.words}") for s in FIRST.sections)
    return replace(Rendering(name, "t", "es", Origin.HUMAN, FIRST.hash, sections, NOON + hours * HOUR), **changes)


def machine(name: str, hours: int = 0, **changes: Any) -> Rendering:
    return made(name, hours, origin=Origin.MACHINE, engine="apertium", engine_version="3", via="en", glossary_revision=2, **changes)


async def standing(conn: AsyncConnection) -> list[str]:
    return [found.id for found in (await texts.find_renderings(conn, ["t"]))["t"]]


# --- texts ------------------------------------------------------------------------------------------------------------------


async def test_text_comes_back_as_it_was_told(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_text(work.conn)
    async with database.read() as conn:
        found = await texts.find_texts(conn, ["t", "nothing"])

    assert found == {"t": TextRecord(FIRST, group_id, "spotlight", True, 1, NOON, NOON, END)}


async def test_change_text_keeps_the_earlier_wording_once(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_text(work.conn)
        for hours, after in enumerate((FIRST, SECOND, FIRST, SECOND), start=1):
            await change(work.conn, after, NOON + hours * HOUR)
        earlier, now = await texts.find_earlier(work.conn, "t"), await texts.find_text(work.conn, "t")
        at = {row.source_hash: row.at for row in await work.conn.execute(sa.select(text_version))}

    assert now is not None
    assert (now.source, now.may_leave, now.revision, now.changed_at) == (SECOND, False, 5, NOON + 4 * HOUR)
    assert earlier == {FIRST.hash: FIRST, SECOND.hash: SECOND}
    assert at == {FIRST.hash: NOON + 4 * HOUR, SECOND.hash: NOON + 3 * HOUR}  # when each was last the wording


async def test_change_text_gives_what_was_made_of_it_the_same_end(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_text(work.conn)
        await texts.insert_rendering(work.conn, made("a"), END)
        await change(work.conn, SECOND, NOON, expires_at=END + HOUR)
        ends = [row for table in (rendering, text_version) for row in (await work.conn.execute(sa.select(table.c.expires_at))).scalars()]

    assert ends == [END + HOUR, END + HOUR]


async def test_delete_texts_takes_wordings_and_translations_along(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_text(work.conn)
        other = replace(FIRST, text_id="other")
        await texts.insert_text(work.conn, other, group_id=group_id, kind="echo", may_leave=False, now=NOON, expires_at=None)
        await change(work.conn, SECOND, NOON)
        await texts.insert_rendering(work.conn, made("a"), END)
        deleted = await texts.delete_texts(work.conn, ["t", "nothing"])
        left = await count_rows(work.conn)

    assert (deleted, left["text"], left["text_version"], left["rendering"]) == (1, 1, 0, 0)


# --- translations -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rendering_of", [made, machine])
async def test_rendering_comes_back_as_it_was_saved(database: Database, rendering_of: Any) -> None:
    async with database.write(NOON) as work:
        group_id = await add_text(work.conn)
        whole = rendering_of("a", group_id=group_id, session_id="s", signed_by=group_id, signed_at=NOON)
        await texts.insert_rendering(work.conn, whole, END)
        found, missing = await texts.find_rendering(work.conn, "a"), await texts.find_rendering(work.conn, "b")

    assert (found, missing) == (whole, None)


async def test_find_renderings_is_in_the_order_they_were_made_without_what_was_taken_up(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_text(work.conn)
        for one in (made("c", 2), made("a", 1), made("b", 1, language="ar")):
            await texts.insert_rendering(work.conn, one, END)
        before = await standing(work.conn)
        await texts.replace_renderings(work.conn, ["a"], by="c")
        after = await texts.find_renderings(work.conn, ["t", "nothing"])
        arabic = await texts.find_renderings(work.conn, ["t"], rendering.c.language == "ar")

    assert (before, [r.id for r in after["t"]], after["nothing"], [r.id for r in arabic["t"]]) == (["a", "b", "c"], ["b", "c"], [], ["b"])


async def test_replace_renderings_leaves_what_was_taken_up_before(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_text(work.conn)
        for one in (made("a"), made("b", 1), made("c", 2)):
            await texts.insert_rendering(work.conn, one, END)
        await texts.replace_renderings(work.conn, ["a"], by="b")
        await texts.replace_renderings(work.conn, ["a", "b"], by="c")
        await texts.delete_rendering(work.conn, "c")

        assert await standing(work.conn) == ["b"]


async def test_delete_rendering_lets_all_that_it_took_up_stand_again(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_text(work.conn)
        for one in (made("a"), made("b"), made("c", 1)):
            await texts.insert_rendering(work.conn, one, END)
        await texts.replace_renderings(work.conn, ["a", "b"], by="c")
        await texts.delete_rendering(work.conn, "c")

        assert await standing(work.conn) == ["a", "b"]


async def test_sign_rendering_once_and_only_what_stands(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_text(work.conn)
        for one in (made("a"), made("b", 1)):
            await texts.insert_rendering(work.conn, one, END)
        await texts.replace_renderings(work.conn, ["a"], by="b")
        signed = [await texts.sign_rendering(work.conn, name, group_id, NOON + n * HOUR) for n, name in enumerate(("a", "b", "b", "x"))]
        found = await texts.find_rendering(work.conn, "b")

    assert signed == [0, 1, 0, 0]
    assert found == made("b", 1, signed_by=group_id, signed_at=NOON + HOUR)


async def test_replace_drafts_leaves_people_other_languages_and_what_was_read(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_text(work.conn)
        rows = (
            made("person"),
            machine("old"),
            machine("read", signed_by=group_id, signed_at=NOON),
            machine("arabic", language="ar"),
            machine("new", 1),
        )
        for one in rows:
            await texts.insert_rendering(work.conn, one, END)
        await texts.replace_drafts(work.conn, "t", "es", "new")

        assert await standing(work.conn) == ["arabic", "person", "read", "new"]


async def test_replace_drafts_by_one_of_an_earlier_wording_leaves_the_current_one(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_text(work.conn)
        for one in (machine("older", source_hash="x"), machine("current"), machine("late", 1, source_hash="y")):
            await texts.insert_rendering(work.conn, one, END)
        await texts.replace_drafts(work.conn, "t", "es", "late")

        assert await standing(work.conn) == ["current", "late"]
