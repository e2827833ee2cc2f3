"""A group's private no-go times on their page: who gets it, what it says, and the plain forms that add and remove."""

from __future__ import annotations

import pytest

from tests.pages.plain_form import PlainForm, read_form, read_forms
from tests.pages.world import Pages, text_of_page

COURT = {"from": "2027-02-14 18:30", "to": "2027-02-14 21:00", "why": "the court <sits>"}
ROLES = [
    ("", 401),
    ("room", 404),
    ("remote", 404),
    ("witness", 403),
    ("steward", 403),
    ("member", 200),
    ("lapsed", 200),
    ("custodian", 200),
]


async def add(pages: Pages, role: str = "member", lang: str = "en", **fields: str) -> None:
    answer = await pages.send(pages.desk("no-go", lang=lang), fields, role)
    assert answer.status_code == 303, text_of_page(answer)


async def open_form(pages: Pages) -> PlainForm:
    return read_form(await pages.get(pages.desk("no-go"), "member"), pages.desk("no-go"))


@pytest.mark.parametrize(("role", "status"), ROLES)
async def test_no_go_opens_to_the_groups_own_people_alone(pages: Pages, role: str, status: int) -> None:
    await add(pages, **COURT)
    shown = await pages.get(pages.desk("no-go"), role)
    sent = await pages.send(pages.desk("no-go"), {"from": "x"}, role)
    removed = await pages.send(pages.desk("no-go/unknown/remove"), {}, role)

    assert (shown.status_code, sent.status_code) == (status, 422 if status == 200 else status)
    assert removed.status_code == (404 if status == 200 else status)
    assert ("the court" in shown.text) is (status == 200)


@pytest.mark.parametrize(("role", "told"), [("steward", False), ("member", True), ("custodian", True)])
async def test_availability_leads_there_whoever_may_know_of_them(pages: Pages, role: str, told: bool) -> None:
    availability = await pages.get(pages.desk("availability"), role)

    assert availability.text.count(f'href="{pages.desk("no-go")}"') == (2 if told else 0)  # the menu, and beside the blocked dates
    assert ("no-go" in availability.text.lower()) is told


async def test_no_go_is_added_shown_in_words_and_removed_by_plain_forms(pages: Pages) -> None:
    form = await open_form(pages)
    assert "None is kept." in text_of_page(await pages.get(form.action, "member"))
    for name, value in COURT.items():
        form[name] = value
    kept = await pages.send(form.action, form.fields, "member")
    await add(pages, **{"from": "2027-02-01", "to": "2027-02-03"})
    await add(pages, **{"from": "2027-01-20"})

    page = await pages.get(kept.headers["location"], "custodian")
    removals = [each for each in read_forms(page) if each.action.endswith("/remove")]
    removed = await pages.send(removals[2].action, removals[2].fields, "custodian")
    after = text_of_page(await pages.get(removed.headers["location"], "member"))

    said = text_of_page(page)
    assert kept.headers["location"] == pages.desk("no-go?said=no_go_kept")
    assert "The no-go time is kept." in said
    words = (
        "Wednesday 20 January 2027 ",
        "Monday 1 February 2027 to Wednesday 3 February 2027",
        "Sunday 14 February 2027, 18:30 to 21:00 in",
    )
    assert [said.index(each) for each in words] == sorted(said.index(each) for each in words)
    assert "18:30 to 21:00 in La Paz , UTC−04:00 the court <sits>" in said
    assert removed.status_code == 303
    assert "The no-go time is forgotten." in after
    assert "the court" not in after
    assert "Wednesday 20 January 2027" in after


async def test_form_sent_twice_keeps_one_and_a_removal_reloaded_leads_back(pages: Pages) -> None:
    for _ in range(2):
        again = await pages.send(pages.desk("no-go"), COURT, "member", key="one-and-the-same")
        assert again.status_code == 303

    page = await pages.get(pages.desk("no-go"), "member")
    (removal,) = [each for each in read_forms(page) if each.action.endswith("/remove")]
    back = await pages.get(removal.action, "member")

    assert (back.status_code, back.headers["location"]) == (303, pages.desk("no-go"))


async def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(pages: Pages) -> None:
    form = await open_form(pages)
    form["from"], form["to"], form["why"] = "soon", "2027-02-30", "x" * 201

    answer = await pages.send(form.action, form.fields, "member")

    again = read_form(answer, form.action)
    said = text_of_page(answer)
    assert answer.status_code == 422
    assert again.fields == form.fields
    assert again.key != form.key
    assert "3 things are not right yet." in said
    assert "From: “soon” is neither a date nor a date with a time. Write it as in “2027-02-14” or “2027-02-14 18:30”." in said
    for field in ("from", "to", "why"):
        assert f'id="{field}-error"' in answer.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"from": "2027-02-14", "to": "2027-02-13"}, "Until: 2027-02-13 is not after the beginning, 2027-02-14 00:00."),
        ({"from": "2027-01-03"}, "Until: 2027-01-03 has passed. The first possible day is 2027-01-04."),
        ({"from": "2027-02-14 18:30"}, "Until: this is needed."),
        ({"from": "2027-02-14", "to": "2029-02-14"}, "Until: with the end at 2029-02-14 the range is too long."),
    ],
)
async def test_stretch_that_cannot_be_is_said_so_in_a_sentence(pages: Pages, fields: dict[str, str], said: str) -> None:
    answer = await pages.send(pages.desk("no-go"), fields, "member")

    assert answer.status_code == 422
    assert said in text_of_page(answer)


async def test_digits_of_ones_own_script_are_taken_and_an_arabic_page_sets_the_city_apart(pages: Pages) -> None:
    await add(pages, lang="ar", **{"from": "٢٠٢٧-٠٢-١٤ ١٨:٣٠", "to": "2027-02-14 21:00"})

    answer = await pages.get(pages.desk("no-go", lang="ar"), "member")

    assert '<bdi dir="ltr">UTC−04:00</bdi>' in answer.text
    assert "الأوقات المستبعدة" in text_of_page(answer)


async def test_stretch_over_a_clock_change_is_said_with_both_offsets(pages: Pages) -> None:
    lyon = pages.desk("no-go", pages.world.other)
    await pages.send(lyon, {"from": "2027-03-28 01:30", "to": "2027-03-28 02:30"}, "other")

    said = text_of_page(await pages.get(lyon, "other"))

    assert "01:30, UTC+01:00 to Sunday 28 March 2027, 03:00, UTC+02:00" in said
