"""What the public mirror holds: public tellers, public answerers, and the quarters in which one answered the other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coordinator.domain.quarters import Quarter
from coordinator.errors import NotFound
from coordinator.services.public_mirror import load_public_groups, load_public_mirror, load_public_spotlight
from tests.factories import NOON, add_group, add_network, open_database
from tests.mirror_rows import add_echo, add_spotlight

DAY = timedelta(days=1)


async def test_public_mirror_holds_what_both_ends_show_in_the_order_of_time(database_url: str) -> None:
    async with open_database(database_url) as database, database.write(NOON) as work:
        await add_network(work.conn)
        mangue, nile = [await add_group(work.conn, name, listing="public") for name in ("Rede Mangue", "Nile Listeners")]
        partner, hidden = [await add_group(work.conn, listing, listing=listing) for listing in ("partners", "hidden")]
        slug = await add_spotlight(work.conn, mangue, at=NOON - 200 * DAY)
        for group, days in ((nile, -1), (partner, -2), (hidden, -3), (nile, -120), (nile, -2)):
            await add_echo(work.conn, slug, group, at=NOON + days * DAY)
        for unseen in (partner, hidden):
            await add_echo(work.conn, await add_spotlight(work.conn, unseen), nile)
        over = await add_spotlight(work.conn, nile, expires_at=NOON)
        await add_echo(work.conn, over, mangue)

        mirror = await load_public_mirror(work.conn, "en", NOON)
        groups = await load_public_groups(work.conn)

    assert [(each.spotlight.slug, len(each.echoes)) for each in mirror.told] == [(slug, 3)]
    assert mirror.quarters == (Quarter(2027, 1), Quarter(2026, 3))
    assert [echo.published_at - NOON for _, echo in mirror.echoes_in(Quarter(2027, 1))] == [-2 * DAY, -1 * DAY]
    assert mirror.echoes_in(Quarter(2026, 4)) == ()
    assert {seen.name for seen in groups} == {"Rede Mangue", "Nile Listeners"}


async def test_public_spotlight_is_found_by_its_address_or_not_at_all(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database, database.write(NOON) as work:
        await add_network(work.conn)
        mangue = await add_group(work.conn, "Rede Mangue", listing="public")
        slug = await add_spotlight(work.conn, mangue)
        unseen = await add_spotlight(work.conn, mangue, audience="partners")

        (told,) = (await load_public_spotlight(work.conn, "en", slug, NOON)).told
        for other in (unseen, "nothing-here"):
            with pytest.raises(NotFound):
                await load_public_spotlight(work.conn, "en", other, NOON)

    assert told.spotlight.slug == slug
