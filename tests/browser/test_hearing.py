"""A voice note in a meeting: a wall and a guest's wall in Arabic play it with its words, and fall silent when it is taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coordinator import keys
from coordinator.blobs import RowBlobs
from coordinator.domain.translation import Section
from coordinator.pages.context_news import VoiceCard, VoiceLine
from coordinator.pages.context_told import Part, TextLabel
from coordinator.store import tables
from coordinator.store.database import Database, Work
from coordinator.store.engine import make_engine
from coordinator.store.ids import new_row_id
from coordinator.store.meetings import find_showing
from tests.browser.test_room import MOMENT, PHASE_TIMEOUT_MS, event, harness_at, wait_for_phase
from tests.browser.test_segment import (
    FOLLOWS_WITHIN_MS,
    PHONE,
    Hall,
    check,
    come_late,
    contexts,
    enter,
    hall,
    in_transaction,
    press,
    run,
    set_up,
    wall_of,
)
from tests.factories import RecordingBus, RecordingQueue
from tests.mirror_rows import spotlight_id
from tests.voice_rows import LINES, add_voice, make_tone, store_sounds

__all__ = ["contexts", "hall"]  # fixtures

ARABIC = ("يأتون ليلًا.", "نقف على الجذور ومعنا المصابيح.", "قفوا معنا.")
LASTS_S = 30
SILENT_WITHIN_MS = 2_000
FAR_OFF_MS = 2**45
CONTACT_WITHIN_MS = 40_000  # a page that was refused waits half a minute before it asks again
PATIENCE_MS, POLL_MS = 10_000, 100
PLAYS = "document.querySelector('voice-player audio').currentTime > {after} && !document.querySelector('voice-player audio').paused"


def add_note(hall: Hall) -> str:
    """A published note of the teller for partners alone, with Arabic words that a second speaker has read; its id."""
    kept: dict[str, str] = {}
    tone = make_tone(LASTS_S)

    async def store() -> None:
        database = Database(make_engine(hall.database_url), RecordingBus(), RecordingQueue())
        try:
            kept.update(await store_sounds(RowBlobs(database), tone, make_tone(LASTS_S, "mp4", "aac"), hall.clock.now()))
        finally:
            await database.close()

    async def add(work: Work) -> None:
        row = await add_voice(work.conn, hall.teller, hall.slug, at=work.now, public=False, duration_ms=LASTS_S * 1_000, **kept)
        await _translate(work, row, work.now)
        kept["id"] = row["id"]

    run(store())
    run(in_transaction(hall.database_url, hall.clock, add))
    return kept["id"]


async def _translate(work: Work, row: dict[str, Any], at: datetime) -> None:
    source = (await work.conn.execute(sa.select(tables.text).where(tables.text.c.id == row["text_id"]))).one()
    sections = [[f"line.{n}", Section("", said).hash, words] for n, (said, words) in enumerate(zip(LINES, ARABIC, strict=True), 1)]
    rendering = {
        "id": new_row_id(),
        "text_id": source.id,
        "language": "ar",
        "origin": "human",
        "source_hash": source.source_hash,
        "sections": sections,
        "glossary_revision": 0,
        "created_at": at,
        "signed_at": at,
    }
    await work.conn.execute(sa.insert(tables.rendering).values(rendering))


def withdraw(hall: Hall, voice_id: str) -> None:
    """Its group takes it back, and tells whoever may be hearing it."""

    async def do(work: Work) -> None:
        await work.conn.execute(sa.update(tables.voice_note).values(state="withdrawn", revision=9))
        told = {"voice": voice_id, "revision": 9, "state": "withdrawn", "spotlight": hall.slug}
        streams = [keys.meeting_stream(one) for one in await find_showing(work.conn, await spotlight_id(work.conn, hall.slug))]
        for stream in (keys.PARTNERS, keys.group_stream(hall.teller), *streams):
            work.emit(stream, "voice.withdrawn", told)

    run(in_transaction(hall.database_url, hall.clock, do))


def wait_until(page: Page, expression: str) -> None:
    """Asks again and again: the page's policy lets no string become code there."""
    for _ in range(PATIENCE_MS // POLL_MS):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(POLL_MS)
    raise AssertionError(f"never so: {expression}")


def sound_on(page: Page, words: str) -> None:
    page.get_by_role("button", name=words).click()


def test_note_is_heard_on_walls_in_two_languages_and_falls_silent(hall: Hall, contexts: Callable[..., Page]) -> None:
    voice_id = add_note(hall)
    _custodian, phone, wall, guest = set_up(hall, contexts)
    late = come_late(guest)
    late.locator("[data-part=sound] button").click()
    expect(late.locator("[data-part=sound]")).to_be_hidden()
    press(phone, "Start the segment")
    press(phone, "Next")

    for page, first in ((wall, LINES[0]), (late, ARABIC[0])):
        expect(page.locator(".voice__words li").first).to_have_text(first, timeout=FOLLOWS_WITHIN_MS)
        expect(page.locator("voice-player")).to_be_visible()
    expect(late.locator("voice-player .told-label")).to_have_text("Read by a speaker" if late.url.count("/en/") else re.compile(r"\S"))
    wait_until(late, PLAYS.format(after=1))
    expect(late.locator(".voice__words [aria-current]")).to_have_text(ARABIC[0])
    assert wall.evaluate("document.querySelector('voice-player audio').paused"), "nothing plays before Sound on"
    sound_on(wall, "Sound on")
    wait_until(wall, PLAYS.format(after=0.5))
    check(wall, "wall, voice")
    check(late, "wall, voice, ar")

    _seek(late)
    press(phone, "Pause")
    for page in (wall, late):
        expect(page.locator("voice-player")).to_have_attribute("data-state", "still", timeout=FOLLOWS_WITHIN_MS)
    press(phone, "Go on")
    for page in (wall, late):
        expect(page.locator("voice-player")).to_have_attribute("data-state", "playing", timeout=FOLLOWS_WITHIN_MS)

    withdraw(hall, voice_id)
    for page in (wall, late):
        expect(page.locator("[data-part=voice]")).to_be_hidden(timeout=SILENT_WITHIN_MS)
        assert page.evaluate("document.querySelector('voice-player audio').paused")
        expect(page.locator("body")).not_to_contain_text(LINES[0])
    expect(wall_of(wall)).to_contain_text("The port wants")


def _seek(page: Page) -> None:
    """By the keys and by a click, from left to right also on an Arabic page."""
    slider = page.locator(".voice__seek")
    slider.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    wait_until(page, PLAYS.format(after=LASTS_S - 6))
    expect(page.locator(".voice__words [aria-current]")).to_have_text(ARABIC[2])
    box = slider.bounding_box()
    assert box is not None
    slider.click(position={"x": box["width"] * 0.4, "y": box["height"] / 2})
    wait_until(page, "Math.abs(document.querySelector('voice-player audio').currentTime - 12.5) < 1.5")
    expect(page.locator(".voice__words [aria-current]")).to_have_text(ARABIC[1])


def test_note_on_a_spotlights_page_plays_on_while_the_page_changes_and_goes_when_taken_back(
    hall: Hall, contexts: Callable[..., Page]
) -> None:
    voice_id = add_note(hall)
    page = enter(contexts(PHONE), hall.url, hall.links["member"].secret)
    page.goto(hall.path(f"spotlights/{hall.slug}"))
    check(page, "spotlight")

    page.locator(".voice__ring").click()
    wait_until(page, PLAYS.format(after=0.5))
    page.keyboard.press("o")
    expect(page.locator("voice-player")).to_have_attribute("data-state", "playing")
    withdraw(hall, voice_id)

    expect(page.locator("[data-voices=voices]")).to_be_hidden(timeout=SILENT_WITHIN_MS)
    expect(page.locator("voice-player")).to_have_count(0)


def test_note_whose_script_never_comes_has_the_browsers_own_controls_and_its_words(hall: Hall, contexts: Callable[..., Page]) -> None:
    add_note(hall)
    page = enter(contexts(PHONE), hall.url, hall.links["member"].secret)
    page.route(re.compile(r"/static/.*/voice-start\.js$"), lambda route: route.abort())
    page.goto(hall.path(f"spotlights/{hall.slug}"))

    expect(page.locator("voice-player audio[controls]")).to_be_visible()
    expect(page.locator(".voice__bar")).to_be_hidden()
    expect(page.locator(".voice__words li")).to_have_text(list(LINES))


# --- the room, after the action -------------------------------------------------------------------------------------------


def make_card(name: str, ends_ms: int = FAR_OFF_MS) -> VoiceCard:
    """A note of two seconds with one sentence."""
    part = Part("line.1", f"We stood with you, {name}.", "en", "ltr", changed=False)
    label = TextLabel("original", "Original", "", is_read=False)
    sound = f"/sounds/{name}"
    return VoiceCard(
        name, 1, "Rede Mangue", label, (VoiceLine(part, 0, 2_000),), 2_000, "0:02", "M2 22v20", f"{sound}.webm", f"{sound}.mp4", ends_ms
    )


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_room_plays_what_came_in_one_after_the_other_once_the_action_is_over(page: Page, tag: str) -> None:
    tone = make_tone(2)
    page.route("**/sounds/*", lambda route: route.fulfill(body=tone, content_type="audio/webm"))
    with harness_at(-1_900, tag=tag) as harness:
        harness.wall = replace(harness.wall, voices=(make_card("one"), make_card("two")))
        page.goto(harness.url)
        wait_for_phase(page, "thanks")
        player = page.locator("voice-player")
        expect(player.locator("li")).to_have_text("We stood with you, one.")
        assert page.evaluate("document.querySelector('audio').paused"), "nothing plays before Sound on"
        assert Axe().run(page).response["violations"] == []

        page.locator("[data-part=sound] button").click()

        expect(player).to_have_attribute("data-state", "playing")
        expect(player.locator("li")).to_have_text("We stood with you, two.", timeout=8_000)
        expect(player).to_have_attribute("data-state", "playing")
        harness.wall = replace(harness.wall, voices=(make_card("one"),))
        harness.send(event("voice.withdrawn", 5, voice="two", state="withdrawn"))
        expect(page.locator("main")).not_to_contain_text("two.", timeout=SILENT_WITHIN_MS)
        assert page.evaluate("document.querySelector('audio').paused")


def test_room_plays_nothing_before_the_action_is_over(page: Page) -> None:
    with harness_at(-60) as harness:
        harness.wall = replace(harness.wall, voices=(make_card("one"),))
        page.goto(harness.url)
        wait_for_phase(page, "holding")

        expect(page.locator("[data-part=voices]")).to_be_hidden()


# --- a copy that nobody can reach -------------------------------------------------------------------------------------------

IS_EMPTY = "document.querySelector('voice-player audio').paused && !document.querySelector('voice-player source')"


def end_note(hall: Hall, after: timedelta) -> None:
    """Its time is over that soon: nobody is told, as nobody is when a day ends."""

    async def do(work: Work) -> None:
        await work.conn.execute(sa.update(tables.voice_note).values(expires_at=work.now + after))

    run(in_transaction(hall.database_url, hall.clock, do))


def play_on_wall(hall: Hall, contexts: Callable[..., Page], ends_in: timedelta | None = None) -> Page:
    """A wall on which the note plays; everything else of the segment is closed."""
    _custodian, phone, wall, _guest = set_up(hall, contexts)
    press(phone, "Start the segment")
    press(phone, "Next")
    if ends_in is not None:
        end_note(hall, ends_in)
        wall.reload()
    expect(wall.locator("voice-player")).to_be_visible(timeout=FOLLOWS_WITHIN_MS)
    sound_on(wall, "Sound on")
    wait_until(wall, PLAYS.format(after=0.2))
    return wall


def test_note_whose_time_is_over_falls_silent_on_a_wall_that_nobody_can_reach(hall: Hall, contexts: Callable[..., Page]) -> None:
    add_note(hall)
    wall = play_on_wall(hall, contexts, timedelta(seconds=8))

    wall.context.set_offline(True)

    expect(wall.locator("[data-part=voice]")).to_be_hidden(timeout=CONTACT_WITHIN_MS)
    assert wall.evaluate(IS_EMPTY)
    expect(wall.locator("body")).not_to_contain_text(LINES[0])
    expect(wall_of(wall)).to_contain_text("The tide is ours")  # its own end is later


def test_note_taken_back_while_a_wall_is_alone_is_gone_at_the_next_contact(hall: Hall, contexts: Callable[..., Page]) -> None:
    voice_id = add_note(hall)
    wall = play_on_wall(hall, contexts)
    wall.context.set_offline(True)
    withdraw(hall, voice_id)
    assert wall.evaluate(PLAYS.format(after=0)), "it could not hear of it"

    wall.context.set_offline(False)

    expect(wall.locator("[data-part=voice]")).to_be_hidden(timeout=CONTACT_WITHIN_MS)
    assert wall.evaluate(IS_EMPTY)


def test_note_whose_time_is_over_falls_silent_in_a_room_that_nobody_can_reach(page: Page) -> None:
    tone = make_tone(LASTS_S)
    page.route("**/sounds/*", lambda route: route.fulfill(body=tone, content_type="audio/webm"))
    with harness_at(-1_900) as harness:
        ends_ms = int((MOMENT + timedelta(seconds=1_908)).timestamp() * 1_000)
        harness.wall = replace(harness.wall, voices=(make_card("one", ends_ms), make_card("two")))
        page.goto(harness.url)
        wait_for_phase(page, "thanks")
        page.locator("[data-part=sound] button").click()
        wait_until(page, PLAYS.format(after=0.2))

        page.context.set_offline(True)

        expect(page.locator("voice-player li")).to_have_text("We stood with you, two.", timeout=CONTACT_WITHIN_MS)
        page.context.set_offline(False)


def test_note_taken_back_while_a_room_is_alone_is_gone_at_the_next_contact(page: Page) -> None:
    tone = make_tone(LASTS_S)
    page.route("**/sounds/*", lambda route: route.fulfill(body=tone, content_type="audio/webm"))
    with harness_at(-1_900) as harness:
        harness.wall = replace(harness.wall, voices=(make_card("one"),))
        page.goto(harness.url)
        wait_for_phase(page, "thanks")
        page.locator("[data-part=sound] button").click()
        wait_until(page, PLAYS.format(after=0.2))
        harness.is_accepting = False
        harness.cut()
        assert harness.refused.wait(PHASE_TIMEOUT_MS / 1_000)
        page.context.set_offline(True)
        assert page.evaluate(PLAYS.format(after=0)), "it could not hear of it"
        harness.wall = replace(harness.wall, voices=())

        page.context.set_offline(False)
        harness.is_accepting = True

        expect(page.locator("[data-part=voices]")).to_be_hidden(timeout=CONTACT_WITHIN_MS)
        assert page.evaluate(IS_EMPTY)
