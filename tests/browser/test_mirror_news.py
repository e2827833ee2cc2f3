"""News of the mirror on open pages: a desk, a spotlight's page and a room hear of it without being loaded again, each in its language."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from websockets.sync.client import connect

from coordinator.keys import SUBPROTOCOL
from coordinator.settings import Settings
from tests.browser.test_walk import Api, Member, _make_custodian, _secret, chorus
from tests.product import Product, ShiftedClock, run_product

TELLER, READER = "Kathmandu Commons", "Nile Listeners"
TITLE, TITLE_AR = "The tide is ours", "المدّ لنا"
WITHIN_MS = 5_000  # of a machine that others share; the figure itself is printed
SOCKETS = 20


@dataclass
class Pair:
    """Two groups of one network, each with a browser: one tells, the other reads."""

    product: Product
    teller: Member
    reader: Member
    second: Member


@pytest.fixture
def pair(tmp_path: Path, empty_valkey: str, browser: Browser) -> Iterator[Pair]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    chorus(data, "import", "demo/groups.csv")
    key = (data / "secret.key").read_text() if (data / "secret.key").exists() else "k" * 40
    settings = Settings(data=data, redis_url=empty_valkey, secret_key=key)
    with run_product(settings, ShiftedClock()) as product:
        steward = Api(product.url, _secret(chorus(data, "link", "steward")))
        ids = {group["name"]: group["group"] for group in steward.get("/groups")["groups"]}
        secrets = {name: _make_custodian(steward, ids[name]) for name in (TELLER, READER)}
        steward.post(f"/groups/{ids[TELLER]}/listing", {"listing": "public"})
        teller, reader = (Member(product, browser, ids[name], secrets[name]) for name in (TELLER, READER))
        yield Pair(product, teller, reader, Member(product, browser, ids[READER], secrets[READER]))
        steward.close()


def tell(member: Member, title: str = TITLE) -> str:
    """A draft told through its form; the address of its page."""
    page = member.go("spotlights/new")
    page.locator("[name=title]").fill(title)
    page.locator("[name=story]").fill("The port wants eleven hectares of mangrove.")
    page.locator("[name=consent]").fill("Names of places may be shown.")
    page.locator("[name=language]").select_option("en")
    page.locator("[name=audience][value=public]").check()
    page.get_by_role("button", name="Keep the draft").click()
    page.wait_for_url("**said=told")
    return page.url.partition("?")[0]


def publish(member: Member) -> float:
    """Presses the button of the spotlight that is open; when the answer began to be waited for."""
    began = time.monotonic()
    member.page.get_by_role("button", name="Publish it").click()
    member.page.wait_for_url("**said=spotlight_published")
    return began


def translate(pair: Pair, url: str) -> None:
    """A translation into Arabic by the reading group, kept through its workbench."""
    slug = url.rpartition("/")[2]
    page = pair.second.go(f"spotlights/{slug}/translate?to=ar")
    for field, words in (("section[0]", TITLE_AR), ("section[1]", "يريد الميناء أحد عشر هكتارًا."), ("section[2]", "نعم.")):
        page.locator(f'[name="{field}"]').fill(words)
    page.locator(".bench button").click()
    page.wait_for_url("**said=translated")


def sign(pair: Pair, url: str) -> None:
    """The teller's custodian reads and signs it."""
    page = pair.teller.go(f"spotlights/{url.rpartition('/')[2]}/translate?to=ar")
    page.locator('form[action$="/sign"] button').click()
    page.wait_for_url("**said=translation_signed")


def watch(member: Member, path: str, lang: str = "en") -> Page:
    """One more open page of a member, marked so that loading it again would show."""
    page = member.page.context.new_page()
    page.goto(f"{member.url}/{lang}/g/{member.group_id}/{path}")
    page.evaluate("window.__same = true")
    page.wait_for_timeout(600)  # its socket joins
    return page


