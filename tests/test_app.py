"""What stands around every answer: whose host, which headers, how much is packed, and what a stranger hears."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from coordinator.app import make_app
from coordinator.pages.render import SECURITY_HEADERS
from coordinator.settings import Settings
from tests.conftest import FakeClock
from tests.factories import NOON, add_group, add_network

PATHS = ("/en/", "/ar/", "/enter", "/en/calendar.ics", "/api/v1/actions", "/nowhere", "/api/v1/nowhere", "/healthz")


@pytest.fixture
async def client(sqlite_database_url: str, clock: FakeClock, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(database_url=sqlite_database_url, redis_url=f"unix://{tmp_path}/none", secret_key="k" * 40, data=tmp_path)
    app = make_app(settings, clock)
    database = app.state.runtime.database
    async with database.write(NOON) as work:
        await add_network(work.conn)
        await add_group(work.conn, "Minga", listing="public")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
        yield client
    await database.close()


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers

    assert {name: headers[name] for name in SECURITY_HEADERS if name != "Content-Security-Policy"} == {
        name: value for name, value in SECURITY_HEADERS.items() if name != "Content-Security-Policy"
    }
    assert "connect-src 'self' ws://127.0.0.1:8000;" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "chorus.example.org", "127.0.0.1.evil.example", "localhost.evil.example"])
async def test_another_host_is_turned_away_without_a_base_url(client: httpx.AsyncClient, host: str) -> None:
    answer = await client.get("/en/", headers={"Host": host})

    assert answer.status_code == 421
    assert "Chorus" not in answer.text.replace("CHORUS_BASE_URL", "")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "192.168.1.7:8000"])
async def test_loopback_and_numeric_addresses_are_ours(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/en/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:8001", "https://127.0.0.1:8000", "http://127.0.0.1:8000/"]
)
async def test_a_command_from_elsewhere_is_refused(client: httpx.AsyncClient, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}

    assert (await client.post("/enter", data={"secret": "k7f2-9mqd"}, headers=headers)).status_code == 403


async def test_pages_are_packed_and_answers_to_commands_are_not(client: httpx.AsyncClient) -> None:
    page = await client.get("/en/", headers={"Accept-Encoding": "gzip"})
    command = await client.post(
        "/enter", data={"secret": "k7f2-9mqd"}, headers={"Accept-Encoding": "gzip", "Origin": "http://127.0.0.1:8000"}
    )

    assert page.headers.get("content-encoding") == "gzip"
    assert command.status_code == 404
    assert "content-encoding" not in command.headers


async def test_too_large_a_form_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/enter", content=b"secret=" + b"x" * 300_000, headers={"Origin": "http://127.0.0.1:8000"})

    assert answer.status_code == 413


async def test_a_reader_who_leaves_while_sending_is_no_fault_of_ours(client: httpx.AsyncClient) -> None:
    app = client._transport.app  # type: ignore[attr-defined]  # the application behind this client
    sent: list[dict[str, object]] = []
    scope = {
        "type": "http", "method": "POST", "path": "/enter", "raw_path": b"/enter", "query_string": b"", "scheme": "http", "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000"), (b"content-type", b"application/x-www-form-urlencoded")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "http_version": "1.1",
    }  # fmt: skip

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await app(scope, receive, send)

    assert sent[0]["status"] == 400
