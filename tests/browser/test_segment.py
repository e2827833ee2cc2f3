"""A whole mirror segment: a projector, a phone, and a latecomer's wall in Arabic, over the real server, sockets and database.

The struggle is told in English with an Arabic translation that a second speaker has read, so that each wall shows its own language.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from coordinator.domain.access import Caller
from coordinator.services.mirror import Reading, load_spotlight
from coordinator.services.spotlights import draft_spotlight, publish_spotlight, retire_spotlight
from coordinator.services.translations import load_workbench, save_translation, section_fields, sign_translation
from coordinator.settings import Settings
from coordinator.store.database import Database, Work
from coordinator.store.engine import make_engine
from coordinator.store.tables import spotlight
from tests.browser.conftest import NETWORK_COMPLAINTS, TIMEOUT_MS
from tests.factories import SECRET_KEY, MadeLink, RecordingBus, RecordingQueue, add_group, add_lease, add_link, add_network, caller_as
from tests.product import ShiftedClock, run_product

WALL = {"width": 1920, "height": 1080}
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
LANGUAGES = frozenset({"en", "es", "ar"})
STORY = (
    "The port wants eleven hectares of mangrove for a container yard. Four hundred families gather crab and mussel there, and the same roots "
    "keep the water out of our streets.\n\nWe mapped every household that eats from it. Now the court must hear us before a single tree is "
    "cut.\n\nIn March the first machines came at night. We stood on the roots with lamps until morning, and they went back. They will come "
    "again, and we will stand there again, and we would like to know that somebody is awake with us."
)
TELLING: dict[str, Any] = {
    "title": "The tide is ours",
    "story": STORY,
    "ask": "Write to the court in Recife, in your own language, before the twentieth of February.",
    "face": "A port that calls a living shore empty land.",
    "consent": "Names of places may be shown.",
    "language": "en",
    "audience": "partners",
}
ARABIC = [
    "المدّ لنا",
    "يريد الميناء أحد عشر هكتارًا من أشجار المانغروف لساحة حاويات. أربعمئة أسرة تجمع هناك السلطعون وبلح البحر، والجذور نفسها تمنع الماء عن شوارعنا.",
    "رسمنا خريطة لكل بيت يأكل منها. على المحكمة الآن أن تسمعنا قبل أن تُقطع شجرة واحدة.",
    "في آذار جاءت الآلات الأولى ليلًا. وقفنا على الجذور ومعنا المصابيح حتى الصباح، فعادت. سوف تأتي مرة أخرى، وسوف نقف هناك مرة أخرى.",
    "اكتبوا إلى المحكمة في ريسيفي بلغتكم قبل العشرين من شباط.",
    "ميناء يسمّي شاطئًا حيًّا أرضًا خالية.",
    "يجوز عرض أسماء الأماكن.",
]
ECHO = {
    "face": "A port that calls a living shore empty land.",
    "share": "Riverbank families in Teku, mapped as nobody, moved for a road.",
    "answer": "On Saturday we walk the Bagmati and draw our own map, their way.",
    "reply": "We are awake with you. Your map hangs in our hall.",
}
FOLLOWS_WITHIN_MS = 3_000


@dataclass
class Hall:
    """A served network with a struggle to be mirrored. Changes that nobody makes in a browser are made through the services."""

    url: str
    database_url: str
    clock: ShiftedClock
    teller: str = ""
    group: str = ""
    slug: str = ""
    links: dict[str, MadeLink] = field(default_factory=dict)

    def path(self, rest: str, lang: str = "en") -> str:
        return f"{self.url}/{lang}/g/{self.group}/{rest}"

    def retire(self) -> None:
        """The group that told takes its spotlight back."""
        custodian = caller_as("custodian", self.teller)
        run(in_transaction(self.database_url, self.clock, lambda work: retire_spotlight(work, custodian, self.slug)))

    def run_out_in(self, time: timedelta) -> None:
        """Its consent ends that soon: nobody is told, as nobody is when a day ends."""
        at = self.clock.now() + time
        run(in_transaction(self.database_url, self.clock, lambda work: _end_consent(work, self.slug, at)))


async def _end_consent(work: Work, slug: str, at: datetime) -> None:
    await work.conn.execute(sa.update(spotlight).where(spotlight.c.slug == slug).values(expires_at=at))


def run(doing: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, doing).result()


async def in_transaction(url: str, clock: ShiftedClock, do: Callable[[Work], Awaitable[None]]) -> None:
    """Another process of the same network: what it tells reaches the walls through the event log."""
    database = Database(make_engine(url), RecordingBus(), RecordingQueue())
    try:
        async with database.write(clock.now()) as work:
            await do(work)
    finally:
        await database.close()


# --- the network --------------------------------------------------------------------------------------------------------


@pytest.fixture
def hall(sqlite_database_url: str, empty_valkey: str, tmp_path: Path) -> Iterator[Hall]:
    clock = ShiftedClock()
    settings = Settings(data=tmp_path, database_url=sqlite_database_url, redis_url=empty_valkey, secret_key=SECRET_KEY.decode())
    hall = Hall("", sqlite_database_url, clock)
    run(in_transaction(sqlite_database_url, clock, lambda work: fill(work, hall)))
    with run_product(settings, clock) as product:
        hall.url = product.url
        yield hall


async def fill(work: Work, hall: Hall) -> None:
    """Two groups, a struggle told by one in English, and its Arabic translation, read by a second speaker."""
    later = {"created_at": work.now, "expires_at": work.now + timedelta(days=1)}
    await add_network(work.conn)
    hall.teller = await add_group(work.conn, "Rede Mangue", place="Recife", zone_id="America/Recife", language="pt-BR")
    hall.group = await add_group(work.conn, "Kathmandu Commons", place="Kathmandu", zone_id="Asia/Kathmandu", language="en")
    for role in ("member", "room"):
        hall.links[role] = await add_link(work.conn, role, hall.group, **(later if role == "room" else {}))
    lease = await add_lease(work.conn, hall.group, since_at=work.now, until_at=work.now + timedelta(days=90), accepted_at=work.now)
    hall.links["custodian"] = await add_link(work.conn, "custodian", hall.group, rota_id=lease)
    custodian, reader = caller_as("custodian", hall.teller), caller_as("member", hall.group)
    hall.slug = await draft_spotlight(work, custodian, hall.teller, TELLING, LANGUAGES)
    await publish_spotlight(work, custodian, hall.slug)
    view = await load_spotlight(work.conn, Reading(reader, "ar", work.now), hall.slug)
    bench = await load_workbench(work.conn, reader, hall.group, text_id=view.text_id, language="ar", now=work.now)
    words = dict(zip(section_fields(bench.source.sections), ARABIC, strict=True))
    raw = {"language": "ar", "source_hash": bench.source.hash, "base": "", **words}
    saved = await save_translation(work, reader, hall.group, text_id=view.text_id, raw=raw, languages=LANGUAGES)
    await sign_translation(work, Caller(reader.grants, "another session"), hall.group, saved.rendering_id)


# --- people -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def contexts(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a browser of somebody's own; its script may not complain."""
    complaints: list[str] = []
    opened: list[BrowserContext] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(known in message.text for known in NETWORK_COMPLAINTS):
            complaints.append(message.text)

    def open_page(viewport: dict[str, int], locale: str = "en-GB") -> Page:
        context = browser.new_context(viewport=viewport, locale=locale, timezone_id="Pacific/Marquesas")  # type: ignore[arg-type]  # a plain dict is what it takes
        context.set_default_timeout(TIMEOUT_MS)
        opened.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in opened:
        context.close()
    assert complaints == []


