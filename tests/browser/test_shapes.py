"""The three shapes of a draft in a real browser: fit every screen in both directions, axe-core finds nothing, keys put a wave forward without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from coordinator.keys import SESSION_COOKIE
from tests.browser.test_heat import shown
from tests.browser.test_public_mirror import Shown, assert_well_made, sign_in, sized

__all__ = ["shown", "sized"]  # fixtures: the demo network with a draft, and a page of each size


@pytest.mark.parametrize(("tag", "shape"), [("en", "wave"), ("ar", "relay")])
def test_shapes_fit_every_screen_in_both_directions(shown: Shown, sized: tuple[str, Page], tag: str, shape: str) -> None:
    size, page = sized
    sign_in(page.context, shown)

    page.goto(f"{shown.product.url}/{tag}/g/{shown.group_id}/actions/{shown.slugs['draft']}?shape={shape}")
    for summary in page.locator(".shape summary").all():
        summary.click()

    assert_well_made(page, f"shapes-{shape}-{tag}-{size}")


def test_wave_is_looked_at_and_put_forward_by_key_without_script(shown: Shown, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": SESSION_COOKIE, "value": shown.session, "url": shown.product.url}])
    page = context.new_page()
    page.goto(f"{shown.product.url}/en/g/{shown.group_id}/actions/{shown.slugs['draft']}")

    page.get_by_role("link", name="The wave, leg by leg").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name="The order of zones")).to_be_visible()
    expect(page.get_by_role("article").filter(has_text="goes round the planet")).to_have_attribute("aria-current", "true")
    chosen = page.get_by_role("radio", name="everywhere on")
    expect(chosen).to_be_checked()
    page.get_by_role("button", name="Put it forward").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("The moment is before the groups.")).to_be_visible()
    expect(page.get_by_text("One time on every clock, round the planet")).to_be_visible()
    context.close()
