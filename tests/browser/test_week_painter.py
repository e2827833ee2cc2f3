"""The week painter in a real browser, on the real page: by mouse, finger and keys, in both directions, and what the database then holds."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from coordinator.domain.availability import read_availability_text
from coordinator.keys import SESSION_COOKIE
from coordinator.services.groups import load_group
from coordinator.settings import Settings
from tests.browser.conftest import TIMEOUT_MS
from tests.conftest import NOON
from tests.factories import SECRET_KEY, add_group, add_lease, add_link, add_network, add_session, open_database
from tests.product import ShiftedClock, run_product

DESK = {"width": 1920, "height": 1080}
ZOOMED = {"width": 960, "height": 540}  # 200 % on a desk
PHONE = {"width": 390, "height": 844}
HOURS = "MO-FR 17:10-20:50; SA 10:00-14:00 possible; FR 22:00-01:00 possible"
QUIET = "22:30-07:00"

T = TypeVar("T")


@dataclass(frozen=True)
class Served:
    """A running product, its database, and a way to what only the database knows."""

    url: str
    database_url: str

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        """In a thread of its own: Playwright's loop runs in this one."""
        with ThreadPoolExecutor(1) as elsewhere:
            return elsewhere.submit(asyncio.run, doing).result()


@dataclass(frozen=True)
class Group:
    """A group with hours, and one of its custodian's sessions."""

    served: Served
    group_id: str
    session: str

    def path(self, lang: str = "en") -> str:
        return f"{self.served.url}/{lang}/g/{self.group_id}/availability"

    @property
    def hours(self) -> list[str]:
        """What is kept, a text for each row, in order of their text."""
        return sorted(self.served.run(_read_hours(self)).split("; "))


async def _read_hours(group: Group) -> str:
    async with open_database(group.served.database_url) as database, database.read() as conn:
        return (await load_group(conn, group.group_id)).availability.to_text()["availability"]


async def _add_network(url: str) -> None:
    async with open_database(url) as database, database.write(NOON) as work:
        await add_network(work.conn)


async def _add_group(url: str, name: str, numerals: str) -> tuple[str, str]:
    async with open_database(url) as database, database.write(NOON) as work:
        kept, language = read_availability_text(HOURS, QUIET).to_json(), "ar" if numerals == "native" else "en"
        group_id = await add_group(
            work.conn, name, place="Cairo", zone_id="Africa/Cairo", availability=kept, numerals=numerals, language=language
        )
        lease = await add_lease(work.conn, group_id)
        return group_id, await add_session(work.conn, await add_link(work.conn, "custodian", group_id, rota_id=lease))


