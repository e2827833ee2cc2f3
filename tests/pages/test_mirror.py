"""The public mirror: what is told, what it echoed, the same bytes for everyone, and nothing of whoever does not show itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.domain.access import Caller, Grant, Role
from coordinator.services.spotlights import publish_spotlight, retire_spotlight
from coordinator.services.translations import save_translation
from coordinator.store import tables
from tests.conftest import FakeClock
from tests.factories import NOON, add_group, caller_as
from tests.mirror_rows import add_echo, add_rendering, add_spotlight
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page
from tests.voice_rows import add_voice

DAY = timedelta(days=1)
EMPTY = "No echo was heard in public in this quarter."


async def answerer(pages: Pages, name: str = "Kathmandu Commons", **values: str) -> str:
    """One more public group; its id."""
    async with pages.world.database.write(NOON) as work:
        place = {"place": "Kathmandu", "zone_id": "Asia/Kathmandu", "language": "en", "listing": "public"} | values
        return await add_group(work.conn, name, **place)


async def tell(pages: Pages, group: str = "", **values: object) -> str:
    async with pages.world.database.write(NOON) as work:
        return await add_spotlight(work.conn, group or pages.world.group, **values)  # type: ignore[arg-type]  # values of the row


async def echo(pages: Pages, slug: str, group: str, **values: object) -> None:
    async with pages.world.database.write(NOON) as work:
        await add_echo(work.conn, slug, group, **values)  # type: ignore[arg-type]  # values of the row


# --- what it shows ----------------------------------------------------------------------------------------------------


async def test_mirror_tells_title_label_teller_ask_links_and_echoes(pages: Pages) -> None:
    slug = await tell(pages, links=[["The map", "https://example.org/a"], ["", "https://example.org/b"]])
    await echo(pages, slug, await answerer(pages))

    answer = await pages.get("/en/mirror")

    said = text_of_page(answer)
    assert f'<a href="/en/mirror/{slug}">The tide is ours</a>' in answer.text
    assert "La Paz , Minga del Agua The tide is ours Original The port wants the mangrove. Read it whole" in said
    assert "What is asked of others Write to the court. The map https://example.org/b" in said
    assert '<a href="https://example.org/a" rel="noopener noreferrer nofollow">' in answer.text
    assert (
        "Kathmandu , Kathmandu Commons Original They face A port on a living shore. We share Families mapped as nobody. "
        "Our next action answers We walk the river and draw our map."
    ) in said


async def test_mirror_draws_the_quarter_as_a_score_with_its_table(pages: Pages) -> None:
    slug = await tell(pages)
    await echo(pages, slug, await answerer(pages), at=NOON + 10 * DAY)

    answer = await pages.get("/en/mirror")

    said = text_of_page(answer)
    assert "The first quarter of 2027 What echoed what" in said
    assert "Week Told Answered Struggle week 2, from Monday 11 January 2027 Minga del Agua Kathmandu Commons The tide is ours" in said
    assert answer.text.count('class="score__staff"') == 2
    assert answer.text.count('class="score__echo"') == 1
    assert "Echo map of the first quarter of 2027. The table below says the same in words." in answer.text
    assert EMPTY not in said


async def test_mirror_without_echoes_is_staff_lines_without_strokes(pages: Pages) -> None:
    answer = await pages.get("/en/mirror")

    said = text_of_page(answer)
    assert EMPTY in said
    assert "No group tells its struggle in public now." in said
    assert (answer.text.count('class="score__staff"'), answer.text.count('class="score__echo"')) == (1, 0)
    assert "As a table" not in said


async def test_mirror_shows_the_latest_quarter_that_has_any_and_leads_to_the_others(pages: Pages) -> None:
    slug, commons = await tell(pages, at=NOON - 200 * DAY), await answerer(pages)
    for days in (-150, -30):
        await echo(pages, slug, commons, at=NOON + days * DAY)

    latest = await pages.get("/en/mirror")
    earlier = await pages.get("/en/mirror?quarter=2026-Q3")
    none = await pages.get("/en/mirror?quarter=2026q1")

    assert "The fourth quarter of 2026 What echoed what" in text_of_page(latest)
    assert '<a href="/en/mirror?quarter=2026-Q4" aria-current="page">Q4 2026</a>' in latest.text
    assert "week 32, from Monday 3 August 2026" in text_of_page(earlier)
    assert '<link rel="alternate" hreflang="ar" href="/ar/mirror?quarter=2026-Q3">' in earlier.text
    assert EMPTY in text_of_page(none)
    assert '<a href="/en/mirror?quarter=2026-Q1" aria-current="page">' in none.text


@pytest.mark.parametrize("raw", ["2027", "", "2027-Q5", "<script>", "2099-Q1", "1066-Q4"])
async def test_mirror_of_a_quarter_that_is_none_says_what_would_be(pages: Pages, raw: str) -> None:
    answer = await pages.get(f"/en/mirror?quarter={raw}")

    assert answer.status_code == 422
    assert "Quarter" in text_of_page(answer)
    assert "<script>" not in answer.text.replace('<script type="module"', "")


async def test_mirror_draws_only_who_took_part_when_there_are_many(pages: Pages) -> None:
    slug, commons = await tell(pages), await answerer(pages)
    for number in range(30):
        await answerer(pages, f"Group {number}")
    bare = await pages.get("/en/mirror")
    await echo(pages, slug, commons)
    drawn = await pages.get("/en/mirror?said=x")

    assert bare.text.count('class="score__staff"') == 16
    assert "and 16 more groups that neither told nor answered" in text_of_page(bare)
    assert drawn.text.count('class="score__staff"') == 2
    assert "and 30 more groups that neither told nor answered" in text_of_page(drawn)


async def test_mirror_draws_no_stroke_from_a_group_to_itself(pages: Pages) -> None:
    slug = await tell(pages)
    await echo(pages, slug, pages.world.group)

    answer = await pages.get("/en/mirror")

    assert 'class="score__echo"' not in answer.text
    assert EMPTY in text_of_page(answer)


async def test_mirror_leads_to_the_action_that_answers_if_the_public_may_know_of_it(pages: Pages) -> None:
    confirmed, draft = await pages.confirm(), await pages.draft(title="Not yet told of")
    slug, commons = await tell(pages), await answerer(pages)
    async with pages.world.database.read() as conn:
        ids = {row.slug: row.id for row in await conn.execute(tables.action.select())}
    await echo(pages, slug, commons, action_id=ids[confirmed])
    await echo(pages, slug, pages.world.group, action_id=ids[draft])

    answer = await pages.get(f"/en/mirror/{slug}")

    assert f'<a href="/en/actions/{confirmed}" lang="en" dir="auto">Keep the taps open</a>' in answer.text
    assert draft not in answer.text
    assert "Not yet told of" not in answer.text


async def test_mirror_in_arabic_runs_its_weeks_from_right_to_left(pages: Pages) -> None:
    slug = await tell(pages, language="ar", sections={"title": "الماء ليس سلعة"})
    await echo(pages, slug, await answerer(pages))

    english, arabic = await pages.get("/en/mirror"), await pages.get("/ar/mirror")

    assert '<html lang="ar" dir="rtl"' in arabic.text
    assert 'class="score__told" cx="10.714%"' in english.text  # the second of fourteen weeks
    assert 'class="score__told" cx="89.286%"' in arabic.text
    assert 'lang="ar" dir="rtl"><a href="/en/mirror/' in english.text


async def test_people_words_are_inert_on_every_page_of_the_mirror(pages: Pages) -> None:
    nasty = "<img src=x onerror=alert(1)> {{ 7*7 }} %(title)s {0} \"'\u202e"
    slug = await tell(
        pages, sections={"title": nasty, "body.1": nasty, "ask": nasty, "face": nasty}, links=[[nasty, "https://example.org/"]]
    )
    await echo(pages, slug, await answerer(pages), sections={"answer": nasty})

    for path in ("/en/mirror", f"/en/mirror/{slug}", "/ar/mirror", f"/es/mirror/{slug}?original=1"):
        answer = await pages.get(path)
        assert answer.status_code == 200, path
        assert "<img" not in answer.text, path
        assert "{{ 7*7 }} %(title)s {0}" in answer.text, path


# --- its own address --------------------------------------------------------------------------------------------------


async def test_told_struggle_has_an_address_with_all_its_words(pages: Pages) -> None:
    slug = await tell(pages, sections={"body.2": "We mapped it.", "face": "A port.", "answer": "We walk."})
    await echo(pages, slug, await answerer(pages))

    answer = await pages.get(f"/en/mirror/{slug}")

    said = text_of_page(answer)
    assert "The port wants the mangrove. We mapped it. Told since Monday 4 January 2027. All of it." in said
    assert "The echo it offers They face A port. Our next action answers We walk." in said
    assert "Who echoed it Kathmandu , Kathmandu Commons Original They face A port on a living shore." in said
    assert f'<link rel="alternate" hreflang="es" href="/es/mirror/{slug}">' in answer.text
    assert "<title>The tide is ours · Chorus</title>" in answer.text


async def test_told_struggle_that_the_public_may_not_see_answers_as_an_unknown_one(pages: Pages) -> None:
    unseen = [
        await tell(pages, audience="partners"),
        await tell(pages, pages.world.other),
        await tell(pages, pages.world.hidden),
        await tell(pages, state="draft", published_at=None),
        await tell(pages, state="retired"),
        await tell(pages, expires_at=NOON),
    ]
    unknown = await pages.get("/en/mirror/nothing-here")

    answers = [await pages.get(f"/en/mirror/{slug}") for slug in unseen]
    signed_in = await pages.get(f"/en/mirror/{unseen[0]}", "custodian")  # public pages know nobody

    assert {answer.status_code for answer in (*answers, signed_in, unknown)} == {404}
    assert {answer.text for answer in (*answers, signed_in)} == {unknown.text}


# --- voices -----------------------------------------------------------------------------------------------------------------


async def test_told_struggle_is_heard_in_the_voices_that_are_for_everybody(pages: Pages) -> None:
    slug = await tell(pages)
    async with pages.world.database.write(NOON) as work:
        everybody = await add_voice(work.conn, pages.world.group, slug, lines=("We stand on the roots.",))
        await add_voice(work.conn, pages.world.group, slug, lines=("For partners.",), public=False)
        await add_voice(work.conn, pages.world.hidden, slug, lines=("From nowhere.",))

    answer = await pages.get(f"/en/mirror/{slug}")

    said = text_of_page(answer)
    assert "Voices of those who tell this" in said
    assert "We stand on the roots." in said
    assert "For partners." not in said
    assert "From nowhere." not in said
    assert f'<source src="/sounds/{everybody["webm_id"]}.webm" type="audio/webm; codecs=opus">' in answer.text
    assert answer.headers["content-security-policy"].endswith("; media-src 'self'")


async def test_page_without_sound_may_play_nothing(pages: Pages) -> None:
    assert "media-src" not in (await pages.get("/en/mirror")).headers["content-security-policy"]


async def test_told_struggle_whose_voice_is_taken_back_is_without_it_at_once(pages: Pages) -> None:
    slug = await tell(pages)
    async with pages.world.database.write(NOON) as work:
        await add_voice(work.conn, pages.world.group, slug)
    before = await pages.get(f"/en/mirror/{slug}")
    async with pages.world.database.write(NOON) as work:
        await work.conn.execute(sa.update(tables.voice_note).values(state="withdrawn"))
        work.emit(keys.PUBLIC, "voice.withdrawn", {"voice": "x", "revision": 2, "state": "withdrawn"})

    after = await pages.get(f"/en/mirror/{slug}")

    assert ("/sounds/" in before.text, "/sounds/" in after.text) == (True, False)


# --- the best words there are -----------------------------------------------------------------------------------------


async def test_original_is_shown_when_it_is_asked_for_and_left_again(pages: Pages) -> None:
    slug = await tell(pages, language="pt-BR", sections={"title": "A maré é nossa"})
    async with pages.world.database.write(NOON) as work:
        words = {"title": "The tide is ours", "body.1": "The port wants it.", "ask": "Write."}
        await add_rendering(work.conn, slug, "en", words, origin="machine", via="es")

    for path in (f"/en/mirror/{slug}", "/en/mirror"):
        translated, original = await pages.get(path), await pages.get(f"{path}?original=1")
        assert "The tide is ours Machine draft, via Spanish from Portuguese" in text_of_page(translated)
        assert f'<a href="{path}?original=1" data-original>' in translated.text
        assert "A maré é nossa Original" in text_of_page(original)
        assert f'<a href="{path}" data-original>' in original.text
        assert "js/original.js" in translated.text


async def test_page_with_originals_alone_offers_no_other_words(pages: Pages) -> None:
    slug = await tell(pages)

    assert [("data-original" in (await pages.get(path)).text) for path in ("/en/mirror", f"/en/mirror/{slug}")] == [False, False]


async def test_original_of_a_chosen_quarter_keeps_the_quarter(pages: Pages) -> None:
    slug = await tell(pages, language="pt-BR")
    async with pages.world.database.write(NOON) as work:
        await add_rendering(work.conn, slug, "en", {"title": "The tide"})

    answer = await pages.get("/en/mirror?quarter=2027-Q1")

    assert '<a href="/en/mirror?quarter=2027-Q1&amp;original=1" data-original>' in answer.text


# --- the same for everyone, and at once -------------------------------------------------------------------------------


async def test_mirror_is_the_same_for_everyone_and_answers_304_to_who_has_it(pages: Pages) -> None:
    slug = await tell(pages)

    for path in ("/en/mirror", f"/en/mirror/{slug}", "/en/mirror?quarter=2027-Q1"):
        public, member = await pages.get(path), await pages.get(path, "member")
        again = await pages.get(path, **{"If-None-Match": public.headers["etag"]})
        assert public.text == member.text
        assert public.headers["cache-control"] == "public, max-age=5"
        assert again.status_code == 304


async def test_mirror_changes_at_once_when_something_is_published_translated_or_taken_back(pages: Pages) -> None:
    world = pages.world
    slug = await tell(pages, language="pt-BR", state="draft", published_at=None, quarter="")
    custodian = caller_as("custodian", world.group)
    translator = Caller((Grant(Role.MEMBER, world.other, ""),), "another")
    seen = [text_of_page(await pages.get("/en/mirror"))]
    async with world.database.write(NOON) as work:
        await publish_spotlight(work, custodian, slug)
    seen.append(text_of_page(await pages.get("/en/mirror")))
    async with world.database.write(NOON) as work:
        text_id = (await work.conn.execute(tables.text.select())).one().id
        raw = {"language": "en", "section[0]": "Ours is the tide"}
        await save_translation(work, translator, world.other, text_id=text_id, raw=raw, languages=frozenset({"en"}))
    seen.append(text_of_page(await pages.get("/en/mirror")))
    async with world.database.write(NOON) as work:
        await retire_spotlight(work, custodian, slug)
    seen.append(text_of_page(await pages.get("/en/mirror")))

    assert ["The tide is ours" in each for each in seen] == [False, True, False, False]
    assert ["Ours is the tide By a person from Portuguese" in each for each in seen] == [False, False, True, False]


async def test_mirror_changes_when_a_consent_runs_out_by_time(pages: Pages, clock: FakeClock) -> None:
    slug = await tell(pages, expires_at=NOON + DAY)
    await echo(pages, slug, await answerer(pages))
    before = await pages.get("/en/mirror")
    clock.set(NOON + DAY)

    after, own = await pages.get("/en/mirror"), await pages.get(f"/en/mirror/{slug}")

    assert ("The tide is ours" in before.text, "The tide is ours" in after.text, own.status_code) == (True, False, 404)
    assert "Kathmandu Commons answered" not in after.text  # echoes quote what may not be shown any more


async def test_mirror_changes_at_once_when_a_group_hides(pages: Pages) -> None:
    slug, commons = await tell(pages), await answerer(pages)
    await echo(pages, slug, commons)
    before = await pages.get("/en/mirror")
    async with pages.world.database.write(NOON) as work:
        await work.conn.execute(tables.group.update().where(tables.group.c.id == commons).values(listing="hidden", revision=2))
    after = await pages.get("/en/mirror")

    assert ("Kathmandu" in before.text, "Kathmandu" in after.text) == (True, False)


async def test_mirror_keeps_every_byte_whatever_unseen_groups_tell_and_answer(pages: Pages) -> None:
    """Not even a number may tell that somebody who does not show itself has told or answered."""
    world = pages.world
    slug = await tell(pages)
    await echo(pages, slug, await answerer(pages))
    paths = ("/en/mirror", "/ar/mirror", f"/en/mirror/{slug}", "/en/mirror?quarter=2026-Q4")
    before = [(await pages.get(path)).text for path in paths]

    for unseen in (world.hidden, world.other):
        told = await tell(pages, unseen, at=NOON - 20 * DAY)
        await echo(pages, told, world.group, at=NOON - 19 * DAY)
        await echo(pages, slug, unseen)
    partners_only = await tell(pages, audience="partners", at=NOON - 20 * DAY)
    await echo(pages, partners_only, world.group, at=NOON - 18 * DAY)

    assert [(await pages.get(path)).text for path in paths] == before
    assert [word for word in (*HIDDEN_WORDS, "Casseroles", "Lyon") if word in "".join(before)] == []


async def test_every_public_page_leads_to_the_mirror(pages: Pages) -> None:
    for path in ("/es/", "/es/subscribe", "/es/status", "/es/nothing"):
        assert '<a href="/es/mirror"' in (await pages.get(path)).text, path
    assert '<a href="/es/mirror" aria-current="page">' in (await pages.get("/es/mirror")).text