def test_desk_in_english_and_room_in_arabic_hear_of_publish_translation_signature_and_retirement(pair: Pair) -> None:
    desk, room = watch(pair.reader, ""), watch(pair.reader, "room", "ar")
    url = tell(pair.teller)

    began = publish(pair.teller)
    expect(desk.locator(".told-row__title").first).to_have_text(TITLE, timeout=WITHIN_MS)
    print(f"publish pressed → desk shows it: {time.monotonic() - began:.2f} s")
    expect(room.locator(".wall-told h2")).to_have_text(TITLE, timeout=WITHIN_MS)
    translate(pair, url)
    assert room.locator(".wall-told h2").inner_text() == TITLE  # unread words stay off the wall
    sign(pair, url)
    expect(room.locator(".wall-told h2")).to_have_text(TITLE_AR, timeout=WITHIN_MS)
    expect(room.locator(".wall-told h2")).to_have_attribute("dir", "rtl")
    page = pair.teller.go(f"spotlights/{url.rpartition('/')[2]}")
    page.get_by_text("Take the spotlight back", exact=True).click()
    page.get_by_role("button", name="Take it back now").click()
    expect(room.locator(".wall-told")).to_be_hidden(timeout=WITHIN_MS)
    expect(desk.locator(".told-row__title")).to_have_count(0, timeout=WITHIN_MS)

    assert [each.evaluate("window.__same") for each in (desk, room)] == [True, True]


def test_key_o_turns_to_the_original_and_back_and_the_page_empties_when_it_is_taken_back(pair: Pair) -> None:
    url = tell(pair.teller)
    publish(pair.teller)
    translate(pair, url)
    slug = url.rpartition("/")[2]
    page = watch(pair.reader, f"spotlights/{slug}", "ar")

    expect(page.locator("h1")).to_have_text(TITLE_AR)
    page.keyboard.press("o")
    expect(page.locator("h1")).to_have_text(TITLE)
    expect(page.locator("h1")).to_have_attribute("dir", "ltr")
    page.keyboard.press("o")
    expect(page.locator("h1")).to_have_text(TITLE_AR)
    own = pair.teller.go(f"spotlights/{slug}")
    own.get_by_text("Take the spotlight back", exact=True).click()
    own.get_by_role("button", name="Take it back now").click()
    expect(page.locator("h1")).to_have_count(0, timeout=WITHIN_MS)

    assert TITLE_AR not in page.content()
    assert page.evaluate("window.__same") is True


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_axe_finds_nothing_on_the_pages_of_told_words(pair: Pair, lang: str) -> None:
    url = tell(pair.teller)
    publish(pair.teller)
    translate(pair, url)
    slug = url.rpartition("/")[2]
    pages = ("", "spotlights", "spotlights/new", f"spotlights/{slug}", f"spotlights/{slug}/edit", f"spotlights/{slug}/translate?to=ar")

    found = {}
    for path in pages:
        pair.teller.page.goto(f"{pair.product.url}/{lang}/g/{pair.teller.group_id}/{path}")
        violations = Axe().run(pair.teller.page).response["violations"]
        found[path] = [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in violations]

    assert {path: faults for path, faults in found.items() if faults} == {}


def test_publish_reaches_twenty_sockets(pair: Pair) -> None:
    tell(pair.teller)
    cookies = [_cookie(member) for member in (pair.reader, pair.second)]  # a session may hold sixteen sockets
    with ThreadPoolExecutor(SOCKETS) as threads:
        joined = Barrier(SOCKETS + 1)
        hearing = [threads.submit(_seconds_from_commit, pair.product, cookies[n % 2], joined) for n in range(SOCKETS)]
        joined.wait(WITHIN_MS / 1000)
        publish(pair.teller)
        heard = [each.result(WITHIN_MS / 1000) for each in hearing]

    print(f"commit of a publish → {SOCKETS} sockets: {min(heard):.3f} to {max(heard):.3f} s")
    assert len(heard) == SOCKETS


def _cookie(member: Member) -> str:
    return "; ".join(f"{each['name']}={each['value']}" for each in member.page.context.cookies(member.url))


def _seconds_from_commit(product: Product, cookie: str, joined: Barrier) -> float:
    """How long after its commit one socket of a partner heard of the publish."""
    headers = {"Cookie": cookie}
    with connect(product.live_url, subprotocols=[SUBPROTOCOL], origin=product.url, additional_headers=headers) as socket:  # type: ignore[arg-type,list-item]  # NewTypes of str
        socket.send(json.dumps({"type": "hello", "streams": {"partners": None}, "language": "en", "room": None}))
        while json.loads(socket.recv(timeout=5))["type"] != "snapshot":
            pass
        joined.wait(5)
        while True:
            frame = json.loads(socket.recv(timeout=5))
            if frame["type"] == "event" and frame["kind"] == "spotlight.published":
                return time.time() - frame["ts"] / 1e6
