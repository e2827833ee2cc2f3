"""What a group says of itself, and what others will see of it."""

from __future__ import annotations

import pytest

from coordinator.domain.group import Numerals, Profile
from coordinator.domain.listing import Listing
from coordinator.services.groups import load_group
from tests.pages.plain_form import PlainForm, read_form
from tests.pages.world import Pages, text_of_page


async def open_form(pages: Pages, lang: str = "en") -> PlainForm:
    address = pages.desk("settings", lang=lang)
    return read_form(await pages.get(address, "custodian"), address)


async def kept(pages: Pages) -> Profile:
    async with pages.world.database.read() as conn:
        return (await load_group(conn, pages.world.group)).profile


@pytest.mark.parametrize(
    ("role", "status"),
    [("", 401), ("room", 404), ("remote", 404), ("witness", 403), ("member", 403), ("lapsed", 403), ("custodian", 200), ("steward", 200)],
)
async def test_settings_open_to_whoever_may_change_them(pages: Pages, role: str, status: int) -> None:
    shown = await pages.get(pages.desk("settings"), role)
    sent = await pages.send(pages.desk("settings"), {"name": ""}, role)

    assert (shown.status_code, sent.status_code) == (status, 422 if status == 200 else status)


async def test_settings_of_a_foreign_group_answer_as_an_unknown_one(pages: Pages) -> None:
    foreign = await pages.get(pages.desk("settings", pages.world.hidden), "custodian")
    unknown = await pages.get(pages.desk("settings", "nobody"), "custodian")

    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.text == unknown.text


async def test_settings_form_without_script_keeps_everything(pages: Pages) -> None:
    form = await open_form(pages)
    form["name"], form["place"], form["zone"] = "Minga del Valle", "Cochabamba", "america/la_paz"
    form["alias_name"], form["alias_place"] = "Valley circle", "the Andes"
    form["language"], form["numerals"], form["listing"] = "ar", "native", "hidden"

    answer = await pages.send(form.action, form.fields)

    assert (answer.status_code, answer.headers["location"]) == (303, pages.desk("settings?said=settings_kept"))
    assert await kept(pages) == Profile(
        "Minga del Valle", "Cochabamba", "America/La_Paz", "ar", "Valley circle", "the Andes", Numerals.NATIVE, Listing.HIDDEN
    )


async def test_old_name_of_a_zone_stays_as_it_was_typed(pages: Pages) -> None:
    form = await open_form(pages)
    form["zone"] = "Asia/Calcutta"

    await pages.send(form.action, form.fields)

    assert (await kept(pages)).zone_id == "Asia/Calcutta"
    assert "it is Monday 4 January 2027, 17:30 in La Paz , UTC+05:30" in text_of_page(await pages.get(form.action, "custodian"))


async def test_misspelt_zone_is_asked_about_and_one_press_settles_it(pages: Pages) -> None:
    form = await open_form(pages)
    form["zone"] = "Katmandu"

    answer = await pages.send(form.action, form.fields)

    again = read_form(answer, form.action)
    assert answer.status_code == 422
    assert "no time zone is called “Katmandu”" in text_of_page(answer)
    assert "Is it one of these? Kathmandu, Nepal (Asia/Kathmandu)" in text_of_page(answer)
    assert again.fields == form.fields
    await pages.send(form.action, again.fields | {"zone_instead": "Asia/Kathmandu"})
    assert (await kept(pages)).zone_id == "Asia/Kathmandu"


async def test_zone_is_searched_in_the_readers_language(pages: Pages) -> None:
    form = await open_form(pages, "ar")
    form["zone"] = "القاهرة"

    answer = await pages.send(form.action, form.fields)

    assert "(Africa/Cairo)" in text_of_page(answer)


async def test_zones_are_offered_by_city_and_country_in_the_readers_language(pages: Pages) -> None:
    english = await pages.get(pages.desk("settings"), "custodian")
    spanish = await pages.get(pages.desk("settings", lang="es"), "custodian")

    assert '<option value="Africa/Cairo">Cairo, Egypt</option>' in english.text
    assert '<option value="Africa/Cairo">El Cairo, Egipto</option>' in spanish.text


async def test_faults_are_all_named_and_nothing_typed_is_lost(pages: Pages) -> None:
    form, before = await open_form(pages), await kept(pages)
    form["name"], form["place"], form["zone"], form["alias_place"] = "", "x" * 81, "Atlantis", "a\u202eb"

    answer = await pages.send(form.action, form.fields)

    again = read_form(answer, form.action)
    assert answer.status_code == 422
    for field in ("name", "place", "zone", "alias_place"):
        assert f'id="{field}-error"' in answer.text
    assert "4 things are not right yet." in text_of_page(answer)
    assert again.fields == form.fields
    assert await kept(pages) == before


async def test_name_of_another_group_is_refused_but_a_hidden_ones_is_not_told(pages: Pages) -> None:
    form = await open_form(pages)
    form["name"] = "casseroles"
    taken = await pages.send(form.action, form.fields)
    form["name"] = "Colectivo Quetzaltenango"
    hidden = await pages.send(form.action, form.fields)

    assert "another group is called “Casseroles”" in text_of_page(taken)
    assert (taken.status_code, hidden.status_code) == (422, 303)


async def test_settings_that_changed_meanwhile_are_not_overwritten(pages: Pages) -> None:
    mine, theirs = await open_form(pages), await open_form(pages)
    theirs["place"], mine["place"] = "El Alto", "Sopocachi"
    await pages.send(theirs.action, theirs.fields, "steward")

    answer = await pages.send(mine.action, mine.fields)

    assert answer.status_code == 409
    assert "Somebody else has changed this in the meantime." in text_of_page(answer)
    assert read_form(answer, mine.action).fields == mine.fields | {"revision": "2"}
    assert (await kept(pages)).place == "El Alto"


async def test_each_listing_says_what_others_would_see(pages: Pages) -> None:
    form = await open_form(pages)
    plain = text_of_page(await pages.get(form.action, "custodian"))
    form["alias_name"], form["alias_place"] = "Valley circle", "the Andes"
    await pages.send(form.action, form.fields)
    aliased = text_of_page(await pages.get(form.action, "custodian"))

    assert plain.count("Everybody: nothing of you.") == 2
    assert "Everybody: “ Minga del Agua ”, La Paz , and what hour it is there at the moment." in plain
    assert "Partner groups: “ A group that does not show itself ”, what a moment costs you, and what you answer; no place" in plain
    assert "Everybody: “ Valley circle ”, the Andes , and what hour it is there at the moment." in aliased
    assert "Partner groups: “ Valley circle ”, what a moment costs you, and what you answer; no place, no zone, no hour." in aliased
    assert "“ Minga del Agua ”" not in aliased


async def test_hiding_takes_effect_on_the_next_public_page(pages: Pages) -> None:
    await pages.confirm()
    before = await pages.get("/en/")
    form = await open_form(pages)
    form["listing"] = "hidden"

    await pages.send(form.action, form.fields)

    assert "La Paz" in before.text
    assert "La Paz" not in (await pages.get("/en/")).text
