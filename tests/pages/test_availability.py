"""When a group can take part: its picture, the same in words, and the plain form that changes it."""

from __future__ import annotations

import httpx
import pytest

from coordinator.domain.availability import Availability, Reach
from coordinator.services.groups import load_group
from tests.pages.plain_form import PlainForm, read_form
from tests.pages.world import Pages, text_of_page

ALL_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


async def open_form(pages: Pages, role: str = "custodian") -> PlainForm:
    return read_form(await pages.get(pages.desk("availability"), role), pages.desk("availability"))


async def kept(pages: Pages) -> Availability:
    async with pages.world.database.read() as conn:
        return (await load_group(conn, pages.world.group)).availability


def fill(form: PlainForm, row: int, days: str, start: str, end: str, level: str = "preferred") -> None:
    for day in ALL_DAYS:
        form.fields.pop(f"windows[{row}].days.{day}", None)
    form.fields |= {f"windows[{row}].days.{day}": "1" for day in days.split()}
    form[f"windows[{row}].from"], form[f"windows[{row}].to"], form[f"windows[{row}].level"] = start, end, level


async def send(pages: Pages, form: PlainForm, role: str = "custodian") -> httpx.Response:
    return await pages.send(form.action, form.fields, role)


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"),
    [("", 401), ("room", 404), ("remote", 404), ("witness", 403), ("member", 200), ("lapsed", 200), ("custodian", 200), ("steward", 200)],
)
async def test_availability_opens_to_whoever_may_change_it(pages: Pages, role: str, status: int) -> None:
    shown = await pages.get(pages.desk("availability"), role)
    sent = await pages.send(pages.desk("availability"), {"windows[0].from": "x"}, role)

    assert (shown.status_code, sent.status_code) == (status, 422 if status == 200 else status)


async def test_availability_of_a_foreign_group_answers_as_an_unknown_one(pages: Pages) -> None:
    foreign = await pages.get(pages.desk("availability", pages.world.other), "custodian")
    unknown = await pages.get(pages.desk("availability", "nobody"), "custodian")
    sent = await pages.send(pages.desk("availability", pages.world.other), {"availability": "MO 10:00-11:00"}, "custodian")

    assert (foreign.status_code, unknown.status_code, sent.status_code) == (404, 404, 404)
    assert foreign.text == unknown.text


async def test_reach_is_the_custodians_alone(pages: Pages) -> None:
    member, form = await pages.get(pages.desk("availability"), "member"), await open_form(pages, "member")

    refused = await pages.send(form.action, form.fields | {"reach": "any"}, "member")

    assert 'name="reach"' not in member.text
    assert "In any waking hour" in text_of_page(member)
    assert refused.status_code == 403
    assert (await kept(pages)).reach is Reach.WAKING


# --- what is shown ----------------------------------------------------------------------------------------------------


async def test_availability_shows_the_week_twice(pages: Pages) -> None:
    answer = await pages.get(pages.desk("availability"), "custodian")

    said = text_of_page(answer)
    assert answer.text.count('class="painter__week"') == 7
    assert "Monday 17:30 to 21:30 – 00:00 to 07:00, 22:30 to 24:00" in said
    assert "Saturday – – 00:00 to 07:00, 22:30 to 24:00" in said


async def test_availability_sent_back_as_it_was_changes_nothing(pages: Pages) -> None:
    before = await kept(pages)

    answer = await send(pages, await open_form(pages))

    assert (answer.status_code, answer.headers["location"]) == (303, pages.desk("availability?said=hours_kept"))
    assert await kept(pages) == before
    assert "Your hours are kept." in text_of_page(await pages.get(answer.headers["location"], "custodian"))


# --- changing ---------------------------------------------------------------------------------------------------------


async def test_form_without_script_keeps_hours_quiet_dates_and_reach(pages: Pages) -> None:
    form = await open_form(pages)
    fill(form, 0, "FR", "22:00", "01:00", "possible")
    fill(form, 1, "SA SU", "10:00", "24:00")
    form["quiet[0].from"], form["quiet[0].to"] = "02:00", "06:30"
    form["blocked"] = "2027-03-01\r\n2027-02-14"
    form["reach"] = "any"

    answer = await send(pages, form)

    assert answer.status_code == 303
    assert (await kept(pages)).to_text() == {
        "availability": "FR 22:00-01:00 possible; SA-SU 10:00-24:00",
        "quiet": "02:00-06:30",
        "blocked": "2027-02-14 2027-03-01",
    }
    assert (await kept(pages)).reach is Reach.ANY
    said = text_of_page(await pages.get(pages.desk("availability"), "custodian"))
    assert "Friday – 22:00 to 24:00" in said
    assert "Saturday 10:00 to 24:00 00:00 to 01:00" in said
    assert "Never on Sunday 14 February 2027 Monday 1 March 2027" in said


