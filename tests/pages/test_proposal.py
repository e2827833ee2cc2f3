"""An action on its groups' pages: candidates, answers, deadlines, gaps and folds, moving, cancelling, practising."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coordinator.store import tables
from tests.conftest import FakeClock
from tests.factories import NOON
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page


async def _state(pages: Pages, slug: str) -> tuple[str, bool]:
    async with pages.world.database.read() as conn:
        row = (await conn.execute(tables.action.select().where(tables.action.c.slug == slug))).one()
    return row.state, row.moving


# --- choosing a moment ------------------------------------------------------------------------------------------------


async def test_draft_shows_three_candidates_and_everybodys_clock_at_the_best(pages: Pages) -> None:
    slug = await pages.draft()

    answer = await pages.get(pages.desk(f"actions/{slug}"), "custodian")

    said = text_of_page(answer)
    assert re.findall(r'class="pick__letter"[^>]*>([A-Z])<', answer.text) == ["A", "B", "C"]
    assert "Who is at what hour, at A" in said
    assert 'data-line="offered"' in answer.text
    assert "La Paz Minga del Agua" in said
    assert "Lyon Casseroles" in said
    assert "A group that does not show itself" in said


@pytest.mark.parametrize("role", ["custodian", "witness"])
async def test_draft_says_of_every_group_why_and_what_stands_in_the_way(pages: Pages, role: str) -> None:
    slug = await pages.draft()

    answer = await pages.get(pages.desk(f"actions/{slug}"), role)

    said = text_of_page(answer)
    assert said.count("Why, group by group") == 3
    assert "Your group 12:30 La Paz , Wed UTC−4 : awake, but outside its hours." in said
    assert "Casseroles 17:30 Lyon , Wed UTC+1 : hours that it prefers." in said
    assert "A group that does not show itself It can, outside its hours." in said
    assert "That moment is Wednesday 6 January 2027, 19:30 in La Paz , UTC−04:00 ." in said
    assert "These groups have no start in common, though without any one of them the others do: " in said
    assert not any(word in answer.text for word in HIDDEN_WORDS)


async def test_draft_shows_the_whole_quarter_as_picture_and_table_without_the_hours_of_whoever_hides(pages: Pages) -> None:
    slug = await pages.draft()

    answer = await pages.get(pages.desk(f"actions/{slug}"), "custodian")

    said = text_of_page(answer)
    assert "Hours as in La Paz , UTC−04:00 ." in said
    assert "1 invited group does not show where it is and is not counted here." in said
    assert re.findall(r'class="heat__letter"[^>]*>([A-Z])<', answer.text) == ["A", "B", "C"]
    assert len(re.findall(r"<tr><th scope=\"row\">[^<]+</th>(?:<td>[^<]*</td>){24}</tr>", answer.text)) in (90, 91, 92)


async def test_draft_shows_the_candidate_that_is_asked_for(pages: Pages) -> None:
    slug = await pages.draft()

    answer = await pages.get(pages.desk(f"actions/{slug}?candidate=B"), "custodian")

    starts = re.findall(r'name="start" value="([^"]+)"( checked)?', answer.text)
    assert "Who is at what hour, at B" in text_of_page(answer)
    assert [bool(checked) for _, checked in starts] == [False, True, False, False]


async def test_draft_shows_what_a_typed_time_would_cost(pages: Pages) -> None:
    slug = await pages.draft()

    answer = await pages.get(pages.desk(f"actions/{slug}?wall_time=2027-02-10+03:00"), "custodian")

    said = text_of_page(answer)
    assert "Who is at what hour then" in said
    assert "03:00 Wed UTC−4 left out" in said
    assert "08:00 Wed UTC+1 awake, outside its hours" in said
    assert (
        "none in their hours 1 awake, outside its hours none in their night 2 left out It leaves out so many that it would not stand"
        in said
    )
    assert "Why, group by group Your group 03:00 La Paz , Wed UTC−4 : your quiet hours, 22:30 to 07:00, are touched." in said


async def test_draft_is_looked_at_by_members_without_a_form(pages: Pages) -> None:
    slug = await pages.draft()

    answer = await pages.get(pages.desk(f"actions/{slug}"), "member")

    assert answer.status_code == 200
    assert "put-forward" not in answer.text
    assert "A custodian of your group can put a moment forward." in text_of_page(answer)


async def test_moment_put_forward_from_a_candidate_is_before_the_groups(pages: Pages) -> None:
    slug = await pages.draft()
    shown = await pages.get(pages.desk(f"actions/{slug}"), "custodian")
    start = re.findall(r'name="start" value="([^"]+)" checked', shown.text)[0]
    deadline = re.findall(r'name="deadline_wall_time"[^>]*value="([^"]+)"', shown.text)[0]

    answer = await pages.send(pages.desk(f"actions/{slug}/put-forward"), {"start": start, "deadline_wall_time": deadline})
    after = await pages.get(answer.headers["location"], "custodian")

    assert answer.headers["location"] == pages.desk(f"actions/{slug}?said=put_forward")
    assert await _state(pages, slug) == ("proposed", False)
    assert "The moment is before the groups." in text_of_page(after)
    assert "You consented." in text_of_page(after)


async def test_moment_of_ones_own_is_read_in_the_groups_own_clock(pages: Pages) -> None:
    slug = await pages.draft()

    await pages.send(pages.desk(f"actions/{slug}/put-forward"), {"start": "other", "wall_time": "2027-02-10 19:15"})

    answer = await pages.get(pages.desk(f"actions/{slug}"), "custodian")
    assert "Wednesday 10 February 2027, 19:15 in La Paz , UTC−04:00" in text_of_page(answer)


REFUSED = [
    ({}, ["Date and time: this is needed."]),
    ({"start": "other", "wall_time": "soon"}, ["Date and time: “soon” is not a date with a time."]),
    ({"start": "2027-02-10T18:00:00"}, ["Date and time: “2027-02-10T18:00:00” is not a moment with its UTC offset."]),
    (
        {"start": "2027-04-10T18:00:00Z"},
        ["Saturday 10 April 2027, 14:00 in La Paz, UTC−04:00 is not in the quarter of this action, 2027-Q1."],
    ),
    ({"start": "2027-01-05T18:00:00Z"}, ["is too soon for all groups to answer."]),
    ({"start": "2040-01-05T18:00:00Z"}, ["2040-01-05 is too late"]),
    (
        {"start": "2027-02-10T18:00:00Z", "deadline_wall_time": "2027-02-09 08:00"},
        ["Answers until: Tuesday 9 February 2027, 08:00 in La Paz, UTC−04:00 is too close to the action"],
    ),
    ({"start": "2027-02-10T18:00:00Z", "deadline_wall_time": "2027-01-01 08:00"}, ["leaves no time to answer"]),
    ({"start": "2027-02-10T18:00:00Z", "deadline_wall_time": "tomorrow"}, ["“tomorrow” is not a date with a time."]),
    ({"start": "2027-04-10T18:00:00Z", "deadline_wall_time": "tomorrow"}, ["2 things are not right yet.", "2027-Q1", "“tomorrow”"]),
]


@pytest.mark.parametrize(("form", "sentences"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
async def test_moment_that_cannot_be_is_refused_in_words(pages: Pages, form: dict[str, str], sentences: list[str]) -> None:
    slug = await pages.draft()

    answer = await pages.send(pages.desk(f"actions/{slug}/put-forward"), form)

    said = text_of_page(answer)
    assert answer.status_code == 422
    assert [sentence for sentence in sentences if sentence not in said] == []
    assert [typed for typed in form.values() if typed not in answer.text and typed != form.get("start")] == []
    assert await _state(pages, slug) == ("draft", False)


async def _draft_of_lyon(pages: Pages) -> str:
    form = {"title": "Bells", "kind": "noise", "story": "Why.", "duration_minutes": "15", "quarter": "2027-Q1", "language": "en"}
    answer = await pages.send(pages.desk("propose", pages.world.other), form, "other")
    return str(answer.headers["location"]).split("/actions/")[1].partition("?")[0]


async def test_wall_time_in_a_gap_is_asked_about_and_the_answer_taken(pages: Pages) -> None:
    slug = await _draft_of_lyon(pages)
    path = pages.desk(f"actions/{slug}/put-forward", pages.world.other)
    form: dict[str, Any] = {"start": "other", "wall_time": "2027-03-28 02:30"}

    asked = await pages.send(path, form, "other")
    answer = await pages.send(path, form | {"wall_time_instead": "2027-03-28 03:30"}, "other")

    assert asked.status_code == 422
    assert "Clocks jump over this time, so it does not happen." in text_of_page(asked)
    assert re.findall(r'name="wall_time_instead" value="([^"]+)"', asked.text) == ["2027-03-28 01:30", "2027-03-28 03:30"]
    assert answer.status_code == 303
    after = await pages.get(pages.desk(f"actions/{slug}", pages.world.other), "other")
    assert "Sunday 28 March 2027, 03:30 in Lyon , UTC+02:00" in text_of_page(after)


async def test_deadline_in_a_fold_is_asked_about_and_the_answer_taken(pages: Pages, clock: FakeClock) -> None:
    clock.set(datetime(2027, 10, 20, 12, tzinfo=UTC))
    form = {"title": "Bells", "kind": "noise", "story": "Why.", "duration_minutes": "15", "quarter": "2027-Q4", "language": "en"}
    world = pages.world
    async with world.database.write(clock.now()) as work:
        await work.conn.execute(tables.rota.update().values(until_at=clock.now() + timedelta(days=60)))
        await work.conn.execute(tables.session.update().values(expires_at=clock.now() + timedelta(days=60)))
    drafted = await pages.send(pages.desk("propose", world.other), form, "other")
    slug = drafted.headers["location"].split("/actions/")[1].partition("?")[0]
    path = pages.desk(f"actions/{slug}/put-forward", world.other)
    offer: dict[str, Any] = {"start": "2027-11-20T18:00:00Z", "deadline_wall_time": "2027-10-31 02:30"}

    asked = await pages.send(path, offer, "other")
    answer = await pages.send(path, offer | {"deadline_fold": "second"}, "other")

    assert asked.status_code == 422
    said = text_of_page(asked)
    assert "Clocks are set back, so this time happens twice." in said
    assert "02:30 in Lyon , UTC+02:00" in said
    assert "02:30 in Lyon , UTC+01:00" in said
    assert answer.status_code == 303
    async with world.database.read() as conn:
        row = (await conn.execute(tables.action.select().where(tables.action.c.slug == slug))).one()
    assert row.deadline_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


# --- answering --------------------------------------------------------------------------------------------------------


async def test_answers_and_reasons_are_read_by_partners_side_by_side(pages: Pages) -> None:
    slug = await pages.propose()
    path = pages.desk(f"actions/{slug}/respond", pages.world.hidden)
    await pages.send(path, {"response": "object", "reason": "We meet that night."}, "hidden")

    said = text_of_page(await pages.get(pages.desk(f"actions/{slug}"), "custodian"))

    assert "A group that does not show itself in its hours objects We meet that night." in said.replace(
        "awake, outside its hours", "in its hours"
    )
    assert "1 group consents. 1 group objects. 1 group has not answered yet." in said


async def test_objection_without_a_reason_comes_back_open_and_named(pages: Pages) -> None:
    slug = await pages.propose()
    path = pages.desk(f"actions/{slug}/respond", pages.world.other)

    answer = await pages.send(path, {"response": "object", "reason": " "}, "other")

    assert answer.status_code == 422
    assert "Reason: a reason is needed." in text_of_page(answer)
    assert '<details class="answers__object" open>' in answer.text


async def test_answer_after_the_deadline_is_refused_and_changes_nothing(pages: Pages, clock: FakeClock) -> None:
    slug = await pages.propose()
    clock.advance(days=15)

    answer = await pages.send(pages.desk(f"actions/{slug}/respond", pages.world.other), {"response": "consent"}, "other")

    assert answer.status_code == 409
    assert "Answers were open until Monday 18 January 2027, 13:00 in Lyon, UTC+01:00." in text_of_page(answer)
    async with pages.world.database.read() as conn:
        rows = await conn.execute(tables.invitation.select().where(tables.invitation.c.group_id == pages.world.other))
    assert [row.response for row in rows] == [None]


async def test_last_answer_confirms_at_once_and_says_so(pages: Pages) -> None:
    slug = await pages.propose()
    await pages.send(pages.desk(f"actions/{slug}/respond", pages.world.other), {"response": "consent"}, "other")

    answer = await pages.send(pages.desk(f"actions/{slug}/respond", pages.world.hidden), {"response": "consent"}, "hidden")
    own = text_of_page(await pages.get(pages.desk(f"actions/{slug}"), "custodian"))

    assert answer.headers["location"].endswith("?said=confirmed")
    assert "Your group agreed to Wednesday 10 February 2027, 14:00 in La Paz , UTC−04:00 ." in own


async def test_buttons_to_answer_stand_in_their_order(pages: Pages) -> None:
    slug = await pages.propose()

    answer = await pages.get(pages.desk(f"actions/{slug}", pages.world.other), "other")

    assert re.findall(r'name="response" value="(\w+)"', answer.text) == ["consent", "stand_aside", "object"]


async def test_command_page_that_is_reloaded_leads_back(pages: Pages) -> None:
    slug = await pages.propose()

    answer = await pages.get(pages.desk(f"actions/{slug}/respond"), "custodian")

    assert (answer.status_code, answer.headers["location"]) == (303, pages.desk(f"actions/{slug}"))


@pytest.mark.parametrize("word", ["put-forward", "withdraw", "cancel", "practise", "respond"])
@pytest.mark.parametrize(("role", "status"), [("member", 403), ("witness", 403), ("room", 404), ("", 401)])
async def test_commands_are_for_whoever_has_the_right(pages: Pages, word: str, role: str, status: int) -> None:
    slug = await pages.confirm()

    answer = await pages.send(
        pages.desk(f"actions/{slug}/{word}"), {"response": "consent", "reason": "x", "start": "2027-03-01T12:00:00Z"}, role
    )

    assert answer.status_code == status
    assert await _state(pages, slug) == ("confirmed", False)


async def test_commands_for_another_groups_action_are_refused(pages: Pages) -> None:
    slug = await pages.confirm()

    answer = await pages.send(pages.desk(f"actions/{slug}/cancel", pages.world.other), {"reason": "Not mine"}, "other")

    assert answer.status_code == 403
    assert await _state(pages, slug) == ("confirmed", False)


# --- taking back, moving, cancelling ----------------------------------------------------------------------------------


async def test_proposal_taken_back_can_be_drafted_again(pages: Pages) -> None:
    slug = await pages.propose()

    answer = await pages.send(pages.desk(f"actions/{slug}/withdraw"), {})
    after = await pages.get(answer.headers["location"], "custodian")

    assert await _state(pages, slug) == ("withdrawn", False)
    assert "It was taken back." in text_of_page(after)
    assert f'href="{pages.desk(f"propose?from={slug}")}"' in after.text


async def test_move_is_put_forward_from_its_own_page_and_taken_back(pages: Pages) -> None:
    slug = await pages.confirm()
    shown = await pages.get(pages.desk(f"actions/{slug}/move"), "custodian")

    moved = await pages.send(pages.desk(f"actions/{slug}/put-forward"), {"start": "2027-02-12T18:00:00Z"})
    moving = await _state(pages, slug)
    back = await pages.send(pages.desk(f"actions/{slug}/withdraw"), {})

    assert "Moments it could move to" in text_of_page(shown)
    assert moved.status_code == 303
    assert moving == ("confirmed", True)
    assert back.headers["location"].endswith("?said=stayed")
    assert await _state(pages, slug) == ("confirmed", False)


async def test_move_that_is_refused_comes_back_with_its_candidates(pages: Pages) -> None:
    slug = await pages.confirm()

    answer = await pages.send(pages.desk(f"actions/{slug}/put-forward"), {"start": "other", "wall_time": "never"})

    assert answer.status_code == 422
    assert "Moments it could move to" in text_of_page(answer)
    assert 'value="never"' in answer.text


async def test_move_of_what_is_not_confirmed_is_unknown(pages: Pages) -> None:
    slug = await pages.draft()

    assert (await pages.get(pages.desk(f"actions/{slug}/move"), "custodian")).status_code == 404


async def test_cancelling_needs_a_reason(pages: Pages) -> None:
    slug = await pages.confirm()

    refused = await pages.send(pages.desk(f"actions/{slug}/cancel"), {"reason": ""})
    taken = await pages.send(pages.desk(f"actions/{slug}/cancel"), {"reason": "The hall was sold."})

    assert refused.status_code == 422
    assert "Reason: a reason is needed." in text_of_page(refused)
    assert taken.status_code == 303
    assert await _state(pages, slug) == ("cancelled", False)


# --- practising -------------------------------------------------------------------------------------------------------


async def test_practice_starts_in_some_minutes(pages: Pages) -> None:
    slug = await pages.draft(practice="1")

    answer = await pages.send(pages.desk(f"actions/{slug}/practise"), {"in_minutes": "3", "wall_time": ""})
    after = text_of_page(await pages.get(answer.headers["location"], "custodian"))

    assert "The practice has its moment." in after
    assert "Monday 4 January 2027, 08:03 in La Paz , UTC−04:00" in after


async def test_practice_starts_at_a_time_of_ones_own(pages: Pages) -> None:
    slug = await pages.draft(practice="1")

    answer = await pages.send(pages.desk(f"actions/{slug}/practise"), {"in_minutes": "", "wall_time": "2027-01-05 19:00"})

    assert answer.status_code == 303
    async with pages.world.database.read() as conn:
        assert [row.starts_at for row in await conn.execute(tables.leg.select())] == [NOON + timedelta(hours=35)]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"in_minutes": "0"}, "Minutes from now: 0 is out of bounds. Possible is 1 to 1440."),
        ({"in_minutes": "soon"}, "Minutes from now:"),
        ({"in_minutes": "", "wall_time": ""}, "Date and time: this is needed."),
        ({"in_minutes": "", "wall_time": "2027-01-01 10:00"}, "has passed. Choose a moment to come."),
        ({"in_minutes": "", "wall_time": "2027-06-01 10:00"}, "is too far off."),
    ],
)
async def test_practice_that_cannot_be_is_refused_in_words(pages: Pages, form: dict[str, str], sentence: str) -> None:
    slug = await pages.draft(practice="1")

    answer = await pages.send(pages.desk(f"actions/{slug}/practise"), form)

    assert answer.status_code == 422
    assert sentence in text_of_page(answer)
    assert await _state(pages, slug) == ("draft", False)
