"""A plain form: done once however often it is sent, and back whole when something is not right."""

from __future__ import annotations

import httpx

from coordinator.store import tables
from tests.factories import count_rows
from tests.pages.world import PROPOSAL, Pages, text_of_page


async def _count(pages: Pages) -> dict[str, int]:
    async with pages.world.database.read() as conn:
        return await count_rows(conn, tables.action, tables.invitation, tables.event, tables.idempotency)


async def test_form_sent_twice_with_its_key_does_its_work_once(pages: Pages) -> None:
    path = pages.desk("propose")

    first = await pages.send(path, PROPOSAL, key="the-same-tap")
    second = await pages.send(path, PROPOSAL, key="the-same-tap")

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert (await _count(pages))["action"] == 1


async def test_form_sent_with_a_used_key_and_another_body_is_refused_and_comes_back_whole(pages: Pages) -> None:
    path = pages.desk("propose")
    await pages.send(path, PROPOSAL, key="the-same-tap")
    before = await _count(pages)

    answer = await pages.send(path, PROPOSAL | {"title": "Quite another title"}, key="the-same-tap")

    assert answer.status_code == 422
    assert "This form was sent before with other contents." in text_of_page(answer)
    assert 'value="Quite another title"' in answer.text
    assert await _count(pages) == before


async def test_form_from_another_origin_is_refused_and_writes_nothing(pages: Pages) -> None:
    before = await _count(pages)

    answers = [
        await pages.send(pages.desk("propose"), PROPOSAL, origin=origin)
        for origin in ("https://elsewhere.example", "null", "http://127.0.0.1:1")
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert await _count(pages) == before


async def test_form_with_bytes_that_are_not_utf8_is_refused_in_words(pages: Pages) -> None:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": "http://127.0.0.1",
        "Cookie": f"chorus_session={pages.world.tokens['custodian']}",
    }

    answer: httpx.Response = await pages.client.post(pages.desk("propose"), content=b"title=%ff%fe&kind=silence", headers=headers)

    assert answer.status_code == 422
    assert "Title: this is not text in UTF-8." in text_of_page(answer)


async def test_form_over_the_limit_is_refused(pages: Pages) -> None:
    answer = await pages.send(pages.desk("propose"), PROPOSAL | {"story": "x" * 300_000})

    assert answer.status_code == 413


async def test_form_carries_a_fresh_key_each_time_it_is_shown(pages: Pages) -> None:
    first, second = [await pages.get(pages.desk("propose"), "custodian") for _ in range(2)]

    assert 'name="idempotency_key"' in first.text
    assert first.text != second.text
    assert first.headers["cache-control"] == "private, no-store"
