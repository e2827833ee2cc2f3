"""The language of a page, its ways to other languages, and what it says first."""

from __future__ import annotations

import pytest

from tests.pages.world import Pages, text_of_page


async def test_page_in_an_unknown_language_is_not_found_in_the_readers_own(pages: Pages) -> None:
    answer = await pages.get("/xx/", **{"Accept-Language": "ar"})

    assert answer.status_code == 404
    assert answer.headers["content-language"] == "ar"


async def test_page_in_an_incomplete_language_leads_to_the_default_with_a_notice(pages: Pages) -> None:
    answer = await pages.get("/fr/")
    shown = await pages.get(answer.headers["location"])

    assert (answer.status_code, answer.headers["location"]) == (307, "/en/?said=language-fr")
    assert "Chorus does not speak français yet. This page is shown in English instead." in text_of_page(shown)


async def test_page_in_another_spelling_of_a_language_leads_to_the_usual_one(pages: Pages) -> None:
    answer = await pages.get("/AR/actions/x?candidate=B")

    assert (answer.status_code, answer.headers["location"]) == (307, "/ar/actions/x?candidate=B")


@pytest.mark.parametrize(
    ("accepted", "location"),
    [("es-MX,en;q=0.5", "/es/"), ("fr", "/en/?said=language-fr"), ("", "/en/"), ("qq;q=garbage,,", "/en/"), ("ar;q=0.2,es;q=0.9", "/es/")],
)
async def test_root_leads_to_the_language_that_fits(pages: Pages, accepted: str, location: str) -> None:
    answer = await pages.get("/", **{"Accept-Language": accepted})

    assert (answer.status_code, answer.headers["location"]) == (302, location)
    assert "Accept-Language" in answer.headers["vary"]


async def test_page_says_only_what_its_table_knows(pages: Pages) -> None:
    known = await pages.get("/en/?said=drafted")
    strangers = [await pages.get(f"/en/?said={code}") for code in ("nonsense", "language-xx", "language-en", "%3Cb%3E")]
    plain = await pages.get("/en/")

    assert "The draft is kept." in text_of_page(known)
    assert [answer.text for answer in strangers] == [plain.text] * len(strangers)


async def test_page_names_itself_in_every_complete_language(pages: Pages) -> None:
    answer = await pages.get("/es/")

    assert '<html lang="es" dir="ltr"' in answer.text
    for tag in ("en", "es", "ar"):
        assert f'<link rel="alternate" hreflang="{tag}" href="/{tag}/">' in answer.text
    assert 'hreflang="fr"' not in answer.text


async def test_page_in_arabic_runs_from_right_to_left(pages: Pages) -> None:
    answer = await pages.get("/ar/")

    assert '<html lang="ar" dir="rtl"' in answer.text
