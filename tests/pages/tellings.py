"""What a test of told words needs: a spotlight told through its form, translated through the workbench, by whoever the test names."""

from __future__ import annotations

import re
from typing import Any

from tests.pages.plain_form import PlainForm, read_form
from tests.pages.world import Pages

TELLING: dict[str, str] = {
    "title": "The tide is ours",
    "story": "The port wants eleven hectares of mangrove.\n\nWe mapped every household that eats from it.",
    "ask": "Write to the court.",
    "face": "A port that calls a living shore empty land.",
    "share": "Riverbanks where people count as nobody.",
    "answer": "Draw your own map.",
    "consent": "Names of places may be shown.",
    "links": "https://example.org/mangrove The map",
    "language": "en",
    "audience": "public",
    "until": "2027-06-30",
}
TITLE_ES = "La marea es nuestra"


async def tell(pages: Pages, role: str = "custodian", group: str = "", **changes: str) -> str:
    """A draft told through its form; the slug."""
    answer = await pages.send(pages.desk("spotlights/new", group), TELLING | changes, role)
    assert answer.status_code == 303, answer.text
    found = re.search(r"/spotlights/([^?/]+)", answer.headers["location"])
    assert found is not None
    return found[1]


async def publish(pages: Pages, role: str = "custodian", group: str = "", **changes: str) -> str:
    """A published spotlight; the slug."""
    slug = await tell(pages, role, group, **changes)
    answer = await pages.send(pages.desk(f"spotlights/{slug}/publish", group), {}, role)
    assert answer.status_code == 303, answer.text
    return slug


async def open_bench(pages: Pages, slug: str, role: str = "other", group: str = "", to: str = "es") -> PlainForm:
    """The workbench's form as a translator finds it."""
    led = await pages.get(pages.desk(f"spotlights/{slug}/translate?to={to}", group or pages.world.other), role)
    assert led.status_code == 303, led.text
    answer = await pages.get(led.headers["location"], role)
    assert answer.status_code == 200, answer.text
    return read_form(answer, led.headers["location"].partition("?")[0])


async def translate(pages: Pages, slug: str, role: str = "other", group: str = "", to: str = "es", **sections: str) -> str:
    """A translation kept through the workbench; the address that it leads to."""
    form = await open_bench(pages, slug, role, group, to)
    words: dict[str, Any] = {name: f"{to}: {name}" for name in form.fields if name.startswith("section[")}
    answer = await pages.send(form.action, form.fields | words | {"section[0]": TITLE_ES} | sections, role)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])
