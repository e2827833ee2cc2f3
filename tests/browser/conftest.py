"""A browser for the tests of pages: one for a file, a fresh context for each test, and a watch on what it complains about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WALL = {"width": 1280, "height": 720}
TIMEOUT_MS = 15_000
NETWORK_COMPLAINTS = ("net::ERR_", "WebSocket connection to", "Failed to load resource")  # a test that cuts the network hears these


@pytest.fixture(scope="module")  # Playwright's loop runs while it is open: no test of another file could have a loop of its own
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=TIMEOUT_MS)  # its own five seconds are few on a machine that does something else as well
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A context in a zone that is neither UTC nor anybody's here."""
    context = browser.new_context(viewport=WALL, timezone_id="Pacific/Marquesas", locale="en-GB")  # type: ignore[arg-type]  # a plain dict is what it takes
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose script may not complain: errors, refused content and broken policies fail the test."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(known in message.text for known in NETWORK_COMPLAINTS):
            complaints.append(message.text)

    page = context.new_page()
    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []
