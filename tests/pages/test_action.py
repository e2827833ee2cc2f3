"""The public page of one action."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tests.conftest import FakeClock
from tests.pages.world import Pages, text_of_page


async def _countdown(pages: Pages, slug: str) -> tuple[str, str]:
    answer = await pages.get(f"/en/actions/{slug}")
    found = re.search(r'data-countdown="([^"]*)"[^>]*>([^<]*)<', answer.text)
    assert found is not None
    return found[1], found[2]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2027, 2, 10, 17, 0, tzinfo=UTC), ("3600", "In 1 hour.")),
        (datetime(2027, 2, 10, 17, 50, 1, tzinfo=UTC), ("599", "9:59")),
        (datetime(2027, 2, 10, 17, 59, 59, 500_000, tzinfo=UTC), ("1", "0:01")),
        (datetime(2027, 2, 10, 18, 0, tzinfo=UTC), ("0", "")),
        (datetime(2027, 2, 12, 18, 0, tzinfo=UTC), ("0", "")),
    ],
)
async def test_action_counts_down_in_whole_seconds_and_never_below_zero(
    pages: Pages, clock: FakeClock, now: datetime, expected: tuple[str, str]
) -> None:
    slug = await pages.confirm()
    clock.set(now)

    assert await _countdown(pages, slug) == expected


async def test_action_leads_to_its_countdown_and_its_calendar_file(pages: Pages) -> None:
    slug = await pages.confirm()

    answer = await pages.get(f"/en/actions/{slug}")

    assert f'href="/en/actions/{slug}/countdown"' in answer.text
    assert f'href="/en/actions/{slug}.ics"' in answer.text


async def test_action_shows_public_groups_alone_with_their_own_hours(pages: Pages) -> None:
    slug = await pages.confirm()

    said = text_of_page(await pages.get(f"/en/actions/{slug}"))

    assert "La Paz Minga del Agua 14:00 Wed UTC−4" in said
    assert "and 2 other groups on two continents" in said
    assert "Casseroles" not in said
    assert "consents" not in said.replace("groups consent", "")


async def test_action_that_is_proposed_counts_answers_and_nothing_down(pages: Pages) -> None:
    slug = await pages.propose()

    answer = await pages.get(f"/en/actions/{slug}")

    said = text_of_page(answer)
    assert "Proposed 1 group consents. 2 groups have not answered yet. Answers are open until Monday 18 January 2027" in said
    assert "This moment is put forward and not agreed to yet." in said
    assert "data-countdown" not in answer.text
    assert 'data-line="offered"' in answer.text


async def test_action_that_moves_says_where_to_and_keeps_its_moment(pages: Pages) -> None:
    slug = await pages.confirm()
    await pages.send(pages.desk(f"actions/{slug}/put-forward"), {"start": "2027-02-12T18:00:00Z"})

    answer = await pages.get(f"/en/actions/{slug}")

    assert "A move is before the groups, to Friday 12 February 2027, 18:00 in UTC , UTC+00:00 ." in text_of_page(answer)
    assert 'data-line="confirmed"' in answer.text


async def test_action_that_moved_strikes_through_where_it_stood(pages: Pages) -> None:
    slug = await pages.confirm()
    await pages.send(pages.desk(f"actions/{slug}/put-forward"), {"start": "2027-02-12T18:00:00Z"})
    for role in ("other", "hidden"):
        await pages.send(pages.desk(f"actions/{slug}/respond", getattr(pages.world, role)), {"response": "consent"}, role)

    answer = await pages.get(f"/en/actions/{slug}")

    assert "<s>Wednesday 10 February 2027, 18:00 in" in answer.text
    assert "Friday 12 February 2027" in text_of_page(answer)


async def test_action_that_is_cancelled_says_why_and_counts_nothing_down(pages: Pages) -> None:
    slug = await pages.confirm()
    await pages.send(pages.desk(f"actions/{slug}/cancel"), {"reason": "The hall was sold."})

    answer = await pages.get(f"/en/actions/{slug}")

    assert "Cancelled The hall was sold." in text_of_page(answer)
    assert 'data-line="cancelled"' in answer.text
    assert "data-countdown" not in answer.text


async def test_action_that_is_a_draft_or_a_practice_answers_as_unknown(pages: Pages) -> None:
    draft, practice = await pages.draft(), await pages.draft(practice="1")
    await pages.send(pages.desk(f"actions/{practice}/practise"), {"in_minutes": "5"})

    answers = [await pages.get(f"/en/actions/{slug}") for slug in (draft, practice, "nobody-gave-this")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.text for answer in answers}) == 1


async def test_action_is_the_same_bytes_for_everyone(pages: Pages) -> None:
    slug = await pages.confirm()

    answers = [await pages.get(f"/en/actions/{slug}", role) for role in ("", "custodian", "steward")]

    assert len({answer.text for answer in answers}) == 1


async def test_action_escapes_what_people_wrote(pages: Pages) -> None:
    slug = await pages.draft(title="<script>alert(1)</script>", story="<img src=x onerror=alert(1)>")
    await pages.send(pages.desk(f"actions/{slug}/put-forward"), {"start": "2027-02-10T18:00:00Z"})

    answer = await pages.get(f"/en/actions/{slug}")

    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
