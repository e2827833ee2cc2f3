"""Home: the next moment, the calendar, the same bytes for everyone, and nothing of whoever hides."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.conftest import FakeClock
from tests.factories import NOON
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page


async def test_home_without_any_moment_shows_days_without_a_line(pages: Pages) -> None:
    answer = await pages.get("/en/")

    assert answer.status_code == 200
    assert 'class="rows" data-line="none"' in answer.text
    assert "No moment stands yet" in text_of_page(answer)
    assert "The first quarter of 2027 No moment stands in this quarter yet." in text_of_page(answer)


async def test_home_tells_the_next_moment_with_city_weekday_and_offset(pages: Pages) -> None:
    slug = await pages.confirm()

    answer = await pages.get("/en/")

    said = text_of_page(answer)
    assert f'<a href="/en/actions/{slug}">Keep the taps open</a>' in answer.text
    assert "18:00 Wednesday 10 February 2027 UTC , UTC+00:00" in said
    assert "In 37 days and 6 hours." in said
    assert "14:00 Wed La Paz UTC−04:00" in said
    assert 'class="rows" data-line="confirmed"' in answer.text
    assert "Confirmed 3 of 3 groups consent" in said


async def test_home_counts_whom_it_may_not_show(pages: Pages) -> None:
    await pages.confirm()

    answer = await pages.get("/en/")

    assert "and 2 other groups on two continents" in text_of_page(answer)


async def test_home_shows_a_proposal_with_a_hollow_line_and_its_deadline(pages: Pages) -> None:
    await pages.propose()

    answer = await pages.get("/en/")

    assert "needle--offered" in answer.text
    assert "Proposed Answers are open until Monday 18 January 2027, 12:00 in UTC , UTC+00:00 ." in text_of_page(answer)


async def test_home_says_a_cancelled_action_in_words(pages: Pages) -> None:
    slug = await pages.confirm()
    await pages.send(pages.desk(f"actions/{slug}/cancel"), {"reason": "The hall was sold."})

    answer = await pages.get("/en/")

    assert "Cancelled The hall was sold." in text_of_page(answer)
    assert '<time datetime="2027-02-10T18:00:00Z" class="struck">' in answer.text
    assert "needle--cancelled" in answer.text


async def test_home_shows_neither_drafts_nor_practices(pages: Pages) -> None:
    await pages.draft(title="A draft nobody sees")
    practice = await pages.draft(title="A practice nobody sees", practice="1")
    await pages.send(pages.desk(f"actions/{practice}/practise"), {"in_minutes": "5"})

    answer = await pages.get("/en/")

    assert "nobody sees" not in answer.text


async def test_home_is_the_same_bytes_for_everyone(pages: Pages) -> None:
    await pages.confirm()

    answers = [await pages.get("/en/", role) for role in ("", "custodian", "steward", "hidden")]

    assert len({answer.text for answer in answers}) == 1
    assert {answer.headers["cache-control"] for answer in answers} == {"public, max-age=5"}
    assert not any("set-cookie" in answer.headers for answer in answers)


async def test_home_answers_304_to_whoever_has_it(pages: Pages) -> None:
    first = await pages.get("/en/")

    again = await pages.get("/en/", **{"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("lang", ["en", "es", "ar"])
async def test_public_pages_hold_no_byte_of_a_hidden_group(pages: Pages, lang: str) -> None:
    confirmed, proposed = await pages.confirm(), await pages.propose("2027-03-03T18:00:00Z")

    answers = [await pages.get(f"/{lang}{path}") for path in ("/", f"/actions/{confirmed}", f"/actions/{proposed}")]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [word for word in (*HIDDEN_WORDS, pages.world.hidden) if any(word in answer.text for answer in answers)] == []


async def test_home_goes_on_to_the_next_action_when_one_is_over(pages: Pages, clock: FakeClock) -> None:
    await pages.confirm()
    clock.set(datetime(2027, 2, 10, 18, 10, tzinfo=UTC))
    during = await pages.get("/en/")
    clock.set(datetime(2027, 2, 10, 18, 31, tzinfo=UTC))
    after = await pages.get("/en/")

    assert "Happening now" in text_of_page(during)
    assert "No moment stands yet" in text_of_page(after)
    assert "It has taken place" in text_of_page(after)
    assert clock.now() > NOON
