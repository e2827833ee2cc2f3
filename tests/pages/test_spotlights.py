"""The pages on which a group tells its struggle: who sees what when, what the form refuses, what each command does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from coordinator.store import tables
from tests.factories import count_rows
from tests.pages.plain_form import read_form, read_forms
from tests.pages.tellings import TELLING, TITLE_ES, publish, tell, translate
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page

HOSTILE = (
    '<script>alert(1)</script><img src=x onerror="alert(1)">',
    "{{ 7 * 7 }} {% raw %} {# no #}",
    "%(x)s %s {0} ${HOME} %",
    "\U0001f30a" * 100,
    "ثلاث كلمات then English ثم عربي \u200f(1)",
)
BAD = [
    ({"title": ""}, ["Title: this is needed."]),
    ({"story": ""}, ["Story: this is needed."]),
    ({"consent": ""}, ["What may be shown where: this is needed."]),
    ({"story": "word " * 601}, ["Story:", "601", "600"]),
    ({"title": "at \u202e00:01"}, ["Title: “at \ufffd00:01” holds characters that turn the direction of writing."]),
    ({"ask": "x" * 601}, ["What we ask of others: this has 601 characters. Up to 600 fit."]),
    ({"language": "tlh"}, ["Language: “tlh” is not a language of this network."]),
    ({"audience": "own"}, ["Who may see it: “own” is not among the choices."]),
    ({"until": "soon"}, ["Until: “soon”"]),
    ({"until": "2026-12-31"}, ["Until:", "2026"]),
    ({"links": "javascript:alert(1) here"}, ["Links: “javascript:alert(1) here”"]),
    ({"links": "\n".join(f"https://example.org/{n}" for n in range(6))}, ["Links:", "6", "5"]),
    ({"title": "", "consent": "", "face": "x" * 401}, ["3 things are not right yet.", "They face: this has 401 characters."]),
]


def news(html: str) -> Any:
    return json.loads(html)


# --- telling ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fields", "sentences"), BAD, ids=[next(iter(fields)) + str(i) for i, (fields, _) in enumerate(BAD)])
async def test_telling_names_every_fault_beside_its_field_and_writes_nothing(
    pages: Pages, fields: dict[str, str], sentences: list[str]
) -> None:
    answer = await pages.send(pages.desk("spotlights/new"), TELLING | fields)

    said = text_of_page(answer)
    assert answer.status_code == 422
    assert [sentence for sentence in sentences if sentence not in said] == []
    assert "Nothing was changed. What you typed is still here." in said
    async with pages.world.database.read() as conn:
        assert await count_rows(conn, tables.spotlight, tables.text, tables.event) == {"spotlight": 0, "text": 0, "event": 0}


async def test_telling_keeps_everything_typed(pages: Pages) -> None:
    answer = await pages.send(pages.desk("spotlights/new"), TELLING | {"title": "", "may_leave": "1"})

    form = read_form(answer, pages.desk("spotlights/new"))
    assert form.fields == TELLING | {"title": "", "may_leave": "1", "edition": ""}


async def test_telling_in_other_digits_is_understood(pages: Pages) -> None:
    slug = await tell(pages, until="٢٠٢٧-٠٦-٣٠")

    assert "Wednesday 30 June 2027" in text_of_page(await pages.get(pages.desk(f"spotlights/{slug}"), "custodian"))


@pytest.mark.parametrize(
    ("role", "status"), [("member", 303), ("witness", 403), ("lapsed", 403), ("steward", 403), ("room", 404), ("other", 404), ("", 401)]
)
async def test_telling_is_for_custodian_and_members(pages: Pages, role: str, status: int) -> None:
    shown = await pages.get(pages.desk("spotlights/new"), role)
    sent = await pages.send(pages.desk("spotlights/new"), TELLING, role)

    assert (shown.status_code, sent.status_code) == (200 if status == 303 else status, status)


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("lang", ["en", "ar"])
async def test_hostile_words_are_shown_as_they_are_and_do_nothing(pages: Pages, words: str, lang: str) -> None:
    fields = dict.fromkeys(("title", "story", "ask", "face", "share", "answer", "consent"), words)
    slug = await publish(pages, **fields)
    where = await translate(pages, slug, **{f"section[{n}]": words for n in range(7)})

    group = pages.world.other
    paths = [f"spotlights/{slug}", f"spotlights/{slug}?original=1", "spotlights", "", *(f"{name}.json" for name in ("news", "spotlights"))]
    answers = [await pages.get(pages.desk(path, group, lang), "other") for path in paths]
    answers += [await pages.get(where.replace("/en/", f"/{lang}/"), "other")]
    answers += [await pages.get(pages.desk(f"spotlights/{slug}/edit", lang=lang), "custodian"), await pages.get(f"/{lang}/room")]

    assert [answer.status_code for answer in answers] == [200] * len(answers)
    pages_of_html = [answer.text for answer in answers if answer.headers["content-type"].startswith("text/html")]
    assert [text for text in pages_of_html if "<script>alert" in text or "<img src=x" in text] == []
    assert [text for text in pages_of_html if words not in text and "<" not in words] == []
    assert "49" not in text_of_page(answers[0])


# --- the life of a spotlight ----------------------------------------------------------------------------------------------


async def test_draft_is_seen_by_its_own_group_alone(pages: Pages) -> None:
    slug = await tell(pages)

    own = await pages.get(pages.desk(f"spotlights/{slug}"), "member")
    other = await pages.get(pages.desk(f"spotlights/{slug}", pages.world.other), "other")
    listed = await pages.get(pages.desk("spotlights", pages.world.other), "other")

    assert (own.status_code, other.status_code) == (200, 404)
    assert "A draft. Only your own group sees it." in text_of_page(own)
    assert TELLING["title"] not in listed.text


async def test_published_stands_in_every_partners_lists_with_its_label_and_teller(pages: Pages) -> None:
    slug = await publish(pages)

    found = news((await pages.get(pages.desk("spotlights.json", pages.world.other), "other")).text)
    mine = news((await pages.get(pages.desk("spotlights.json"), "custodian")).text)

    (row,) = found["partners"]
    assert (row["title"]["words"], row["label"]["words"], row["by"]) == (
        TELLING["title"],
        "Original",
        "\u2068Minga del Agua\u2069, \u2068La Paz\u2069",
    )
    assert row["path"] == pages.desk(f"spotlights/{slug}", pages.world.other)
    assert [len(mine[name]) for name in ("drafts", "published", "retired", "ended", "partners")] == [0, 1, 0, 0, 0]


async def test_hidden_teller_is_an_alias_to_partners_and_nothing_to_the_public(pages: Pages) -> None:
    slug = await publish(pages, "hidden", pages.world.hidden)

    page = await pages.get(pages.desk(f"spotlights/{slug}", pages.world.other), "other")

    assert page.status_code == 200
    assert [word for word in HIDDEN_WORDS if word in page.text] == []
    assert "a group" in text_of_page(page)


async def test_edit_begins_with_what_is_kept_and_changes_it(pages: Pages) -> None:
    slug = await tell(pages)
    path = pages.desk(f"spotlights/{slug}/edit")

    form = read_form(await pages.get(path, "member"), path)
    kept = {name: value for name, value in form.fields.items() if name != "edition"}
    answer = await pages.send(path, form.fields | {"title": "The tide was ours"}, "member")

    assert kept == TELLING
    assert answer.headers["location"] == pages.desk(f"spotlights/{slug}?said=edited")
    assert "The tide was ours" in text_of_page(await pages.get(answer.headers["location"], "member"))


async def test_edit_of_what_somebody_else_changed_shows_both_and_then_takes_it(pages: Pages) -> None:
    slug = await tell(pages)
    path = pages.desk(f"spotlights/{slug}/edit")
    form = read_form(await pages.get(path, "member"), path)
    await pages.send(path, form.fields | {"title": "Theirs"}, "custodian")

    refused = await pages.send(path, form.fields | {"title": "Mine"}, "member")
    again = read_form(refused, path)
    taken = await pages.send(path, again.fields, "member")

    assert (refused.status_code, taken.status_code) == (409, 303)
    assert "Somebody else has changed this in the meantime." in text_of_page(refused)
    assert "Theirs" in text_of_page(refused)
    assert again.fields["title"] == "Mine"


async def test_words_of_what_is_published_are_changed_by_the_custodian_alone(pages: Pages) -> None:
    slug = await publish(pages)
    path = pages.desk(f"spotlights/{slug}/edit")

    answers = {role: (await pages.get(path, role)).status_code for role in ("custodian", "member", "lapsed")}

    assert answers == {"custodian": 200, "member": 403, "lapsed": 403}


@pytest.mark.parametrize("command", ["publish", "retire", "delete"])
@pytest.mark.parametrize(("role", "status"), [("member", 403), ("lapsed", 403), ("witness", 403), ("other", 404), ("", 401)])
async def test_commands_are_for_the_custodian(pages: Pages, command: str, role: str, status: int) -> None:
    slug = await tell(pages)

    assert (await pages.send(pages.desk(f"spotlights/{slug}/{command}"), {}, role)).status_code == status


async def test_a_partner_cannot_take_anothers_spotlight_back(pages: Pages) -> None:
    slug = await publish(pages)

    answer = await pages.send(pages.desk(f"spotlights/{slug}/retire", pages.world.other), {}, "other")

    assert answer.status_code == 403
    assert (await pages.get(pages.desk(f"spotlights/{slug}"), "member")).status_code == 200


async def test_retired_leaves_partners_at_once_and_stays_with_its_own_group(pages: Pages) -> None:
    slug = await publish(pages)

    answer = await pages.send(pages.desk(f"spotlights/{slug}/retire"), {})
    other = [await pages.get(pages.desk(path, pages.world.other), "other") for path in (f"spotlights/{slug}", f"spotlights/{slug}.json")]
    own = await pages.get(answer.headers["location"], "member")
    again = await pages.send(pages.desk(f"spotlights/{slug}/publish"), {})

    assert [each.status_code for each in other] == [404, 404]
    assert "No page and no screen shows it any more." in text_of_page(own)
    assert "Taken back. Only your own group still sees it." in text_of_page(own)
    assert (again.status_code, "This spotlight was taken back." in text_of_page(again)) == (409, True)


async def test_deleted_leads_to_the_list_and_is_gone(pages: Pages) -> None:
    slug = await publish(pages)
    await translate(pages, slug)

    answer = await pages.send(pages.desk(f"spotlights/{slug}/delete"), {})
    after = await pages.get(answer.headers["location"], "custodian")

    assert answer.headers["location"] == pages.desk("spotlights?said=spotlight_deleted")
    assert TELLING["title"] not in after.text
    async with pages.world.database.read() as conn:
        assert await count_rows(conn, tables.spotlight, tables.text, tables.rendering) == {"spotlight": 0, "text": 0, "rendering": 0}


async def test_publish_after_its_last_day_says_so(pages: Pages) -> None:
    slug = await tell(pages, until="2027-01-10")
    pages.world.clock.advance(days=8)

    answer = await pages.send(pages.desk(f"spotlights/{slug}/publish"), {})

    assert answer.status_code == 409
    assert "The last day on which this may be shown has passed." in text_of_page(answer)


async def test_past_its_last_day_it_is_listed_as_ended_for_its_own_group(pages: Pages) -> None:
    await publish(pages, until="2027-01-10")
    pages.world.clock.advance(days=8)

    own = news((await pages.get(pages.desk("spotlights.json"), "custodian")).text)
    other = news((await pages.get(pages.desk("spotlights.json", pages.world.other), "other")).text)

    assert [len(own[name]) for name in ("published", "ended")] == [0, 1]
    assert other["partners"] == []


# --- the page -------------------------------------------------------------------------------------------------------------


async def test_page_shows_the_best_words_of_its_language_with_their_label_and_the_original_on_request(pages: Pages) -> None:
    slug = await publish(pages)
    await translate(pages, slug)
    path = pages.desk(f"spotlights/{slug}", pages.world.other, "es")

    translated, original = await pages.get(path, "other"), await pages.get(f"{path}?original=1", "other")

    assert f'<h1 class="title people-say" data-lang="title" data-text="title.words" lang="es" dir="ltr">{TITLE_ES}</h1>' in translated.text
    assert f'href="{path}?original=1" data-original' in translated.text
    assert f">{TELLING['title']}</h1>" in original.text
    assert f'href="{path}" data-original' in original.text


async def test_page_says_in_which_languages_it_can_be_read_and_what_each_is(pages: Pages) -> None:
    slug = await publish(pages)
    await translate(pages, slug)

    told = news((await pages.get(pages.desk(f"spotlights/{slug}.json"), "member")).text)

    assert [(row["name"], row["label"]["words"], row["by"]) for row in told["languages"]] == [
        ("English", "Original", ""),
        ("Spanish", "By a person", "\u2068Casseroles\u2069, \u2068Lyon\u2069"),
    ]


async def test_links_lead_out_without_telling_where_from(pages: Pages) -> None:
    slug = await publish(pages)

    page = await pages.get(pages.desk(f"spotlights/{slug}", pages.world.other), "other")

    assert (
        '<a href="https://example.org/mangrove" rel="noopener noreferrer" dir="auto" data-href="url" data-text="words">The map</a>'
        in page.text
    )


async def test_page_offers_each_visitor_what_they_may_do(pages: Pages) -> None:
    slug = await publish(pages)

    async def forms(role: str, group: str = "") -> list[str]:
        page = await pages.get(pages.desk(f"spotlights/{slug}", group), role)
        return [form.action.rpartition("/")[2] for form in read_forms(page)]

    assert await forms("custodian") == ["publish", "retire", "delete"]
    assert await forms("member") == []
    assert await forms("other", pages.world.other) == []
    partner = (await pages.get(pages.desk(f"spotlights/{slug}", pages.world.other), "other")).text
    witness = (await pages.get(pages.desk(f"spotlights/{slug}"), "witness")).text
    assert (f"mirror/new?spotlight={slug}" in partner, "Translate</a>" in partner) == (True, True)
    assert (f"mirror/new?spotlight={slug}" in witness, "Translate</a>" in witness) == (False, False)


async def test_command_opened_as_a_page_leads_back(pages: Pages) -> None:
    slug = await tell(pages)

    answer = await pages.get(pages.desk(f"spotlights/{slug}/publish"), "custodian")

    assert (answer.status_code, answer.headers["location"]) == (303, pages.desk(f"spotlights/{slug}"))


async def test_same_form_sent_twice_tells_once(pages: Pages) -> None:
    first, second = [await pages.send(pages.desk("spotlights/new"), TELLING, key="the-same-key-00001") for _ in range(2)]

    assert first.headers["location"] == second.headers["location"]
    async with pages.world.database.read() as conn:
        assert await count_rows(conn, tables.spotlight) == {"spotlight": 1}
