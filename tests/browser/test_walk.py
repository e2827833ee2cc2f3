"""The whole chain, once, with nothing faked but the calendar's patience: real command, uvicorn, Valkey, sockets, Chromium.

import → propose → candidates → put forward → respond → confirmed → event on the socket → digits change at zero → `.ics` read by vobject.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import vobject
from playwright.sync_api import Browser, Page
from websockets.sync.client import ClientConnection, connect

from coordinator.embedded import read_or_make_secret_key
from coordinator.keys import SUBPROTOCOL
from coordinator.settings import Settings
from tests.product import Product, ShiftedClock, run_product

ROOT = Path(__file__).parents[2]
GROUPS = ("Kathmandu Commons", "Rede Mangue", "Nile Listeners")
TITLE = "Keep the taps open"
ANSWER_WITHIN_S = 10
ZERO_WITHIN_MS = 20_000
TITLE_OF_MINE = "Kathmandu Commons"

# Keeps every text of the countdown with its phase, from when the page is loaded.
WATCH = """
() => {
  const room = document.querySelector("main[data-phase]");
  const count = document.querySelector("[data-countdown]");
  window.__seen = [];
  const note = () => {
    const entry = [room.dataset.phase, Number(count.dataset.countdown)];
    const last = window.__seen.at(-1);
    if (!last || last[0] !== entry[0] || last[1] !== entry[1]) window.__seen.push(entry);
  };
  note();
  new MutationObserver(note).observe(document.body, {subtree: true, attributes: true, attributeFilter: ["data-phase", "data-countdown"]});
}
"""


def chorus(data: Path, *arguments: str) -> str:
    """Runs the `chorus` command as a person would; its answer."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")} | {"CHORUS_DATA": str(data)}
    done = subprocess.run(
        [sys.executable, "-m", "coordinator.cli", *arguments],
        check=False,
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Member:
    """Somebody with a link of a group: a browser of their own, and a bearer token for what needs no page."""

    def __init__(self, product: Product, browser: Browser, group_id: str, secret: str) -> None:
        self.url, self.group_id = product.url, group_id
        self.page = browser.new_context(timezone_id="Pacific/Marquesas", locale="en-GB").new_page()
        self.page.set_default_timeout(ANSWER_WITHIN_S * 1000)
        self.page.goto(f"{product.url}/enter#{secret}")
        self.page.get_by_role("button", name="Come in").click()
        self.page.wait_for_url(re.compile(rf"/g/{group_id}/"))

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.url}/en/g/{self.group_id}/{path}")
        return self.page


@pytest.fixture
def settings(tmp_path: Path, empty_valkey: str) -> Settings:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    return Settings(data=data, redis_url=empty_valkey, secret_key=read_or_make_secret_key(data))


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def product(settings: Settings, clock: ShiftedClock) -> Iterator[Product]:
    assert "42 groups" in chorus(settings.data, "import", "demo/groups.csv")
    with run_product(settings, clock) as product:
        yield product


