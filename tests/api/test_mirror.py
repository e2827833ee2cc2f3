"""The mirror from outside: told, read in the reader's language, translated, signed and taken back, by those who may and nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator.services.glossary import add_term
from coordinator.store import tables
from tests.api.world import HIDDEN_WORDS, SPOTLIGHT, World
from tests.factories import NOON, STEWARD, count_rows, load_events

SPANISH = {"title": "La marea es nuestra", "body.1": "El puerto quiere once hectáreas de manglar.", "body.2": "Mapeamos cada casa."}
EMOJI = "🌊" * 2560  # 10 kB


async def translate(world: World, slug: str, role: str = "other", **fields: Any) -> dict[str, Any]:
    """A Spanish translation by that group; what the save answers."""
    body = {"group": world.other, "language": "es", "sections": SPANISH} | fields
    saved = await world.post(f"/spotlights/{slug}/translations", body, role)
    assert saved.status_code == 201, saved.text
    return dict(saved.json())


# --- reading --------------------------------------------------------------------------------------------------------------


async def test_spotlight_is_told_whole_to_everybody(world: World) -> None:
    slug = await world.tell()

    told = (await world.get(f"/spotlights/{slug}")).json()

    label = {"kind": "original", "source_language": "en", "via": None, "engine": None, "signed": False}
    words = [
        ("title", "The tide is ours"),
        ("body.1", "The port wants eleven hectares of mangrove."),
        ("body.2", "We mapped every household that eats from it."),
        ("ask", "Write to the court."),
        ("consent", "Names of places may be shown."),
    ]
    assert len(told.pop("source_hash")) == 64
    assert told == {
        "slug": slug,
        "state": "published",
        "audience": "public",
        "revision": 2,
        "edition": 1,
        "quarter": "2027-Q1",
        "published_at": "2027-01-04T12:00:00Z",
        "retired_at": None,
        "expires_at": "2027-07-07T12:00:00Z",
        "over": False,
        "teller": (await world.get("/groups")).json()["groups"][0],
        "brought": None,
        "label": label,
        "language": "en",
        "sections": [{"key": key, "words": said, "language": "en", "changed": False} for key, said in words],
        "languages": [{"language": "en", "label": label}],
        "links": [{"words": "The map", "url": "https://example.org/mangrove"}],
        "may_leave": None,
        "echoes": [],
    }


async def test_spotlight_is_read_in_the_language_asked_for_and_says_what_the_words_are(world: World) -> None:
    slug = await world.tell()
    await translate(world, slug)

    spanish = (await world.get(f"/spotlights/{slug}?language=es")).json()
    listed = (await world.get("/spotlights?language=es")).json()["spotlights"]
    default = (await world.get(f"/spotlights/{slug}")).json()
    original = (await world.get(f"/spotlights/{slug}?language=es&original=true")).json()

    assert [(piece["words"], piece["language"]) for piece in spanish["sections"]] == [
        ("La marea es nuestra", "es"),
        ("El puerto quiere once hectáreas de manglar.", "es"),
        ("Mapeamos cada casa.", "es"),
        ("Write to the court.", "en"),
        ("Names of places may be shown.", "en"),
    ]
    assert (spanish["language"], spanish["label"]["kind"]) == ("es", "person")
    assert [(each["language"], each["label"]["kind"]) for each in spanish["languages"]] == [("en", "original"), ("es", "person")]
    assert listed == [spanish]
    assert default["sections"] == original["sections"]
    assert (default["language"], original["language"]) == ("en", "en")
    assert original["languages"] == spanish["languages"]


async def test_edited_spotlight_falls_back_to_the_original_where_it_changed(world: World) -> None:
    slug = await world.tell()
    made = await translate(world, slug)
    before = (await world.get(f"/spotlights/{slug}", "custodian")).json()["revision"]

    await world.post(f"/spotlights/{slug}", SPOTLIGHT | {"title": "The shore is ours", "revision": before}, "custodian")

    told = (await world.get(f"/spotlights/{slug}?language=es")).json()
    (kept,) = (await world.get(f"/spotlights/{slug}/translations", "member")).json()["translations"]
    assert (told["label"]["kind"], told["sections"][0]) == (
        "out_of_date",
        {"key": "title", "words": "The shore is ours", "language": "en", "changed": True},
    )
    assert (kept["translation"], kept["current"], kept["label"]["kind"]) == (made["translation"]["translation"], False, "out_of_date")


async def test_public_reads_may_be_kept_and_signed_in_ones_may_not(world: World) -> None:
    slug = await world.tell()
    for path in ("/spotlights", f"/spotlights/{slug}", f"/spotlights/{slug}?language=ar"):
        first = await world.get(path)
        again = await world.get(path, headers={"If-None-Match": first.headers["etag"]})
        inside = await world.get(path, "member")

        assert (first.headers["cache-control"], first.headers["vary"]) == ("public, max-age=5", "Authorization, Cookie, Accept-Encoding")
        assert (again.status_code, again.content) == (304, b"")
        assert (inside.headers["cache-control"], "etag" in inside.headers) == ("private, no-store", False)


@pytest.mark.parametrize("wished", ["es", "ar", "tlh", ";;;"])
async def test_default_language_is_the_networks_whatever_a_browser_wishes(world: World, wished: str) -> None:
    """The same address must be the same bytes for everybody, or a cache would hand out another's language."""
    slug = await world.tell()
    await translate(world, slug)

    plain, wishing = await world.get(f"/spotlights/{slug}"), await world.get(f"/spotlights/{slug}", headers={"Accept-Language": wished})

    assert plain.content == wishing.content


