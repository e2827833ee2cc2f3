"""The status page: one sentence, the same bytes for everyone, and nothing that would help a stranger."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from coordinator import __version__
from coordinator.app import make_app
from coordinator.domain import zones
from coordinator.settings import Settings
from coordinator.store import tables
from coordinator.store.migrate import HEAD
from tests.api.world import BASE, NO_REDIS
from tests.factories import NOON, SECRET_KEY
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page

PATH = "/en/status"
FAILING = "Something is broken"
INSIDE = ("redis", "Redis", "sqlite", "postgres", "decide", "worker", HEAD, "canary", "/", "Minga", "Casseroles", *HIDDEN_WORDS)


async def make_well(pages: Pages, *, redis: bool = True) -> None:
    async with pages.world.database.write(NOON) as work:
        await work.conn.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        await work.conn.execute(sa.insert(sa.table("alembic_version", sa.column("version_num"))).values(version_num=HEAD))
        for process in ("worker-short", "worker-long"):
            await work.conn.execute(sa.insert(tables.heartbeat).values(process=process, at=NOON, detail={}))
    pages.world.app.state.live.canary.seen_at = NOON


async def test_status_says_when_something_is_broken(pages: Pages) -> None:
    answer = await pages.get(PATH)

    assert answer.status_code == 200
    assert FAILING in text_of_page(answer)


async def test_status_says_when_only_the_steward_must_look(pages: Pages) -> None:
    await make_well(pages)

    assert "Something behind them needs the steward’s attention." in text_of_page(await pages.get(PATH))  # no Redis in this world


async def test_status_says_that_all_is_well(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_well(pages)

    async def answers() -> bool:
        return True

    monkeypatch.setattr(pages.world.app.state.runtime.limiter, "answers", answers)
    assert "The network is well" in text_of_page(await pages.get(PATH))


async def test_status_tells_versions_and_when_it_was_looked_at_by_the_networks_own_clock(pages: Pages) -> None:
    async with pages.world.database.write(NOON) as work:
        await work.conn.execute(sa.update(tables.network).values(zone_id="Asia/Kathmandu"))
    text = text_of_page(await pages.get(PATH))

    assert "Looked at on Monday 4 January 2027, 17:45 in Kathmandu, UTC+05:45." in text.replace(" ,", ",").replace(" .", ".")
    assert all(version in text for version in (zones.rules_version(), zones.tzdata_version(), __version__))
    assert "another part of the server" not in text


async def test_status_says_in_words_that_this_process_has_older_rules_than_moments_were_read_under(pages: Pages) -> None:
    await make_well(pages)
    async with pages.world.database.write(NOON) as work:
        await work.conn.execute(sa.update(tables.network).values(rules_version="2999a"))

    text = text_of_page(await pages.get(PATH))

    assert f"computed with the zone rules {zones.rules_version()}, while this network’s moments were read under 2999a." in text


async def test_status_says_in_words_that_the_zone_rules_differ(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tzdata.IANA_VERSION", "1999z")
    text = text_of_page(await pages.get(PATH))

    assert "while another part of the server carries 1999z" in text


async def test_status_is_the_same_bytes_for_everyone_and_304_for_whoever_has_them(pages: Pages) -> None:
    answers = [await pages.get(PATH, role) for role in ("", "custodian", "steward")]
    again = await pages.get(PATH, "", **{"If-None-Match": answers[0].headers["etag"]})

    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["cache-control"] for answer in answers} == {"public, max-age=5"}
    assert (again.status_code, again.content) == (304, b"")


async def test_status_names_no_group_and_no_part_of_the_machine(pages: Pages) -> None:
    await make_well(pages)
    text = text_of_page(await pages.get(PATH))

    assert [word for word in INSIDE if word in text] == []


@pytest.mark.parametrize("lang", ["en", "es", "ar"])
async def test_status_answers_in_every_language(pages: Pages, lang: str) -> None:
    pages.world.clock.advance(timedelta(minutes=1))

    assert (await pages.get(f"/{lang}/status")).status_code == 200


async def test_status_without_a_database_says_that_a_part_is_away() -> None:
    app = make_app(
        Settings(database_url="postgresql+psycopg://nobody@127.0.0.1:1/none", redis_url=NO_REDIS, secret_key=SECRET_KEY.decode())
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        answer = await client.get(PATH)
    await app.state.runtime.database.close()

    assert answer.status_code == 503
    assert "A part of Chorus is away" in text_of_page(answer)
    assert answer.headers["cache-control"] == "private, no-store"
