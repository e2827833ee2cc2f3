"""The translator's workbench: what it is filled with, what it keeps, and that nobody's work is lost."""

from __future__ import annotations

import pytest

from coordinator.domain.translation import Origin, Section
from coordinator.store import tables
from coordinator.store.ids import new_row_id
from tests.factories import NOON, count_rows
from tests.pages.plain_form import PlainForm, read_form, read_forms
from tests.pages.tellings import TELLING, TITLE_ES, open_bench, publish, tell, translate
from tests.pages.world import Pages, text_of_page


async def sign_forms(pages: Pages, where: str, role: str) -> list[PlainForm]:
    return [form for form in read_forms(await pages.get(where, role)) if form.action.endswith("/sign")]


async def test_bench_offers_every_language_but_the_originals_the_groups_own_first(pages: Pages) -> None:
    slug = await publish(pages)
    led = await pages.get(pages.desk(f"spotlights/{slug}/translate"), "custodian")
    page = await pages.get(led.headers["location"], "custodian")

    choices = [line.split('"')[1] for line in page.text.split("<option ")[1:]]
    assert choices[0] == "es"
    assert len(choices) == len(list(pages.world.app.state.runtime.languages)) - 1
    assert "en" not in choices


async def test_bench_in_the_originals_language_shows_the_groups_own_instead(pages: Pages) -> None:
    slug = await publish(pages)

    form = await open_bench(pages, slug, to="en")

    assert form.fields["language"] == "es"


async def test_translation_is_kept_section_by_section_and_shown_with_its_label(pages: Pages) -> None:
    slug = await publish(pages)

    where = await translate(pages, slug)
    page = await pages.get(where, "other")

    assert where.endswith("/translate?to=es&said=translated")
    assert "Thank you: your translation is kept." in text_of_page(page)
    assert "By a person from English" in text_of_page(page)
    assert read_form(page, where.partition("?")[0]).fields["section[0]"] == TITLE_ES


async def test_bench_into_arabic_runs_from_right_to_left_beside_the_original(pages: Pages) -> None:
    slug = await publish(pages)
    led = await pages.get(pages.desk(f"spotlights/{slug}/translate?to=ar", pages.world.other), "other")

    page = await pages.get(led.headers["location"], "other")

    assert 'name="section[0]" rows="2" lang="ar" dir="rtl"' in page.text
    assert '<p class="people-say" lang="en" dir="ltr">The tide is ours</p>' in page.text


@pytest.mark.parametrize(
    ("role", "status"), [("custodian", 200), ("member", 200), ("lapsed", 200), ("witness", 403), ("steward", 403), ("room", 404)]
)
async def test_bench_is_for_whoever_may_translate(pages: Pages, role: str, status: int) -> None:
    slug = await publish(pages)
    led = await pages.get(pages.desk(f"spotlights/{slug}/translate"), "custodian")

    assert (await pages.get(led.headers["location"], role)).status_code == status


async def test_bench_of_anothers_draft_is_not_found(pages: Pages) -> None:
    slug = await tell(pages)
    led = await pages.get(pages.desk(f"spotlights/{slug}/translate"), "custodian")
    text_id = led.headers["location"].split("/texts/")[1].partition("/")[0]

    answers = [await pages.get(pages.desk(f"texts/{each}/translate", pages.world.other), "other") for each in (text_id, "no-such-text")]

    assert [answer.status_code for answer in answers] == [404, 404]


# --- two at once ----------------------------------------------------------------------------------------------------------


async def test_two_who_translate_at_once_are_both_kept_and_told(pages: Pages) -> None:
    slug = await publish(pages)
    first, second = await open_bench(pages, slug), await open_bench(pages, slug, "hidden", pages.world.hidden)

    one = await pages.send(first.action, first.fields | {"section[0]": "La marea es nuestra"}, "other")
    two = await pages.send(second.action, second.fields | {"section[0]": "Nuestra es la marea"}, "hidden")
    page = text_of_page(await pages.get(two.headers["location"], "hidden"))

    assert one.headers["location"].endswith("said=translated")
    assert two.headers["location"].endswith("said=translated_beside")
    assert "Both are kept; the other one stands below." in page
    assert "La marea es nuestra" in page
    assert "Nuestra es la marea" in page
    async with pages.world.database.read() as conn:
        assert await count_rows(conn, tables.rendering) == {"rendering": 2}


async def test_third_translator_takes_up_both_that_stood(pages: Pages) -> None:
    slug = await publish(pages)
    first, second = await open_bench(pages, slug), await open_bench(pages, slug, "hidden", pages.world.hidden)
    await pages.send(first.action, first.fields | {"section[0]": "Una"}, "other")
    await pages.send(second.action, second.fields | {"section[0]": "Otra"}, "hidden")

    where = await translate(pages, slug, "member", pages.world.group)
    page = await pages.get(where, "member")

    assert where.endswith("said=translated")
    assert text_of_page(page).count("Shown now") == 1
    assert "Saved at the same time" not in text_of_page(page)


