"""A group's links: made and shown once, listed without secrets, revoked at a press."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from coordinator.store import tables
from tests.pages.plain_form import read_form, read_forms
from tests.pages.world import Pages, text_of_page

SECRET = re.compile(r'value="http://127\.0\.0\.1/enter#([\w-]{43})"')
CODE = re.compile(r"where a link is entered: ([a-z0-9]{4}-[a-z0-9]{4})")


async def make(pages: Pages, **fields: str) -> httpx.Response:
    form = read_form(await pages.get(pages.desk("links"), "custodian"), pages.desk("links"))
    return await pages.send(form.action, form.fields | fields, key=form.key)


def secret_of(answer: httpx.Response) -> str:
    found = SECRET.search(answer.text)
    assert found is not None
    return found[1]


async def everything_stored(pages: Pages) -> str:
    """Every cell of every table, as text."""
    async with pages.world.database.read() as conn:
        rows: list[Any] = []
        for table in tables.metadata.sorted_tables:
            rows += [tuple(row) for row in await conn.execute(sa.select(table))]
    return repr(rows)


async def count_links(pages: Pages) -> int:
    async with pages.world.database.read() as conn:
        return int((await conn.execute(sa.select(sa.func.count()).select_from(tables.link))).scalar_one())


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"),
    [("", 401), ("room", 404), ("remote", 404), ("witness", 403), ("member", 403), ("lapsed", 403), ("custodian", 200), ("steward", 200)],
)
async def test_links_open_to_whoever_may_make_them(pages: Pages, role: str, status: int) -> None:
    shown = await pages.get(pages.desk("links"), role)
    made = await pages.send(pages.desk("links"), {"role": "member"}, role)
    member = pages.world.links["member"].id
    revoked = await pages.send(pages.desk(f"links/{member}/revoke"), {}, role)

    assert (shown.status_code, made.status_code, revoked.status_code) == (status, status, 303 if status == 200 else status)


async def test_links_of_a_foreign_group_answer_as_unknown_ones(pages: Pages) -> None:
    foreign = await pages.get(pages.desk("links", pages.world.other), "custodian")
    unknown = await pages.get(pages.desk("links", "nobody"), "custodian")
    theirs = await pages.send(pages.desk(f"links/{pages.world.links['other'].id}/revoke"), {})
    none = await pages.send(pages.desk("links/none/revoke"), {})

    assert [answer.status_code for answer in (foreign, unknown, theirs, none)] == [404] * 4
    assert foreign.text == unknown.text
    assert theirs.text == none.text


# --- making -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["member", "witness", "room"])
async def test_fresh_link_is_shown_with_its_picture_and_opens(pages: Pages, role: str) -> None:
    answer = await make(pages, role=role, label="Upper quarter")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    assert 'aria-label="QR code of the link"' in answer.text
    assert (CODE.search(text_of_page(answer)) is not None) == (role == "room")
    opened = await pages.send("/enter", {"secret": secret_of(answer)}, "")
    assert opened.status_code == 303
    assert opened.headers["location"] == f"/es/g/{pages.world.group}/{'room' if role == 'room' else ''}"
    assert "Upper quarter" in text_of_page(await pages.get(pages.desk("links"), "custodian"))


async def test_short_code_of_a_room_opens_it(pages: Pages) -> None:
    answer = await make(pages, role="room")

    code = CODE.search(text_of_page(answer))
    assert code is not None
    assert (await pages.send("/enter", {"secret": code[1]}, "")).status_code == 303
    assert "It ends by itself: Tuesday 5 January 2027, 08:00 in La Paz , UTC−04:00" in text_of_page(answer)


async def test_secret_stands_on_that_answer_and_nowhere_else(pages: Pages) -> None:
    with capture_logs() as logs:
        answer = await make(pages, role="room")
        listed = await pages.get(pages.desk("links"), "custodian")

    code = CODE.search(text_of_page(answer))
    assert code is not None
    elsewhere = [repr(logs), await everything_stored(pages), listed.text, repr(dict(answer.headers))]
    assert [secret_of(answer) in text or code[1] in text for text in elsewhere] == [False] * 4


async def test_retried_tap_makes_one_link_and_shows_no_secret_again(pages: Pages) -> None:
    form = read_form(await pages.get(pages.desk("links"), "custodian"), pages.desk("links"))
    before = await count_links(pages)

    first = await pages.send(form.action, form.fields, key=form.key)
    again = await pages.send(form.action, form.fields, key=form.key)

    assert (first.status_code, again.status_code) == (200, 409)
    assert "This was done already. The answer held a secret, and secrets are shown once only." in text_of_page(again)
    assert secret_of(first) not in again.text
    assert SECRET.search(again.text) is None
    assert await count_links(pages) == before + 1


@pytest.mark.parametrize("role", ["custodian", "steward", "remote", "feed", "", "king"])
async def test_link_that_is_not_offered_here_is_refused(pages: Pages, role: str) -> None:
    before = await count_links(pages)

    for asker in ("custodian", "steward"):
        answer = await pages.send(pages.desk("links"), {"role": role, "label": "x"}, asker)
        assert answer.status_code == 422
        assert 'id="role"' in answer.text
        assert read_form(answer, pages.desk("links")).fields["label"] == "x"

    assert await count_links(pages) == before


async def test_label_with_hidden_characters_is_refused_beside_its_field(pages: Pages) -> None:
    answer = await make(pages, label="a\u202eb", role="witness")

    assert answer.status_code == 422
    assert 'id="label-error"' in answer.text
    assert read_form(answer, pages.desk("links")).fields["role"] == "witness"


# --- the list ---------------------------------------------------------------------------------------------------------


async def test_list_says_what_each_link_is_and_when_it_ends(pages: Pages) -> None:
    said = text_of_page(await pages.get(pages.desk("links"), "custodian"))

    assert "Member open Last used never Ends when it is revoked Revoke" in said
    assert "Room open Last used never Ends Tuesday 5 January 2027, 08:00 in La Paz , UTC−04:00 Revoke" in said
    assert "Custodian heron You came in with this one." in said


async def test_one_press_revokes_a_link_for_good(pages: Pages) -> None:
    path = pages.desk(f"links/{pages.world.links['member'].id}/revoke")
    form = read_form(await pages.get(pages.desk("links"), "custodian"), path)

    answer = await pages.send(form.action, form.fields, key=form.key)

    assert answer.headers["location"] == pages.desk("links?said=link_revoked")
    assert (await pages.get(pages.desk(), "member")).status_code == 401
    listed = await pages.get(answer.headers["location"], "custodian")
    assert "The link is revoked." in text_of_page(listed)
    assert "Member revoked" in text_of_page(listed)
    assert path not in [one.action for one in read_forms(listed)]


async def test_list_shows_the_day_a_link_was_last_used(pages: Pages) -> None:
    await pages.send("/enter", {"secret": pages.world.links["witness"].secret}, "")

    said = text_of_page(await pages.get(pages.desk("links"), "custodian"))

    assert "Witness from another group open Last used Monday 4 January 2027" in said


async def test_page_that_only_takes_forms_leads_back_to_the_list(pages: Pages) -> None:
    answer = await pages.get(pages.desk("links/any/revoke"), "custodian")

    assert (answer.status_code, answer.headers["location"]) == (303, pages.desk("links"))
