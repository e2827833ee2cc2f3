"""Waves and relays on pages: drafted and put forward with plain forms, shown leg by leg, counted to one after the other."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import sqlalchemy as sa

from coordinator.store import tables
from tests.conftest import FakeClock
from tests.pages.test_room import data_of
from tests.pages.world import HIDDEN_WORDS, Pages, open_pages, text_of_page

LYON, LA_PAZ, GUATEMALA = (datetime(2027, 2, day, hour, tzinfo=UTC) for day, hour in ((10, 17), (10, 22), (11, 0)))
SIX = "2027-02-10 18:00"


@pytest.fixture
async def pages(sqlite_database_url: str, clock: FakeClock) -> AsyncIterator[Pages]:
    """The small network, in which the group in Lyon lists itself to everybody as well."""
    async with open_pages(sqlite_database_url, clock) as opened:
        async with opened.world.database.write(clock.now()) as work:
            await work.conn.execute(sa.update(tables.group).where(tables.group.c.id == opened.world.other).values(listing="public"))
        yield opened


async def put(pages: Pages, shape: str, wall_time: str = SIX, **form: str) -> str:
    slug = await pages.draft(shape=shape)
    answer = await pages.send(pages.desk(f"actions/{slug}/put-forward"), {"start": "other", "wall_time": wall_time, **form})
    assert answer.status_code == 303, answer.text
    return slug


async def agree(pages: Pages, slug: str) -> str:
    for role in ("other", "hidden"):
        answer = await pages.send(pages.desk(f"actions/{slug}/respond", getattr(pages.world, role)), {"response": "consent"}, role)
        assert answer.status_code == 303, answer.text
    return slug


async def wave(pages: Pages) -> str:
    return await agree(pages, await put(pages, "wave"))


def to_ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


# --- drafted and put forward ------------------------------------------------------------------------------------------


async def test_draft_form_keeps_the_shape_and_the_page_asks_for_its_start(pages: Pages) -> None:
    slug = await pages.draft(shape="wave")

    edit = await pages.get(pages.desk(f"actions/{slug}/edit"), "custodian")
    draft = await pages.get(pages.desk(f"actions/{slug}"), "custodian")

    assert '<option value="wave" selected>' in edit.text
    assert "Another date and time on every clock" in text_of_page(draft)
    assert 'name="start" value="other"' in draft.text


async def test_wave_over_a_skipped_hour_is_asked_about_with_names_and_then_taken(pages: Pages) -> None:
    slug = await pages.draft(shape="wave")
    form = {"start": "other", "wall_time": "2027-03-28 02:30"}
    path = pages.desk(f"actions/{slug}/put-forward")

    asked = await pages.send(path, form)
    taken = await pages.send(path, form | {"gap": "later"})

    told = text_of_page(await pages.get(pages.desk(f"actions/{slug}", pages.world.other), "other"))
    assert "Sunday 28 March 2027, 03:30 in Lyon , UTC+02:00" in told
    assert "Your clock jumps over the time of this wave that day, so your group would act when it would have come." in told
    assert asked.status_code == 422
    assert "clocks jump over 2027-03-28 02:30 where these groups are: Casseroles" in text_of_page(asked)
    assert 'name="gap" value="later"' in asked.text
    assert taken.status_code == 303


async def test_relay_is_typed_a_moment_a_line(pages: Pages) -> None:
    slug = await agree(pages, await put(pages, "relay", "2027-02-10 13:00\r\n2027-02-10 18:30"))

    moment = (await pages.world.get(f"/actions/{slug}/moment.json")).json()

    assert [(leg["leg"], leg["at_ms"]) for leg in moment["legs"]] == [(1, to_ms(LYON)), (2, to_ms(LYON + timedelta(hours=5.5)))]


async def test_group_is_asked_about_its_own_leg(pages: Pages) -> None:
    slug = await put(pages, "wave")

    said = {
        role: text_of_page(await pages.get(pages.desk(f"actions/{slug}", getattr(pages.world, role)), role)) for role in ("other", "hidden")
    }

    assert "Wednesday 10 February 2027, 18:00 in Lyon , UTC+01:00" in said["other"]
    assert "Wednesday 10 February 2027, 18:00 in Xelajú , UTC−06:00" in said["hidden"]
    assert not any(word in said["other"] for word in HIDDEN_WORDS)


# --- shown leg by leg -------------------------------------------------------------------------------------------------


async def test_action_of_a_wave_lists_its_legs_and_counts_to_the_next(pages: Pages, clock: FakeClock) -> None:
    slug = await wave(pages)
    path = f"/en/actions/{slug}"

    before = await pages.get(path)
    clock.set(LYON + timedelta(minutes=1))
    between = await pages.get(path)

    said = text_of_page(before)
    assert "One time on every clock, round the planet: first in Lyon , and 5 hours later in La Paz ." in said
    assert said.index("Lyon Casseroles 18:00 Wed UTC+1") < said.index("La Paz Minga del Agua 18:00 Wed UTC−4")
    assert re.findall(r'data-starts-at="([^"]*)" data-then="([^"]*)"', before.text) == [("2027-02-10T17:00:00Z", "2027-02-10T22:00:00Z")]
    assert re.findall(rf'"{path}(/countdown\?leg=\d|\.ics\?leg=\d)"', before.text) == [
        "/countdown?leg=1", ".ics?leg=1", "/countdown?leg=2", ".ics?leg=2"
    ]  # fmt: skip
    assert re.findall(r'data-countdown="(\d+)" data-starts-at="([^"]*)"', between.text) == [(str(5 * 3600 - 60), "2027-02-10T22:00:00Z")]
    assert "data-then" not in between.text


async def test_countdown_of_a_wave_brings_every_public_leg_and_turns_by_the_rule(pages: Pages, clock: FakeClock) -> None:
    slug = await wave(pages)
    shown = []
    for now in (LYON - timedelta(hours=2), LYON + timedelta(minutes=59), LYON + timedelta(minutes=61), LA_PAZ + timedelta(days=2)):
        clock.set(now)
        shown.append(data_of((await pages.get(f"/en/actions/{slug}/countdown")).text))

    assert [data["action"]["leg"] for data in shown] == [1, 1, 2, 2]
    legs = shown[0]["legs"]
    assert [(leg["leg"], leg["at_ms"], leg["ends_ms"] - leg["at_ms"]) for leg in legs] == [
        (1, to_ms(LYON), 1_800_000),
        (2, to_ms(LA_PAZ), 1_800_000),
    ]
    assert [[band["city"] for band in leg["bands"]] for leg in legs] == [["Lyon"], ["La Paz"]]
    assert [leg["more"] for leg in legs] == ["and 2 more groups"] * 2
    assert {name: shown[0]["action"][name] for name in ("at", "until", "moved_from")} == {
        name: legs[0][name] for name in ("at", "until", "moved_from")
    }


async def test_countdown_of_one_leg_is_that_leg_alone_and_of_an_unknown_one_unknown(pages: Pages) -> None:
    slug = await wave(pages)
    path = f"/en/actions/{slug}/countdown"

    data = data_of((await pages.get(f"{path}?leg=2")).text)
    again = (await pages.get(f"{path}.json?leg=2")).json()
    unknown = [(await pages.get(f"{path}?leg={leg}")).status_code for leg in ("100000", "0", "-1", "x", "99999999")]
    moments = [await pages.world.get(f"/actions/{slug}/moment.json?leg={leg}") for leg in (2, 100_000, "x")]

    assert (data["action"]["leg"], data["legs"], data["data_path"]) == (2, [], f"{path}.json?leg=2")
    assert again["action"] == data["action"]
    assert unknown == [404] * 5
    assert [moment.status_code for moment in moments] == [200, 404, 404]
    assert moments[0].json()["legs"] == [{"leg": 2, "at_ms": to_ms(LA_PAZ), "utc_offset": -240}]


async def test_room_and_desk_of_a_group_follow_its_own_leg(pages: Pages, clock: FakeClock) -> None:
    slug = await wave(pages)
    starts = {"custodian": (pages.world.group, LA_PAZ), "other": (pages.world.other, LYON), "hidden": (pages.world.hidden, GUATEMALA)}

    for role, (group_id, at) in starts.items():
        data = data_of((await pages.get(pages.desk("room", group_id), role)).text)
        assert (data["action"]["at_ms"], data["legs"], len(data["bands"])) == (to_ms(at), [], 1)
        assert f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}"' in (await pages.get(pages.desk("", group_id), role)).text
    clock.set(LYON + timedelta(hours=2))
    over = data_of((await pages.get(pages.desk("room", pages.world.other), "other")).text)

    assert over["action"] is None
    assert slug in (await pages.get(pages.desk("", pages.world.other), "other")).text


async def test_calendar_of_a_wave_has_an_entry_for_each_public_leg_and_a_file_for_one(pages: Pages) -> None:
    slug = await wave(pages)

    bodies = [(await pages.get(f"/en/{rest}")).content for rest in ("calendar.ics", f"actions/{slug}.ics", f"actions/{slug}.ics?leg=2")]
    unknown = await pages.get(f"/en/actions/{slug}.ics?leg=100000")

    starts = [[event.decoded("DTSTART") for event in icalendar.Calendar.from_ical(body).walk("VEVENT")] for body in bodies]
    assert starts == [[LYON, LA_PAZ], [LYON, LA_PAZ], [LA_PAZ]]
    assert unknown.status_code == 404


async def test_home_tells_the_next_leg_and_its_row_too(pages: Pages, clock: FakeClock) -> None:
    await wave(pages)
    clock.set(LYON + timedelta(minutes=1))

    home = await pages.get("/en/")

    assert "2027-02-10T22:00:00Z" in home.text
    assert "2027-02-10T17:00:00Z" not in home.text


@pytest.mark.parametrize("tag", ["en", "es", "ar"])
async def test_no_public_byte_tells_of_a_leg_that_only_a_hidden_group_follows(pages: Pages, tag: str) -> None:
    slug = await wave(pages)
    rests = (
        "",
        "room",
        "room.json",
        "calendar.ics",
        f"actions/{slug}",
        f"actions/{slug}.ics",
        f"actions/{slug}/countdown",
        f"actions/{slug}/countdown.json",
    )

    bodies = [await pages.get(f"/{tag}/{rest}") for rest in rests] + [
        await pages.world.get(path)
        for path in (f"/actions/{slug}", f"/actions/{slug}/moment.json", "/actions?quarter=2027-Q1", "/quarters/2027-Q1")
    ]

    assert {body.status_code for body in bodies} == {200}
    secrets = (
        *HIDDEN_WORDS,
        str(to_ms(GUATEMALA)),
        "2027-02-11T00:00",
        "20270211T000000",
        "UTC−06",
        "UTC-06",
        "UTC−6",
        '"leg":3',
        "-3@",
        "-360",
    )
    assert [(secret, body.url.path) for body in bodies for secret in secrets if secret in body.text.replace("\r\n ", "")] == []