def enter(page: Page, url: str, secret: str) -> Page:
    """In by a link, with the one press that it takes."""
    page.goto(f"{url}/enter#{secret}")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/g/"))
    return page


def check(page: Page, name: str) -> None:
    """axe-core finds nothing on this page; `name` says which it is."""
    found = Axe().run(page)
    assert found.response["violations"] == [], f"{name}: {found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


def press(remote: Page, words: str) -> None:
    """One button of the remote; until its answer is here it takes no other tap."""
    button = remote.get_by_role("button", name=words, exact=True)
    button.click()
    remote.wait_for_selector("form[data-tap][aria-busy]", state="detached")


def wall_of(page: Page) -> Locator:
    return page.locator("main.segment")


def seconds_left(wall: Page) -> int:
    return int(wall.locator("[data-countdown]").get_attribute("data-countdown") or -1)


def set_up(hall: Hall, open_page: Callable[..., Page]) -> tuple[Page, Page, Page, Page]:
    """A custodian sets a segment up and hands a phone its code; a projector stands open. Custodian, phone, wall, and a guest to come."""
    custodian = enter(open_page(DESK), hall.url, hall.links["custodian"].secret)
    custodian.goto(hall.path("mirror/new"))
    check(custodian, "desk")
    custodian.get_by_role("button", name="Set it up").click()
    custodian.wait_for_url(re.compile(r"mirror/remote"))
    custodian.get_by_role("button", name="Make a remote for a phone").click()
    code = re.search(r"[a-z0-9]{4}-[a-z0-9]{4}", custodian.get_by_text("Or type this code").inner_text())
    assert code is not None
    custodian.get_by_role("link", name="I have it; go back").click()
    custodian.get_by_role("button", name="Invite a witness").click()
    invitation = custodian.locator("#fresh").input_value()
    phone = open_page(PHONE)
    phone.goto(f"{hall.url}/enter")
    phone.locator("input[name=secret]").fill(code[0])
    phone.locator("main form button[type=submit]").first.click()
    phone.wait_for_url(re.compile(r"mirror/remote"))
    wall = enter(open_page(WALL), hall.url, hall.links["room"].secret)
    wall.goto(hall.path("mirror"))
    guest = open_page(WALL, "ar")
    guest.goto(invitation)
    return custodian, phone, wall, guest


