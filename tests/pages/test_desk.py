"""A group's desk: who comes in, what it is asked, what stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.conftest import FakeClock
from tests.pages.plain_form import read_forms
from tests.pages.tellings import publish, translate
from tests.pages.test_translate import add_echo
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page


async def test_desk_without_a_link_asks_for_one(pages: Pages) -> None:
    answer = await pages.get(pages.desk())

    assert answer.status_code == 401
    assert 'href="/enter"' in answer.text


async def test_desk_of_a_foreign_group_answers_as_an_unknown_one(pages: Pages) -> None:
    foreign = await pages.get(pages.desk(group=pages.world.other), "custodian")
    unknown = await pages.get(pages.desk(group="nobody"), "custodian")

    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.text == unknown.text


@pytest.mark.parametrize(
    ("role", "status"), [("custodian", 200), ("lapsed", 200), ("member", 200), ("witness", 200), ("steward", 200), ("room", 404)]
)
async def test_desk_opens_to_whoever_may_read_it(pages: Pages, role: str, status: int) -> None:
    assert (await pages.get(pages.desk(), role)).status_code == status


async def test_desk_greets_with_the_groups_own_time(pages: Pages) -> None:
    answer = await pages.get(pages.desk(), "custodian")

    assert "Minga del Agua 08:00 Monday 4 January 2027 La Paz , UTC−04:00" in text_of_page(answer)


async def test_desk_asks_with_burden_light_and_deadline_in_the_groups_own_clock(pages: Pages) -> None:
    await pages.propose("2027-02-10T18:00:00Z")

    answer = await pages.get(pages.desk(group=pages.world.other), "other")

    said = text_of_page(answer)
    assert "Keep the taps open Can you?" in said
    assert "Wednesday 10 February 2027, 19:00 in Lyon , UTC+01:00 . That is inside your hours. It is twilight then." in said
    assert "Answers are open until Monday 18 January 2027, 13:00 in Lyon , UTC+01:00 ." in said


async def test_desk_offers_a_plain_text_to_forward(pages: Pages) -> None:
    slug = await pages.propose()

    answer = await pages.get(pages.desk(group=pages.world.other), "other")

    assert f"/en/g/{pages.world.other}/actions/{slug}" in answer.text.split("<textarea")[-1]
    assert "is asked:" in answer.text


async def test_desk_takes_an_answer_and_comes_back_with_thanks(pages: Pages) -> None:
    slug = await pages.propose()
    desk = pages.desk(group=pages.world.other)

    answer = await pages.send(f"{desk}actions/{slug}/respond", {"response": "stand_aside", "back": "desk"}, "other")
    shown = await pages.get(answer.headers["location"], "other")

    assert answer.headers["location"] == f"{desk}?said=stand_aside"
    assert "Thank you: your group stands aside." in text_of_page(shown)
    assert "You stand aside." in text_of_page(shown)


async def test_desk_shows_answers_to_give_only_to_whoever_may_give_them(pages: Pages) -> None:
    await pages.propose()

    with_right = await pages.get(pages.desk(), "lapsed")
    without = [await pages.get(pages.desk(), role) for role in ("member", "witness")]

    assert 'name="response" value="consent"' in with_right.text
    assert not any('name="response"' in answer.text for answer in without)


async def test_desk_lists_what_stands_in_the_groups_own_clock(pages: Pages) -> None:
    await pages.confirm()

    said = text_of_page(await pages.get(pages.desk(), "member"))

    assert "Wednesday 10 February 2027, 14:00 La Paz , UTC−04:00 Confirmed 3 of 3 groups consent" in said


async def test_desk_lists_own_drafts_and_practices_and_nobody_elses(pages: Pages) -> None:
    await pages.draft(title="Ours alone")
    await pages.draft(title="A first try", practice="1")

    own = text_of_page(await pages.get(pages.desk(), "member"))
    other = text_of_page(await pages.get(pages.desk(group=pages.world.other), "other"))

    assert "Drafts Ours alone" in own
    assert "Practice A first try" in own
    assert "Ours alone" not in other
    assert "A first try" not in other


async def test_desk_nags_when_custody_runs_out(pages: Pages, clock: FakeClock) -> None:
    clock.set(datetime(2027, 3, 29, 12, tzinfo=UTC))

    answer = await pages.get(pages.desk(group=pages.world.other), "other")

    assert "This is to be handed over soon: Custodian, until Sunday 4 April 2027." in text_of_page(answer)


async def test_desk_says_what_the_week_holds_in_words_too(pages: Pages) -> None:
    said = text_of_page(await pages.get(pages.desk(), "custodian"))

    assert "Mon 17:30 to 21:30 Tue 17:30 to 21:30" in said
    assert "Sat no hours Sun no hours" in said
    assert "Quiet: 22:30 to 07:00." in said


async def test_desk_in_another_language_than_the_groups_offers_its_own(pages: Pages) -> None:
    answer = await pages.get(pages.desk(), "custodian")

    assert f'<a href="/es/g/{pages.world.group}/" lang="es" hreflang="es">español</a>' in answer.text


@pytest.mark.parametrize("lang", ["en", "ar"])
async def test_partners_desk_and_action_hold_nothing_of_a_hidden_group_but_its_answer(pages: Pages, lang: str) -> None:
    slug = await pages.confirm()

    answers = [
        await pages.get(pages.desk(rest, lang=lang), "custodian") for rest in ("", f"actions/{slug}", "propose", f"actions/{slug}/move")
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert [word for word in (*HIDDEN_WORDS, pages.world.hidden) if any(word in answer.text for answer in answers)] == []


async def test_hidden_group_sees_itself_on_its_own_desk(pages: Pages) -> None:
    answer = await pages.get(pages.desk(group=pages.world.hidden), "hidden")

    assert "Colectivo Quetzaltenango" in answer.text


async def test_desk_tells_its_own_people_and_no_witness_on_which_dates_the_group_never_can(pages: Pages) -> None:
    form = {"windows[0].days": "MO", "windows[0].from": "17:30", "windows[0].to": "21:30", "blocked": "2027-02-14"}
    kept = await pages.send(pages.desk("availability"), form)

    shown = {role: text_of_page(await pages.get(pages.desk(), role)) for role in ("custodian", "member", "witness")}

    assert kept.status_code == 303
    assert {role: "14 February 2027" in text for role, text in shown.items()} == {"custodian": True, "member": True, "witness": False}


# --- what the mirror brings -----------------------------------------------------------------------------------------------


async def test_desk_shows_the_three_newest_spotlights_of_partners_with_their_label(pages: Pages) -> None:
    slugs = []
    for n in range(4):
        slugs.append(await publish(pages, title=f"Tide {n}"))
        pages.world.clock.advance(minutes=1)

    told = (await pages.get(pages.desk("news.json", pages.world.other), "other")).json()
    own = (await pages.get(pages.desk("news.json"), "custodian")).json()

    assert [row["path"].rpartition("/")[2] for row in told["spotlights"]] == slugs[:0:-1]
    assert {row["label"]["words"] for row in told["spotlights"]} == {"Original"}
    assert own["spotlights"] == []
    assert "Tide 3" in text_of_page(await pages.get(pages.desk("", pages.world.other), "other"))


async def test_desk_says_what_waits_in_the_groups_language(pages: Pages) -> None:
    slug = await publish(pages)

    async def waits() -> list[str]:
        return [row["words"] for row in (await pages.get(pages.desk("news.json", pages.world.other), "other")).json()["waiting"]]

    before = await waits()
    where = await translate(pages, slug, "custodian", pages.world.group)
    between = await waits()
    (sign,) = [
        f for f in read_forms(await pages.get(where.replace(pages.world.group, pages.world.other), "other")) if f.action.endswith("/sign")
    ]
    await pages.send(sign.action, sign.fields, "other")

    assert (before, between, await waits()) == (["Not in Spanish yet."], ["A translation into Spanish waits for a second reader."], [])


async def test_desk_shows_echoes_that_answered_the_group_with_their_words(pages: Pages) -> None:
    slug = await publish(pages)
    await add_echo(pages, slug, pages.world.other, "Riverbanks here, too.")

    page = await pages.get(pages.desk(), "custodian")

    assert "Riverbanks here, too." in text_of_page(page)
    assert "They answered you" in text_of_page(page)
