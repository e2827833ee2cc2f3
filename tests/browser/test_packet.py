"""The page inside a packet, opened from a file with no network: nothing is asked of anybody, and its last day is kept."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from coordinator.domain.packet import Packet, PacketEcho, PacketGroup
from coordinator.domain.packet_rules import carry
from coordinator.domain.spotlight import Link
from coordinator.i18n import read_languages
from coordinator.pages.packet_page import Press
from coordinator.pages.packet_page import make_packet as press_packet
from coordinator.pages.render import Renderer
from tests.packets import MANGUE, SEED, make_packet, make_source, make_voice
from tests.voice_rows import make_tone

WEB = Path(__file__).parents[2] / "web"
LONG_GONE = datetime(2020, 6, 1, tzinfo=UTC)
FAR_OFF = datetime(2037, 6, 1, tzinfo=UTC)
WALL = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}
HOSTILE = {
    "title": "<script>document.title='taken'</script>",
    "body.1": '</style><img src="https://x.example/a.png" onerror="document.title=1"> {{ 7*7 }} {% raw %} %(x)s {0}',
    "body.2": "\U0001f9e8" * 2_500,
    "consent": "\u200f%s",
}

TONE = make_tone(6)
PLAY = "document.querySelector('audio').play()"

Open = Callable[..., Page]


@pytest.fixture
def open_packet(context: BrowserContext, page: Page, tmp_path: Path) -> Iterator[Open]:
    """Opens a packet's page by its file, the network cut; afterwards nothing but that file may have been asked for."""
    asked: list[str] = []
    context.set_offline(True)
    context.on("request", lambda request: asked.append(request.url))
    opened: list[str] = []

    def open_it(packet: Packet, first: str = "en", anchor: str = "") -> Page:
        languages = read_languages()
        sounds = {voice.voice_id: TONE for voice in packet.sounding()}
        data = press_packet(packet, Press(Renderer(WEB, languages), languages, "en", "Chorus", SEED), first, sounds)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            archive.extractall(tmp_path)
        opened.append(f"file://{tmp_path}/index.html")
        page.goto(opened[-1] + anchor)
        return page

    yield open_it
    page.wait_for_timeout(300)  # a late request would come now
    assert [url.partition("#")[0] for url in asked] == opened


def lasting(**changes: object) -> Packet:
    return make_packet(expires_at=FAR_OFF, **changes)


def seen(page: Page) -> str:
    """What a reader reads, in the one language that is shown."""
    return page.locator("main").inner_text()


def test_packet_page_opens_from_a_file_and_asks_nobody(open_packet: Open) -> None:
    page = open_packet(lasting())
    text = seen(page)

    for words in ("The tide is ours", "Read by a speaker", "from Portuguese", "Rede Mangue, Recife", "An echo from Kathmandu Commons"):
        assert words in text, words
    assert "The last day on which this may be shown is Sunday 31 May 2037 in Recife, UTC−03:00." in text
    assert "Riverbank families" in text
    assert "A maré" not in text
    assert page.locator("a[href]:not([href^='#'])").count() == 0  # a browser looks up hosts of anchors by itself