async def test_drafts_partners_only_and_retired_ones_are_seen_by_whom_they_are_for(world: World) -> None:
    draft = str((await world.post(f"/groups/{world.group}/spotlights", SPOTLIGHT, "member")).json()["slug"])
    partners = await world.tell(audience="partners")
    public = await world.tell()
    retired = await world.tell()
    await world.post(f"/spotlights/{retired}/retire", None, "custodian")

    seen = {
        role: {name for name, slug in named.items() if (await world.get(f"/spotlights/{slug}", role)).status_code == 200}
        for role in ("", "other", "room", "remote", "witness", "member", "steward")
        for named in [{"draft": draft, "partners": partners, "public": public, "retired": retired}]
    }
    listed = {
        role: {each["slug"] for each in (await world.get("/spotlights", role)).json()["spotlights"]} for role in ("", "other", "member")
    }

    everything = {"draft", "partners", "public", "retired"}
    assert seen == {
        "": {"public"},
        "other": {"partners", "public"},
        "room": {"partners", "public"},
        "remote": {"public"},
        "witness": everything,
        "member": everything,
        "steward": everything,
    }
    assert listed == {"": {public}, "other": {partners, public}, "member": {partners, public}}


async def test_spotlight_whose_last_day_has_passed_is_its_own_groups_alone(world: World) -> None:
    slug = await world.tell(until="2027-01-10")
    world.clock.advance(timedelta(days=10))

    answers = {role: await world.get(f"/spotlights/{slug}", role) for role in ("", "other", "member")}

    assert [answer.status_code for answer in answers.values()] == [404, 404, 200]
    assert answers["member"].json()["over"] is True
    assert (await world.get("/spotlights", "member")).json() == {"spotlights": []}


async def test_group_reads_all_that_it_tells_and_others_do_not(world: World) -> None:
    draft = str((await world.post(f"/groups/{world.group}/spotlights", SPOTLIGHT, "member")).json()["slug"])
    published = await world.tell()

    own = await world.get(f"/groups/{world.group}/spotlights", "member")
    foreign = [(await world.get(f"/groups/{world.group}/spotlights", role)).status_code for role in ("", "other", "room", "remote")]

    assert {(each["slug"], each["state"], each["may_leave"]) for each in own.json()["spotlights"]} == {
        (draft, "draft", False), (published, "published", False),
    }  # fmt: skip
    assert foreign == [401, 403, 403, 403]


