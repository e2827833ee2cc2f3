"""Who holds what until when: taking a duty, giving it back, handing custodianship over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coordinator.services.rota import load_rota
from tests.conftest import FakeClock
from tests.factories import NOON, add_lease
from tests.pages.plain_form import read_form, read_forms
from tests.pages.test_links import everything_stored, secret_of
from tests.pages.world import Pages, text_of_page


async def holders(pages: Pages) -> dict[str, str]:
    """Duty and seat → alias of whoever holds it."""
    async with pages.world.database.read() as conn:
        seats = await load_rota(conn, pages.world.group, pages.world.clock.now())
    return {f"{seat.duty}.{seat.seat}": seat.holder.alias for seat in seats if seat.holder}


async def hand_over(pages: Pages, **fields: str) -> str:
    """A hand-over to the stork; the successor's secret."""
    form = read_form(await pages.get(pages.desk("rota"), "custodian"), pages.desk("rota/hand-over"))
    return secret_of(await pages.send(form.action, form.fields | {"successor": "stork"} | fields))


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "shown", "takes", "hands_over"),
    [
        ("", 401, 401, 401),
        ("room", 404, 404, 404),
        ("witness", 200, 403, 403),
        ("steward", 200, 403, 403),
        ("member", 200, 303, 403),
        ("lapsed", 200, 303, 403),
        ("custodian", 200, 303, 200),
    ],
)
async def test_rota_lets_everybody_do_what_the_table_says(pages: Pages, role: str, shown: int, takes: int, hands_over: int) -> None:
    page = await pages.get(pages.desk("rota"), role)
    took = await pages.send(pages.desk("rota/take"), {"duty": "facilitator.1", "alias": "ibis"}, role)
    gave = await pages.send(pages.desk("rota/give-back"), {"duty": "facilitator", "seat": "1"}, role)
    handed = await pages.send(pages.desk("rota/hand-over"), {"successor": "stork"}, role)

    assert (page.status_code, took.status_code, gave.status_code, handed.status_code) == (shown, takes, takes, hands_over)
    if shown == 200:
        offered = {form.action for form in read_forms(page)}
        assert (pages.desk("rota/take") in offered, pages.desk("rota/hand-over") in offered) == (takes == 303, hands_over == 200)


async def test_rota_of_a_foreign_group_answers_as_an_unknown_one(pages: Pages) -> None:
    foreign = await pages.get(pages.desk("rota", pages.world.other), "custodian")
    unknown = await pages.get(pages.desk("rota", "nobody"), "custodian")

    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.text == unknown.text


# --- taking and giving back ---------------------------------------------------------------------------------------------


async def test_duty_is_taken_for_three_months_unless_said_otherwise_and_given_back(pages: Pages) -> None:
    form = read_form(await pages.get(pages.desk("rota"), "member"), pages.desk("rota/take"))
    form["duty"], form["alias"] = "spokesperson.2", "kite"

    taken = await pages.send(form.action, form.fields, "member")

    page = await pages.get(taken.headers["location"], "member")
    assert taken.headers["location"] == pages.desk("rota?said=duty_taken")
    assert "Spokesperson 2 kite , until Sunday 4 April 2027" in text_of_page(page)
    assert (await holders(pages))["spokesperson.2"] == "kite"
    back = read_form(page, pages.desk("rota/give-back"))
    assert back.fields == {"duty": "spokesperson", "seat": "2"}
    given = await pages.send(back.action, back.fields, "member")
    assert given.headers["location"] == pages.desk("rota?said=duty_given_back")
    assert "spokesperson.2" not in await holders(pages)


async def test_taken_duty_is_offered_to_nobody_and_a_late_tap_hears_so(pages: Pages) -> None:
    taken = {"duty": "facilitator.1", "alias": "ibis"}
    await pages.send(pages.desk("rota/take"), taken, "member")

    late = await pages.send(pages.desk("rota/take"), taken | {"alias": "kite"}, "custodian")

    assert late.status_code == 409
    assert "Somebody holds this duty already." in text_of_page(late)
    assert '<option value="facilitator.1"' not in late.text
    assert (await holders(pages))["facilitator.1"] == "ibis"


