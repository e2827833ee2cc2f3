from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from coordinator.api.metrics import sum_streams
from coordinator.app import make_app
from coordinator.settings import Settings
from tests.api.world import NO_REDIS, World, open_world
from tests.conftest import FakeClock
from tests.factories import NOON, SECRET_KEY
from tests.services.test_health import add_beats, add_job, add_migrated


async def read_all(world: World) -> str:
    return "".join([(await world.client.get(path)).text for path in ("/healthz", "/readyz", "/metrics")])


async def test_healthz_answers_without_a_database(tmp_path: object) -> None:
    import httpx  # an application without a world

    app = make_app(
        Settings(database_url=f"sqlite+aiosqlite:///{tmp_path}/nowhere/x.db", redis_url=NO_REDIS, secret_key=SECRET_KEY.decode())
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        alive, ready, metrics = [await client.get(path) for path in ("/healthz", "/readyz", "/metrics")]

    assert (alive.status_code, alive.text, alive.headers["cache-control"]) == (200, "ok\n", "no-store")
    assert (ready.status_code, ready.json()["failures"]) == (503, ["database", "canary"])
    assert metrics.status_code == 200


async def test_operators_are_answered_by_whatever_name_they_call(world: World) -> None:
    answers = [await world.client.get(path, headers={"Host": "web:8000"}) for path in ("/healthz", "/metrics", "/api/v1/network")]

    assert [answer.status_code for answer in answers] == [200, 200, 421]


async def test_readyz_names_what_fails_and_what_is_degraded(world: World) -> None:
    answer = await world.client.get("/readyz")

    assert answer.status_code == 503
    told = answer.json()
    assert (told["status"], told["failures"], told["warnings"]) == ("failing", ["schema", "canary"], ["workers", "redis"])


async def test_readyz_follows_canary_workers_and_jobs(sqlite_database_url: str, clock: FakeClock, empty_valkey: str) -> None:
    async with open_world(sqlite_database_url, clock, empty_valkey) as world:
        async with world.database.write(NOON) as work:
            await add_migrated(work.conn)
            await add_beats(work.conn, NOON)
        await wait_for_canary(world)
        fine = await world.client.get("/readyz")
        async with world.database.write(NOON) as work:
            await add_job(work.conn, due_at=NOON - timedelta(minutes=5))
        late = await world.client.get("/readyz")
        clock.advance(seconds=61)
        silent = await world.client.get("/readyz")

    assert (fine.status_code, fine.json()["status"], fine.json()["canary_age_s"]) == (200, "ok", 0.0)
    assert (late.status_code, late.json()["status"], late.json()["warnings"]) == (200, "degraded", ["jobs"])
    assert (silent.status_code, silent.json()["failures"]) == (503, ["canary"])


async def wait_for_canary(world: World) -> None:
    """The hub sings once when it starts; its own poll brings it back."""
    async with asyncio.timeout(20):
        while world.app.state.live.canary.seen_at is None:  # noqa: ASYNC110 - the hub's rounds are tasks of this loop, and have no event to wait for
            await asyncio.sleep(0.05)


async def test_operators_say_nothing_of_groups_links_or_places(world: World) -> None:
    slug = await world.confirm()
    await world.get(f"/actions/{slug}", "custodian")
    await world.client.get("/en/feeds/some-secret.ics")

    told = await read_all(world)

    words = ["Minga", "Quetzal", "La_Paz", slug, "some-secret", world.group, world.hidden, str(world.database.engine.url.database)]
    words += [text for link in world.links.values() for text in (link.id, link.secret)] + list(world.tokens.values())
    assert not [word for word in words if word in told]


async def test_metrics_count_requests_by_template_and_status(world: World) -> None:
    slug = await world.confirm()
    for name in (slug, slug, "nosuch"):
        await world.get(f"/actions/{name}/moment.json")
    await world.client.request("BREW", "/api/v1/network")

    figures = read_figures((await world.client.get("/metrics")).text)

    template = "/api/v1/actions/{slug}/moment.json"
    assert figures[f'chorus_requests_total{{method="GET",route="{template}",status="200"}}'] == 2
    assert figures[f'chorus_requests_total{{method="GET",route="{template}",status="404"}}'] == 1
    assert figures['chorus_requests_total{method="other",route="/api/v1/network",status="405"}'] == 1
    assert figures[f'chorus_request_seconds_count{{route="{template}"}}'] == 3


async def test_metrics_tell_of_log_jobs_sockets_and_zone_rules(world: World) -> None:
    await world.confirm()
    async with world.database.write(NOON) as work:
        await add_job(work.conn, due_at=NOON - timedelta(seconds=90))

    text = (await world.client.get("/metrics")).text

    figures = read_figures(text)
    assert figures["chorus_live_viewers"] == -1  # the hub of this test was not started; its canary would be one
    assert figures["chorus_jobs_oldest_due_seconds"] == 90
    assert figures['chorus_jobs{kind="decide",state="waiting"}'] == 2
    assert figures['chorus_jobs{kind="remind",state="waiting"}'] == 3
    assert figures['chorus_log_head{stream="public"}'] == figures['chorus_log_head{stream="partners"}'] == 4
    assert figures['chorus_log_head{stream="groups"}'] >= 3
    assert figures['chorus_health{check="canary",level="failing"}'] == 1
    assert re.search(r'^chorus_zone_rules_info\{pytz="20\d\d\w",tzdata="20\d\d\w"\} 1.0$', text, re.MULTILINE)
    assert "process_resident_memory_bytes" in figures
    assert text.count("# TYPE chorus_jobs gauge") == 1


def test_streams_of_groups_are_one_figure() -> None:
    assert sum_streams({"public": 4, "group:a": 2, "group:b": 3}) == {"public": 4, "groups": 5}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_operators_urls_take_no_commands(world: World, path: str) -> None:
    assert (await world.client.post(path)).status_code == 405


async def test_crash_is_counted_and_answered_as_a_problem(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("coordinator.api.reads.load_network", crash)

    with capture_logs() as logged:
        answer = await world.get("/network")

    assert [(entry["event"], entry["error"]) for entry in logged if entry["log_level"] == "error"] == [("request.crashed", "RuntimeError")]
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "a secret of ours" not in answer.text
    figures = read_figures((await world.client.get("/metrics")).text)
    assert figures['chorus_requests_total{method="GET",route="/api/v1/network",status="500"}'] == 1


def read_figures(text: str) -> dict[str, float]:
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}