def come_late(guest: Page) -> Page:
    """The guest opens the invitation: a wall in Arabic, since the browser speaks it."""
    guest.locator("main form button[type=submit]").first.click()
    guest.wait_for_url(re.compile(r"/ar/g/\w+/mirror"))
    expect(guest.locator("html")).to_have_attribute("dir", "rtl")
    return guest


# --- the segment --------------------------------------------------------------------------------------------------------


def test_segment_runs_from_a_phone_on_walls_in_two_languages(hall: Hall, contexts: Callable[..., Page]) -> None:
    _custodian, phone, wall, guest = set_up(hall, contexts)
    expect(wall_of(wall)).to_have_attribute("data-state", "set_up")
    check(phone, "remote before")

    press(phone, "Start the segment")
    expect(wall_of(wall)).to_have_attribute("data-state", "running", timeout=FOLLOWS_WITHIN_MS)
    expect(wall.locator("[data-part=parts] [aria-current]")).to_have_text("Spotlight")
    assert 230 < seconds_left(wall) <= 240
    check(wall, "wall, spotlight")
    check(phone, "remote running")

    late = come_late(guest)
    expect(late.locator("h1").last).to_have_text(ARABIC[0])
    expect(late.locator("[data-part=label] .told-label")).to_have_attribute("data-label", "read")
    assert abs(seconds_left(late) - seconds_left(wall)) <= 1
    check(late, "wall, spotlight, ar")

    press(phone, "Page on")
    for page, said in ((wall, "In March the first machines"), (late, "في آذار")):
        expect(page.locator("[data-part=page]")).to_contain_text(said, timeout=FOLLOWS_WITHIN_MS)
    _time_is_kept(phone, wall)
    _words_are_chosen(phone, wall, late)

    press(phone, "Next")
    expect(wall.locator("[data-part=parts] [aria-current]")).to_have_text("Echo", timeout=FOLLOWS_WITHIN_MS)
    expect(wall.locator("[data-part=columns]")).to_contain_text("What of it do we know from here?")
    for name, words in ECHO.items():
        phone.locator(f"[name={name}]").fill(words)
    check(wall, "wall, echo asked")
    phone.get_by_role("button", name="Put it on the wall and send it").click()
    phone.wait_for_url(re.compile("said=echo_kept"))
    for page in (wall, late):
        expect(page.locator("[data-part=columns]")).to_contain_text(ECHO["share"], timeout=FOLLOWS_WITHIN_MS)
    check(wall, "wall, echo")
    check(late, "wall, echo, ar")
    late.reload()
    expect(late.locator("[data-part=columns]")).to_contain_text(ECHO["share"])

    press(phone, "Next")
    expect(late.locator("[data-part=aside]")).to_contain_text(ECHO["reply"], timeout=FOLLOWS_WITHIN_MS)
    check(wall, "wall, reply")
    press(phone, "Next")
    phone.locator("[name=researcher]").fill("heron")
    phone.get_by_role("button", name="Note it").click()
    for page in (wall, late):
        expect(page.locator("[data-part=aside]")).to_contain_text("heron", timeout=FOLLOWS_WITHIN_MS)
    check(late, "wall, next time, ar")

    phone.locator("summary").click()
    phone.get_by_role("button", name="End the segment").click()
    phone.wait_for_url(re.compile(r"/mirror/\w+-\w+(\?|$)"))
    for page in (wall, late):
        expect(wall_of(page)).to_have_attribute("data-state", "ended", timeout=FOLLOWS_WITHIN_MS)
    for said in ("The tide is ours", ECHO["share"], ECHO["reply"], "heron"):
        expect(phone.locator("main")).to_contain_text(said)
    check(phone, "written page")
    check(wall, "wall, ended")