@pytest.fixture(scope="module")  # one product for the file; each test has a group of its own
def served(sqlite_template: Path, valkey: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("painter")
    shutil.copy(sqlite_template, data / "chorus.db")
    database_url, clock = f"sqlite+aiosqlite:///{data / 'chorus.db'}", ShiftedClock()
    clock.set(NOON)
    settings = Settings(data=data, database_url=database_url, redis_url=valkey, secret_key=SECRET_KEY.decode())
    Served("", database_url).run(_add_network(database_url))
    with run_product(settings, clock) as product:
        yield Served(product.url, database_url)


@pytest.fixture
def group(served: Served, request: pytest.FixtureRequest) -> Group:
    numerals = "native" if "arabic" in request.node.name else "latn"
    return Group(served, *served.run(_add_group(served.database_url, f"Group {uuid.uuid4().hex}", numerals)))


@pytest.fixture
def open_page(browser: Browser, group: Group) -> Iterator[Callable[..., Page]]:
    """Opens the page of hours as the custodian, with what a browser can have; its script may not complain."""
    complaints: list[str] = []
    opened: list[BrowserContext] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 422" not in message.text:
            complaints.append(message.text)

    def open_page(lang: str = "en", viewport: Mapping[str, int] = DESK, **options: Any) -> Page:
        context = browser.new_context(viewport=viewport, timezone_id="Pacific/Marquesas", **options)  # type: ignore[arg-type]  # a plain dict is what it takes
        context.set_default_timeout(TIMEOUT_MS)
        context.add_cookies([{"name": SESSION_COOKIE, "value": group.session, "url": group.served.url}])
        opened.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(group.path(lang))
        return page

    yield open_page
    for context in opened:
        context.close()
    assert complaints == []


# --- hands ------------------------------------------------------------------------------------------------------------


def grid(page: Page) -> Locator:
    return page.locator(".painter[role=grid]")


def cell(page: Page, day: str, time: str) -> Locator:
    """The half hour that begins at that time."""
    hours, _, minutes = time.partition(":")
    return page.locator(f"[data-day={day}] .painter__cell").nth(int(hours) * 2 + int(minutes) // 30)


def middle(where: Locator) -> tuple[float, float]:
    box = where.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, first: Locator, last: Locator) -> None:
    """With the mouse."""
    first.scroll_into_view_if_needed()
    page.mouse.move(*middle(first))
    page.mouse.down()
    page.mouse.move(*middle(last), steps=5)
    page.mouse.up()


def draw(page: Page, first: tuple[float, float], last: tuple[float, float]) -> None:
    """With a finger."""
    device = page.context.new_cdp_session(page)
    for part in range(11):
        x, y = (start + (end - start) * part / 10 for start, end in zip(first, last, strict=True))
        device.send("Input.dispatchTouchEvent", {"type": "touchMove" if part else "touchStart", "touchPoints": [{"x": x, "y": y}]})
    device.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def choose(page: Page, brush: str) -> None:
    page.locator(f"input[name=brush][value={brush}]").check(force=True)


def keep(page: Page) -> None:
    page.locator("week-painter button[type=submit]").click()
    page.wait_for_url("**?said=hours_kept")


def told(page: Page) -> Locator:
    return page.locator(".painter__told")


def rows(page: Page) -> list[str]:
    """The rows of the plain form that say something: "MO TU 17:00-19:00 possible"."""
    return page.eval_on_selector_all(  # type: ignore[no-any-return]  # a list of texts
        "#windows .hours__row",
        """rows => rows.map(row => {
          const of = (end) => row.querySelector(`[name$='${end}']`).value;
          const days = [...row.querySelectorAll('input:checked')].map(box => box.name.slice(-2)).filter(day => /^[A-Z]+$/.test(day)).join(' ');
          return of('.from') || of('.to') || days ? `${days} ${of('.from')}-${of('.to')} ${of('.level')}` : '';
        }).filter(Boolean)""",
    )


KEPT_ROWS = ["MO TU WE TH FR 17:10-20:50 preferred", "SA 10:00-14:00 possible", "FR 22:00-01:00 possible"]


# --- the look ---------------------------------------------------------------------------------------------------------


def look(page: Page, name: str) -> None:
    """Keeps a picture where CHORUS_TEST_PICTURES says."""
    if folder := os.environ.get("CHORUS_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
        page.locator("week-painter").screenshot(path=Path(folder) / f"{name}-painter.png")


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_painter_is_well_made_in_both_directions_and_sizes(open_page: Callable[..., Page], lang: str) -> None:
    page = open_page(lang)
    for day, time in (("MO", "11:00"), ("TU", "12:00"), ("WE", "13:00")):  # more than there are empty rows
        cell(page, day, time).click()
    for name, size in (("zoomed", ZOOMED), ("wide", DESK), ("narrow", PHONE)):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict is what it takes
        cell(page, "TU", "17:30").focus()
        press(page, "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowRight")
        look(page, f"painter-{lang}-{name}")

        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        found = Axe().run(page) if name != "zoomed" else None
        assert found is None or found.violations_count == 0, f"{name}: {found.generate_report()}"


def test_painter_keeps_its_edges_where_colours_are_forced(open_page: Callable[..., Page]) -> None:
    page = open_page(forced_colors="active", reduced_motion="reduce", color_scheme="dark")
    cell(page, "SU", "10:00").focus()
    press(page, "Shift+ArrowRight", "Shift+ArrowRight")
    look(page, "painter-forced")

    strokes = page.eval_on_selector_all(".painter__marked", "marks => marks.map(mark => getComputedStyle(mark).stroke)")
    assert len(set(strokes)) == 1
    assert strokes[0] not in ("none", "rgb(23, 27, 48)")  # the person's own colour, not our ink


# --- painting ---------------------------------------------------------------------------------------------------------


def test_mouse_paints_what_is_then_kept_and_leaves_other_minutes_alone(open_page: Callable[..., Page], group: Group) -> None:
    page = open_page()
    for beside in (".painter__scale span", "[data-day=TH] [role=rowheader]"):
        page.locator(beside).first.click()
    assert rows(page) == KEPT_ROWS
    drag(page, cell(page, "WE", "12:00"), cell(page, "TU", "13:30"))
    expect(told(page)).to_have_text("Tuesday to Wednesday, 12:00 to 14:00, are now good for us.")
    choose(page, "none")
    drag(page, cell(page, "FR", "20:00"), cell(page, "FR", "21:30"))
    expect(told(page)).to_have_text("Friday, 20:00 to 22:00, is now outside our hours.")
    choose(page, "possible")
    cell(page, "SA", "14:00").click()
    expect(cell(page, "SA", "14:00")).to_have_attribute("aria-label", "Saturday, 14:00 to 14:30: possible")
    expect(cell(page, "MO", "17:00")).to_have_attribute("aria-label", "Monday, 17:00 to 17:30: not the same throughout")

    keep(page)

    assert group.hours == [
        "FR 17:10-20:00",
        "FR 22:00-01:00 possible",
        "MO-TH 17:10-20:50",
        "SA 10:00-14:30 possible",
        "TU-WE 12:00-14:00",
    ]


def test_finger_paints_along_a_day_and_scrolls_across_them(open_page: Callable[..., Page], group: Group) -> None:
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    cell(page, "SU", "12:00").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")

    draw(page, middle(cell(page, "SU", "12:00")), middle(cell(page, "SU", "15:30")))
    expect(told(page)).to_have_text("Sunday, 12:00 to 16:00, is now good for us.")
    assert page.evaluate("scrollY") == before
    x, y = middle(cell(page, "SA", "17:00"))
    draw(page, (x, y), (x, y - 150))
    page.wait_for_function("before => scrollY > before", arg=before)
    expect(told(page)).to_have_text("Sunday, 12:00 to 16:00, is now good for us.")
    assert rows(page) == [*KEPT_ROWS, "SU 12:00-16:00 preferred"]
    page.touchscreen.tap(*middle(cell(page, "SU", "18:00")))
    expect(told(page)).to_have_text("Sunday, 18:00 to 18:30, is now good for us.")

    keep(page)

    assert group.hours == ["FR 22:00-01:00 possible", "MO-FR 17:10-20:50", "SA 10:00-14:00 possible", "SU 12:00-16:00", "SU 18:00-18:30"]


def test_keys_alone_choose_a_brush_mark_paint_and_keep(open_page: Callable[..., Page], group: Group) -> None:
    page = open_page()
    expect(grid(page)).to_be_visible()  # a brush that is not shown yet takes no focus, and nobody says so
    page.locator("input[name=brush]:checked").focus()

    press(page, "ArrowRight", "Tab")  # "possible"; then the one cell that Tab leads to
    expect(cell(page, "MO", "17:00")).to_be_focused()
    press(page, "Control+End", "ArrowUp", "Home", *["ArrowRight"] * 16, "Shift+ArrowDown", "Shift+ArrowRight")
    expect(told(page)).to_have_text("Marked: Saturday to Sunday, 08:00 to 09:00.")
    expect(page.locator("[aria-selected=true]")).to_have_count(4)
    press(page, "Escape")
    expect(told(page)).to_have_text("Nothing was painted.")
    assert rows(page) == KEPT_ROWS
    press(page, "Shift+ArrowRight", "Space")
    expect(told(page)).to_have_text("Sunday, 08:30 to 09:30, is now possible.")
    expect(cell(page, "SU", "09:00")).to_be_focused()
    press(page, "ArrowRight", "ArrowRight", "Enter", "Tab")
    expect(page.locator("week-painter button[type=submit]")).to_be_focused()
    press(page, "Enter")
    page.wait_for_url("**?said=hours_kept")

    assert group.hours == [
        "FR 22:00-01:00 possible",
        "MO-FR 17:10-20:50",
        "SA 10:00-14:00 possible",
        "SU 08:30-09:30 possible",
        "SU 10:00-10:30 possible",
    ]


def test_week_in_arabic_runs_from_right_to_left_from_saturday_in_its_own_digits(open_page: Callable[..., Page], group: Group) -> None:
    page = open_page("ar")
    assert page.locator(".painter__day").first.get_attribute("data-day") == "SA"
    assert middle(cell(page, "SU", "08:00"))[0] > middle(cell(page, "SU", "20:00"))[0]

    drag(page, cell(page, "SU", "08:00"), cell(page, "SU", "09:30"))
    expect(told(page)).to_have_text("الأحد، من ٠٨:٠٠ إلى ١٠:٠٠: صارت تناسبنا.")
    press(page, "ArrowLeft", "ArrowLeft", "Shift+ArrowUp", "Space")
    expect(told(page)).to_have_text("من السبت إلى الأحد، من ١٠:٣٠ إلى ١١:٠٠: صارت تناسبنا.")
    assert "SA SU ١٠:٣٠-١١:٠٠ preferred" in rows(page)
    keep(page)

    assert group.hours == [
        "FR 22:00-01:00 possible",
        "MO-FR 17:10-20:50",
        "SA 10:00-10:30 possible",
        "SA 11:00-14:00 possible",
        "SA-SU 10:30-11:00",
        "SU 08:00-10:00",
    ]


def test_picture_that_is_painted_on_is_the_servers_own(open_page: Callable[..., Page]) -> None:
    """Every shape, but for those that only a painter needs to see: hours that lie beneath quiet ones."""
    page = open_page()
    grid(page).wait_for()
    sent, drawn = page.evaluate("""async () => {
      const asked = new XMLHttpRequest();
      asked.open("GET", location.href);
      asked.responseType = "document";
      const sent = await new Promise(done => { asked.onload = () => done(asked.response); asked.send(); });
      const names = ["class", "x", "y", "width", "height", "d"];
      return [sent, document].map(page => [...page.querySelectorAll(".painter__week > :not(.painter__beaten)")]
        .map(shape => names.map(name => shape.getAttribute(name) || "0").join(" ")));
    }""")

    assert len(sent) > len(KEPT_ROWS)
    assert drawn == sent


def test_painter_that_is_taken_out_and_put_back_has_left_nothing_and_paints_again(open_page: Callable[..., Page]) -> None:
    page = open_page()
    grid(page).wait_for()
    plain = page.evaluate("""() => {
      const painter = document.querySelector("week-painter");
      const place = painter.parentElement;
      painter.remove();
      const left = painter.querySelectorAll("[role=grid], [role=row], .painter__cell, [data-painting]:not([hidden])").length;
      document.querySelector("[name='windows[3].from']").dispatchEvent(new Event("input", { bubbles: true }));
      place.append(painter);
      return left;
    }""")
    cell(page, "SU", "12:00").click()

    assert plain == 0
    assert page.locator(".painter__cell").count() == 7 * 48
    assert rows(page) == [*KEPT_ROWS, "SU 12:00-12:30 preferred"]


# --- quiet hours, rows, faults ----------------------------------------------------------------------------------------


def test_quiet_hours_take_no_paint_and_the_rows_are_read_as_they_are_typed(open_page: Callable[..., Page]) -> None:
    page = open_page()
    drag(page, cell(page, "TU", "22:00"), cell(page, "TU", "23:30"))
    expect(told(page)).to_have_text(
        "Tuesday, 22:00 to 24:00, is now good for us. Quiet hours weigh more and take no paint: change them below if they are not right."
    )
    assert rows(page) == [*KEPT_ROWS, "TU 22:00-22:30 preferred"]
    cell(page, "SU", "23:00").click()
    expect(told(page)).to_have_text("Quiet hours weigh more and take no paint: change them below if they are not right.")
    assert page.locator("[data-day=FR] .painter__beaten").count() == 1
    choose(page, "none")
    drag(page, cell(page, "FR", "22:00"), cell(page, "FR", "23:30"))  # takes away what lies beneath too, but not Saturday's hour
    assert page.locator("[data-day=FR] .painter__beaten").count() == 0
    page.locator("[name='quiet[0].from']").fill("23:30")

    expect(cell(page, "SU", "23:00")).to_have_attribute("aria-label", "Sunday, 23:00 to 23:30: not then")
    page.locator("[name='windows[1].gone']").check()
    expect(cell(page, "SA", "12:00")).to_have_attribute("aria-label", "Saturday, 12:00 to 12:30: not then")
    page.locator("[name='quiet[0].gone']").check()
    choose(page, "preferred")
    drag(page, cell(page, "SU", "23:00"), cell(page, "SU", "23:30"))
    drag(page, cell(page, "MO", "00:00"), cell(page, "MO", "00:30"))
    assert "SU 23:00-01:00 preferred" in rows(page)  # a night is one row


def test_rows_are_added_as_needed_and_a_row_that_cannot_be_read_is_left_alone(open_page: Callable[..., Page], group: Group) -> None:
    page = open_page()
    page.locator("[name='windows[3].from']").fill("noon")
    for day, time in (("MO", "08:00"), ("TU", "09:00"), ("WE", "10:00")):
        cell(page, day, time).click()

    assert rows(page) == [
        *KEPT_ROWS,
        " noon- preferred",
        "MO 08:00-08:30 preferred",
        "TU 09:00-09:30 preferred",
        "WE 10:00-10:30 preferred",
    ]
    assert page.locator("#windows-6- legend").text_content() == "Hours 7"
    page.locator("[data-reset]").click()
    assert rows(page) == KEPT_ROWS
    assert page.locator("#windows .hours__row").count() == len(KEPT_ROWS) + 2
    cell(page, "WE", "10:00").click()
    keep(page)
    assert group.hours == ["FR 22:00-01:00 possible", "MO-FR 17:10-20:50", "SA 10:00-14:00 possible", "WE 10:00-10:30"]


def test_fault_that_comes_back_keeps_the_painting(open_page: Callable[..., Page], group: Group) -> None:
    page = open_page()
    for part, value in (("from", "23:00"), ("to", "05:00")):
        page.locator(f"[name='windows[3].{part}']").fill(value)
    page.locator("[name='windows[3].days.SU']").check()
    for day, time in (("MO", "08:00"), ("TU", "09:00"), ("WE", "10:00")):
        cell(page, day, time).click()
    page.locator("week-painter button[type=submit]").click()
    expect(page.get_by_role("alert")).to_contain_text("Hours 4")  # typed, not painted: it would never open

    expect(cell(page, "WE", "10:00")).to_have_attribute("aria-label", "Wednesday, 10:00 to 10:30: good for us")
    assert page.locator("#windows .field__error").filter(visible=True).count() == 1
    choose(page, "none")
    cell(page, "SU", "12:00").click()  # nothing there: no row is touched
    assert page.locator("#windows .field__error").filter(visible=True).count() == 1
    drag(page, cell(page, "SU", "23:00"), cell(page, "SU", "23:30"))
    assert page.locator("#windows .field__error").filter(visible=True).count() == 0
    choose(page, "preferred")
    cell(page, "TU", "09:30").click()
    keep(page)

    assert group.hours == [
        "FR 22:00-01:00 possible",
        "MO 08:00-08:30",
        "MO-FR 17:10-20:50",
        "SA 10:00-14:00 possible",
        "TU 09:00-10:00",
        "WE 10:00-10:30",
    ]


def test_without_script_the_picture_has_its_key_and_the_form_does_all(open_page: Callable[..., Page], group: Group) -> None:
    page = open_page(java_script_enabled=False)

    assert page.locator(".painter__key").is_visible()
    assert not page.locator("[data-painting]").filter(visible=True).count()
    assert grid(page).count() == 0
    page.locator("[name='windows[3].days.SU']").check()
    page.locator("[name='windows[3].from']").fill("09:00")
    page.locator("[name='windows[3].to']").fill("10:15")
    page.locator("#hours-form button[type=submit]").click()
    page.wait_for_url("**?said=hours_kept")
    assert "SU 09:00-10:15" in group.hours
