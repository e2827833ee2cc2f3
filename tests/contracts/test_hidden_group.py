"""A group that must not be found: its name, place and zone are planted, driven through a whole action, and looked for in every public byte."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from coordinator.app import make_app
from coordinator.domain.access import NOBODY
from coordinator.keys import PARTNERS, PUBLIC
from coordinator.services.mirror import Reading, load_spotlight
from coordinator.services.proposals import cancel, draft_action, put_forward
from coordinator.services.responses import respond
from coordinator.services.snapshots import load_snapshot
from coordinator.services.spotlights import draft_spotlight, publish_spotlight
from coordinator.services.translations import save_translation
from coordinator.settings import Settings
from coordinator.store import tables
from coordinator.store.ids import new_row_id
from tests.conftest import FakeClock
from tests.factories import NOON, add_group, add_link, add_network, add_session, caller_as, load_events
from tests.mirror_rows import add_echo, add_spotlight

NAME, PLACE, ZONE_ID = "Zanjeer Reading Room", "Khorramabad", "Asia/Tehran"
SHY_NAME, SHY_PLACE = "Oficina do Quilombo", "Alcântara"  # lists itself to partners only
TOLD_UNSEEN = "The well that is not shown"
SECRETS = (NAME, PLACE, ZONE_ID, "Tehran", "طهران", "Teherán", "+03:30", "٠٣:٣٠", "UTC+3:30", "UTC+٣:٣٠")
MOMENT = datetime(2027, 2, 6, 17, 0, tzinfo=UTC)
LANGUAGES = ("en", "es", "ar")
TOLD = {"title": "The sluice", "story": "They closed it.", "consent": "All.", "language": "en", "audience": "public"}
HUSHED = "The walled spring"  # the title of what the hidden group tells
ORIGIN = "http://testserver"


@dataclass
class World:
    """A network with one group in hiding, one action confirmed, one proposed, one cancelled; two spotlights, one of them in hiding."""

    app: Starlette
    slugs: dict[str, str]
    spotlights: dict[str, str]
    partner_session: str
    told: dict[str, str]  # group → the slug of what it told
    partner_group: str


@pytest.fixture
async def world(sqlite_database_url: str, clock: FakeClock, tmp_path: Path) -> AsyncIterator[World]:
    settings = Settings(
        database_url=sqlite_database_url, redis_url=f"unix://{tmp_path}/none", secret_key="k" * 40, base_url=ORIGIN, data=tmp_path
    )
    app = make_app(settings, clock)
    database = app.state.runtime.database
    async with database.write(NOON) as work:
        await add_network(work.conn, zone_id="Africa/Nairobi")
        ids = {
            "Minga": await add_group(work.conn, "Minga", listing="public"),
            "Nile": await add_group(work.conn, "Nile", zone_id="Africa/Cairo", place="Cairo", listing="public"),
            "hidden": await add_group(work.conn, NAME, zone_id=ZONE_ID, place=PLACE, alias_name="Reed", language="fa", listing="hidden"),
        }
        partner_session = await add_session(work.conn, await add_link(work.conn, "custodian", ids["Nile"]))
    slugs = {state: await _propose(database, ids, state) for state in ("confirmed", "proposed", "cancelled")}
    spotlights = {title: await _tell(database, ids, name, title) for name, title in (("Minga", TOLD["title"]), ("hidden", HUSHED))}
    told = await _mirror(database, ids)
    yield World(app, slugs, spotlights, partner_session, told, ids["Nile"])
    await database.close()


async def _mirror(database: object, ids: dict[str, str]) -> dict[str, str]:
    """Every group tells in public, and everybody answers everybody."""
    async with database.write(NOON) as work:  # type: ignore[attr-defined]  # the database of the application's state
        shy = await add_group(work.conn, SHY_NAME, zone_id="America/Fortaleza", place=SHY_PLACE)
        groups = {**ids, "shy": shy}
        words = {"Minga": "The tide is ours", "hidden": TOLD_UNSEEN, "shy": TOLD_UNSEEN}
        told = {name: await add_spotlight(work.conn, groups[name], sections={"title": title}) for name, title in words.items()}
        for teller, slug in told.items():
            for name, group_id in groups.items():
                if name != teller:
                    face = TOLD_UNSEEN if name in ("hidden", "shy") else "A port."
                    await add_echo(work.conn, slug, group_id, sections={"face": face})
    return told


async def _propose(database: object, ids: dict[str, str], state: str) -> str:
    form = {"title": f"The {state} one", "kind": "noise", "story": "Why.", "duration_minutes": "30", "quarter": "2027-Q1", "language": "en"}
    custodian = caller_as("custodian", ids["hidden"])  # the hidden group proposes, too
    async with database.write(NOON) as work:  # type: ignore[attr-defined]  # the database of the application's state
        slug = await draft_action(work, custodian, ids["hidden"], form, frozenset(LANGUAGES))
        await put_forward(work, custodian, slug, {"start": MOMENT.isoformat()})
        for name in ("Minga", "Nile") if state != "proposed" else ("Minga",):
            await respond(work, caller_as("custodian", ids[name]), ids[name], slug, {"response": "consent"})
        if state == "cancelled":
            await cancel(work, custodian, slug, {"reason": "The road is closed."})
    return slug


async def _tell(database: object, ids: dict[str, str], name: str, title: str) -> str:
    """A spotlight that the hidden group tells, or translates."""
    teller = caller_as("custodian", ids[name])
    async with database.write(NOON) as work:  # type: ignore[attr-defined]  # as above
        slug = await draft_spotlight(work, teller, ids[name], TOLD | {"title": title}, frozenset(LANGUAGES))
        await publish_spotlight(work, teller, slug)
        text_id = (await load_spotlight(work.conn, Reading(teller, "en", NOON), slug)).text_id
        raw = {"language": "es", "section[0]": "La compuerta", "section[1]": "La cerraron."}
        await save_translation(work, caller_as("member", ids["hidden"]), ids["hidden"], text_id=text_id, raw=raw, languages=LANGUAGES)
    return slug


def _client(app: Starlette, session: str = "") -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {session}"} if session else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN, headers=headers)


def _public_paths(slugs: dict[str, str], spotlights: dict[str, str]) -> list[str]:
    paths = ["/", "/enter", "/healthz", "/readyz", "/metrics", "/api/v1/network", "/api/v1/groups", "/api/v1/actions?quarter=2027-Q1"]
    paths += ["/api/v1/quarters/2027-Q1", "/api/v1/openapi.json", "/api/v1/asyncapi.json"]
    for slug in slugs.values():
        paths += [f"/api/v1/actions/{slug}", f"/api/v1/actions/{slug}/moment.json"]
    for tag in LANGUAGES:
        paths += [f"/{tag}/mirror", f"/{tag}/mirror?quarter=2027-Q1", f"/{tag}/mirror?original=1"]
        paths += [f"/{tag}/", f"/{tag}/room", f"/{tag}/subscribe", f"/{tag}/status", f"/{tag}/calendar.ics"]
        paths += [f"/{tag}/mirror/{slug}" for slug in spotlights.values()]
        for slug in slugs.values():
            paths += [f"/{tag}/actions/{slug}", f"/{tag}/actions/{slug}.ics", f"/{tag}/actions/{slug}/countdown"]
    return paths


def _unfolded(body: str) -> str:
    return body.replace("\r\n ", "").replace("\\u2212", "−")


def _found(body: str) -> list[str]:
    text = _unfolded(body)
    return [secret for secret in SECRETS if secret in text or json.dumps(secret)[1:-1] in text]


async def test_no_public_byte_names_a_hidden_group_its_place_or_its_zone(world: World) -> None:
    answered = 0
    async with _client(world.app) as client:
        for path in _public_paths(world.slugs, world.spotlights):
            response = await client.get(path)
            assert _found(response.text) == [], path
            assert HUSHED not in response.text, path
            assert "Reed" not in response.text, path  # the alias is for partners
            answered += response.status_code == 200

    assert answered > 40  # the paths above are real ones


async def test_the_public_stream_and_its_snapshot_tell_nothing_of_a_hidden_group(world: World) -> None:
    async with world.app.state.runtime.database.read() as conn:
        told = [data for stream, _, data in await load_events(conn) if stream == PUBLIC]
        snapshot = await load_snapshot(conn, PUBLIC, NOBODY, NOON)

    assert len(told) >= 6
    assert len(snapshot["actions"]) == 3
    assert world.spotlights[HUSHED] not in json.dumps(told)
    assert _found(json.dumps([told, snapshot], ensure_ascii=False)) == []


async def test_partners_see_alias_and_answer_and_no_place_zone_or_local_time(world: World) -> None:
    slug = world.slugs["proposed"]
    async with _client(world.app, world.partner_session) as client:
        told = (await client.get(f"/api/v1/actions/{slug}")).text
    async with world.app.state.runtime.database.read() as conn:
        events = [data for stream, _, data in await load_events(conn) if stream == PARTNERS]

    assert "Reed" in told
    assert _found(told) == []
    assert _found(json.dumps(events, ensure_ascii=False)) == []


async def test_an_action_of_hidden_groups_alone_answers_the_public_as_unknown(world: World, clock: FakeClock) -> None:
    database = world.app.state.runtime.database
    async with database.write(NOON) as work:
        alone = [await add_group(work.conn, f"Alone {n}", zone_id=ZONE_ID, place=PLACE, listing="hidden") for n in (1, 2)]
        form = {"title": "Unseen", "kind": "noise", "story": "Why.", "duration_minutes": "30", "quarter": "2027-Q1", "language": "en"}
        custodian = caller_as("custodian", alone[0])
        slug = await draft_action(work, custodian, alone[0], {**form, "invited": alone}, frozenset(LANGUAGES))
        await put_forward(work, custodian, slug, {"start": MOMENT.isoformat()})
    clock.advance(timedelta(seconds=6))  # past what a cache may keep

    async with _client(world.app) as client:
        for path in (f"/en/actions/{slug}", f"/en/actions/{slug}.ics", f"/en/actions/{slug}/countdown", f"/api/v1/actions/{slug}"):
            unknown = await client.get(path.replace(slug, "unknown-slug"))
            assert (await client.get(path)).status_code == unknown.status_code == 404, path
        for path in ("/en/", "/en/calendar.ics", "/api/v1/actions?quarter=2027-Q1"):
            assert "Unseen" not in (await client.get(path)).text


async def test_no_public_byte_of_the_mirror_tells_of_a_hidden_or_partners_only_group(world: World) -> None:
    secrets = (*SECRETS, "Reed", SHY_NAME, SHY_PLACE, "Fortaleza", TOLD_UNSEEN)
    async with _client(world.app) as client:
        for tag in LANGUAGES:
            for rest in ("", "?quarter=2027-Q1", "?original=1", f"/{world.told['Minga']}"):
                answer = await client.get(f"/{tag}/mirror{rest}")
                assert answer.status_code == 200, rest
                assert "The tide is ours" in answer.text, rest
                assert [secret for secret in secrets if secret in answer.text] == [], rest
                if not rest.startswith("/"):
                    assert answer.text.count('class="score__echo"') == 1  # the one between the two that show themselves
            for teller in ("hidden", "shy"):
                unknown = await client.get(f"/{tag}/mirror/unknown")
                answer = await client.get(f"/{tag}/mirror/{world.told[teller]}")
                assert (answer.status_code, answer.text) == (404, unknown.text)


async def test_partners_see_a_hidden_group_on_the_balance_by_its_alias_alone(world: World) -> None:
    async with _client(world.app, world.partner_session) as client:
        answer = await client.get(f"/en/g/{world.partner_group}/balance")

    assert answer.status_code == 200
    assert "Reed" in answer.text
    assert SHY_NAME in answer.text  # listed for partners
    assert _found(answer.text) == []


async def test_spotlight_and_echo_of_a_hidden_group_tell_partners_its_alias_and_the_public_nothing(world: World) -> None:
    told = await _tell_and_echo(world)

    async with _client(world.app) as client:
        for tag in LANGUAGES:
            for path in (f"/{tag}/", f"/{tag}/room", f"/{tag}/room.json"):
                public = (await client.get(path)).text
                assert _found(public) == [], path
                assert "Reed" not in public, path
    async with _client(world.app, world.partner_session) as client:
        seen = []
        for tag in LANGUAGES:
            desk = f"/{tag}/g/{told.partner}"
            for path in ("/", "/news.json", "/spotlights", "/spotlights.json", f"/spotlights/{told.hidden}", f"/spotlights/{told.own}"):
                answer = await client.get(desk + path)
                assert answer.status_code == 200, path
                assert _found(answer.text) == [], path
                seen.append(answer.text)
            seen.append((await client.get(f"{desk}/room.json")).text)
            assert _found(seen[-1]) == []
    async with world.app.state.runtime.database.read() as conn:
        events = [data for stream, kind, data in await load_events(conn) if stream in (PUBLIC, PARTNERS) and kind.startswith("spotlight.")]
    assert sum("Reed" in each for each in seen) >= 15
    assert _found(json.dumps(events, ensure_ascii=False)) == []


@dataclass
class Told:
    """A spotlight of the hidden group, and one of a partner that the hidden group answered with an echo."""

    partner: str
    hidden: str
    own: str


async def _tell_and_echo(world: World) -> Told:
    telling = {
        "title": "Unseen river",
        "story": "Why.",
        "consent": "All of it.",
        "language": "en",
        "audience": "public",
        "until": "2027-06-30",
    }
    async with world.app.state.runtime.database.write(NOON) as work:
        groups = {row.name: row.id for row in await work.conn.execute(tables.group.select())}
        slugs = {}
        for name in (NAME, "Nile"):
            custodian = caller_as("custodian", groups[name])
            slugs[name] = await draft_spotlight(work, custodian, groups[name], telling, frozenset(LANGUAGES))
            await publish_spotlight(work, custodian, slugs[name])
        text_id, echoed = new_row_id(), tables.spotlight.c.slug == slugs["Nile"]
        spotlight_id = (await work.conn.execute(tables.spotlight.select().where(echoed))).one().id
        row = {"id": text_id, "group_id": groups[NAME], "kind": "echo", "language": "en", "sections": [["share", "We, too."]]}
        await work.conn.execute(
            tables.text.insert().values(**row, source_hash="h" * 64, may_leave=False, revision=1, created_at=NOON, changed_at=NOON)
        )
        echo = {"id": new_row_id(), "spotlight_id": spotlight_id, "group_id": groups[NAME], "text_id": text_id, "quarter": "2027-Q1"}
        await work.conn.execute(tables.echo.insert().values(**echo, published_at=NOON, revision=1, created_at=NOON))
    return Told(groups["Nile"], slugs[NAME], slugs["Nile"])
