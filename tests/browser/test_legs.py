"""A wave in a browser: the public countdown turns from leg to leg by itself, by the server's rule, with the network cut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, expect

from coordinator.domain.action import turn
from coordinator.domain.listing import Seen
from coordinator.services.actions import LegView
from coordinator.services.rooms import Room, Shown
from tests.browser.harness import RoomHarness, make_action, make_row
from tests.browser.test_room import event, said, wait_for_clock, wait_for_phase

FIRST, SECOND, LAST = (datetime(2027, 1, 23, hour, minute, tzinfo=UTC) for hour, minute in ((12, 15), (12, 30), (17, 0)))
CITIES = {1: ("Kathmandu", "Asia/Kathmandu"), 2: ("Delhi", "Asia/Kolkata"), 3: ("Cairo", "Africa/Cairo")}
ROWS = tuple(make_row(seen=Seen(f"g{leg}", city, city, zone_id), leg=leg) for leg, (city, zone_id) in CITIES.items())
TURNS_WITHIN_MS = 30_000
LEGS = tuple(LegView(leg, at, None, 0) for leg, at in enumerate((FIRST, SECOND, LAST), start=1))


def wave_room(shown: int = 0) -> Room:
    """The public room of a wave of three legs, half an hour each; the second begins while the first is going on."""
    action = make_action(FIRST, legs=LEGS, rows=ROWS)
    turns = tuple(Shown(action, leg, leg.starts_at) for leg in LEGS if leg.starts_at is not None)
    return Room(None, turns[shown], turns[shown].seen, 2, moves_on=False, turns=turns)


def at(now: datetime, **options: Any) -> RoomHarness:
    return RoomHarness(wave_room(), shift=now - datetime.now(UTC), zone_id="Africa/Cairo", **options)


def to_ms(instant: datetime | None) -> int:
    assert instant is not None
    return int(instant.timestamp() * 1000)


def test_countdown_turns_to_the_next_leg_with_the_network_cut(page: Page) -> None:
    with at(SECOND - timedelta(seconds=606)) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        wait_for_phase(page, "holding")
        assert page.locator(".bands__row").count() == 1
        page.context.set_offline(True)
        harness.is_accepting = False
        harness.cut()

        wait_for_phase(page, "counting")

        expect(page.locator(".count")).to_contain_text("9:5")
        assert int(page.locator("[data-countdown]").get_attribute("data-countdown") or "") > 590
        assert "14:30" in said(page, "at")
        assert page.locator(".bands__row").inner_text().split() == ["18:00", "Delhi", "Sat", "UTC+5:30"]
        page.context.set_offline(False)


def test_countdown_hears_of_a_move_of_a_leg_that_it_does_not_show(page: Page) -> None:
    sooner = SECOND - timedelta(minutes=2)
    told = [{"leg": leg.leg, "at_ms": to_ms(sooner if leg.leg == 2 else leg.starts_at), "utc_offset": 0} for leg in LEGS]
    with at(sooner - timedelta(seconds=606)) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        wait_for_phase(page, "holding")
        page.route("**/data", lambda route: route.abort())  # the event alone
        harness.send(event("action.moved", 5, legs=told))

        wait_for_phase(page, "counting")

        assert int(page.locator("[data-countdown]").get_attribute("data-countdown") or "") > 590
        assert page.locator('[data-part="news"]').is_hidden()


def test_room_of_a_group_takes_its_leg_from_its_own_stream_though_partners_heard_the_same_revision_without_it(page: Page) -> None:
    later = FIRST + timedelta(hours=1)
    with at(FIRST - timedelta(seconds=3605)) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        page.route("**/data", lambda route: route.abort())
        harness.send(event("action.moved", 5, legs=[{"leg": 9, "at_ms": to_ms(SECOND), "utc_offset": 0}]))
        harness.send(event("action.moved", 6, legs=[{"leg": 1, "at_ms": to_ms(later), "utc_offset": 0}]))

        expect(page.locator('[data-part="news"]')).to_be_visible()

        assert int(page.locator("[data-countdown]").get_attribute("data-countdown") or "") > 7000


def test_turn_at_is_the_rule_of_the_server(page: Page) -> None:
    duration = timedelta(minutes=30)
    starts = [leg.starts_at for leg in LEGS if leg.starts_at is not None]
    instants = [FIRST + timedelta(seconds=seconds) for seconds in range(-600, 6 * 3600, 37)] + [
        start + timedelta(seconds=s) for start in starts for s in (-1, 0, 9, 10, 11)
    ]
    legs = [{"at_ms": to_ms(start), "ends_ms": to_ms(start + duration)} for start in starts]
    with at(FIRST - timedelta(hours=2)) as harness:
        page.goto(harness.url)

        turned = page.evaluate(
            """async ([legs, instants]) => {
                const base = document.querySelector('script[type="module"]').src;
                const { turnAt } = await import(new URL("countdown.js", base).href);
                return instants.map((now) => turnAt(legs, now));
            }""",
            [legs, [to_ms(now) for now in instants]],
        )

    assert turned == [turn(starts, duration, now) for now in instants]


def test_count_on_a_page_turns_to_the_moment_after_by_itself(page: Page) -> None:
    with at(FIRST - timedelta(hours=2)) as harness:
        page.goto(harness.url)
        wait_for_clock(page)
        soon = harness.now() + timedelta(seconds=3)
        instants = [f"{start:%Y-%m-%dT%H:%M:%SZ}" for start in (soon, soon + timedelta(seconds=60), soon + timedelta(hours=1))]
        page.evaluate(
            """async ([first, ...then]) => {
                const line = document.createElement("p");
                Object.assign(line.dataset, { countdown: "3", startsAt: first, then: then.join(" ") });
                const main = document.createElement("div");
                main.append(line);
                document.body.append(main);
                const base = document.querySelector('script[type="module"]').src;
                const { countDownPage } = await import(new URL("page-countdown.js", base).href);
                await countDownPage(main);
            }""",
            instants,
        )

        # At each frame: whoever asks but once a second may miss the second asked for.
        page.wait_for_function("() => document.querySelector('[data-then]').dataset.countdown === '58'", timeout=TURNS_WITHIN_MS)
        page.wait_for_function("() => document.querySelector('[data-then]').textContent === '0:57'", timeout=TURNS_WITHIN_MS)
