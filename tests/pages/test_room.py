"""The addresses of rooms: who may open them, what caches may keep, what no public byte says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import FakeClock
from tests.pages.plain_form import read_forms
from tests.pages.tellings import TELLING, TITLE_ES, publish, translate
from tests.pages.world import HIDDEN_WORDS, Pages

MOMENT = datetime(2027, 2, 10, 18, 0, tzinfo=UTC)


def data_of(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="room">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


@pytest.mark.parametrize("path", ["/en/room", "/en/actions/{slug}/countdown"])
async def test_public_room_is_the_same_for_everyone_within_a_second(pages: Pages, clock: FakeClock, path: str) -> None:
    address = path.format(slug=await pages.confirm())
    clock.set(MOMENT - timedelta(seconds=247))

    first = await pages.get(address)
    clock.advance(milliseconds=900)
    signed_in = await pages.get(address, "custodian")
    again = await pages.get(address, **{"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "public, max-age=5"
    assert signed_in.content == first.content
    assert again.status_code == 304


@pytest.mark.parametrize("tag", ["en", "es", "ar"])
async def test_public_room_names_no_hidden_group(pages: Pages, tag: str) -> None:
    slug = await pages.confirm()

    answers = [
        await pages.get(f"/{tag}{rest}")
        for rest in ("/room", "/room.json", f"/actions/{slug}/countdown", f"/actions/{slug}/countdown.json")
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert [word for word in HIDDEN_WORDS for answer in answers if word in answer.text] == []


async def test_room_counts_whole_seconds_and_tells_its_script_the_target(pages: Pages, clock: FakeClock) -> None:
    slug = await pages.confirm()
    clock.set(MOMENT - timedelta(seconds=246, milliseconds=500))

    answer = await pages.get(f"/en/actions/{slug}/countdown")

    assert 'data-countdown="247"' in answer.text
    told = data_of(answer.text)
    assert (told["action"]["slug"], told["action"]["at_ms"]) == (slug, int(MOMENT.timestamp() * 1000))
    assert (told["streams"], told["moves_on"], told["data_path"]) == (["public"], False, f"/en/actions/{slug}/countdown.json")


async def test_room_json_says_what_the_page_says(pages: Pages) -> None:
    slug = await pages.confirm()

    page = data_of((await pages.get(f"/en/actions/{slug}/countdown")).text)
    fetched = (await pages.get(f"/en/actions/{slug}/countdown.json")).json()

    del page["catalog"]  # the page carries its sentences once
    assert fetched == page


async def test_room_of_a_group_opens_with_its_room_link_alone(pages: Pages) -> None:
    address = pages.desk("room")

    answers = {role: await pages.get(address, role) for role in ("", "room", "custodian", "other")}

    assert {role: answer.status_code for role, answer in answers.items()} == {"": 401, "room": 200, "custodian": 200, "other": 403}
    assert answers["room"].headers["cache-control"] == "private, no-store"
    assert data_of(answers["room"].text)["streams"] == ["partners", f"group:{pages.world.group}"]


@pytest.mark.parametrize("slug", ["no-such-action-000000", "%00", "x" * 300])
async def test_room_of_an_unknown_action_is_not_found(pages: Pages, slug: str) -> None:
    assert (await pages.get(f"/en/actions/{slug}/countdown")).status_code == 404


async def test_room_of_a_draft_or_proposal_is_not_found(pages: Pages) -> None:
    assert (await pages.get(f"/en/actions/{await pages.draft()}/countdown")).status_code == 404
    assert (await pages.get(f"/en/actions/{await pages.propose()}/countdown")).status_code == 404


async def test_room_without_any_action_stands_and_leads_to_the_calendar(pages: Pages) -> None:
    answer = await pages.get("/en/room")

    assert answer.status_code == 200
    assert data_of(answer.text)["action"] is None


# --- the mirror on a wall -------------------------------------------------------------------------------------------------


async def test_room_holds_up_the_newest_spotlight_and_only_in_reviewed_words(pages: Pages) -> None:
    slug = await publish(pages)
    where = await translate(pages, slug)
    room = pages.desk("room.json", pages.world.other, "es")

    unread = (await pages.get(room, "other")).json()["spotlight"]
    (sign,) = [
        f for f in read_forms(await pages.get(where.replace(pages.world.other, pages.world.group), "member")) if f.action.endswith("/sign")
    ]
    await pages.send(sign.action, sign.fields, "member")
    read = (await pages.get(room, "other")).json()["spotlight"]

    assert (unread["title"]["words"], unread["label"]["kind"]) == (TELLING["title"], "original")
    assert (read["title"]["words"], read["label"]["kind"]) == (TITLE_ES, "read")


async def test_public_room_holds_up_public_spotlights_and_drops_what_is_taken_back(pages: Pages) -> None:
    slug = await publish(pages)
    await publish(pages, "other", pages.world.other, title="For partners")

    before = (await pages.get("/en/room.json")).json()["spotlight"]
    await pages.send(pages.desk(f"spotlights/{slug}/retire"), {})
    after = (await pages.get("/en/room.json")).json()["spotlight"]

    assert (before["slug"], after) == (slug, None)


async def test_room_does_not_hold_up_its_own_groups_spotlight(pages: Pages) -> None:
    await publish(pages)

    assert (await pages.get(pages.desk("room.json"), "room")).json()["spotlight"] is None


async def test_room_shows_sixty_words_at_most_and_betrays_no_zone_of_a_group_that_hides(pages: Pages) -> None:
    await publish(pages, "hidden", pages.world.hidden, story="\n\n".join(["word " * 50] * 3))

    told = (await pages.get(pages.desk("room.json"), "room")).json()["spotlight"]

    assert sum(len(part["words"].split()) for part in told["text"]) == 60
    assert (told["by"], told["until_ms"]) == ("a group", None)