async def test_hidden_group_tells_partners_under_its_alias_and_the_public_nothing(world: World) -> None:
    slug = await world.tell(world.hidden, "hidden")
    theirs = await world.tell()
    saved = await world.post(f"/spotlights/{theirs}/translations", {"group": world.hidden, "language": "es", "sections": SPANISH}, "hidden")

    public = [await world.get(path) for path in ("/spotlights", f"/spotlights/{slug}", f"/spotlights/{theirs}")]
    partner = await world.get(f"/spotlights/{slug}", "other")
    rendered = await world.get(f"/spotlights/{theirs}/translations", "other")

    assert (saved.status_code, [answer.status_code for answer in public]) == (201, [200, 404, 200])
    assert [each["slug"] for each in public[0].json()["spotlights"]] == [theirs]
    assert (partner.json()["teller"]["group"], partner.json()["teller"]["zone"], partner.json()["teller"]["place"]) == (None, None, None)
    (made,) = rendered.json()["translations"]
    assert (made["group"]["group"], made["group"]["own"]) == (None, False)
    for answer in (*public, partner, rendered):
        assert not [word for word in HIDDEN_WORDS if word in answer.text]


# --- telling --------------------------------------------------------------------------------------------------------------


async def test_spotlight_is_drafted_edited_published_retired_and_deleted(world: World) -> None:
    made = await world.post(f"/groups/{world.group}/spotlights", SPOTLIGHT | {"may_leave": True}, "member")
    path = f"/spotlights/{made.json()['slug']}"

    edited = await world.post(path, SPOTLIGHT | {"title": "Ours", "links": [], "revision": 1}, "member")
    late = await world.post(path, SPOTLIGHT | {"revision": 1}, "member")
    refused = await world.post(f"{path}/publish", None, "member")
    published = await world.post(f"{path}/publish", {}, "custodian")
    twice = await world.post(f"{path}/publish", None, "custodian")
    retired = await world.post(f"{path}/retire", None, "custodian")
    gone = await world.post(f"{path}/delete", None, "custodian")

    assert (made.status_code, made.json()["state"], made.json()["may_leave"], made.json()["quarter"]) == (201, "draft", True, None)
    assert (edited.json()["sections"][0]["words"], edited.json()["links"], edited.json()["revision"]) == ("Ours", [], 2)
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    assert refused.status_code == 403
    assert (published.json()["state"], published.json()["quarter"]) == ("published", "2027-Q1")
    assert (twice.status_code, twice.json()["code"]) == (409, "spotlight_state")
    assert (retired.json()["state"], retired.json()["retired_at"]) == ("retired", "2027-01-04T12:00:00Z")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await world.get(path, "custodian")).status_code == 404


async def test_member_changes_a_draft_and_not_what_is_published(world: World) -> None:
    slug = await world.tell()

    assert (await world.post(f"/spotlights/{slug}", SPOTLIGHT, "member")).status_code == 403


async def test_commands_on_another_groups_spotlight_are_refused_and_on_its_draft_unknown(world: World) -> None:
    draft = str((await world.post(f"/groups/{world.group}/spotlights", SPOTLIGHT, "member")).json()["slug"])
    published = await world.tell()

    answers = {
        slug: [
            (await world.post(f"/spotlights/{slug}{ending}", SPOTLIGHT if not ending else None, "other")).status_code
            for ending in ("", "/publish", "/retire", "/delete")
        ]
        for slug in (draft, published, "nosuch")
    }

    assert answers == {draft: [404] * 4, published: [403] * 4, "nosuch": [404] * 4}


async def test_draft_sent_twice_with_one_key_is_told_once(world: World) -> None:
    answers = [await world.post(f"/groups/{world.group}/spotlights", SPOTLIGHT, "member", key="a-key-of-mine") for _ in range(2)]
    other = await world.post(f"/groups/{world.group}/spotlights", SPOTLIGHT | {"title": "Else"}, "member", key="a-key-of-mine")

    assert (answers[0].status_code, answers[0].content) == (answers[1].status_code, answers[1].content)
    assert other.status_code == 422
    assert len((await world.get(f"/groups/{world.group}/spotlights", "member")).json()["spotlights"]) == 1