# --- the original changes -------------------------------------------------------------------------------------------------


async def _edit(pages: Pages, slug: str, **changes: str) -> None:
    answer = await pages.send(pages.desk(f"spotlights/{slug}/edit"), TELLING | changes)
    assert answer.status_code == 303, answer.text


async def test_bench_marks_what_changed_since_and_shows_what_it_read_before(pages: Pages) -> None:
    slug = await publish(pages)
    await translate(pages, slug)
    await _edit(pages, slug, title="The tide was ours")

    led = await pages.get(pages.desk(f"spotlights/{slug}/translate?to=es", pages.world.other), "other")
    page = await pages.get(led.headers["location"], "other")

    assert "Out of date from English" in text_of_page(page)
    assert page.text.count('<div class="bench__row" data-changed>') == 1
    assert "Changed since it was translated. Before, it read: The tide is ours" in text_of_page(page)
    assert read_form(page, led.headers["location"].partition("?")[0]).fields["section[0]"] == TITLE_ES


async def test_save_from_an_earlier_wording_is_kept_and_says_so(pages: Pages) -> None:
    slug = await publish(pages)
    form = await open_bench(pages, slug)
    await _edit(pages, slug, title="The tide was ours")

    answer = await pages.send(form.action, form.fields | {"section[0]": TITLE_ES, "section[1]": "El puerto quiere"}, "other")
    page = await pages.get(answer.headers["location"], "other")

    assert answer.headers["location"].endswith("said=translated_outdated")
    assert "The original changed while you worked." in text_of_page(page)
    assert read_form(page, form.action).fields["section[1]"] == "El puerto quiere"


async def test_faulty_save_from_an_earlier_wording_comes_back_beside_that_wording(pages: Pages) -> None:
    slug = await publish(pages)
    form = await open_bench(pages, slug)
    await _edit(pages, slug, story="One paragraph now.")

    answer = await pages.send(form.action, form.fields | {"section[2]": "x" * 10_000, "section[3]": "Escriban al tribunal"}, "other")
    again = read_form(answer, form.action)

    assert answer.status_code == 422
    assert "Section 3: this has 10000 characters." in text_of_page(answer)
    assert (again.fields["source_hash"], again.fields["section[3]"]) == (form.fields["source_hash"], "Escriban al tribunal")
    assert "We mapped every household that eats from it." in text_of_page(answer)


async def test_save_for_a_wording_nobody_knows_gives_the_words_back(pages: Pages) -> None:
    slug = await publish(pages)
    form = await open_bench(pages, slug)

    answer = await pages.send(form.action, form.fields | {"source_hash": "0" * 64, "section[0]": TITLE_ES}, "other")

    assert answer.status_code == 409
    assert "What you wrote" in text_of_page(answer)
    assert TITLE_ES in text_of_page(answer)
    assert read_form(answer, form.action).fields["section[0]"] == ""


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"language": "en"}, "Language:"),
        ({"language": "tlh"}, "“tlh” is not a language of this network."),
        ({}, "Section 1: this is needed."),
        ({"section[0]": "La \u202emarea"}, "holds characters that turn the direction of writing."),
    ],
)
async def test_bad_translation_is_named_and_writes_nothing(pages: Pages, fields: dict[str, str], sentence: str) -> None:
    slug = await publish(pages)
    form = await open_bench(pages, slug)

    answer = await pages.send(form.action, form.fields | fields, "other")

    assert answer.status_code == 422
    assert sentence in text_of_page(answer)
    async with pages.world.database.read() as conn:
        assert await count_rows(conn, tables.rendering) == {"rendering": 0}


# --- signing and deleting -------------------------------------------------------------------------------------------------


async def test_own_translation_cannot_be_signed_and_the_page_says_why(pages: Pages) -> None:
    slug = await publish(pages)
    where = await translate(pages, slug)
    (form,) = await sign_forms(pages, where.replace(pages.world.other, pages.world.group), "custodian")

    page = await pages.get(where, "other")
    answer = await pages.send(form.action.replace(pages.world.group, pages.world.other), form.fields, "other")

    assert await sign_forms(pages, where, "other") == []
    assert "You made this translation yourself. Somebody else has to read it" in text_of_page(page)
    assert (answer.status_code, "You made this translation yourself." in text_of_page(answer)) == (409, True)


async def test_second_reader_signs_and_the_text_is_read_by_a_speaker(pages: Pages) -> None:
    slug = await publish(pages)
    where = await translate(pages, slug)
    (form,) = await sign_forms(pages, where.replace(pages.world.other, pages.world.group), "member")

    answer = await pages.send(form.action, form.fields, "member")
    page = await pages.get(answer.headers["location"], "member")

    assert "Thank you for reading it." in text_of_page(page)
    assert "Read by a speaker from English" in text_of_page(page)
    assert await sign_forms(pages, answer.headers["location"], "member") == []


