"""The page of the mirror's balance: who may see it, what it says, and what it keeps of a hidden group."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.factories import NOON
from tests.mirror_rows import add_meeting, add_spotlight
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page

DAY = timedelta(days=1)


def said(page: httpx.Response) -> str:
    """What a reader reads; a name of people is marked up, and stands apart from the colon behind it."""
    return text_of_page(page).replace(" :", ":")


@pytest.mark.parametrize(
    ("role", "status"),
    [("", 401), ("room", 404), ("remote", 404), ("other", 404), ("witness", 200), ("member", 200), ("lapsed", 200), ("steward", 200)],
)
async def test_balance_is_shown_to_whoever_reads_the_desk(pages: Pages, role: str, status: int) -> None:
    assert (await pages.get(pages.desk("balance"), role)).status_code == status


async def test_balance_asks_whoever_has_never_told_and_hides_who_hides(pages: Pages) -> None:
    async with pages.world.database.write(NOON) as work:
        await add_spotlight(work.conn, pages.world.group)
        await add_spotlight(work.conn, pages.world.other)

    page = await pages.get(pages.desk("balance"), "custodian")

    assert "Nothing has been told yet by a group that does not show itself : ask them next." in text_of_page(page).replace(
        "itself:", "itself :"
    )
    assert [word for word in (*HIDDEN_WORDS, "UTC−6", "-06:00") if word in page.text] == []
    assert f'href="{pages.desk("spotlights")}"' in page.text


async def test_balance_leads_to_what_the_proposed_group_tells(pages: Pages) -> None:
    async with pages.world.database.write(NOON) as work:
        for group in (pages.world.group, pages.world.hidden):
            await add_spotlight(work.conn, group)
        slug = await add_spotlight(work.conn, pages.world.other, at=NOON - 200 * DAY)
        await add_meeting(work.conn, slug, pages.world.group)

    page = await pages.get(pages.desk("balance"), "member")

    assert "It is longest since something was told by Casseroles: ask them next." in said(page)
    assert f'<a class="button" href="{pages.desk(f"spotlights/{slug}")}">Set up a meeting with what they tell</a>' in page.text
    row = text_of_page(page).split("Lyon Casseroles next ")[1].split("A group that")[0]
    assert row == "nothing nothing nothing nothing told: 1, mirrored: 0 nothing nothing told: 0, mirrored: 1 1 1 "


async def test_balance_asks_ones_own_group_to_tell(pages: Pages) -> None:
    async with pages.world.database.write(NOON) as work:
        for group in (pages.world.other, pages.world.hidden):
            await add_spotlight(work.conn, group)

    own, witness = [await pages.get(pages.desk("balance"), role) for role in ("member", "witness")]

    assert "Nothing has been told yet by your own group: tell it next." in text_of_page(own)
    assert pages.desk("spotlights/new") in own.text
    assert pages.desk("spotlights/new") not in witness.text


async def test_balance_in_arabic_runs_from_right_to_left_with_its_table(pages: Pages) -> None:
    page = await pages.get(pages.desk("balance", lang="ar"), "member")

    assert (page.status_code, page.text.count("<tr>") + page.text.count("<tr data-proposed>")) == (200, 2 + 3)
    assert 'dir="rtl"' in page.text