async def test_events_of_the_mirror_carry_no_words(world: World) -> None:
    slug = await world.tell()
    await translate(world, slug)
    await world.post(f"/spotlights/{slug}/retire", None, "custodian")

    async with world.database.read() as conn:
        told = [(kind, data) for stream, kind, data in await load_events(conn) if stream == "public"]

    assert told == [
        ("spotlight.published", {"spotlight": slug, "revision": 2, "state": "published"}),
        ("spotlight.translated", {"spotlight": slug, "revision": 3, "state": "published"}),
        ("spotlight.retired", {"spotlight": slug, "revision": 4, "state": "retired"}),
    ]


# --- translating ----------------------------------------------------------------------------------------------------------


async def test_translation_is_saved_signed_by_another_and_deleted(world: World) -> None:
    slug = await world.tell()
    saved = await translate(world, slug)
    path = f"/translations/{saved['translation']['translation']}"

    own = await world.post(f"{path}/sign", {"group": world.other}, "other")
    signed = await world.post(f"{path}/sign", {"group": world.group}, "member")
    read = (await world.get(f"/spotlights/{slug}?language=es")).json()["label"]
    strange = await world.post(f"{path}/delete", {"group": world.hidden}, "hidden")
    gone = await world.post(f"{path}/delete", {"group": world.group}, "custodian")

    assert (saved["beside"], saved["outdated"], saved["translation"]["origin"]) == (False, False, "human")
    assert {section["key"]: section["words"] for section in saved["translation"]["sections"]} == SPANISH
    assert (own.status_code, own.json()["code"]) == (409, "own_translation")
    assert (signed.json()["signed_by"]["group"], signed.json()["label"]["kind"]) == (world.group, "read")
    assert read == {"kind": "read", "source_language": "en", "via": None, "engine": None, "signed": True}
    assert (strange.status_code, gone.status_code) == (404, 204)
    assert (await world.get(f"/spotlights/{slug}/translations", "other")).json()["translations"] == []


async def test_two_who_translate_at_once_are_both_kept_and_one_goes_on_from_its_base(world: World) -> None:
    slug = await world.tell()
    first = await translate(world, slug)
    beside = await translate(world, slug, "member", group=world.group, sections={"title": "La marea nos pertenece"})
    onward = await translate(world, slug, base=[first["translation"]["translation"]], sections=SPANISH | {"ask": "Escriba al tribunal."})

    kept = (await world.get(f"/spotlights/{slug}/translations", "member")).json()["translations"]

    assert (first["beside"], beside["beside"], onward["beside"]) == (False, True, True)
    assert {each["translation"] for each in kept} == {each["translation"]["translation"] for each in (beside, onward)}


async def test_translation_of_an_earlier_wording_is_kept_and_said_to_be_outdated(world: World) -> None:
    slug = await world.tell()
    earlier = (await world.get(f"/spotlights/{slug}")).json()["source_hash"]
    await world.post(f"/spotlights/{slug}", SPOTLIGHT | {"story": "One paragraph only."}, "custodian")

    saved = await translate(world, slug, source_hash=earlier)
    unknown = await world.post(
        f"/spotlights/{slug}/translations", {"group": world.other, "language": "es", "sections": SPANISH, "source_hash": "0" * 64}, "other"
    )

    assert (saved["outdated"], saved["translation"]["source_hash"], saved["translation"]["current"]) == (True, earlier, False)
    assert (unknown.status_code, unknown.json()["code"]) == (409, "wording_unknown")