def test_packet_page_allows_nothing_remote_and_only_its_own_style_and_script(open_packet: Open) -> None:
    page = open_packet(lasting())
    policy = page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content") or ""

    written = [page.locator(name).evaluate("e => e.textContent").encode() for name in ("style", "script")]
    style, script = [base64.b64encode(hashlib.sha256(content).digest()).decode() for content in written]

    assert (
        policy
        == f"default-src 'none'; media-src data:; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(12, 15, 28)"  # the style is allowed


def test_packet_page_changes_its_language_by_keyboard_and_without_script(context: BrowserContext, open_packet: Open) -> None:
    page = open_packet(lasting())
    page.keyboard.press("Tab")
    names = page.locator("nav:visible a").all_inner_texts()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert names == ["English", "العربية", "español", "português (Brasil)"]
    assert page.url.endswith("#in-ar")
    assert page.locator("article:visible").count() == 1
    assert "المدّ لنا" in seen(page)
    assert "The tide is ours" not in seen(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the focus follows into the menu of the language that is shown now
    assert page.url.endswith("#in-en")


def test_packet_page_in_arabic_runs_right_to_left_from_its_address(open_packet: Open) -> None:
    page = open_packet(lasting(), anchor="#in-ar")
    page.set_viewport_size(WALL)  # type: ignore[arg-type]  # a plain dict is what it takes
    article = page.locator("article:visible")
    story = page.locator("article:visible .packet__told > div").first.bounding_box()
    side = page.locator("article:visible .packet__side").bounding_box()

    assert (article.get_attribute("dir"), article.get_attribute("lang")) == ("rtl", "ar")
    assert story is not None
    assert side is not None
    assert story["x"] > side["x"]
    assert page.locator("article:visible h1").get_attribute("dir") == "rtl"
    assert page.locator("article:visible .packet__answer .people-say").first.get_attribute("dir") == "ltr"  # that echo is in English


@pytest.mark.parametrize("size", [WALL, PHONE], ids=["wall", "phone"])
@pytest.mark.parametrize("tag", ["en", "ar"])
def test_packet_page_is_large_on_a_wall_and_never_scrolls_sideways(open_packet: Open, size: dict[str, int], tag: str) -> None:
    page = open_packet(lasting(), anchor=f"#in-{tag}")
    page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict is what it takes
    body = page.locator("article:visible .packet__told .people-say").first
    label = page.locator("article:visible .told-label").first
    pixels = [float(each.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) for each in (body, label)]
    columns = page.locator("article:visible .packet__answer .packet__echo > div").evaluate_all("all => new Set(all.map(e => Math.round(e.getBoundingClientRect().top))).size")  # fmt: skip

    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    assert (pixels[0] >= (32 if size is WALL else 20), pixels[1] >= (22 if size is WALL else 16)) == (True, True)
    assert columns == (1 if size is WALL else 2)  # side by side, or one under the other


def test_packet_page_prints_on_white_what_is_shown(open_packet: Open) -> None:
    page = open_packet(lasting(), anchor="#in-es")
    page.emulate_media(media="print")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert "La marea es nuestra" in seen(page)
    assert page.locator("[data-label=machine]:visible").count() == 1
    assert page.locator("nav:visible").count() == 0


# --- voices -----------------------------------------------------------------------------------------------------------


def test_packet_page_plays_a_voice_with_its_words_line_by_line_and_in_another_language(open_packet: Open) -> None:
    page = open_packet(lasting(voices=(make_voice(expires_at=FAR_OFF),)))
    voice = page.locator("article:visible .packet__voice")
    said = voice.inner_text()
    page.evaluate(PLAY)
    first = voice.locator("[aria-current]").inner_text()
    page.locator("nav:visible a", has_text="العربية").click()
    page.locator("article#in-ar audio").wait_for()
    plays_on = page.evaluate("!document.querySelector('audio').paused")
    page.evaluate("document.querySelector('audio').currentTime = 2.5")
    page.locator("#in-ar [aria-current]", has_text="قفوا معنا.").wait_for()

    assert "A voice from Kathmandu Commons, Kathmandu" in said
    assert "They come at night." in said
    assert (first, plays_on) == ("They come at night.", True)
    assert page.locator("article:visible .packet__voice .told-label[data-label=machine]").count() == 1
    assert page.locator("audio").count() == 1
    assert page.locator("article:visible .packet__played").get_attribute("d")


def test_packet_page_at_a_voices_end_silences_it_and_takes_its_words_off(open_packet: Open, page: Page) -> None:
    page.clock.install(time=FAR_OFF - timedelta(minutes=2))
    open_packet(make_packet(expires_at=FAR_OFF + timedelta(days=9), voices=(make_voice(expires_at=FAR_OFF),)))
    before = seen(page)
    held = page.evaluate_handle("document.querySelector('audio')")
    page.evaluate(PLAY)
    page.clock.fast_forward(150_000)

    assert "The last day on which this voice may be heard is Sunday 31 May 2037, in UTC." in before
    assert held.evaluate("audio => [audio.paused, audio.hasAttribute('src')]") == [True, False]
    assert [word for word in ("They come", "يأتون", "base64", "A voice from") if word in page.content()] == []
    assert "The tide is ours" in seen(page)  # the spotlight's own end is later


def test_packet_page_opened_after_its_end_has_neither_sound_nor_words(open_packet: Open) -> None:
    page = open_packet(make_packet(made_at=LONG_GONE - timedelta(days=9), expires_at=LONG_GONE, voices=(make_voice(expires_at=LONG_GONE),)))

    assert (page.locator("audio").count(), page.locator("figure").count()) == (0, 0)
    assert [word for word in ("They come", "يأتون", "base64", "tide") if word in page.content()] == []


def test_packet_page_shows_the_words_of_a_voice_without_sound(open_packet: Open) -> None:
    page = open_packet(lasting(voices=(make_voice(sound=None, expires_at=FAR_OFF), make_voice("other", expires_at=FAR_OFF))))

    assert page.locator("article:visible .packet__voice").count() == 2
    assert page.locator("article:visible .packet__voice").nth(0).locator("audio").count() == 0
    assert page.locator("article:visible .packet__voice").nth(1).locator("audio").count() == 1


@pytest.mark.parametrize("size", [WALL, PHONE], ids=["wall", "phone"])
def test_packet_page_with_a_voice_never_scrolls_sideways(open_packet: Open, size: dict[str, int]) -> None:
    page = open_packet(lasting(voices=(make_voice(expires_at=FAR_OFF),)), anchor="#in-ar")
    page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict is what it takes

    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    assert page.locator("article:visible .packet__voice audio").count() == 1  # from the first moment


# --- the last day -----------------------------------------------------------------------------------------------------


def test_packet_page_past_its_end_hides_the_words_in_every_language(open_packet: Open) -> None:
    page = open_packet(make_packet(made_at=LONG_GONE - timedelta(days=30), expires_at=LONG_GONE))

    assert page.locator("main").get_attribute("data-expires") == str(int(LONG_GONE.timestamp() * 1000))
    assert "The last day on which this may be shown has passed." in seen(page)
    content = page.content()
    assert [word for word in ("tide", "maré", "المد", "marea", "mangrove", "Riverbank") if word in content] == []


def test_packet_page_that_stays_open_takes_the_words_off_when_its_end_comes(open_packet: Open, page: Page) -> None:
    page.clock.install(time=FAR_OFF - timedelta(minutes=2))
    open_packet(lasting())
    before = seen(page)
    page.clock.fast_forward(60_000)
    still = seen(page)
    page.clock.fast_forward(90_000)

    assert before == still
    assert "The tide is ours" in before
    assert "The tide is ours" not in page.content()
    assert page.title().startswith("The last day on which this may be shown has passed.")


def test_packet_page_without_script_says_its_last_day(browser: object, tmp_path: Path) -> None:
    from playwright.sync_api import Browser  # deferred: the type alone

    assert isinstance(browser, Browser)
    languages = read_languages()
    packet = make_packet(made_at=LONG_GONE - timedelta(days=30), expires_at=LONG_GONE)
    data = press_packet(packet, Press(Renderer(WEB, languages), languages, "en", "Chorus", SEED), "en")
    (tmp_path / "index.html").write_bytes(zipfile.ZipFile(io.BytesIO(data)).read("index.html"))
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(f"file://{tmp_path}/index.html#in-ar")

    assert page.locator("article:visible").get_attribute("lang") == "ar"
    page.goto(f"file://{tmp_path}/index.html")
    page.reload()
    assert "The last day on which this may be shown is Sunday 31 May 2020 in Recife, UTC−03:00." in page.locator("article:visible").inner_text()  # fmt: skip
    context.close()


def test_packet_page_of_a_hidden_group_says_its_last_day_in_utc(open_packet: Open) -> None:
    page = open_packet(replace(lasting(), teller=PacketGroup("Reed"), expires_at=datetime(2037, 6, 1, tzinfo=UTC)))

    assert "The last day on which this may be shown is Sunday 31 May 2037, in UTC." in seen(page)
    assert "Recife" not in page.content()


# --- hostile words ----------------------------------------------------------------------------------------------------


def test_hostile_words_are_words(open_packet: Open) -> None:
    echo = PacketEcho(PacketGroup("<i>Kathmandu</i>", "\u200f"), "2027-Q1", carry(make_source({"share": "<svg onload=1>", "answer": "{{ x }}"}), []))  # fmt: skip
    link = Link("<b>The map</b>", "https://example.org/?q='%3Cscript%3E")
    teller = PacketGroup('"><script>1</script>', MANGUE.place, MANGUE.zone_id)
    page = open_packet(lasting(text=carry(make_source(HOSTILE), []), echoes=(echo,), links=(link,), teller=teller))
    text = seen(page)

    assert page.title() == HOSTILE["title"]
    assert page.locator("h1:visible").inner_text() == HOSTILE["title"]
    for words in (
        HOSTILE["body.1"],
        HOSTILE["body.2"],
        "<i>Kathmandu</i>",
        "<svg onload=1>",
        "{{ x }}",
        "<b>The map</b>",
        '"><script>1</script>',
    ):
        assert words in text, words
    assert (page.locator("img").count(), page.locator("script").count(), page.locator("style").count()) == (0, 1, 1)
