"""Who paid, in a real browser: fits every screen in both directions, axe-core finds nothing, keys lead to any account, also without script."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from coordinator.keys import SESSION_COOKIE
from coordinator.settings import Settings
from tests.browser.test_public_mirror import GROUPS, Shown, assert_well_made, sign_in, sized
from tests.factories import SECRET_KEY, add_group, add_link, add_network, add_session, open_database
from tests.kept_rows import add_kept
from tests.product import ShiftedClock, run_product

__all__ = ["sized"]  # a fixture

NOW = datetime(2027, 3, 20, 12, tzinfo=UTC)
OWN = "Kathmandu Commons"
BURDENS = (0, 0, 1, 3, 8, 13)


@pytest.fixture
def shown(sqlite_database_url: str, valkey: str, tmp_path: Path) -> Iterator[Shown]:
    with ThreadPoolExecutor(1) as elsewhere:  # Playwright's loop runs in this thread
        group_id, session = elsewhere.submit(lambda: asyncio.run(_fill(sqlite_database_url))).result()
    clock = ShiftedClock()
    clock.set(NOW)
    settings = Settings(data=tmp_path, database_url=sqlite_database_url, redis_url=valkey, secret_key=SECRET_KEY.decode())
    with run_product(settings, clock) as product:
        yield Shown(product, {}, group_id, session)


async def _fill(url: str) -> tuple[str, str]:
    draw = random.Random(1)
    async with open_database(url) as database, database.write(NOW) as work:
        await add_network(work.conn, zone_id="Africa/Nairobi", numerals={"ar": "arab"}, default_language="en")
        ids = {
            name: await add_group(work.conn, name, place=place, zone_id=zone_id, language=language)
            for name, place, zone_id, language in GROUPS
        }
        ids["Zanjeer"] = await add_group(work.conn, "Zanjeer", alias_name="Reed", listing="hidden")
        for back in (640, 560, 470, 360, 300, 200, 110, 105, 20):
            invited = [group_id for name, group_id in ids.items() if name == OWN or draw.random() < 0.9]
            burdens = {group_id: draw.choice(BURDENS) for group_id in invited}
            await add_kept(work.conn, NOW - timedelta(days=back), burdens, title=f"Keep the taps open {back}")
        return ids[OWN], await add_session(work.conn, await add_link(work.conn, "member", ids[OWN]))


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_fairness_fits_every_screen_in_both_directions(shown: Shown, sized: tuple[str, Page], tag: str) -> None:
    size, page = sized
    sign_in(page.context, shown)

    page.goto(f"{shown.product.url}/{tag}/g/{shown.group_id}/fairness")

    assert_well_made(page, f"fairness-{tag}-{size}")


def test_fairness_leads_to_any_account_by_key_without_script(shown: Shown, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": SESSION_COOKIE, "value": shown.session, "url": shown.product.url}])
    page = context.new_page()
    page.goto(f"{shown.product.url}/en/g/{shown.group_id}/fairness")
    expect(page.get_by_role("heading", level=2, name="The account of Kathmandu Commons")).to_be_visible()

    page.get_by_role("link", name="Recife Rede Mangue").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=2, name="The account of Rede Mangue")).to_be_visible()
    assert page.get_by_role("row", name="Reed").get_by_role("link").count() == 0
    context.close()
