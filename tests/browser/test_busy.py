"""A group's calendar in a real browser: fits every screen in both directions, axe-core finds nothing, and a file is given without script."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from coordinator.domain.busy import Busy, Fault, span_of
from coordinator.keys import SESSION_COOKIE
from coordinator.services.busy import NotRead, Read, conclude, give_link, load_due
from coordinator.settings import Settings
from tests.browser.test_public_mirror import Shown, assert_well_made, sign_in, sized
from tests.calendars.ics import calendar, event
from tests.factories import NOON, SECRET_KEY, add_group, add_link, add_network, add_session, caller_as, open_database
from tests.product import ShiftedClock, run_product

__all__ = ["sized"]  # a fixture

FAILED_AFTER = timedelta(days=3, hours=2)


@pytest.fixture
def shown(sqlite_database_url: str, valkey: str, tmp_path: Path) -> Iterator[Shown]:
    with ThreadPoolExecutor(1) as elsewhere:  # Playwright's loop runs in this thread
        group_id, session = elsewhere.submit(lambda: asyncio.run(_fill(sqlite_database_url))).result()
    clock = ShiftedClock()
    clock.set(NOON + FAILED_AFTER)
    settings = Settings(data=tmp_path, database_url=sqlite_database_url, redis_url=valkey, secret_key=SECRET_KEY.decode())
    with run_product(settings, clock) as product:
        yield Shown(product, {}, group_id, session)


async def _fill(url: str) -> tuple[str, str]:
    """A group whose calendar was read, and then could not be."""
    spans = tuple(span_of(NOON + timedelta(days=days), NOON + timedelta(days=days, hours=5 * days)) for days in range(4, 9))
    async with open_database(url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            group_id = await add_group(work.conn, "Kathmandu Commons", place="Kathmandu", zone_id="Asia/Kathmandu", language="en")
            link = {"calendar_url": "https://calendar.example.org/private/basic.ics"}
            await give_link(work, caller_as("member", group_id), group_id, link, SECRET_KEY)
            due = await load_due(work.conn, {"group": group_id}, NOON)
            assert due is not None
            await conclude(work, Read(due, Busy(spans, 12), due.marks))
            session = await add_session(work.conn, await add_link(work.conn, "member", group_id))
        async with database.write(NOON + FAILED_AFTER) as work:
            await conclude(work, NotRead(due, Fault.CERTIFICATE))
    return group_id, session


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_busy_fits_every_screen_in_both_directions(shown: Shown, sized: tuple[str, Page], tag: str) -> None:
    size, page = sized
    sign_in(page.context, shown)

    page.goto(f"{shown.product.url}/{tag}/g/{shown.group_id}/busy")

    assert_well_made(page, f"busy-{tag}-{size}")


def test_file_is_given_without_script(shown: Shown, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": SESSION_COOKIE, "value": shown.session, "url": shown.product.url}])
    page = context.new_page()
    page.goto(f"{shown.product.url}/en/g/{shown.group_id}/busy")
    (tmp_path / "group.ics").write_bytes(calendar(event(":20270110T180000", "DURATION:PT1H", "SUMMARY:Assembly")))

    page.get_by_label("The calendar’s file").set_input_files(tmp_path / "group.ics")
    page.get_by_role("button", name="Read this file").click()

    expect(page.get_by_text("The calendar has been read.")).to_be_visible()
    expect(page.get_by_text("Sunday 10 January 2027, 18:00 to 19:00 in Kathmandu, UTC+05:45")).to_be_visible()
    context.close()
