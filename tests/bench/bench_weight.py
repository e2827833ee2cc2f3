"""What does the first view of a page weigh, for a browser that has nothing yet? Compressed bodies as Chromium loaded them, in KB of 1,000 bytes.

Everything a view brings along is counted: HTML, CSS, scripts, the scripts' sentences and data, the icon. Headers and the socket are not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.bench.figures import Figure, Promise
from tests.bench.network import Client, Network
from tests.servers import find_chromium

KB = 1_000
VIEW = Promise("goal", 60)
SCRIPTS = Promise("goal", 30)
KINDS = {"document": "html", "stylesheet": "css", "script": "js"}
LATECOMERS_MS = 1_500  # what scripts ask for after the page is loaded
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def measure(network: Network) -> list[Figure]:
    """Five first views of a running demo network; nothing where there is no Chromium."""
    chromium = find_chromium()
    if chromium is None:
        return []
    cookie, desk = network.sign_in()
    paths = {
        "home": "/en/",
        "desk": desk,
        "hours": f"{desk}availability",
        "action": f"/en/actions/{network.agreed_slug}",
        "room": "/en/room",
    }
    with _browser(chromium) as browser:
        weights = {name: _weigh(browser, network, path, cookie) for name, path in paths.items()}
    return [figure for name, weight in weights.items() for figure in _figures(name, weight)]


def _figures(name: str, weight: Mapping[str, float]) -> Iterator[Figure]:
    each = ", ".join(f"{kind} {weight[kind]:.1f}" for kind in sorted(weight))
    yield Figure(f"weight: {name}, first view", sum(weight.values()), "KB", VIEW.most, "what is promised", VIEW, each)
    yield Figure(f"weight: {name}, scripts", weight["js"], "KB", SCRIPTS.most, "what is promised", SCRIPTS)


@contextmanager
def _browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


def _weigh(browser: Browser, network: Network, path: str, cookie: str) -> Mapping[str, float]:
    """KB by kind, in a context that has never been here."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    name, _, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": network.url}])
    page, loaded = context.new_page(), list[Request]()
    page.on("requestfinished", lambda request: loaded.append(request))  # not the bare method: Playwright marks its listeners
    page.goto(f"{network.url}{path}", wait_until="load")
    page.wait_for_timeout(LATECOMERS_MS)
    weight = defaultdict(float, js=0.0, other=_icon_bytes(network, page) / KB)
    for request in list(loaded):
        weight[KINDS.get(request.resource_type, "other")] += request.sizes()["responseBodySize"] / KB
    context.close()
    return weight


def _icon_bytes(network: Network, page: Page) -> int:
    """The icon, which a browser without a window does not load."""
    href = page.locator("link[rel=icon]").first.get_attribute("href")
    if not href:
        return 0
    with closing(Client(network.port)) as client:
        return len(client.get(href))