class Api:
    """The JSON API with one bearer token."""

    def __init__(self, url: str, secret: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1", timeout=ANSWER_WITHIN_S)
        token = self.post("/session", {"secret": secret})["token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def close(self) -> None:
        self._client.close()

    def get(self, path: str) -> Any:
        answer = self._client.get(path)
        assert answer.is_success, answer.text
        return answer.json()


@pytest.fixture
def steward(product: Product, settings: Settings) -> Iterator[Api]:
    api = Api(product.url, _secret(chorus(settings.data, "link", "steward")))
    yield api
    api.close()


@contextmanager
def follow(product: Product, cursor: str | None = None) -> Iterator[ClientConnection]:
    """A socket on the public stream, as a page without a session opens it."""
    with connect(product.live_url, subprotocols=[SUBPROTOCOL], origin=product.url) as socket:  # type: ignore[arg-type,list-item]  # NewTypes of str
        socket.send(json.dumps({"type": "hello", "streams": {"public": cursor}, "language": "en", "room": None}))
        yield socket


def events_until(socket: ClientConnection, kind: str) -> list[dict[str, Any]]:
    """Every event up to the first of this kind."""
    heard: list[dict[str, Any]] = []
    while not heard or heard[-1]["kind"] != kind:
        frame = json.loads(socket.recv(timeout=ANSWER_WITHIN_S))
        if frame["type"] == "event":
            heard.append(frame)
    return heard


def test_a_network_agrees_on_a_moment_and_a_room_counts_down_to_it(
    product: Product, settings: Settings, steward: Api, clock: ShiftedClock, browser: Browser
) -> None:
    ids = {group["name"]: group["group"] for group in steward.get("/groups")["groups"]}
    for name in GROUPS:
        steward.post(f"/groups/{ids[name]}/listing", {"listing": "public"})
    members = {name: Member(product, browser, ids[name], _make_custodian(steward, ids[name])) for name in GROUPS}

    slug = _propose(members[GROUPS[0]], [ids[name] for name in GROUPS[1:]])
    with follow(product) as socket:
        assert json.loads(socket.recv(timeout=ANSWER_WITHIN_S))["type"] == "welcome"
        snapshot = json.loads(socket.recv(timeout=ANSWER_WITHIN_S))
        assert [a["state"] for a in snapshot["data"]["actions"]] == ["proposed"]
        for name in GROUPS[1:]:
            members[name].go("").get_by_role("button", name="Consent").click()
            members[name].page.wait_for_load_state()
        heard = events_until(socket, "action.confirmed")

    assert [event["kind"] for event in heard] == ["response.given", "response.given", "action.confirmed"]
    assert [event["seq"] for event in heard] == list(range(snapshot["seq"] + 1, snapshot["seq"] + 4))
    at_ms = heard[-1]["data"]["legs"][0]["at_ms"]
    moment = httpx.get(f"{product.url}/api/v1/actions/{slug}/moment.json").json()
    assert (moment["state"], moment["legs"][0]["at_ms"]) == ("confirmed", at_ms)
    _read_calendar(product, slug, datetime.fromtimestamp(at_ms / 1000, UTC))
    _come_back_with_a_cursor(product, heard)


def test_digits_change_at_zero_in_a_room_that_is_counting(
    product: Product, settings: Settings, steward: Api, clock: ShiftedClock, browser: Browser
) -> None:
    ids = {group["name"]: group["group"] for group in steward.get("/groups")["groups"]}
    member = Member(product, browser, ids[TITLE_OF_MINE], _make_custodian(steward, ids[TITLE_OF_MINE]))
    slug, at = _practise(member)
    clock.set(at - timedelta(seconds=7))

    with run_product(settings, clock) as later:  # a second process of the same network, seven seconds before T
        context = member.page.context
        context.add_cookies([{**cookie, "url": later.url} for cookie in _cookies(member, later)])
        room = context.new_page()
        room.goto(f"{later.url}/en/g/{member.group_id}/room")
        room.wait_for_function("window.__clock && window.__clock.state !== 'unknown'")
        room.evaluate(WATCH)
        room.wait_for_selector("main[data-phase='now']", timeout=ZERO_WITHIN_MS)
        seen: list[tuple[str, int]] = [tuple(entry) for entry in room.evaluate("window.__seen")]
        unknown = httpx.get(f"{later.url}/en/actions/{slug}")

    numbers = [number for _, number in seen]
    assert numbers == sorted(numbers, reverse=True)  # digits never count up
    assert ("final", 1) in seen
    assert seen[-1] == ("now", 0)
    assert unknown.status_code == 404  # a practice is nobody else's business


def _secret(text: str) -> str:
    found = re.search(r"/enter#(\S+)", text)
    assert found is not None, text
    return found[1]


def _make_custodian(steward: Api, group_id: str) -> str:
    made = steward.post(f"/groups/{group_id}/links", {"role": "custodian", "alias": "heron", "label": "test"})
    return str(made["secret"])


def _propose(member: Member, guests: list[str]) -> str:
    """Drafts in the browser, looks at the candidates, puts the first one forward; the action's slug."""
    page = member.go("propose")
    page.locator("[name=title]").fill(TITLE)
    page.locator("[name=story]").fill("Thirty minutes of silence at every tap.")
    page.locator("[name=duration_minutes]").fill("30")
    quarters = page.locator("select[name=quarter] option")
    page.locator("select[name=quarter]").select_option(quarters.nth(1).get_attribute("value"))
    page.locator("[name=who][value=chosen]").check()
    for box in page.locator("input[name=invited]").all():
        if not box.is_visible():
            page.locator("details.guests summary").click()
        box.set_checked(box.get_attribute("value") in guests)
    page.locator("main form .do button").click()
    page.wait_for_url(re.compile(r"/actions/[a-z0-9-]+"))
    assert page.locator("#moments .pick").count() == 3
    page.get_by_role("button", name="Put it forward").click()
    page.wait_for_url(re.compile(r"said=put_forward"))
    found = re.search(r"/actions/([a-z0-9-]+)", page.url)
    assert found is not None
    return found[1]


def _practise(member: Member) -> tuple[str, datetime]:
    """A practice five minutes from now, made in the browser; its slug and its moment."""
    page = member.go("propose?practice=1")
    page.locator("[name=title]").fill("One minute")
    page.locator("[name=duration_minutes]").fill("1")
    page.locator("main form .do button").click()
    page.wait_for_url(re.compile(r"/actions/[a-z0-9-]+"))
    page.locator("input[name=in_minutes]").fill("5")
    page.locator("form:has(input[name=in_minutes]) button").click()
    page.wait_for_url(re.compile(r"said=practising"))
    found = re.search(r"/actions/([a-z0-9-]+)", page.url)
    page.goto(f"{member.url}/en/g/{member.group_id}/room")
    left = int(page.locator("[data-countdown]").get_attribute("data-countdown") or 0)
    assert found is not None
    assert 200 < left <= 300
    return found[1], datetime.now(UTC) + timedelta(seconds=left)


def _cookies(member: Member, later: Product) -> list[dict[str, Any]]:
    """The session's cookie for another port of the same host (cookies know no ports, Chromium's store does not mind)."""
    return [{"name": c["name"], "value": c["value"], "httpOnly": True, "sameSite": "Lax"} for c in member.page.context.cookies(member.url)]


def _read_calendar(product: Product, slug: str, starts_at: datetime) -> None:
    """The file and the feed, read by an independent parser: one moment, the same UID, the same instant."""
    events = []
    for path in (f"/en/actions/{slug}.ics", "/en/calendar.ics", "/ar/calendar.ics"):
        calendar = vobject.readOne(httpx.get(f"{product.url}{path}").text)
        assert len(calendar.vevent_list) == 1
        events.append(calendar.vevent)
    assert {event.uid.value for event in events} == {events[0].uid.value}
    assert all(event.dtstart.value == starts_at for event in events)
    assert all(event.dtend.value - event.dtstart.value == timedelta(minutes=30) for event in events)
    assert events[0].summary.value == TITLE


def _come_back_with_a_cursor(product: Product, heard: list[dict[str, Any]]) -> None:
    """A viewer that was cut off after the first of these events hears the others, each once, in order."""
    with follow(product, f"{heard[0]['seq']}.{heard[0]['tag']}") as socket:
        assert [event["seq"] for event in events_until(socket, "action.confirmed")] == [event["seq"] for event in heard[1:]]
