"""A room in a real browser: every phase, the network gone, news at once, a device clock that lies."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from coordinator.domain.action import State
from coordinator.services.rooms import Room, Shown
from tests.browser.harness import SLUG, RoomHarness, make_action, make_room, make_row

MOMENT = datetime(2027, 1, 23, 13, 30, tzinfo=UTC)
LEFT_S = {"waiting": 90_000, "gathering": 2_000, "counting": 247, "final": 9.5, "now": -1, "holding": -60, "thanks": -1_900}
DIGITS_SHARE = 0.40
PHASE_TIMEOUT_MS = 25_000
LATE_MS = 400  # of a browser that shares two cores with everything else


def harness_at(left_s: float, room: Room | None = None, tag: str = "en", **options: Any) -> RoomHarness:
    """A room whose server believes that so many seconds are left to MOMENT."""
    return RoomHarness(room or make_room(MOMENT), tag, shift=MOMENT - timedelta(seconds=left_s) - datetime.now(UTC), **options)


def wait_for_phase(page: Page, phase: str) -> None:
    expect(page.locator(".room")).to_have_attribute("data-phase", phase, timeout=PHASE_TIMEOUT_MS)


def until(page: Page, expression: str, timeout_s: float = 15) -> None:
    """Waits until `expression` is true in the page. (Playwright's own wait evaluates strings in the page, which our policy refuses.)"""
    deadline = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(20)


def wait_for_clock(page: Page) -> None:
    until(page, "Boolean(window.__clock) && window.__clock.state === 'synced'")


def said(page: Page, name: str) -> str:
    return page.locator(f'[data-say="{name}"]').inner_text()


def event(kind: str, seq: int, **data: Any) -> dict[str, Any]:
    told = {"action": SLUG, "revision": 4, "state": "confirmed", "moving": False, "legs": []}
    return {"type": "event", "stream": "public", "seq": seq, "tag": "04be77d0", "ts": 1, "kind": kind, "data": {**told, **data}}


# --- phases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", LEFT_S)
@pytest.mark.parametrize("tag", ["en", "ar"])
def test_room_of_each_phase_shows_it_and_axe_finds_nothing(page: Page, phase: str, tag: str) -> None:
    with harness_at(LEFT_S[phase], tag=tag, numerals="arab" if tag == "ar" else "latn") as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        wait_for_phase(page, phase)

        found = Axe().run(page).response["violations"]

    assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found] == []


def test_room_while_waiting_says_the_date_and_what_is_left_in_words(page: Page) -> None:
    with harness_at(93_500) as harness:
        page.goto(harness.url)
        wait_for_clock(page)

        assert said(page, "title") == "Keep the taps open"
        assert page.locator('[data-say="at"]').text_content().replace("\u2068", "").replace("\u2069", "").replace("\u2066", "") == (
            "Saturday 23 January 2027, 19:15 in Kathmandu, UTC+05:45"
        )
        assert page.locator("[data-countdown]").inner_text() == "In 1 day and 1 hour."
        assert page.locator(".bands__row:visible").count() == 3


