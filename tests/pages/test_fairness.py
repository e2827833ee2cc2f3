"""The page of who paid: who may see it, what it says, and what it keeps of a hidden group."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import NOON, add_group
from tests.kept_rows import add_kept
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page

DAY = timedelta(days=1)


async def keep(pages: Pages) -> str:
    async with pages.world.database.write(NOON) as work:
        world = pages.world
        return await add_kept(work.conn, NOON - 5 * DAY, {world.group: 8, world.other: 0, world.hidden: 1}, title="Taps <open>")


@pytest.mark.parametrize(
    ("role", "status"),
    [("", 401), ("room", 404), ("remote", 404), ("other", 404), ("witness", 200), ("member", 200), ("lapsed", 200), ("steward", 200)],
)
async def test_fairness_is_shown_to_whoever_reads_the_desk(pages: Pages, role: str, status: int) -> None:
    assert (await pages.get(pages.desk("fairness"), role)).status_code == status


async def test_fairness_without_any_kept_action_says_so(pages: Pages) -> None:
    page = await pages.get(pages.desk("fairness"), "member")

    assert "No action has been kept in these two years yet" in text_of_page(page)
    assert "This group was invited to none of the moments kept." in text_of_page(page)


async def test_fairness_puts_whoever_paid_first_and_accounts_for_it(pages: Pages) -> None:
    slug = await keep(pages)

    page = await pages.get(pages.desk("fairness"), "member")

    words = text_of_page(page)
    assert "Your group has paid more than the mean: +5 . It comes early" in words
    assert "La Paz Minga del Agua your group" in words.split("mean of the invited")[0].split("A group that does not show itself")[0]
    assert f'href="/en/actions/{slug}"' in page.text
    assert "Taps <open> The fourth quarter of 2026 in its night 8 3 +5 " in words
    assert [word for word in (*HIDDEN_WORDS, "UTC−6", "-06:00") if word in page.text] == []


async def test_fairness_tells_the_account_of_another_group_but_never_of_one_that_hides(pages: Pages) -> None:
    await keep(pages)

    other = await pages.get(pages.desk(f"fairness?of={pages.world.other}"), "member")
    hidden, nobody = [await pages.get(pages.desk(f"fairness?of={of}"), "member") for of in (pages.world.hidden, "nobody")]

    assert "The account of Casseroles" in text_of_page(other)
    assert "in its hours 0 3 −3 Balance −3" in text_of_page(other)
    assert hidden.text.replace(pages.world.hidden, "nobody") == nobody.text
    assert "The account of" not in hidden.text


@pytest.mark.parametrize("own", [0, 1])
async def test_fairness_of_less_than_a_tenth_beside_the_mean_is_as_much_as_the_mean(pages: Pages, own: int) -> None:
    async with pages.world.database.write(NOON) as work:
        others = [await add_group(work.conn, f"Group {n}") for n in range(24)]
        burdens = dict.fromkeys(others, own) | {others[0]: 1 - own, pages.world.group: own}
        await add_kept(work.conn, NOON - DAY, burdens)

    page = await pages.get(pages.desk("fairness"), "member")

    assert "Your group has paid as much as the mean." in text_of_page(page)


async def test_fairness_in_spanish_and_arabic_writes_their_figures(pages: Pages) -> None:
    async with pages.world.database.write(NOON) as work:
        await add_kept(work.conn, NOON - DAY, {pages.world.group: 1, pages.world.other: 0})

    spanish, arabic = [await pages.get(pages.desk("fairness", lang=lang), "member") for lang in ("es", "ar")]

    assert "+0,5" in spanish.text
    assert 'dir="rtl"' in arabic.text