def _time_is_kept(phone: Page, wall: Page) -> None:
    """A pause holds the time on the wall, a minute is added to it, and it goes on from there."""
    press(phone, "Pause")
    expect(wall_of(wall)).to_have_attribute("data-time", "still", timeout=FOLLOWS_WITHIN_MS)
    held = seconds_left(wall)
    wall.wait_for_timeout(1_100)
    assert seconds_left(wall) == held
    press(phone, "One more minute")
    expect(wall.locator("[data-countdown]")).to_have_attribute("data-countdown", str(held + 60), timeout=FOLLOWS_WITHIN_MS)
    press(phone, "Go on")
    expect(wall_of(wall)).to_have_attribute("data-time", "calm", timeout=FOLLOWS_WITHIN_MS)


def _words_are_chosen(phone: Page, wall: Page, late: Page) -> None:
    """The original by a press, and by a key where the session may run it; drafts only with a sentence that stays."""
    press(phone, "Show the original")
    expect(late.locator("h1").last).to_have_text("The tide is ours", timeout=FOLLOWS_WITHIN_MS)
    late.keyboard.press("o")  # a guest's key changes nothing
    press(phone, "Show the translation")
    expect(late.locator("h1").last).to_have_text(ARABIC[0], timeout=FOLLOWS_WITHIN_MS)
    press(phone, "Show drafts too")
    for page in (wall, late):
        expect(page.locator("[data-say=caption]")).to_be_visible(timeout=FOLLOWS_WITHIN_MS)
    check(wall, "wall, drafts")
    check(late, "wall, drafts, ar")
    press(phone, "Only what was read")
    for page in (wall, late):
        expect(page.locator("[data-say=caption]")).to_be_hidden(timeout=FOLLOWS_WITHIN_MS)


def test_spotlight_taken_back_leaves_no_word_on_any_wall(hall: Hall, contexts: Callable[..., Page]) -> None:
    _custodian, phone, wall, guest = set_up(hall, contexts)
    press(phone, "Start the segment")
    late = come_late(guest)
    expect(late.locator("h1").last).to_have_text(ARABIC[0])

    hall.retire()

    for page in (wall, late):
        expect(wall_of(page)).to_have_attribute("data-state", "gone", timeout=FOLLOWS_WITHIN_MS)
        shown = page.locator("body").inner_text()
        assert [words for words in (TELLING["title"], "mangrove", ARABIC[0], "Rede Mangue") if words in shown] == []
    check(wall, "wall, gone")
    check(late, "wall, gone, ar")
    phone.locator("[name=share]").fill(ECHO["share"])
    phone.locator("[name=answer]").fill(ECHO["answer"])
    phone.get_by_role("button", name="Put it on the wall and send it").click()
    expect(phone.locator("[role=alert]")).to_contain_text("does not show this spotlight any more")
    expect(phone.locator("[name=share]")).to_have_value(ECHO["share"])


def test_consent_that_runs_out_takes_the_words_from_a_wall_that_nobody_can_reach(hall: Hall, contexts: Callable[..., Page]) -> None:
    _custodian, _phone, wall, _guest = set_up(hall, contexts)
    hall.run_out_in(timedelta(seconds=4))
    wall.reload()
    expect(wall.locator("h1").last).to_have_text(TELLING["title"])

    wall.context.set_offline(True)

    expect(wall_of(wall)).to_have_attribute("data-state", "gone", timeout=2 * FOLLOWS_WITHIN_MS)
    assert [words for words in (TELLING["title"], "mangrove", "Rede Mangue") if words in wall.locator("body").inner_text()] == []
    wall.context.set_offline(False)
    expect(wall.locator("[data-say=news-rest]")).to_contain_text("its last day has passed", timeout=TIMEOUT_MS)


def test_key_of_a_custodian_steps_the_wall_and_a_second_tap_of_the_same_screen_is_told(hall: Hall, contexts: Callable[..., Page]) -> None:
    custodian, phone, wall, _guest = set_up(hall, contexts)
    custodian.goto(hall.path("mirror"))
    press(phone, "Start the segment")
    expect(wall_of(custodian)).to_have_attribute("data-state", "running", timeout=FOLLOWS_WITHIN_MS)

    custodian.keyboard.press("Space")
    expect(wall.locator("[data-part=parts] [aria-current]")).to_have_text("Echo", timeout=FOLLOWS_WITHIN_MS)
    wall.keyboard.press("Space")  # the hall's own screen may not
    expect(phone.locator("[aria-current=step]")).to_contain_text(
        "Echo", timeout=FOLLOWS_WITHIN_MS
    )  # it has the newest revision, and may forget it
    phone.evaluate("for (const field of document.querySelectorAll('[name=revision]')) field.value = '1'")
    press(phone, "Next")

    expect(phone.locator("[data-say=said]")).to_contain_text("Somebody was faster")
    expect(wall.locator("[data-part=parts] [aria-current]")).to_have_text("Echo")
