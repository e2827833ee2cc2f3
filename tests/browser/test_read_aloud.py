"""A note that was written is read aloud by the browser: on a spotlight's page, on a wall after "Sound on", in a room after its action.

The browser of these tests has no voices: what it says of that is tried as it is, and a voice is lent to it by a stand-in for its speech.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from coordinator.pages.context_news import VoiceCard, VoiceLine
from coordinator.store.database import Work
from tests.browser.test_hearing import ARABIC, SILENT_WITHIN_MS, _translate, sound_on, withdraw
from tests.browser.test_hearing import make_card as make_sound_card
from tests.browser.test_room import event, harness_at, wait_for_phase
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
)
from tests.voice_rows import LINES, add_voice, make_tone

__all__ = ["contexts", "hall"]  # fixtures

VOICELESS = "This browser has no voice of its own for this language. The words stand here to be read."
WRITTEN = {"webm_id": None, "mp4_id": None, "peaks": [], "times": [], "duration_ms": None}
SPEECH = """
  const spoken = [];                          // what was said, and what was cut off
  const speech = new EventTarget();
  let now = null;
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  speech.getVoices = () => [
    { lang: "en-US", localService: false, name: "of a server" },
    { lang: "en_GB", localService: true, name: "English" },
    { lang: "ar-EG", localService: true, name: "Arabic" },
  ];
  speech.speak = (utterance) => {
    if (!utterance.text) return;
    now = utterance;
    spoken.push(`${utterance.voice.name}: ${utterance.text}`);
  };
  speech.cancel = () => { const cut = now; now = null; if (cut) { spoken.push("hush"); cut.onend(); } };
  Object.defineProperty(window, "speechSynthesis", { value: speech });
  window.spoken = spoken;
  window.endLine = () => { const said = now; now = null; said.onend(); };