async def test_row_that_is_marked_to_go_goes_with_its_faults(pages: Pages) -> None:
    form = await open_form(pages)
    fill(form, 1, "SA", "10:00", "12:00")
    form["windows[0].from"] = "nonsense"
    form.fields["windows[0].gone"] = "1"

    answer = await send(pages, form)

    assert answer.status_code == 303
    assert (await kept(pages)).to_text()["availability"] == "SA 10:00-12:00"


async def test_digits_of_ones_own_script_are_taken(pages: Pages) -> None:
    form = await open_form(pages)
    fill(form, 0, "MO", "١٧:٣٠", "۲۱:۰۰")
    form["blocked"] = "२०२७-०२-१४"

    await send(pages, form)

    assert (await kept(pages)).to_text() == {"availability": "MO 17:30-21:00", "quiet": "22:30-07:00", "blocked": "2027-02-14"}


async def test_faults_are_all_named_beside_their_rows_and_nothing_typed_is_lost(pages: Pages) -> None:
    form, before = await open_form(pages), await kept(pages)
    fill(form, 0, "MO", "25:00", "21:30")
    fill(form, 2, "", "10:00", "12:00", "possible")
    form["quiet[1].from"] = "noon"
    form["blocked"] = "2027-02-30"
    form["reach"] = "any"

    answer = await send(pages, form)

    again = read_form(answer, form.action)
    assert answer.status_code == 422
    assert again.fields == form.fields
    assert again.key != form.key
    for field in ("windows-0--from", "quiet-1--from", "quiet-1--to", "blocked"):
        assert f'id="{field}-error"' in answer.text
    said = text_of_page(answer)
    assert "5 things are not right yet." in said
    assert "Hours 1, from: “25:00” is not a time of day." in said
    assert said.count("Hours 3, weekdays: a weekday is needed. Possible is Monday, Tuesday,") == 2
    assert 'href="#windows-2--days"' in answer.text
    assert 'id="windows-2--days"' in answer.text
    assert await kept(pages) == before


async def test_hours_that_never_open_are_refused_by_their_row(pages: Pages) -> None:
    form = await open_form(pages)
    fill(form, 1, "MO", "23:00", "05:00")

    answer = await send(pages, form)

    assert answer.status_code == 422
    assert "Hours 2: “MO 23:00-05:00” lies wholly in the quiet hours" in text_of_page(answer)
    assert 'href="#windows-1-"' in answer.text
    assert 'id="windows-1-"' in answer.text


async def test_two_people_do_not_overwrite_each_other_unknowingly(pages: Pages) -> None:
    mine, theirs = await open_form(pages), await open_form(pages, "member")
    fill(theirs, 0, "TU", "09:00", "10:00")
    fill(mine, 0, "WE", "11:00", "12:00")
    await send(pages, theirs, "member")

    answer = await send(pages, mine)

    again = read_form(answer, mine.action)
    assert answer.status_code == 409
    assert "Somebody else has changed this in the meantime." in text_of_page(answer)
    assert "Tuesday 09:00 to 10:00" in text_of_page(answer)  # the picture: what is kept now
    assert again.fields == mine.fields | {"revision": "2"}
    assert (await kept(pages)).to_text()["availability"] == "TU 09:00-10:00"
    assert (await send(pages, again)).status_code == 303
    assert (await kept(pages)).to_text()["availability"] == "WE 11:00-12:00"


async def test_form_from_elsewhere_or_in_bad_utf8_changes_nothing(pages: Pages) -> None:
    form, before = await open_form(pages), await kept(pages)
    fill(form, 0, "SU", "09:00", "10:00")

    elsewhere = await pages.send(form.action, form.fields, origin="https://elsewhere.example")
    garbage = await pages.client.post(form.action, content=b"blocked=%ff%fe", headers=form_headers(pages))

    assert (elsewhere.status_code, garbage.status_code) == (403, 422)
    assert "this is not text in UTF-8" in text_of_page(garbage)
    assert await kept(pages) == before


def form_headers(pages: Pages) -> dict[str, str]:
    cookie = f"chorus_session={pages.world.tokens['custodian']}"
    return {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://127.0.0.1", "Cookie": cookie}


async def test_faults_in_a_right_to_left_sentence_keep_their_dates_the_right_way_round(pages: Pages) -> None:
    form = await open_form(pages)
    form["blocked"] = "<2027-02-30>"

    answer = await pages.send(pages.desk("availability", lang="ar"), form.fields)

    assert answer.text.count("<bdi>&lt;2027-02-30&gt;</bdi>") == 2
    assert answer.text.count("<bdi>2027-02-14</bdi>") == 2