async def test_translations_are_for_partners_and_of_what_they_may_read(world: World) -> None:
    slug = await world.tell()
    draft = str((await world.post(f"/groups/{world.group}/spotlights", SPOTLIGHT, "member")).json()["slug"])
    body = {"group": world.other, "language": "es", "sections": SPANISH}

    read = [(await world.get(f"/spotlights/{slug}/translations", role)).status_code for role in ("", "remote", "room", "other")]
    saved = [(await world.post(f"/spotlights/{slug}/translations", body, role)).status_code for role in ("steward", "room", "member")]
    foreign = await world.post(f"/spotlights/{draft}/translations", body, "other")

    assert read == [401, 403, 200, 200]
    assert saved == [403, 403, 403]  # the last one is of another group
    assert foreign.status_code == 404


# --- what is wrong --------------------------------------------------------------------------------------------------------

WRONG_TELLINGS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "nothing": ({"title": "", "story": "", "consent": "", "language": ""}, [
        ("language", "missing"), ("title", "missing"), ("story", "missing"), ("consent", "missing"),
    ]),
    "unknown language": ({"language": "tlh"}, [("language", "language_unknown")]),
    "10 kB of emoji": (dict.fromkeys(("title", "ask", "face", "consent"), EMOJI), [
        ("title", "too_long"), ("ask", "too_long"), ("face", "too_long"), ("consent", "too_long"),
    ]),
    "601 words": ({"story": "word " * 601}, [("story", "too_many_words")]),
    "hidden direction": ({"title": "Meet at \u202e00:01\u202c"}, [("title", "bidi_characters")]),
    "unknown audience": ({"audience": "everybody"}, [("audience", "choice_unknown")]),
    "what only packets have": ({"audience": "own"}, [("audience", "choice_unknown")]),
    "a day that is over": ({"until": "2026-12-31"}, [("until", "until_past")]),
    "a script for a link": ({"links": [{"url": "javascript:alert(1)"}]}, [("links[0]", "link_malformed")]),
    "no address": ({"links": [{"url": "", "words": ""}]}, [("links[0]", "link_malformed")]),
    "an address with a space": ({"links": [{"url": "https://example.org"}, {"url": "https://a.org b"}]}, [("links[1]", "link_malformed")]),
    "an address of two lines": ({"links": [{"url": "https://a.org/\nhttps://b.org"}]}, [("links[0]", "link_malformed")]),
    "words of two lines": ({"links": [{"url": "https://a.org", "words": "a\nb"}]}, [("links[0]", "control_characters")]),
    "six links": ({"links": [{"url": "https://a.org"}] * 6}, [("links", "too_many_links")]),
    "links as on a form": ({"links": "https://example.org The map"}, [("links", "type_wrong")]),
    "a misspelt link": ({"links": [{"url": "https://a.org", "wrods": "x"}]}, [("links[0]", "key_unknown")]),
    "a link that is text": ({"links": ["https://a.org"]}, [("links[0]", "type_wrong")]),
    "a number for text": ({"title": 7, "may_leave": "yes"}, [("title", "type_wrong"), ("may_leave", "type_wrong")]),
    "an unknown name": ({"titel": "x"}, [("titel", "key_unknown")]),
    "a state of one's own": ({"state": "published"}, [("state", "key_unknown")]),
    "null": ({"story": None}, [("story", "type_wrong")]),
    "no character": ({"title": "a\0b"}, [("title", "control_characters")]),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "faults"), WRONG_TELLINGS.values(), ids=WRONG_TELLINGS)
async def test_wrong_spotlight_is_told_its_faults_and_nothing_written(world: World, wrong: dict[str, Any], faults: list[Any]) -> None:
    slug = await world.tell()
    async with world.database.read() as conn:
        before = await count_rows(conn), len(await load_events(conn))

    drafted = await world.post(f"/groups/{world.group}/spotlights", SPOTLIGHT | wrong, "custodian")
    edited = await world.post(f"/spotlights/{slug}", SPOTLIGHT | wrong, "custodian")

    for answer in (drafted, edited):
        assert answer.status_code == 422
        assert [(p["field"], p["code"]) for p in answer.json()["problems"]] == faults
        assert all(p["sentence"] and len(p["value"]) <= 80 for p in answer.json()["problems"])
    async with world.database.read() as conn:
        assert (await count_rows(conn), len(await load_events(conn))) == before