"""


def lend_voice(page: Page) -> Page:
    """From the next page on; a test ends each line itself by `endLine()`."""
    page.add_init_script(SPEECH)
    return page


def said(page: Page) -> list[str]:
    return list(page.evaluate("spoken"))


def end_line(page: Page) -> None:
    page.evaluate("endLine()")


def add_written(hall: Hall) -> str:
    """A published note of the teller, without a sound, in English with Arabic words by a person; its id."""
    kept: dict[str, str] = {}

    async def add(work: Work) -> None:
        row = await add_voice(work.conn, hall.teller, hall.slug, at=work.now, public=False, **WRITTEN)
        await _translate(work, row, work.now)
        kept["id"] = row["id"]

    run(in_transaction(hall.database_url, hall.clock, add))
    return kept["id"]


# --- on a spotlight's page ------------------------------------------------------------------------------------------------


def test_note_is_read_line_by_line_paused_stopped_and_silenced_when_taken_back(hall: Hall, contexts: Callable[..., Page]) -> None:
    voice_id = add_written(hall)
    page = enter(lend_voice(contexts(PHONE)), hall.url, hall.links["member"].secret)
    page.goto(hall.path(f"spotlights/{hall.slug}"))
    current, ring = page.locator(".voice__words [aria-current]"), page.locator(".voice__ring")
    expect(page.locator(".voice__seek")).to_be_hidden()
    expect(page.locator(".voice__aloud")).to_have_text("A browser’s voice reads it.")
    check(page, "spotlight, written note")

    ring.focus()
    page.keyboard.press("Enter")
    expect(current).to_have_text(LINES[0])
    expect(ring).to_have_attribute("aria-label", "Pause")
    end_line(page)
    expect(current).to_have_text(LINES[1])
    ring.click()
    expect(page.locator("voice-player")).to_have_attribute("data-state", "still")
    expect(current).to_have_text(LINES[1])
    ring.click()
    assert said(page) == [f"English: {LINES[0]}", f"English: {LINES[1]}", "hush", f"English: {LINES[1]}"]
    page.get_by_role("button", name="Stop").click()
    expect(current).to_have_count(0)
    expect(ring).to_be_focused()
    ring.click()
    assert said(page)[-2:] == ["hush", f"English: {LINES[0]}"]
    withdraw(hall, voice_id)

    expect(page.locator("voice-player")).to_have_count(0, timeout=SILENT_WITHIN_MS)
    assert said(page)[-1] == "hush"


def test_note_is_read_in_the_language_that_is_shown_and_goes_over_to_the_original(hall: Hall, contexts: Callable[..., Page]) -> None:
    add_written(hall)
    page = enter(lend_voice(contexts(PHONE)), hall.url, hall.links["member"].secret)
    page.goto(hall.path(f"spotlights/{hall.slug}", lang="ar"))
    check(page, "spotlight, written note, ar")

    page.locator(".voice__ring").click()
    end_line(page)
    assert said(page) == [f"Arabic: {ARABIC[0]}", f"Arabic: {ARABIC[1]}"]
    page.keyboard.press("o")

    expect(page.locator(".voice__words [aria-current]")).to_have_text(LINES[1])
    assert said(page)[2:] == ["hush", f"English: {LINES[1]}"]
    end_line(page)
    end_line(page)
    expect(page.locator("voice-player")).to_have_attribute("data-state", "still")
    expect(page.locator(".voice__words [aria-current]")).to_have_count(0)


def test_page_that_is_left_takes_its_reading_along(hall: Hall, contexts: Callable[..., Page]) -> None:
    add_written(hall)
    page = enter(lend_voice(contexts(PHONE)), hall.url, hall.links["member"].secret)
    page.goto(hall.path(f"spotlights/{hall.slug}"))

    page.locator(".voice__ring").click()
    page.evaluate("dispatchEvent(new Event('pagehide'))")

    assert said(page)[-1] == "hush"


def test_browser_without_a_voice_says_so_and_leaves_the_words(hall: Hall, contexts: Callable[..., Page]) -> None:
    add_written(hall)
    page = enter(contexts(PHONE), hall.url, hall.links["member"].secret)
    page.goto(hall.path(f"spotlights/{hall.slug}"))

    assert page.evaluate("speechSynthesis.getVoices().length") == 0
    expect(page.locator(".voice__voiceless")).to_have_text(VOICELESS)
    expect(page.locator(".voice__bar")).to_be_hidden()
    expect(page.locator(".voice__aloud")).to_be_hidden()
    expect(page.locator(".voice__words li")).to_have_text(list(LINES))
    check(page, "spotlight, no voice")


def test_browser_without_speech_leaves_the_words(hall: Hall, contexts: Callable[..., Page]) -> None:
    add_written(hall)
    page = contexts(PHONE)
    page.add_init_script("delete window.speechSynthesis; delete Window.prototype.speechSynthesis; delete window.SpeechSynthesisUtterance;")
    enter(page, hall.url, hall.links["member"].secret)
    page.goto(hall.path(f"spotlights/{hall.slug}"))

    assert not page.evaluate("'speechSynthesis' in window")
    expect(page.locator(".voice__voiceless")).to_have_text(VOICELESS)
    expect(page.locator(".voice__words li")).to_have_text(list(LINES))


# --- in a meeting ---------------------------------------------------------------------------------------------------------


def test_wall_reads_the_note_by_itself_after_sound_on_and_waits_while_the_segment_does(hall: Hall, contexts: Callable[..., Page]) -> None:
    voice_id = add_written(hall)
    _custodian, phone, wall, guest = set_up(hall, contexts)
    late = come_late(guest)
    lend_voice(wall).reload()
    lend_voice(late).reload()
    late.locator("[data-part=sound] button").click()
    press(phone, "Start the segment")
    press(phone, "Next")

    expect(wall.locator("voice-player")).to_have_attribute("data-state", "still", timeout=FOLLOWS_WITHIN_MS)
    expect(late.locator("voice-player")).to_have_attribute("data-state", "playing", timeout=FOLLOWS_WITHIN_MS)
    expect(wall.locator(".voice__words li").first).to_have_text(LINES[0], timeout=FOLLOWS_WITHIN_MS)
    assert (said(wall), said(late)) == ([], [f"Arabic: {ARABIC[0]}"])
    sound_on(wall, "Sound on")
    expect(wall.locator(".voice__words [aria-current]")).to_have_text(LINES[0])
    check(wall, "wall, written note")
    check(late, "wall, written note, ar")

    press(phone, "Pause")
    expect(wall.locator("voice-player")).to_have_attribute("data-state", "still", timeout=FOLLOWS_WITHIN_MS)
    press(phone, "Go on")
    expect(wall.locator("voice-player")).to_have_attribute("data-state", "playing", timeout=FOLLOWS_WITHIN_MS)
    assert said(wall) == [f"English: {LINES[0]}", "hush", f"English: {LINES[0]}"]

    withdraw(hall, voice_id)
    for page in (wall, late):
        expect(page.locator("[data-part=voice]")).to_be_hidden(timeout=SILENT_WITHIN_MS)
        assert said(page)[-1] == "hush"


# --- in a room, after the action ------------------------------------------------------------------------------------------


def make_written(name: str) -> VoiceCard:
    """The same note as a sound's, without one."""
    card = make_sound_card(name)
    lines = tuple(VoiceLine(line.part, None, None) for line in card.lines)
    return replace(card, lines=lines, duration_ms=None, length="", strokes="", webm="", mp4="", manner="Written, not recorded.")


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_room_reads_and_plays_what_came_in_one_after_the_other(page: Page, tag: str) -> None:
    lend_voice(page)
    tone = make_tone(2)
    page.route("**/sounds/*", lambda route: route.fulfill(body=tone, content_type="audio/webm"))
    with harness_at(-1_900, tag=tag) as harness:
        harness.wall = replace(harness.wall, voices=(make_written("one"), make_sound_card("two"), make_written("three")))
        page.goto(harness.url)
        wait_for_phase(page, "thanks")
        player = page.locator("voice-player")
        expect(player.locator("li")).to_have_text("We stood with you, one.")
        assert said(page) == [], "nothing is read before Sound on"
        assert Axe().run(page).response["violations"] == []

        page.locator("[data-part=sound] button").click()
        expect(player).to_have_attribute("data-state", "playing")
        end_line(page)
        expect(player.locator("li")).to_have_text("We stood with you, two.")
        expect(player.locator(".voice__seek")).to_be_visible()
        expect(player.locator("li")).to_have_text("We stood with you, three.", timeout=8_000)
        expect(player.locator(".voice__seek")).to_be_hidden()
        harness.wall = replace(harness.wall, voices=(make_sound_card("two"),))
        harness.send(event("voice.withdrawn", 5, voice="three", state="withdrawn"))

        expect(page.locator("main")).not_to_contain_text("three.", timeout=SILENT_WITHIN_MS)
        assert said(page) == ["English: We stood with you, one.", "English: We stood with you, three.", "hush"]


def test_room_without_a_voice_leaves_each_line_as_long_as_it_takes_to_read(page: Page) -> None:
    with harness_at(-1_900) as harness:
        (line,) = make_written("one").lines
        lines = tuple(replace(line, part=replace(line.part, words=f"{n}. We stood with you.")) for n in range(6))  # more than fit
        harness.wall = replace(harness.wall, voices=(replace(make_written("one"), lines=lines), make_written("two")))
        page.goto(harness.url)
        wait_for_phase(page, "thanks")
        expect(page.locator(".voice__voiceless")).to_have_text(VOICELESS)
        expect(page.locator(".voice__bar")).to_be_hidden()

        page.locator("[data-part=sound] button").click()

        expect(page.locator(".voice__words [aria-current]")).to_have_text("0. We stood with you.")
        expect(page.locator(".voice__words [aria-current]")).to_have_text("5. We stood with you.", timeout=12_000)
        expect(page.locator(".voice__words [aria-current]")).to_be_in_viewport()
        expect(page.locator("voice-player li")).to_have_text(["We stood with you, two."], timeout=8_000)
