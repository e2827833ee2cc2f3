"""A kept public page holds exactly as long as nothing the public may see has changed, and a second at most."""

from __future__ import annotations

from coordinator.store import tables
from tests.conftest import FakeClock
from tests.pages.world import Pages, text_of_page


async def test_kept_page_changes_at_once_with_a_public_event(pages: Pages) -> None:
    slug = await pages.propose()
    before = await pages.get(f"/en/actions/{slug}")

    await pages.send(pages.desk(f"actions/{slug}/respond", pages.world.other), {"response": "consent"}, "other")
    after = await pages.get(f"/en/actions/{slug}")

    assert "1 group consents." in text_of_page(before)
    assert "2 groups consent." in text_of_page(after)


async def test_kept_page_changes_at_once_with_a_group_that_the_public_does_not_see(pages: Pages) -> None:
    await pages.get("/en/")
    async with pages.world.database.write(pages.world.clock.now()) as work:
        await work.conn.execute(tables.group.update().where(tables.group.c.id == pages.world.other).values(listing="public", revision=2))

    assert "Lyon" in text_of_page(await pages.get("/en/"))


async def test_kept_page_changes_at_once_with_the_network(pages: Pages) -> None:
    await pages.get("/en/")
    async with pages.world.database.write(pages.world.clock.now()) as work:
        await work.conn.execute(tables.network.update().values(name="Tides"))

    assert "Tides" in text_of_page(await pages.get("/en/"))


async def test_kept_page_is_made_anew_a_second_later(pages: Pages, clock: FakeClock) -> None:
    slug = await pages.confirm()
    first = await pages.get(f"/en/actions/{slug}")
    clock.advance(milliseconds=900)
    same = await pages.get(f"/en/actions/{slug}")
    clock.advance(milliseconds=100)
    later = await pages.get(f"/en/actions/{slug}")

    assert first.text == same.text
    assert first.text != later.text


async def test_kept_page_is_never_kept_under_an_address_with_a_query(pages: Pages) -> None:
    await pages.get("/en/?said=drafted")

    assert "The draft is kept." not in text_of_page(await pages.get("/en/"))
