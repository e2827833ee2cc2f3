"""The heat map of a draft's quarter in a real browser: fits every screen in both directions, axe-core finds nothing, its table opens by key."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.availability import read_availability_text
from coordinator.keys import SESSION_COOKIE
from coordinator.services.proposals import draft_action
from coordinator.settings import Settings
from tests.browser.test_public_mirror import Shown, assert_well_made, sign_in, sized
from tests.factories import SECRET_KEY, add_group, add_link, add_network, add_session, caller_as, open_database
from tests.product import ShiftedClock, run_product

__all__ = ["sized"]  # a fixture

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OWN = "Liverpool Unity Hall"
DEMO = Path(__file__).parents[2] / "demo" / "groups.csv"
STANDS_APART = """(() => {
    const boxes = (found) => [...document.querySelectorAll(`.heat__plot ${found}`)].map((each) => each.getBoundingClientRect());
    const [sky, inside] = [boxes("[class^=t]")[0], boxes(".heat__grid")[0]];
    const beside = boxes(".heat__hour").every(({ left, right }) => right < sky.left || left > sky.right);
    return beside && boxes(".heat__month").every(({ left, right }) => left > inside.left - 12 && right < inside.right + 12);
})()"""
DRAFT = {
    "title": "Pots at the window",
    "kind": "noise",
    "story": "All at once.",
    "duration_minutes": "20",
    "language": "en",
    "quarter": "2027-Q1",
}


@pytest.fixture
def shown(sqlite_database_url: str, valkey: str, tmp_path: Path) -> Iterator[Shown]:
    with ThreadPoolExecutor(1) as elsewhere:  # Playwright's loop runs in this thread
        slug, group_id, session = elsewhere.submit(lambda: asyncio.run(_fill(sqlite_database_url))).result()
    clock = ShiftedClock()
    clock.set(NOW)
    settings = Settings(data=tmp_path, database_url=sqlite_database_url, redis_url=valkey, secret_key=SECRET_KEY.decode())
    with run_product(settings, clock) as product:
        yield Shown(product, {"draft": slug}, group_id, session)


async def _fill(url: str) -> tuple[str, str, str]:
    async with open_database(url) as database, database.write(NOW) as work:
        await add_network(work.conn, zone_id="Africa/Nairobi", numerals={"ar": "arab"}, default_language="en")
        with DEMO.open(encoding="utf-8", newline="") as table:
            ids = {row["name"]: await _add(work.conn, row) for row in csv.DictReader(table)}
        own = ids[OWN]
        slug = await draft_action(work, caller_as("custodian", own), own, DRAFT, frozenset({"en"}))
        return slug, own, await add_session(work.conn, await add_link(work.conn, "custodian", own))


async def _add(conn: AsyncConnection, row: dict[str, str]) -> str:
    availability = read_availability_text(row["availability"], row["quiet"], row["blocked"]).to_json()
    return await add_group(conn, row["name"], place=row["city"], zone_id=row["zone"], language="en", availability=availability)


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_heat_map_fits_every_screen_in_both_directions(shown: Shown, sized: tuple[str, Page], tag: str) -> None:
    size, page = sized
    sign_in(page.context, shown)

    page.goto(f"{shown.product.url}/{tag}/g/{shown.group_id}/actions/{shown.slugs['draft']}")

    assert_well_made(page, f"draft-{tag}-{size}")
    assert page.evaluate(STANDS_APART), "the hours and the months stand beside the sky and inside the picture"


def test_heat_map_opens_its_table_by_key_without_script(shown: Shown, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": SESSION_COOKIE, "value": shown.session, "url": shown.product.url}])
    page = context.new_page()
    page.goto(f"{shown.product.url}/en/g/{shown.group_id}/actions/{shown.slugs['draft']}")
    table = page.get_by_role("table", name="How many groups are in their hours, by day and hour")
    expect(table).to_be_hidden()

    page.get_by_text("As a table").focus()
    page.keyboard.press("Enter")

    expect(table).to_be_visible()
    cells = table.get_by_role("row").nth(88).get_by_role("cell")  # 28 March 2027 in Liverpool: the hour from 1 to 2 is skipped
    expect(cells.nth(1)).to_have_text("—")
    context.close()
