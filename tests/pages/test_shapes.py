"""The three shapes of a draft side by side: what each costs every group, looked at and put forward, and nothing of a hidden group's clock."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import quote_plus

import pytest

from coordinator.domain.action import Shape
from coordinator.domain.chosen import AtInstants, AtWallTime, Chosen, parse_chosen
from coordinator.store import tables
from tests.conftest import FakeClock
from tests.pages.world import HIDDEN_WORDS, Pages, open_pages, text_of_page

HIDDEN_OFFSETS = ("UTC−06:00", "UTC−6")  # where the hidden group of this world is, and nobody else


@pytest.fixture
async def pages(sqlite_database_url: str, clock: FakeClock) -> AsyncIterator[Pages]:
    async with open_pages(sqlite_database_url, clock) as opened:
        yield opened


async def look(pages: Pages, slug: str, query: str = "", role: str = "custodian", lang: str = "en") -> str:
    answer = await pages.get(pages.desk(f"actions/{slug}{query}", lang=lang), role)
    assert answer.status_code == 200
    return answer.text


def text_of(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", markup, flags=re.DOTALL)).split())


def columns(page: str) -> list[str]:
    """What a reader reads in each of the columns."""
    return [text_of(one) for one in re.findall(r'<article class="pick shape".*?</article>', page, re.DOTALL)]


def starts(page: str) -> list[str]:
    return re.findall(r'name="start" value="([^"]+)"', page)


async def offered(pages: Pages, slug: str) -> Chosen:
    async with pages.world.database.read() as conn:
        row = (await conn.execute(tables.action.select().where(tables.action.c.slug == slug))).one()
    return parse_chosen(row.offered_start, Shape(row.shape))


@pytest.mark.parametrize("role", ["custodian", "witness"])
async def test_draft_shows_what_each_shape_costs_every_group(pages: Pages, role: str) -> None:
    slug = await pages.draft()

    page = await look(pages, slug, role=role)

    instant, wave, relay = columns(page)
    assert "One moment for all Everybody acts at the same instant, whatever hour it is there. 12:30 Wednesday 6 January 2027" in instant
    assert "2 legs: first in Lyon , and 5 hours later in La Paz ." in wave
    assert "No fewer would do to include everybody who can take part." in relay
    for column in (instant, wave, relay):
        assert "What it costs every group Your group" in column
        assert re.search(r"Casseroles \d\d:\d\d Lyon , \w+ UTC\+1 : ", column)
        assert re.search(r"A group that does not show itself It (can|would)", column)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?shape=instant",
        "?shape=wave",
        "?shape=relay",
        "?shape=wave&wall_time=2027-02-10+03:00",
        "?shape=relay&wall_time=2027-02-10+03:00%0A2027-02-11+19:00",
    ],
)
@pytest.mark.parametrize("role", ["custodian", "member"])
async def test_shapes_tell_nothing_of_a_hidden_groups_clock(pages: Pages, query: str, role: str) -> None:
    slug = await pages.draft()

    page = await look(pages, slug, query, role)

    said = unescape(re.sub(r"<[^>]+>", "", page))
    assert not [word for word in (*HIDDEN_WORDS, *HIDDEN_OFFSETS) if word in said]


async def test_wave_that_is_looked_at_lists_its_zones_and_is_put_forward_from_a_draft_of_one_instant(pages: Pages) -> None:
    slug = await pages.draft()
    page = await look(pages, slug, "?shape=wave")
    (start, other), said = starts(page), text_of(page)

    answer = await pages.send(pages.desk(f"actions/{slug}/put-forward"), {"shape": "wave", "start": start})

    assert answer.status_code == 303, answer.text
    chosen = await offered(pages, slug)
    assert isinstance(chosen, AtWallTime)
    assert (f"{chosen.wall_time:%Y-%m-%dT%H:%M}", other) == (start, "other")
    assert "The order of zones The first to come stands first." in said
    assert re.findall(r"(?:Lyon|La Paz) (\d\d:\d\d) \w+ \d+ \w+ 2027 , (Lyon|La Paz) , (UTC\S+)", said) == [
        (f"{chosen.wall_time:%H:%M}", "Lyon", "UTC+01:00"),
        (f"{chosen.wall_time:%H:%M}", "La Paz", "UTC−04:00"),
    ]
    assert "One time on every clock, round the planet: first in Lyon" in text_of_page(
        await pages.get(pages.desk(f"actions/{slug}"), "member")
    )


async def test_relay_that_is_looked_at_is_put_forward_with_all_its_moments(pages: Pages) -> None:
    slug = await pages.draft(shape="wave")
    page = await look(pages, slug, "?shape=relay")

    answer = await pages.send(pages.desk(f"actions/{slug}/put-forward"), {"shape": "relay", "start": starts(page)[0]})

    assert answer.status_code == 303, answer.text
    chosen = await offered(pages, slug)
    assert isinstance(chosen, AtInstants)
    assert ", ".join(f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in chosen.starts) == starts(page)[0]


async def test_wave_that_is_typed_is_looked_at_before_it_is_put_forward(pages: Pages) -> None:
    slug = await pages.draft()

    page = await look(pages, slug, "?shape=wave&wall_time=2027-02-10+19:30")

    said = text_of(page)
    assert re.findall(r"(?:Lyon|La Paz) (19:30 \w+ \d+ \w+ 2027) , (?:Lyon|La Paz) , (UTC\S+)", said) == [
        ("19:30 Wednesday 10 February 2027", "UTC+01:00"),
        ("19:30 Wednesday 10 February 2027", "UTC−04:00"),
    ]
    assert re.search(r"Who is at what hour, each at its own moment .*? \d in (its|their) hours .*? Why, group by group", said)
    assert 'name="start" value="other" checked' in page
    assert 'value="2027-02-10 19:30"' in page


async def test_relay_that_is_typed_is_looked_at_moment_by_moment(pages: Pages) -> None:
    slug = await pages.draft()

    page = await look(pages, slug, "?shape=relay&wall_time=2027-02-10+14:00%0A2027-02-11+19:00")

    assert re.findall(r"(?:Lyon|La Paz) (\d\d:\d\d \w+ \d+) \w+ 2027 , (Lyon|La Paz) , UTC", text_of(page)) == [
        ("19:00 Wednesday 10", "Lyon"),
        ("19:00 Thursday 11", "La Paz"),
    ]
    assert page.count("2027-02-10 14:00\n2027-02-11 19:00") == 2  # in the form, and where it was typed to be looked at


@pytest.mark.parametrize("shape", Shape)
async def test_example_of_what_to_type_stays_in_one_piece_from_right_to_left(pages: Pages, shape: Shape) -> None:
    slug = await pages.draft()

    page = await look(pages, slug, f"?shape={shape}", lang="ar")

    examples = re.findall(r"(<bdi [^>]+>)?2027-01-18 08:00", page)
    assert examples == ['<bdi dir="ltr" class="nowrap">'] * 2  # where it is put forward, and where it is looked at first


@pytest.mark.parametrize(
    ("shape", "typed", "wrong"),
    [("wave", "soon", "“soon”"), ("relay", "2027-02-10 14:00; soon", "“soon”"), ("wave", "2038-01-01 00:00", "is too late")],
)
async def test_start_that_cannot_be_looked_at_is_named_with_what_is_wrong(pages: Pages, shape: str, typed: str, wrong: str) -> None:
    slug = await pages.draft()

    page = await look(pages, slug, f"?shape={shape}&wall_time={quote_plus(typed)}")

    assert re.search(wrong, text_of(page))
    assert typed in unescape(page)


async def test_form_that_comes_back_keeps_the_shape_that_was_looked_at(pages: Pages) -> None:
    slug = await pages.draft()

    answer = await pages.send(
        pages.desk(f"actions/{slug}/put-forward"), {"shape": "wave", "start": "other", "wall_time": "2027-03-28 02:30"}
    )

    assert answer.status_code == 422
    assert "clocks jump over 2027-03-28 02:30 where these groups are: Casseroles" in text_of_page(answer)
    assert '<input type="hidden" name="shape" value="wave">' in answer.text
    assert 'name="gap" value="later"' in answer.text
    assert 'value="2027-03-28 02:30"' in answer.text


async def test_shape_that_is_none_shows_the_drafts_own(pages: Pages) -> None:
    slug = await pages.draft(shape="relay")

    page = await look(pages, slug, "?shape=spiral")

    assert '<input type="hidden" name="shape" value="relay">' in page
    assert re.findall(r'class="pick shape"( aria-current="true")?', page) == ["", "", ' aria-current="true"']


async def test_move_keeps_its_shape_and_is_offered_the_best_start_of_it(pages: Pages) -> None:
    slug = await pages.draft()
    form = {"shape": "wave", "start": "2027-02-10T18:00"}
    await pages.send(pages.desk(f"actions/{slug}/put-forward"), form)
    for role in ("other", "hidden"):
        await pages.send(pages.desk(f"actions/{slug}/respond", getattr(pages.world, role)), {"response": "consent"}, role)

    page = await look(pages, slug, "/move?shape=relay")

    assert columns(page) == []
    assert '<input type="hidden" name="shape" value="wave">' in page
    assert re.fullmatch(r"2027-\d\d-\d\dT\d\d:\d\d", starts(page)[0])


async def test_quarter_without_time_to_answer_says_so_of_every_shape(pages: Pages, clock: FakeClock) -> None:
    slug = await pages.draft()
    clock.set(clock.now().replace(year=2027, month=3, day=31))

    page = await look(pages, slug, "?shape=wave")

    assert [column.count("No start of this quarter leaves time to answer.") for column in columns(page)] == [1, 1, 1]
    assert starts(page) == ["other"]
