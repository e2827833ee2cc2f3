"""The public mirror in a real browser: nothing is cut or scrolls sideways, axe-core finds nothing, "o" leads to the original and back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from coordinator.keys import SESSION_COOKIE
from coordinator.settings import Settings
from coordinator.store.database import Work
from tests.factories import SECRET_KEY, add_group, add_lease, add_link, add_network, add_session, open_database
from tests.mirror_rows import add_echo, add_meeting, add_rendering, add_spotlight
from tests.product import Product, ShiftedClock, run_product

NOW = datetime(2027, 3, 20, 12, tzinfo=UTC)
SIZES = {"wall": {"width": 1920, "height": 1080}, "phone": {"width": 390, "height": 844}}
GROUPS = (
    ("Huerta Común", "Ciudad de México", "America/Mexico_City", "es"),
    ("Collectif des Casseroles", "Montréal", "America/Toronto", "en"),
    ("Minga del Agua", "La Paz", "America/La_Paz", "es"),
    ("Rede Mangue", "Recife", "America/Recife", "pt-BR"),
    ("Liverpool Unity Hall", "Liverpool", "Europe/London", "en"),
    ("Nile Listeners", "Cairo", "Africa/Cairo", "ar"),
    ("Dar Water Forum", "Dar es Salaam", "Africa/Dar_es_Salaam", "en"),
    ("Mumbai Chawl Union", "Mumbai", "Asia/Kolkata", "en"),
    ("Kathmandu Commons", "Kathmandu", "Asia/Kathmandu", "en"),
    ("Manila Bay Night School", "Manila", "Asia/Manila", "en"),
    ("Aotearoa Tides", "Auckland", "Pacific/Auckland", "en"),
)
TIDE = {
    "title": "A maré é nossa",
    "body.1": "O porto quer onze hectares de mangue para um pátio de contêineres. Quatrocentas famílias catam caranguejo e marisco ali, e as mesmas raízes seguram a água fora das nossas ruas.",
    "body.2": "Mapeamos cada casa que come dele. Agora o tribunal tem de nos ouvir antes que uma só árvore seja cortada.",
    "ask": "Escrevam ao tribunal até 30 de abril, e mandem uma foto da sua água.",
    "face": "Um porto que chama de terra vazia uma margem viva.",
    "share": "Famílias da beira do rio, mapeadas como ninguém.",
    "answer": "No sábado caminhamos o rio e desenhamos nosso mapa.",
}
TIDE_EN = {
    "title": "The tide is ours",
    "body.1": "The port wants eleven hectares of mangrove for a container yard. Four hundred families gather crab and mussel there, and the same roots keep the water out of our streets.",
    "body.2": "We mapped every household that eats from it. Now the court must hear us before a single tree is cut.",
    "ask": "Write to the court by 30 April, and send a photograph of your water.",
    "face": "A port that calls a living shore empty land.",
    "share": "Riverbank families, mapped as nobody.",
    "answer": "On Saturday we walk the river and draw our own map.",
}
NILE = {
    "title": "الماء ليس سلعة",
    "body.1": "رُفعت تعرفة المياه ثلاث مرات في سنة واحدة، وقُطعت الشبكة عن أربعين بيتاً في حيّنا.",
    "ask": "اكتبوا إلينا كيف حميتم عدّاداتكم.",
}
ECHOES = (
    ("tide", "Kathmandu Commons", 4), ("tide", "Minga del Agua", 11), ("nile", "Liverpool Unity Hall", 12), ("taps", "Nile Listeners", 19),
    ("tide", "Dar Water Forum", 26), ("nile", "Rede Mangue", 27), ("taps", "Manila Bay Night School", 40), ("nile", "Mumbai Chawl Union", 47),
    ("taps", "Huerta Común", 54), ("tide", "Aotearoa Tides", 61), ("nile", "Kathmandu Commons", 68), ("tide", "Collectif des Casseroles", 69),
    ("taps", "Rede Mangue", 75), ("tide", "Nile Listeners", -30),
)  # fmt: skip


@dataclass
class Shown:
    """A running product with a mirror that has been used, and a member of Kathmandu Commons who looks at it."""

    product: Product
    slugs: dict[str, str]
    group_id: str
    session: str


@pytest.fixture
def shown(sqlite_database_url: str, valkey: str, tmp_path: Path) -> Iterator[Shown]:
    with ThreadPoolExecutor(1) as elsewhere:  # Playwright's loop runs in this thread
        slugs, group_id, session = elsewhere.submit(lambda: asyncio.run(_fill(sqlite_database_url))).result()
    clock = ShiftedClock()
    clock.set(NOW)
    settings = Settings(data=tmp_path, database_url=sqlite_database_url, redis_url=valkey, secret_key=SECRET_KEY.decode())
    with run_product(settings, clock) as product:
        yield Shown(product, slugs, group_id, session)


async def _fill(url: str) -> tuple[dict[str, str], str, str]:
    async with open_database(url) as database, database.write(NOW) as work:
        await add_network(work.conn, zone_id="Africa/Nairobi", numerals={"ar": "arab"}, default_language="en")
        ids = {
            name: await add_group(work.conn, name, place=place, zone_id=zone_id, language=language, listing="public")
            for name, place, zone_id, language in GROUPS
        }
        slugs = await _tell(work, ids)
        for slug, name, day in ECHOES:
            await add_echo(work.conn, slugs[slug], ids[name], at=datetime(2027, 1, 1, 18, tzinfo=UTC) + timedelta(days=day))
        await add_meeting(work.conn, slugs["tide"], ids["Kathmandu Commons"], at=NOW)
        await add_meeting(work.conn, slugs["nile"], ids["Minga del Agua"], at=NOW - timedelta(days=200))
        own = ids["Kathmandu Commons"]
        for fence, (alias, ended, skipped) in enumerate((("ibis", 60, ""), ("kite", 40, ""), ("owl", 20, "On the road until April."))):
            gone = NOW - timedelta(days=ended)
            await add_lease(work.conn, own, "researcher", alias=alias, fence=fence + 1, until_at=gone, ended_at=gone, skipped=skipped)
        await add_lease(work.conn, own, "researcher", alias="heron", fence=9, since_at=NOW, until_at=NOW + timedelta(days=30))
        return slugs, own, await add_session(work.conn, await add_link(work.conn, "member", own))


async def _tell(work: Work, ids: dict[str, str]) -> dict[str, str]:
    at = datetime(2027, 1, 2, 9, tzinfo=UTC)
    links = [["O mapa", "https://example.org/mangue"]]
    tide = await add_spotlight(work.conn, ids["Rede Mangue"], language="pt-BR", at=at, sections=TIDE, links=links)
    await add_rendering(work.conn, tide, "en", TIDE_EN, signed_at=NOW, signed_by=ids["Kathmandu Commons"])
    nile = await add_spotlight(work.conn, ids["Nile Listeners"], language="ar", at=at + timedelta(days=3), sections=NILE)
    english = {
        "title": "Water is not for sale",
        "body.1": "The tariff rose three times in one year.",
        "ask": "Tell us how you kept your meters.",
    }
    await add_rendering(work.conn, nile, "en", english, origin="machine", via="es")
    taps = await add_spotlight(work.conn, ids["Dar Water Forum"], at=at - timedelta(days=50), sections={"title": "Who owns the well"})
    return {"tide": tide, "nile": nile, "taps": taps}


@pytest.fixture(params=["wall", "phone"])
def sized(request: pytest.FixtureRequest, browser: Browser) -> Iterator[tuple[str, Page]]:
    """A page of that size, and its name."""
    context = browser.new_context(viewport=SIZES[request.param], timezone_id="Pacific/Marquesas")  # type: ignore[arg-type]  # a plain dict is what it takes
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield request.param, page
    context.close()
    assert complaints == []


def sign_in(context: BrowserContext, shown: Shown) -> None:
    context.add_cookies([{"name": SESSION_COOKIE, "value": shown.session, "url": shown.product.url}])


def assert_well_made(page: Page, name: str) -> None:
    """Nothing scrolls sideways, and axe-core finds nothing; the picture is kept where CHORUS_TEST_PICTURES says."""
    if folder := os.environ.get("CHORUS_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
        page.screenshot(path=Path(folder) / f"{name}-first.png")
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_public_mirror_fits_every_screen_in_both_directions(shown: Shown, sized: tuple[str, Page], tag: str) -> None:
    size, page = sized
    for name, path in (("mirror", "mirror"), ("told", f"mirror/{shown.slugs['tide']}"), ("empty", "mirror?quarter=2026-Q1")):
        page.goto(f"{shown.product.url}/{tag}/{path}")
        assert_well_made(page, f"{name}-{tag}-{size}")


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_balance_and_rota_fit_every_screen_in_both_directions(shown: Shown, sized: tuple[str, Page], tag: str) -> None:
    size, page = sized
    sign_in(page.context, shown)
    for name in ("balance", "rota"):
        page.goto(f"{shown.product.url}/{tag}/g/{shown.group_id}/{name}")
        assert_well_made(page, f"{name}-{tag}-{size}")


def test_weeks_run_from_right_to_left_in_arabic_and_the_names_stand_on_their_lines(shown: Shown, page: Page) -> None:
    places = {}
    for tag in ("en", "ar"):
        page.goto(f"{shown.product.url}/{tag}/mirror")
        xs = page.eval_on_selector_all(".score__told", "dots => dots.map(dot => dot.getBoundingClientRect().x)")
        places[tag] = xs
        middles = page.eval_on_selector_all(
            ".score__names li", "names => names.map(n => { const r = n.getBoundingClientRect(); return r.y + r.height / 2; })"
        )
        lines = page.eval_on_selector_all(
            ".score__staff", "lines => lines.map(l => { const r = l.getBoundingClientRect(); return r.y + r.height / 2; })"
        )
        assert len(middles) == len(lines) == len(GROUPS)
        assert max(abs(middle - line) for middle, line in zip(middles, lines, strict=True)) <= 1.5

    assert places["en"] == sorted(places["en"])
    assert places["ar"] == sorted(places["ar"], reverse=True)


def test_key_o_leads_to_the_original_and_back(shown: Shown, page: Page) -> None:
    page.goto(f"{shown.product.url}/en/mirror/{shown.slugs['tide']}")
    assert page.locator("h1").inner_text() == "The tide is ours"

    page.keyboard.press("o")
    page.wait_for_url("**?original=1")
    original = page.locator("h1").inner_text()
    page.keyboard.press("o")
    page.wait_for_url(f"**/{shown.slugs['tide']}")

    assert (original, page.locator("h1").inner_text()) == ("A maré é nossa", "The tide is ours")