def test_room_while_gathering_counts_begun_minutes_and_draws_no_line(page: Page) -> None:
    with harness_at(41 * 60 - 1) as harness:
        page.goto(harness.url)
        wait_for_phase(page, "gathering")

        assert page.locator("[data-countdown]").inner_text() == "41 min"
        assert not page.locator(".needle-line").is_visible()
        assert page.locator(".bands__row:visible").count() == 8


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (1280, 1024), (1024, 768)])
def test_room_counting_shows_digits_of_two_fifths_of_the_height(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    with harness_at(247) as harness:
        page.goto(harness.url)
        wait_for_phase(page, "counting")

        share = page.evaluate(
            """() => {
                const digit = document.querySelector(".count__seconds .count__digit");
                const style = getComputedStyle(digit);
                const canvas = document.createElement("canvas").getContext("2d");
                canvas.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
                const box = canvas.measureText("0");
                return (box.actualBoundingBoxAscent + box.actualBoundingBoxDescent) / innerHeight;
            }"""
        )
        widths = page.evaluate(
            "[document.documentElement.scrollWidth, innerWidth, document.querySelector('.count__seconds').getBoundingClientRect().right]"
        )

    assert share >= DIGITS_SHARE
    assert widths[0] <= widths[1]
    assert widths[2] <= widths[1]


def test_room_counting_puts_the_colon_on_the_line_of_the_bands(page: Page) -> None:
    with harness_at(247) as harness:
        page.goto(harness.url)
        wait_for_phase(page, "counting")

        middle = "(e) => { const box = e.getBoundingClientRect(); return box.left + box.width / 2; }"
        colon = page.locator(".colon__up").evaluate(middle)
        line = page.locator(".colon__rise").evaluate(middle)
        band = page.locator(".bands__row .band").first.evaluate(
            "(e) => { const b = e.getBoundingClientRect(); return b.left + b.width * 10 / 24; }"
        )

    assert colon == pytest.approx(line, abs=1)
    assert band == pytest.approx(line, abs=1)


def test_room_counting_keeps_every_digit_in_its_place(page: Page) -> None:
    with harness_at(132) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        places = (
            "[...document.querySelectorAll('.count__digit')].map((e) => [e.getBoundingClientRect().left, e.getBoundingClientRect().width])"
        )
        before, text = page.evaluate(places), page.locator("[data-countdown]").inner_text()
        until(page, f"document.querySelector('[data-countdown]').textContent !== {text!r}")
        after = page.evaluate(places)

    assert before == after


def test_room_ends_at_zero_and_never_counts_up(page: Page) -> None:
    with harness_at(13.0) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        page.evaluate(
            """() => {
                window.__seen = [];
                const count = document.querySelector("[data-countdown]");
                new MutationObserver(() => {
                    const entry = [Number(count.dataset.countdown), count.textContent, window.__clock.now()];
                    const last = window.__seen[window.__seen.length - 1];
                    if (!last || last[0] !== entry[0]) window.__seen.push(entry); else last[1] = entry[1];
                }).observe(count, { attributes: true, childList: true, characterData: true, subtree: true });
            }"""
        )
        wait_for_phase(page, "now")
        seen = page.evaluate("window.__seen")
        moment_ms = MOMENT.timestamp() * 1000

    values = [value for value, _, _ in seen]
    assert values == sorted(values, reverse=True)
    assert values[-1] == 0
    assert {value: text for value, text, _ in seen if 0 < value <= 10} == {n: str(n) for n in values if 0 < n <= 10}
    assert all(0 <= now - (moment_ms - value * 1000) < LATE_MS for value, _, now in seen)


def test_room_tells_milestones_once_and_not_each_second(page: Page) -> None:
    with harness_at(45) as harness:  # time enough to load on a machine that is busy
        page.goto(harness.url)
        wait_for_clock(page)
        expect(page.locator('[data-say="milestone"]')).to_have_text("30 seconds left.", timeout=PHASE_TIMEOUT_MS)
        page.wait_for_timeout(1200)  # a real second of a real browser

        assert page.locator('[data-say="milestone"]').text_content() == "30 seconds left."


def test_room_in_arabic_counts_in_its_own_digits_and_does_not_mirror_time(page: Page) -> None:
    with harness_at(247, tag="ar", numerals="arab") as harness:
        page.goto(harness.url)
        wait_for_phase(page, "counting")
        minutes = page.locator(".count__minutes").bounding_box()
        seconds = page.locator(".count__seconds").bounding_box()

        assert page.locator("[data-countdown]").inner_text()[0] == "٤"
        assert page.get_attribute("html", "dir") == "rtl"
        assert page.locator("[data-countdown]").get_attribute("data-countdown").isascii()
    assert minutes is not None
    assert seconds is not None
    assert minutes["x"] < seconds["x"]


def test_room_with_reduced_motion_is_the_moments_colour_at_once(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    with harness_at(-1) as harness:
        page.goto(harness.url)
        wait_for_phase(page, "now")

        assert page.evaluate("document.querySelector('.opening').getAnimations().length") == 0


def test_room_moves_on_by_itself_when_the_thanks_are_over(page: Page) -> None:
    with harness_at(-3588) as harness:  # time enough to load on a machine that is busy
        page.goto(harness.url)
        wait_for_phase(page, "thanks")
        harness.room = replace(harness.room, shown=None)
        wait_for_phase(page, "waiting")
        harness.send(event("action.confirmed", 5, action="another-1", revision=1))

        expect(page.locator('[data-say="title"]')).to_have_text("No moment stands yet")


def test_room_without_an_action_says_so_and_draws_no_line(page: Page) -> None:
    with harness_at(600, room=replace(make_room(MOMENT), shown=None)) as harness:
        page.goto(harness.url)
        wait_for_clock(page)

        assert said(page, "title") == "No moment stands yet"
        assert page.get_attribute("[data-countdown]", "data-countdown") == "0"
        assert not page.locator(".needle-line").is_visible()


# --- without script, without network ------------------------------------------------------------------------------------


def test_room_without_script_says_the_time_in_words_and_comes_again(context: BrowserContext) -> None:
    browser = context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False)
    with harness_at(247) as harness:
        page = plain.new_page()
        page.goto(harness.url)

        assert "Kathmandu" in page.locator('[data-say="at"]').inner_text()
        assert page.locator("[data-countdown]").inner_text() == "In 4 minutes."
        assert 240 <= int(page.get_attribute("[data-countdown]", "data-countdown") or "") <= 247
        assert page.locator("noscript meta, meta[http-equiv=refresh]").get_attribute("content") == "10"
    plain.close()


def test_room_goes_on_counting_when_the_network_goes_and_says_so(page: Page) -> None:
    with harness_at(40.0) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        harness.is_accepting = False
        harness.cut()
        assert harness.refused.wait(PHASE_TIMEOUT_MS / 1000)  # the page has noticed: offline any sooner, it waits half a minute for silence
        page.context.set_offline(True)
        expect(page.locator('[data-say="alone"]')).to_be_visible(timeout=PHASE_TIMEOUT_MS)
        before = int(page.get_attribute("[data-countdown]", "data-countdown") or "")
        until(page, f"Number(document.querySelector('[data-countdown]').dataset.countdown) < {before - 1}")

        assert said(page, "alone").startswith("No network since 19:14 in ")
        assert said(page, "alone").endswith(", still counting.")

        page.context.set_offline(False)
        harness.is_accepting = True
        expect(page.locator('[data-say="alone"]')).to_be_hidden(timeout=40_000)


def test_room_without_a_socket_learns_the_time_over_http(page: Page) -> None:
    with harness_at(247) as harness:
        harness.is_accepting = False
        page.goto(harness.url)
        wait_for_clock(page)

        assert abs(page.evaluate("window.__clock.now()") - harness.now().timestamp() * 1000) < 200
        assert page.evaluate("window.__clock.worst() >= window.__clock.likely()")


def test_room_on_a_device_that_is_years_wrong_counts_right(page: Page) -> None:
    page.add_init_script("const real = Date.now; Date.now = () => real() - 4e11;")
    with harness_at(247) as harness:
        page.goto(harness.url)
        wait_for_clock(page)

        wait_for_phase(page, "counting")
        assert abs(page.evaluate("window.__clock.now()") - harness.now().timestamp() * 1000) < 200


def test_room_whose_device_clock_steps_counts_on(page: Page) -> None:
    page.add_init_script("const real = Date.now; window.__step = 0; Date.now = () => real() + window.__step;")
    with harness_at(247) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        page.evaluate("window.__step = 95000")
        page.wait_for_timeout(1_300)  # the clock looks once a second

        wait_for_clock(page)
        assert abs(page.evaluate("window.__clock.now()") - harness.now().timestamp() * 1000) < 200


# --- news ---------------------------------------------------------------------------------------------------------------


def moved_room(by: timedelta, **changes: Any) -> Room:
    action = make_action(MOMENT + by, revision=4, rows=(make_row(moved_from_at=MOMENT),), **changes)
    return replace(make_room(MOMENT), shown=Shown(action, action.legs[0], MOMENT + by))


def test_room_hears_of_a_move_and_counts_to_the_new_moment_at_once(page: Page) -> None:
    with harness_at(247) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        harness.room = moved_room(timedelta(hours=1))
        at_ms = int((MOMENT + timedelta(hours=1)).timestamp() * 1000)
        harness.send(event("action.moved", 5, legs=[{"leg": 1, "at_ms": at_ms, "utc_offset": None}]))

        expect(page.locator('[data-part="news"]')).to_be_visible()
        expect(page.locator('[data-say="news-first"]')).to_contain_text("has moved.")
        expect(page.locator('[data-say="news-new"]')).to_contain_text("20:15")
        assert "19:15" in said(page, "news-old")
        wait_for_phase(page, "waiting")
        assert int(page.get_attribute("[data-countdown]", "data-countdown") or "") > 3600


def test_room_hears_of_a_cancellation_and_says_the_reason_over_any_phase(page: Page) -> None:
    with harness_at(8.0) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        harness.room = replace(harness.room, shown=None)
        harness.send(event("action.cancelled", 5, state="cancelled", reason="The dam <b>broke</b>."))

        expect(page.locator('[data-say="news-first"]')).to_contain_text("is cancelled.")
        assert said(page, "news-reason") == "The dam <b>broke</b>."
        assert page.locator(".room").get_attribute("data-phase") == "waiting"
        page.wait_for_timeout(2_000)  # the page's data come without the action; the sentence must stay
        assert page.locator('[data-part="news"]').is_visible()


def test_room_drops_news_older_than_what_it_shows(page: Page) -> None:
    with harness_at(247) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        harness.send(event("action.cancelled", 5, revision=3, state="cancelled"))
        page.wait_for_timeout(500)

        assert not page.locator('[data-part="news"]').is_visible()
        wait_for_phase(page, "counting")


def test_room_page_of_a_cancelled_action_says_so_from_the_start(page: Page) -> None:
    room = make_room(MOMENT, moves_on=False, state=State.CANCELLED, cancel_reason="The dam broke.")
    with harness_at(247, room=room) as harness:
        page.goto(harness.url)
        wait_for_clock(page)

        assert page.locator('[data-part="news"]').is_visible()
        assert said(page, "news-reason") == "The dam broke."


def test_room_after_a_hole_asks_again_from_its_cursor(page: Page) -> None:
    with harness_at(247) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        harness.send(event("action.edited", 7, revision=5))
        page.wait_for_timeout(300)

        assert [frame for frame in harness.received if frame["type"] == "subscribe"] == [
            {"type": "subscribe", "streams": {"public": "4.b20e5d91"}}
        ]


def test_room_after_a_restart_comes_back_with_its_cursor(page: Page) -> None:
    with harness_at(247) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        harness.send(event("action.edited", 5, revision=4))
        page.wait_for_timeout(200)
        harness.cut()
        deadline = time.monotonic() + 15
        while len(harness.hellos) < 2 and time.monotonic() < deadline:
            page.wait_for_timeout(50)

    assert [hello["streams"] for hello in harness.hellos[:2]] == [{"public": None}, {"public": "5.04be77d0"}]
    assert harness.hellos[0]["room"] == {"action": SLUG, "group": None}