async def test_faults_of_taking_stand_beside_that_form_alone(pages: Pages) -> None:
    answer = await pages.send(pages.desk("rota/take"), {"duty": "facilitator.1", "alias": "", "until": "2026-12-31"}, "custodian")

    form = read_form(answer, pages.desk("rota/take"))
    assert answer.status_code == 422
    assert form.fields == {"duty": "facilitator.1", "alias": "", "until": "2026-12-31"}
    assert 'id="alias-error"' in answer.text
    assert 'id="until-error"' in answer.text
    assert "successor-error" not in answer.text
    assert "facilitator.1" not in await holders(pages)


@pytest.mark.parametrize("duty", ["custodian.1", "facilitator.2", "king.1", "", "facilitator.x"])
async def test_duty_that_is_not_offered_cannot_be_taken(pages: Pages, duty: str) -> None:
    before = await holders(pages)

    answer = await pages.send(pages.desk("rota/take"), {"duty": duty, "alias": "ibis"}, "member")

    assert answer.status_code in (409, 422)
    assert await holders(pages) == before


# --- handing over -----------------------------------------------------------------------------------------------------


async def test_custodianship_passes_when_the_successor_opens_the_link(pages: Pages) -> None:
    secret = await hand_over(pages, successor_until="2027-06-30", label="By hand")

    waiting = text_of_page(await pages.get(pages.desk("rota"), "custodian"))
    assert "Handed over to stork until Wednesday 30 June 2027, as soon as they open their link." in waiting
    assert (await holders(pages))["custodian.1"] == "heron"
    assert (await pages.send("/enter", {"secret": secret}, "")).status_code == 303
    assert (await holders(pages))["custodian.1"] == "stork"
    assert (await pages.get(pages.desk("rota"), "custodian")).status_code == 401  # the former link has ended


async def test_successors_link_is_shown_once_and_told_of(pages: Pages) -> None:
    form = read_form(await pages.get(pages.desk("rota"), "custodian"), pages.desk("rota/hand-over"))
    fields = form.fields | {"successor": "stork"}

    first = await pages.send(form.action, fields, key=form.key)
    again = await pages.send(form.action, fields, key=form.key)

    assert first.headers["cache-control"] == "private, no-store"
    assert "The hand-over is prepared. It takes effect when your successor opens this link." in text_of_page(first)
    assert (again.status_code, secret_of(first) in again.text) == (409, False)
    assert "This was done already." in text_of_page(again)
    assert read_form(again, form.action).fields["successor"] == ""
    assert secret_of(first) not in await everything_stored(pages)


async def test_faults_of_handing_over_stand_beside_that_form_alone(pages: Pages) -> None:
    answer = await pages.send(pages.desk("rota/hand-over"), {"successor": "", "successor_until": "soon", "label": "x" * 81})

    form = read_form(answer, pages.desk("rota/hand-over"))
    said = text_of_page(answer)
    assert answer.status_code == 422
    assert form.fields == {"successor": "", "successor_until": "soon", "label": "x" * 81}
    assert "Successor’s alias: this is needed." in said
    assert "Successor’s last day: “soon” is not a date." in said
    for field in ("successor", "successor_until", "label"):
        assert f'id="{field}-error"' in answer.text
    assert 'id="alias-error"' not in answer.text


# --- nags -------------------------------------------------------------------------------------------------------------


async def test_rota_nags_from_a_fortnight_before_the_end_on_and_after_it(pages: Pages, clock: FakeClock) -> None:
    async with pages.world.database.write(NOON) as work:
        await add_lease(work.conn, pages.world.group, duty="facilitator", alias="ibis", until_at=NOON + timedelta(days=20))
    early = text_of_page(await pages.get(pages.desk("rota"), "member"))
    clock.advance(days=10)
    soon = text_of_page(await pages.get(pages.desk("rota"), "member"))
    clock.advance(days=11)
    late = text_of_page(await pages.get(pages.desk("rota"), "member"))

    assert "This is to be handed over soon: Facilitator" not in early
    assert "This is to be handed over soon: Facilitator, until Sunday 24 January 2027." in soon
    assert "This has run out: Facilitator, since Sunday 24 January 2027." in late
    assert "Facilitator ibis , ran out on Sunday 24 January 2027" in late


