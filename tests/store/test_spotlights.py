"""Spotlights, echoes and packets as rows, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.spotlight import Audience, Echo, Link, Spotlight, SpotlightState
from coordinator.domain.translation import Section, Source
from coordinator.store import packets
from coordinator.store import spotlights as store
from coordinator.store.database import Database
from coordinator.store.packets import Packet, Teller
from coordinator.store.texts import delete_texts, insert_text
from tests.factories import NOON, add_group, count_rows

END = NOON + timedelta(days=90)
HOUR = timedelta(hours=1)
LINKS = (Link("The map", "https://example.org/map"), Link("", "https://example.org"))


async def add_text(conn: AsyncConnection, text_id: str, group_id: str, kind: str = "spotlight") -> None:
    source = Source(text_id, "en", (Section("title", "T"),))
    await insert_text(conn, source, group_id=group_id, kind=kind, may_leave=False, now=NOON, expires_at=END)


async def add_spotlight(conn: AsyncConnection, name: str, group_id: str, **values: Any) -> Spotlight:
    """A published spotlight: the row as it should come back."""
    await add_text(conn, f"{name}.text", group_id)
    row: dict[str, Any] = {
        "id": name,
        "slug": f"{name}.slug",
        "group_id": group_id,
        "text_id": f"{name}.text",
        "packet_id": None,
        "state": SpotlightState.PUBLISHED,
        "audience": Audience.PUBLIC,
        "links": store.links_column(LINKS),
        "quarter": "2027-Q1",
        "revision": 1,
        "created_at": NOON,
        "changed_at": NOON,
        "published_at": NOON,
        "retired_at": None,
        "expires_at": END,
    } | values
    await store.insert_spotlight(conn, row)
    return Spotlight(**row | {"links": LINKS})


async def add_echo(conn: AsyncConnection, name: str, spotlight_id: str, group_id: str, **values: Any) -> Echo:
    await add_text(conn, f"{name}.text", group_id, "echo")
    row: dict[str, Any] = {
        "id": name,
        "spotlight_id": spotlight_id,
        "group_id": group_id,
        "text_id": f"{name}.text",
        "meeting_id": None,
        "action_id": None,
        "quarter": "2027-Q1",
        "published_at": NOON,
        "revision": 1,
    } | values
    await store.insert_echo(conn, row | {"created_at": NOON, "expires_at": END})
    return Echo(**row)


async def add_packet(conn: AsyncConnection, name: str, group_id: str, **values: Any) -> Packet:
    row: dict[str, Any] = {
        "id": name,
        "group_id": group_id,
        "digest": name,
        "signer": "s",
        "origin": "o",
        "imported_at": NOON,
        "expires_at": END,
    }
    teller = {"name": "Far", "place": "", "zone_id": "Asia/Kathmandu"}
    await packets.insert_packet(conn, row | {"teller": teller} | values)
    return Packet(**row | {"teller": Teller(**teller)} | values)


# --- spotlights ---------------------------------------------------------------------------------------------------------------


async def test_spotlight_comes_back_as_it_was_stored(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        packet = await add_packet(work.conn, "p", group_id)
        told = await add_spotlight(work.conn, "a", group_id, retired_at=NOON + HOUR, packet_id=packet.id, audience=Audience.OWN)
    async with database.read() as conn:
        assert await store.find_spotlight(conn, store.with_id("a")) == told
        assert await store.find_spotlight(conn, store.with_id("b")) is None


async def test_change_spotlight_raises_its_revision(database: Database) -> None:
    async with database.write(NOON) as work:
        told = await add_spotlight(work.conn, "a", await add_group(work.conn))
        revision = await store.change_spotlight(work.conn, "a", NOON + HOUR, state=SpotlightState.RETIRED, retired_at=NOON + HOUR)
        found = await store.find_spotlight(work.conn, store.with_slug("a.slug"), lock=True)

    assert found is not None
    assert (revision, found.revision, found.changed_at, found.state) == (2, 2, NOON + HOUR, SpotlightState.RETIRED)
    assert (told.published_at, found.retired_at) == (found.published_at, NOON + HOUR)


async def test_find_spotlights_is_the_latest_published_first_and_drafts_by_their_last_change(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await add_spotlight(work.conn, "old", group_id, published_at=NOON - HOUR, changed_at=NOON + 9 * HOUR)
        await add_spotlight(work.conn, "draft", group_id, state=SpotlightState.DRAFT, published_at=None, changed_at=NOON + HOUR)
        await add_spotlight(work.conn, "b", group_id)
        await add_spotlight(work.conn, "a", group_id)

        assert [row.id for row in await store.find_spotlights(work.conn)] == ["draft", "a", "b", "old"]


async def test_conditions_choose(database: Database) -> None:
    async with database.write(NOON) as work:
        one, other = await add_group(work.conn, "One"), await add_group(work.conn, "Other")
        packet = await add_packet(work.conn, "p", one)
        await add_spotlight(work.conn, "a", one)
        await add_spotlight(work.conn, "b", one, packet_id=packet.id)
        await add_spotlight(work.conn, "c", other, state=SpotlightState.DRAFT)
        await add_spotlight(work.conn, "d", other, expires_at=NOON + HOUR)

        async def chosen(*where: sa.ColumnElement[bool]) -> list[str]:
            return [row.id for row in await store.find_spotlights(work.conn, *where)]

        assert await chosen(store.told_by(one)) == ["a", "b"]
        assert await chosen(store.told_by(one), store.not_from_packet()) == ["a"]
        assert await chosen(store.in_state(SpotlightState.DRAFT)) == ["c"]
        assert await chosen(store.standing(NOON + HOUR)) == ["a", "b"]
        assert await chosen(store.over(NOON + HOUR)) == ["d"]
        assert await chosen(store.among(["c", "x"])) == ["c"]
        assert await chosen(store.with_texts(["d.text", "x"])) == ["d"]


# --- echoes -------------------------------------------------------------------------------------------------------------------


async def test_echo_comes_back_as_it_was_stored_and_conditions_choose(database: Database) -> None:
    async with database.write(NOON) as work:
        teller, answerer = await add_group(work.conn, "Teller"), await add_group(work.conn, "Answerer")
        await add_spotlight(work.conn, "a", teller)
        await add_spotlight(work.conn, "b", teller)
        early = await add_echo(work.conn, "early", "a", answerer)
        late = await add_echo(work.conn, "late", "b", teller, published_at=NOON + HOUR, quarter="2027-Q2")

        async def chosen(*where: sa.ColumnElement[bool]) -> list[str]:
            return [row.id for row in await store.find_echoes(work.conn, *where)]

        assert await store.find_echoes(work.conn) == [late, early]
        assert await chosen(store.answering(["a"])) == ["early"]
        assert await chosen(store.echoed_by(teller)) == ["late"]
        assert await chosen(store.echo_with_texts(["late.text"])) == ["late"]
        assert await chosen(store.echoed_in("m")) == []
        assert await store.change_echo(work.conn, "early", quarter="2027-Q3") == 2


async def test_deleting_words_takes_the_spotlight_and_its_echoes_along(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await add_spotlight(work.conn, "a", group_id)
        await add_echo(work.conn, "e", "a", group_id)
        await delete_texts(work.conn, ["a.text"])
        left = await count_rows(work.conn)

    assert (left["spotlight"], left["echo"], left["text"]) == (0, 0, 1)  # the echo's own words: the sweep, or whoever deletes, takes them


# --- packets ------------------------------------------------------------------------------------------------------------------


async def test_packet_comes_back_and_takes_its_spotlights_along(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id, other = await add_group(work.conn, "One"), await add_group(work.conn, "Other")
        packet, second = await add_packet(work.conn, "p", group_id), await add_packet(work.conn, "q", other, imported_at=NOON + HOUR)
        await add_spotlight(work.conn, "a", group_id, packet_id="p")
        found = await packets.find_packets(work.conn)
        brought = await packets.find_packets(work.conn, packets.brought_by(group_id))
        tellers = await packets.find_tellers(work.conn, ["p"])
        await packets.delete_packets(work.conn, ["p"])
        left = await count_rows(work.conn)

    assert (found, brought, tellers) == ([second, packet], [packet], {"p": packet.teller})
    assert (left["packet"], left["spotlight"]) == (1, 0)


async def test_packet_comes_in_once_a_group(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id, other = await add_group(work.conn, "One"), await add_group(work.conn, "Other")
        await add_packet(work.conn, "p", group_id, digest="same")
        await add_packet(work.conn, "q", other, digest="same")
    with pytest.raises(sa.exc.IntegrityError):
        async with database.write(NOON) as work:
            await add_packet(work.conn, "r", group_id, digest="same")