WRONG_TRANSLATIONS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "unknown language": ({"language": "tlh"}, [("language", "language_unknown")]),
    "the original's language": ({"language": "en"}, [("language", "language_of_original")]),
    "no section": ({"sections": {}}, [("sections.title", "missing")]),
    "blank sections": ({"sections": {"title": " ", "ask": ""}}, [("sections.title", "missing")]),
    "an unknown section": ({"sections": {"title": "x", "body.9": "y"}}, [("sections.body.9", "key_unknown")]),
    "10 kB of emoji": ({"sections": {"title": "Hola", "ask": EMOJI}}, [("sections.ask", "too_long")]),
    "sections in a list": ({"sections": ["La marea"]}, [("sections", "type_wrong")]),
    "a section that is a number": ({"sections": {"title": 7}}, [("sections[...]", "type_wrong")]),
    "bases in a text": ({"base": "abc def"}, [("base", "type_wrong")]),
    "an unknown name": ({"origin": "machine"}, [("origin", "key_unknown")]),
}


@pytest.mark.parametrize(("wrong", "faults"), WRONG_TRANSLATIONS.values(), ids=WRONG_TRANSLATIONS)
async def test_wrong_translation_is_told_its_faults_and_nothing_written(world: World, wrong: dict[str, Any], faults: list[Any]) -> None:
    slug = await world.tell()
    async with world.database.read() as conn:
        before = await count_rows(conn), len(await load_events(conn))

    body = {"group": world.other, "language": "es", "sections": SPANISH} | wrong
    answer = await world.post(f"/spotlights/{slug}/translations", body, "other")

    assert answer.status_code == 422
    assert [(p["field"], p["code"]) for p in answer.json()["problems"]] == faults
    async with world.database.read() as conn:
        assert (await count_rows(conn), len(await load_events(conn))) == before


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("language=tlh", "language", "language_unknown"),
        ("language=" + "%F0%9F%8C%8A" * 2560, "language", "language_unknown"),
        ("original=maybe", "original", "choice_unknown"),
        ("original=", "original", "choice_unknown"),
    ],
)
async def test_question_that_is_none_is_told_its_fault(world: World, query: str, field: str, code: str) -> None:
    slug = await world.tell()

    answer = await world.get(f"/spotlights/{slug}?{query}")

    assert answer.status_code == 422
    assert [(p["field"], p["code"]) for p in answer.json()["problems"]] == [(field, code)]


@pytest.mark.parametrize("words", ["{{ 7 * 7 }}", "<script>alert(1)</script>", "%(title)s {0} %n", "\u200fمرحبا hello"])
async def test_words_that_look_like_code_come_back_as_they_were_sent(world: World, words: str) -> None:
    slug = await world.tell(title=words, story=words)
    await translate(world, slug, sections={"title": words})

    told = (await world.get(f"/spotlights/{slug}?language=es")).json()

    assert [piece["words"] for piece in told["sections"][:2]] == [words, words]


async def test_glossary_is_told_to_partners(world: World) -> None:
    async with world.database.write(NOON) as work:
        await add_term(work, STEWARD, {"term": "Huerta Común", "source": "es"}, frozenset({"es", "en"}))

    told = await world.get("/glossary", "member")

    assert told.json() == {"terms": [{"term": "Huerta Común", "source": "es", "target": None, "rendering": None}]}
    assert (await world.get("/glossary")).status_code == 401


async def test_deleted_words_are_in_no_kept_answer(world: World) -> None:
    slug = await world.tell()
    await translate(world, slug)
    await world.post(f"/spotlights/{slug}/delete", {}, "custodian")

    async with world.database.read() as conn:
        kept = (await conn.execute(sa.select(tables.idempotency.c.body))).scalars().all()
    assert [body for body in kept if b"tide" in body or b"marea" in body] == []