async def test_page_that_only_takes_forms_leads_back_to_the_rota(pages: Pages) -> None:
    answer = await pages.get(pages.desk("rota/hand-over"), "custodian")

    assert (answer.status_code, answer.headers["location"]) == (303, pages.desk("rota"))


# --- research, which goes round -----------------------------------------------------------------------------------------


async def hand_on(pages: Pages, role: str = "member", **fields: str) -> str:
    """The form that hands the research on, with these fields changed; where it leads."""
    form = read_form(await pages.get(pages.desk("rota"), role), pages.desk("rota/hand-on-research"))
    answer = await pages.send(form.action, form.fields | fields, role)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_research_is_handed_on_to_whoever_the_form_names_as_next(pages: Pages, clock: FakeClock) -> None:
    for alias in ("ibis", "kite", "owl"):
        assert await hand_on(pages, researcher=alias) == pages.desk("rota?said=research_handed_on")
        clock.advance(days=1)

    page = await pages.get(pages.desk("rota"), "member")
    form = read_form(page, pages.desk("rota/hand-on-research"))
    await hand_on(pages)

    assert form.fields == {"researcher": "ibis", "researcher_until": "2027-04-07"}
    assert "Now owl , until Tuesday 6 April 2027 Next ibis last turn until Tuesday 5 January 2027 Then kite" in text_of_page(page)
    assert (await holders(pages))["researcher.1"] == "ibis"


async def test_research_turn_is_skipped_with_a_reason_that_stands_beside_it(pages: Pages, clock: FakeClock) -> None:
    for alias in ("ibis", "kite", "owl"):
        await hand_on(pages, researcher=alias)
        clock.advance(days=1)
    form = read_form(await pages.get(pages.desk("rota"), "member"), pages.desk("rota/skip-research"))

    empty = await pages.send(form.action, form.fields, "member")
    skipped = await pages.send(form.action, form.fields | {"reason": "On the road <b>."}, "member")
    late = await pages.send(form.action, form.fields | {"reason": "Again."}, "member")
    page = await pages.get(skipped.headers["location"], "witness")

    assert (empty.status_code, late.status_code) == (422, 409)
    assert "Reason: a reason is needed. One sentence is enough, and your own group will read it." in text_of_page(empty)
    assert 'id="reason-error"' in empty.text
    assert "Whose turn it is has changed meanwhile." in text_of_page(late)
    assert skipped.headers["location"] == pages.desk("rota?said=turn_skipped")
    assert "Next kite last turn until Wednesday 6 January 2027 Then ibis let a turn pass on Thursday 7 January 2027: On the road <b>." in (
        text_of_page(page)
    )
    assert "<b>." not in page.text
    assert [form.action for form in read_forms(page)] == []


async def test_faults_of_handing_research_on_stand_beside_that_form_alone(pages: Pages) -> None:
    answer = await pages.send(pages.desk("rota/hand-on-research"), {"researcher": "", "researcher_until": "soon"}, "member")
    empty = await pages.send(pages.desk("rota/hand-on-research"), {"researcher": "", "researcher_until": ""}, "member")

    assert (answer.status_code, empty.status_code) == (422, 422)
    assert "Their last day: “soon” is not a date." in text_of_page(answer)
    assert "Next researcher’s alias: this is needed." in text_of_page(empty)
    assert 'id="alias-error"' not in answer.text + empty.text
    assert "researcher.1" not in await holders(pages)


@pytest.mark.parametrize(
    ("role", "status"), [("", 401), ("room", 404), ("witness", 403), ("steward", 403), ("lapsed", 303), ("custodian", 303)]
)
async def test_research_is_handed_on_by_whoever_may_take_duties(pages: Pages, role: str, status: int) -> None:
    handed = await pages.send(pages.desk("rota/hand-on-research"), {"researcher": "ibis"}, role)
    skipped = await pages.send(pages.desk("rota/skip-research"), {"reason": "Away."}, role)

    assert (handed.status_code, skipped.status_code) == (status, 409 if status == 303 else status)