async def test_colleague_with_another_session_may_sign(pages: Pages) -> None:
    slug = await publish(pages)
    where = await translate(pages, slug)
    pages.world.tokens["colleague"] = await pages.world.open_session("other")

    (form,) = await sign_forms(pages, where, "colleague")

    assert (await pages.send(form.action, form.fields, "colleague")).status_code == 303


async def test_outdated_translation_cannot_be_signed(pages: Pages) -> None:
    slug = await publish(pages)
    where = (await translate(pages, slug)).replace(pages.world.other, pages.world.group)
    (form,) = await sign_forms(pages, where, "member")
    await _edit(pages, slug, title="The tide was ours")

    answer = await pages.send(form.action, form.fields, "member")

    assert answer.status_code == 409
    assert "The original has changed since this was translated." in text_of_page(answer)
    assert await sign_forms(pages, where, "member") == []


async def test_translation_is_deleted_by_translators_or_tellers_custodian_and_nobody_else(pages: Pages) -> None:
    slug = await publish(pages)
    where = await translate(pages, slug)

    async def offered(role: str, group: str) -> list[str]:
        page = await pages.get(where.replace(pages.world.other, group), role)
        return [form.action for form in read_forms(page) if form.action.endswith("/delete")]

    (path,) = await offered("other", pages.world.other)
    assert len(await offered("custodian", pages.world.group)) == 1
    assert await offered("member", pages.world.group) + await offered("hidden", pages.world.hidden) == []
    stranger = await pages.send(path.replace(pages.world.other, pages.world.hidden), {}, "hidden")
    answer = await pages.send(path, {"to": "es"}, "other")
    assert (stranger.status_code, answer.headers["location"].endswith("to=es&said=translation_deleted")) == (404, True)
    async with pages.world.database.read() as conn:
        assert await count_rows(conn, tables.rendering) == {"rendering": 0}


# --- echoes and machines ----------------------------------------------------------------------------------------------------


async def add_echo(pages: Pages, slug: str, group_id: str, words: str = "Riverbanks here, too.") -> str:
    """An echo that answers the spotlight; its text's id."""
    text_id = new_row_id()
    async with pages.world.database.write(NOON) as work:
        spotlight = (await work.conn.execute(tables.spotlight.select().where(tables.spotlight.c.slug == slug))).one()
        sections = [["share", words], ["answer", "On Saturday we walk the river."]]
        row = {"id": text_id, "group_id": group_id, "kind": "echo", "language": "fr", "sections": sections, "source_hash": "h" * 64}
        await work.conn.execute(tables.text.insert().values(**row, may_leave=False, revision=1, created_at=NOON, changed_at=NOON))
        told = {"id": new_row_id(), "spotlight_id": spotlight.id, "group_id": group_id, "text_id": text_id, "quarter": "2027-Q1"}
        await work.conn.execute(tables.echo.insert().values(**told, published_at=NOON, revision=1, created_at=NOON))
    return text_id


async def test_echo_is_translated_on_the_same_bench(pages: Pages) -> None:
    slug = await publish(pages)
    text_id = await add_echo(pages, slug, pages.world.other)
    path = pages.desk(f"texts/{text_id}/translate")

    page = await pages.get(f"{path}?to=es", "custodian")
    form = read_form(page, path)
    answer = await pages.send(path, form.fields | {"section[0]": "Aquí también, riberas."}, "custodian")
    shown = await pages.get(pages.desk(f"spotlights/{slug}", lang="es"), "custodian")

    assert "An echo of this spotlight" in text_of_page(page)
    assert answer.headers["location"].endswith("said=translated")
    assert "Aquí también, riberas." in text_of_page(shown)
    assert f"texts/{text_id}/translate" in shown.text


async def test_bench_is_filled_with_a_machines_draft_and_says_so(pages: Pages) -> None:
    slug = await publish(pages)
    form = await open_bench(pages, slug, to="ar")
    text_id = form.action.split("/texts/")[1].partition("/")[0]
    async with pages.world.database.write(NOON) as work:
        text = (await work.conn.execute(tables.text.select().where(tables.text.c.id == text_id))).one()
        sections = [[key, Section(key, words).hash, f"ar {words}"] for key, words in text.sections]
        row = {"id": new_row_id(), "text_id": text_id, "language": "ar", "origin": Origin.MACHINE.value, "source_hash": text.source_hash}
        await work.conn.execute(tables.rendering.insert().values(**row, sections=sections, via="es", glossary_revision=0, created_at=NOON))

    page = await pages.get(f"{form.action}?to=ar", "other")

    assert "Machine draft, via Spanish from English This stands in the fields." in text_of_page(page)
    assert read_form(page, form.action).fields["section[0]"] == "ar The tide is ours"
