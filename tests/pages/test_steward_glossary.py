"""The steward's glossary, with plain forms."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from coordinator.store.tables import glossary_term
from tests.pages.plain_form import read_form, read_forms
from tests.pages.world import Pages, text_of_page

HERE = "/en/steward/glossary"
TERM = {"term": "minga", "source": "es", "target": "en", "rendering": "work party"}


async def terms(pages: Pages) -> list[tuple[str, str, str | None, str | None]]:
    async with pages.world.database.read() as conn:
        rows = await conn.execute(sa.select(glossary_term).order_by(glossary_term.c.term))
        return [(row.term, row.source, row.target, row.rendering) for row in rows]


async def test_page_without_terms_says_where_to_begin_and_stands_in_the_menu(pages: Pages) -> None:
    answer, overview = await pages.get(HERE, "steward"), await pages.get("/en/steward/", "steward")

    assert answer.status_code == 200
    assert "None yet." in text_of_page(answer)
    assert f'<a href="{HERE}" aria-current="page">Glossary</a>' in answer.text
    assert f'<a href="{HERE}">Glossary</a>' in overview.text


async def test_form_takes_a_term_in_and_the_page_says_so(pages: Pages) -> None:
    form = read_form(await pages.get(HERE, "steward"), HERE)
    for name, value in TERM.items():
        form[name] = value

    answer = await pages.send(form.action, form.fields, "steward")
    page = await pages.get(answer.headers["location"], "steward")

    assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}?said=term_added")
    assert await terms(pages) == [("minga", "es", "en", "work party")]
    said = text_of_page(page)
    assert "The words are in the glossary." in said
    assert "minga Spanish" in said
    assert "work party" in said
    assert "Kept until" in said


async def test_form_as_the_page_offers_it_keeps_words_as_they_are_in_every_language(pages: Pages) -> None:
    form = read_form(await pages.get(HERE, "steward"), HERE)
    form["term"] = "Rede Mangue"

    await pages.send(form.action, form.fields, "steward")
    said = text_of_page(await pages.get(HERE, "steward"))

    assert await terms(pages) == [("Rede Mangue", "en", None, None)]
    assert "every language" in said
    assert "kept as it is" in said


async def test_form_with_faults_comes_back_with_what_was_typed(pages: Pages) -> None:
    answer = await pages.send(HERE, TERM | {"term": "…", "target": ""}, "steward")
    form = read_form(answer, HERE)

    assert answer.status_code == 422
    assert form.fields == TERM | {"term": "…", "target": ""}
    assert 'id="term-error"' in answer.text
    assert 'id="target-error"' in answer.text
    assert await terms(pages) == []


async def test_form_of_a_term_that_is_there_is_refused(pages: Pages) -> None:
    await pages.send(HERE, TERM, "steward")

    answer = await pages.send(HERE, TERM, "steward")

    assert (answer.status_code, len(await terms(pages))) == (422, 1)
    assert "Term: “minga” is there already." in text_of_page(answer)


async def test_remove_takes_the_term_out_once(pages: Pages) -> None:
    await pages.send(HERE, TERM, "steward")
    (removal,) = [form for form in read_forms(await pages.get(HERE, "steward")) if form.action.endswith("/remove")]

    first = await pages.send(removal.action, removal.fields, "steward")
    second = await pages.send(removal.action, removal.fields, "steward")

    assert (first.status_code, first.headers["location"], second.status_code) == (303, f"{HERE}?said=term_removed", 404)
    assert await terms(pages) == []


@pytest.mark.parametrize("hostile", ["<b onclick=x>mangue</b>", "{{ 7*7 }} mangue", "%(x)s mangue"])
async def test_hostile_term_is_shown_as_words(pages: Pages, hostile: str) -> None:
    await pages.send(HERE, TERM | {"term": hostile}, "steward")

    answer = await pages.get(HERE, "steward")

    assert hostile in text_of_page(answer) or hostile in re.sub("&lt;", "<", answer.text).replace("&gt;", ">")
    assert "<b onclick" not in answer.text


async def test_page_in_arabic_keeps_each_terms_own_language(pages: Pages) -> None:
    await pages.send(HERE, TERM, "steward")

    answer = await pages.get("/ar/steward/glossary", "steward")

    assert (answer.status_code, 'dir="rtl"' in answer.text) == (200, True)
    assert '<bdi lang="es"><b>minga</b></bdi>' in answer.text
    assert '<bdi lang="en">work party</bdi>' in answer.text
