"""A moment that zone law has parted, on pages: a line on its group's desk and a choice on the action's page; nobody else reads of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from coordinator.domain.moment import read_sentence
from coordinator.store.agreed import sentence_columns
from coordinator.store.tables import invitation
from tests.pages.plain_form import read_forms
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page

STARTS_AT = datetime.fromisoformat("2027-02-10T18:00:00+00:00")
AGREED = "Your group agreed to Wednesday 10 February 2027, 20:00 in Lyon , UTC+02:00 ."
CHANGED = f"{AGREED} The law of your zone has changed since: the moment is now Wednesday 10 February 2027, 19:00 in Lyon , UTC+01:00 ."


async def part(pages: Pages, group_id: str, zone_id: str) -> None:
    """As if the group had agreed to an hour later than its clock reads now."""
    now = read_sentence(STARTS_AT, zone_id)
    columns = sentence_columns(now) | {
        "agreed_wall_time": (now.wall_time + timedelta(hours=1)).isoformat(),
        "agreed_utc_offset_s": int((now.utc_offset + timedelta(hours=1)).total_seconds()),
    }
    async with pages.world.database.write(pages.world.clock.now()) as work:
        await work.conn.execute(sa.update(invitation).where(invitation.c.group_id == group_id).values(**columns))


@pytest.fixture
async def slug(pages: Pages) -> str:
    """A confirmed action; the law of Casseroles' zone has changed since."""
    slug = await pages.confirm()
    await part(pages, pages.world.other, "Europe/Paris")
    return slug


async def desk_of(pages: Pages, role: str, group: str = "") -> str:
    return text_of_page(await pages.get(pages.desk(group=group), role))


async def test_desk_says_what_was_agreed_and_what_it_is_now_to_its_group_alone(pages: Pages, slug: str) -> None:
    own = await desk_of(pages, "other", pages.world.other)
    news = json.loads((await pages.get(pages.desk("news.json", pages.world.other), "other")).text)

    assert "To look at again Keep the taps open Your group agreed to" in own
    assert own.replace("\u2068", "").replace("\u2069", "").replace("\u2066", "").count("20:00 in Lyon, UTC+02:00") == 1
    assert [(row["title"]["words"], row["do"]) for row in news["law"]] == [("Keep the taps open", "Choose")]
    assert news["law"][0]["path"] == pages.desk(f"actions/{slug}#law", pages.world.other)
    for role, group in (("custodian", ""), ("hidden", pages.world.hidden), ("witness", "")):
        assert "law of" not in await desk_of(pages, role, group)
        assert json.loads((await pages.get(pages.desk("news.json", group), role)).text)["law"] == []


async def test_action_page_offers_the_choice_to_whoever_may_answer(pages: Pages, slug: str) -> None:
    address = pages.desk(f"actions/{slug}", pages.world.other)

    own = await pages.get(address, "other")
    steward = await pages.get(address, "steward")
    proposer = await pages.get(pages.desk(f"actions/{slug}"), "custodian")

    assert CHANGED in text_of_page(own)
    assert {f"{address}/keep-instant", f"{address}/ask-for-move"} <= {form.action for form in read_forms(own)}
    assert CHANGED in text_of_page(steward)
    assert "keep-instant" not in steward.text
    assert "law of" not in text_of_page(proposer)


async def test_keep_this_moment_rewrites_what_the_group_agreed_to(pages: Pages, slug: str) -> None:
    address = pages.desk(f"actions/{slug}", pages.world.other)
    answer = await pages.send(f"{address}/keep-instant", {}, "other")

    shown = text_of_page(await pages.get(answer.headers["location"], "other"))

    assert answer.headers["location"] == f"{address}?said=moment_kept"
    assert "Your group keeps the moment." in shown
    assert "Your group agreed to Wednesday 10 February 2027, 19:00 in Lyon , UTC+01:00 ." in shown
    assert "law of" not in shown
    assert json.loads((await pages.get(pages.desk("news.json", pages.world.other), "other")).text)["law"] == []
    again = await pages.send(f"{address}/keep-instant", {}, "other")
    assert again.status_code == 409
    assert "There is nothing to choose." in text_of_page(again)


async def test_ask_for_another_moment_is_read_by_the_proposer_with_the_hour_of_a_group_it_sees(pages: Pages, slug: str) -> None:
    address = pages.desk(f"actions/{slug}", pages.world.other)
    await pages.send(f"{address}/ask-for-move", {}, "other")

    own = await pages.get(address, "other")
    proposer = await pages.get(pages.desk(f"actions/{slug}"), "custodian")
    desk = await desk_of(pages, "custodian")

    asking = "Casseroles asks for another moment. The law of its zone has changed: for it the moment is now Wednesday 10 February 2027, 19:00 in Lyon"
    assert "Your group has asked for another moment. Until the groups agree to one, this one stands." in text_of_page(own)
    assert {f"{address}/keep-instant"} == {form.action for form in read_forms(own) if "instant" in form.action or "ask-for" in form.action}
    assert asking in text_of_page(proposer)
    assert "Casseroles asks for another moment." in desk.replace("\u2068", "").replace("\u2069", "")
    assert "Move it" in text_of_page(proposer)
    assert "asks for another moment" not in await desk_of(pages, "hidden", pages.world.hidden)


async def test_ask_of_a_group_in_hiding_says_neither_where_nor_when(pages: Pages, slug: str) -> None:
    await part(pages, pages.world.hidden, "America/Guatemala")
    await pages.send(pages.desk(f"actions/{slug}/ask-for-move", pages.world.hidden), {}, "hidden")

    proposer = [await pages.get(path, "custodian") for path in (pages.desk(f"actions/{slug}"), pages.desk(), pages.desk("news.json"))]
    partner = await pages.get(pages.desk(f"actions/{slug}", pages.world.other), "other")

    for page in proposer:
        assert "A group that does not show itself asks for another moment." in page.text
    assert "asks for another moment" not in partner.text
    for page in (*proposer, partner):
        assert [word for word in (*HIDDEN_WORDS, "UTC−06:00", "UTC−05:00") if word in page.text] == []


async def test_proposer_whose_own_clock_changed_moves_it_instead_of_asking(pages: Pages, slug: str) -> None:
    await part(pages, pages.world.group, "America/La_Paz")

    page = await pages.get(pages.desk(f"actions/{slug}"), "custodian")

    assert "Keep it at its new hour, or put another moment before the groups." in text_of_page(page)
    assert "ask-for-move" not in page.text
    assert "keep-instant" in page.text


@pytest.mark.parametrize("lang", ["es", "ar"])
async def test_choice_is_said_in_every_language_of_the_pages(pages: Pages, slug: str, lang: str) -> None:
    page = await pages.get(pages.desk(f"actions/{slug}", pages.world.other, lang), "other")

    assert "Keep this moment" not in page.text
    assert "keep-instant" in page.text


async def test_page_of_an_agreed_zone_that_the_rules_lack_says_what_was_agreed(pages: Pages, slug: str) -> None:
    async with pages.world.database.write(pages.world.clock.now()) as work:
        lost = sa.update(invitation).where(invitation.c.group_id == pages.world.other).values(agreed_zone_id="Europe/Shangri-La")
        await work.conn.execute(lost)

    page = await pages.get(pages.desk(f"actions/{slug}", pages.world.other), "other")

    assert page.status_code == 200
    assert "Your group agreed to Wednesday 10 February 2027, 20:00 in Shangri-La , UTC+02:00 ." in text_of_page(page)
