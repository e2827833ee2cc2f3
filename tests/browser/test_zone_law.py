"""The law of a zone changes while a group's desk lies open: the line is there without the page being loaded again, and the choice is one press."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from coordinator.settings import Settings
from coordinator.store import tables
from coordinator.store.backup import snapshot
from coordinator.upkeep import database_url
from tests.browser.test_mirror_news import watch
from tests.browser.test_walk import Api, Member, _make_custodian, _secret, chorus
from tests.product import ShiftedClock, run_product
from tests.test_zones_drill import action_row, invitation_row

GROUP, PROPOSER = "Nile Listeners", "Kathmandu Commons"
STARTS_AT = datetime.now(UTC).replace(hour=16, minute=0, second=0, microsecond=0) + timedelta(days=40)
WITHIN_MS = 8_000  # the command's own start aside: the hub looks once a second


@pytest.fixture
def settings(tmp_path: Path, empty_valkey: str) -> Settings:
    """A network of 42 groups, and an action that Cairo agreed to for an hour that its clock does not read."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    chorus(data, "import", "demo/groups.csv")
    made = Settings(data=data, redis_url=empty_valkey, secret_key="k" * 40)
    with snapshot(database_url(made)) as connection:
        ids = {row.name: row.id for row in connection.execute(sa.select(tables.group.c.name, tables.group.c.id))}
        connection.execute(sa.insert(tables.action).values(action_row("a1") | {"group_id": ids[PROPOSER], "title": "Keep the taps open"}))
        connection.execute(sa.insert(tables.leg).values(action_id="a1", leg=1, starts_at=STARTS_AT))
        cairo = invitation_row("a1", ids[GROUP], "Africa/Cairo", STARTS_AT, 5 * 3600)  # whatever Cairo's law is, it is not this
        kathmandu = invitation_row("a1", ids[PROPOSER], "Asia/Kathmandu", STARTS_AT, 20_700)
        connection.execute(sa.insert(tables.invitation), [cairo, kathmandu])
    return made


@pytest.fixture
def members(settings: Settings, browser: Browser) -> Iterator[tuple[Member, Member]]:
    """A custodian of the group, and one of whoever proposed."""
    with run_product(settings, ShiftedClock()) as product:
        steward = Api(product.url, _secret(chorus(settings.data, "link", "steward")))
        ids = {group["name"]: group["group"] for group in steward.get("/groups")["groups"]}
        yield tuple(Member(product, browser, ids[name], _make_custodian(steward, ids[name])) for name in (GROUP, PROPOSER))  # type: ignore[misc]  # of two
        steward.close()


def test_desk_hears_that_the_law_changed_and_the_choice_is_made(settings: Settings, members: tuple[Member, Member], tmp_path: Path) -> None:
    member, proposer = members
    with snapshot(database_url(settings)) as connection:  # not told yet, and the page was made when all was well
        connection.execute(sa.update(tables.action).values(state="draft"))
    desk, other_desk = watch(member, "", "ar"), watch(proposer, "")
    with snapshot(database_url(settings)) as connection:
        connection.execute(sa.update(tables.action).values(state="confirmed"))
    expect(desk.locator(".law")).to_be_hidden()

    said = chorus(settings.data, "zones", "check")

    assert f"{GROUP}: Keep the taps open" in said
    expect(desk.locator(".law__row")).to_have_count(1, timeout=WITHIN_MS)
    expect(desk.locator(".law__row h3")).to_have_text("Keep the taps open")
    assert desk.evaluate("window.__same")
    look(desk, tmp_path / "desk-ar")

    desk.locator(".law__row a").last.click()
    desk.locator('form[action$="/ask-for-move"] button').click()
    desk.wait_for_url("**said=move_asked")
    look(desk, tmp_path / "choice-ar")
    expect(other_desk.locator(".law__row")).to_contain_text(f"{GROUP}", timeout=WITHIN_MS)
    look(other_desk, tmp_path / "desk-en")

    page = member.go("actions/slug-a1")
    look(page, tmp_path / "choice-en")
    page.get_by_role("button", name="Keep this moment").click()
    page.wait_for_url("**said=moment_kept")
    expect(page.locator(".law")).to_have_count(0)
    assert "every moment to come reads as it was agreed to" in chorus(settings.data, "zones", "check")


def look(page: Page, path: Path) -> None:
    """Nothing is wrong for a reader who cannot see, nothing scrolls sideways on a phone; pictures for whoever wants to look."""
    for width, height in ((1920, 1080), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=f"{path}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path.name} scrolls sideways at {width}"
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert [violation["id"] for violation in found.response["violations"]] == []
