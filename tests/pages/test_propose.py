"""The form of a draft: what it takes, what it refuses, and in which words."""

from __future__ import annotations

import re

import pytest

from coordinator.store import tables
from tests.factories import count_rows
from tests.pages.world import PROPOSAL, Pages, text_of_page

BAD = [
    ({"title": ""}, ["Title: this is needed."]),
    ({"title": "x" * 10_000}, ["Title: this has 10000 characters. Up to 120 fit."]),
    ({"title": "Ring\x07ing"}, ["Title: “Ring\ufffding” holds characters that cannot be seen."]),
    ({"title": "at \u202e00:01"}, ["Title: “at \ufffd00:01” holds characters that turn the direction of writing."]),
    ({"story": ""}, ["Story: this is needed."]),
    ({"kind": "riot"}, ["Kind: “riot” is not among the choices."]),
    ({"duration_minutes": "1441"}, ["Duration: 1441 minutes are too long. An action lasts 1440 minutes at most."]),
    ({"duration_minutes": "0"}, ["Duration: 0 is too short."]),
    ({"duration_minutes": "an hour"}, ["Duration: “an hour” is not a whole number."]),
    ({"quarter": "2026-Q4"}, ["Quarter: the quarter 2026-Q4 is over. The first possible one is 2027-Q1."]),
    ({"quarter": "spring"}, ["Quarter: “spring” is not a quarter."]),
    ({"language": "tlh"}, ["Language: “tlh” is not a language of this network."]),
    ({"who": "chosen", "invited": "nobody"}, ["Invited groups: no group here is called “nobody”."]),
    (
        {"title": "", "story": "", "duration_minutes": "9999", "quarter": "2026-Q1"},
        [
            "4 things are not right yet.",
            "Title: this is needed.",
            "Story: this is needed.",
            "Duration: 9999 minutes",
            "the quarter 2026-Q1 is over",
        ],
    ),
]


@pytest.mark.parametrize(("fields", "sentences"), BAD, ids=[next(iter(fields)) + str(i) for i, (fields, _) in enumerate(BAD)])
async def test_propose_names_every_fault_and_writes_nothing(pages: Pages, fields: dict[str, str], sentences: list[str]) -> None:
    answer = await pages.send(pages.desk("propose"), PROPOSAL | fields)

    said = text_of_page(answer)
    assert answer.status_code == 422
    assert [sentence for sentence in sentences if sentence not in said] == []
    assert "Nothing was changed. What you typed is still here." in said
    async with pages.world.database.read() as conn:
        assert await count_rows(conn, tables.action, tables.idempotency, tables.event) == {"action": 0, "idempotency": 0, "event": 0}


async def test_propose_keeps_everything_typed(pages: Pages) -> None:
    fields = PROPOSAL | {
        "title": "",
        "story": "Why & how",
        "duration_minutes": "45",
        "quarter": "2027-Q3",
        "kind": "noise",
        "who": "chosen",
    }

    answer = await pages.send(pages.desk("propose"), [*fields.items(), ("invited", pages.world.other), ("required", pages.world.other)])

    assert "Why &amp; how</textarea>" in answer.text
    assert 'value="45"' in answer.text
    for option in ("2027-Q3", "noise"):
        assert f'<option value="{option}" selected>' in answer.text
    assert len(re.findall(f'value="{pages.world.other}" checked', answer.text)) == 2
    assert 'name="who" value="chosen" checked' in answer.text


async def test_propose_names_its_faults_in_the_pages_language(pages: Pages) -> None:
    answer = await pages.send(pages.desk("propose", lang="es"), PROPOSAL | {"duration_minutes": "9999"})

    assert answer.status_code == 422
    assert answer.headers["content-language"] == "es"
    assert "9999" in text_of_page(answer)


async def test_propose_invites_everybody_unless_some_are_chosen(pages: Pages) -> None:
    everybody = await pages.draft()
    chosen = await pages.send(
        pages.desk("propose"), [*PROPOSAL.items(), ("who", "chosen"), ("invited", pages.world.other), ("required", pages.world.other)]
    )

    async with pages.world.database.read() as conn:
        rows = (await conn.execute(tables.invitation.select())).all()
        actions = {row.slug: row.id for row in await conn.execute(tables.action.select())}
    slug = chosen.headers["location"].split("/actions/")[1].partition("?")[0]
    invited = {s: {r.group_id: r.required for r in rows if r.action_id == actions[s]} for s in (everybody, slug)}
    assert invited[everybody] == {pages.world.group: False, pages.world.other: False, pages.world.hidden: False}
    assert invited[slug] == {pages.world.group: False, pages.world.other: True}


async def test_propose_offers_hidden_groups_only_as_a_number(pages: Pages) -> None:
    answer = await pages.get(pages.desk("propose"), "custodian")

    assert pages.world.hidden not in answer.text
    assert "1 group does not show itself; it is invited when all groups are." in text_of_page(answer)


@pytest.mark.parametrize(("role", "status"), [("member", 303), ("witness", 403), ("lapsed", 403), ("room", 404), ("other", 404), ("", 401)])
async def test_propose_is_for_custodian_and_members(pages: Pages, role: str, status: int) -> None:
    answer = await pages.send(pages.desk("propose"), PROPOSAL, role)

    assert answer.status_code == status


async def test_draft_is_changed_through_its_form(pages: Pages) -> None:
    slug = await pages.draft()
    shown = await pages.get(pages.desk(f"actions/{slug}/edit"), "member")

    answer = await pages.send(pages.desk(f"actions/{slug}/edit"), PROPOSAL | {"title": "Keep every tap open"}, "member")
    after = await pages.get(answer.headers["location"], "member")

    assert 'value="Keep the taps open"' in shown.text
    assert answer.headers["location"] == pages.desk(f"actions/{slug}?said=edited")
    assert "Keep every tap open" in text_of_page(after)


async def test_change_of_what_is_no_draft_any_more_is_refused(pages: Pages) -> None:
    slug = await pages.propose()

    shown = await pages.get(pages.desk(f"actions/{slug}/edit"), "custodian")
    sent = await pages.send(pages.desk(f"actions/{slug}/edit"), PROPOSAL | {"title": "Too late"})

    assert shown.status_code == 404
    assert sent.status_code == 409
    assert "A moment for this action is before the groups." in text_of_page(sent)
    assert 'value="Too late"' in sent.text


async def test_practice_needs_no_story_and_no_quarter(pages: Pages) -> None:
    answer = await pages.send(
        pages.desk("propose"), {"title": "A first try", "kind": "silence", "duration_minutes": "5", "language": "es", "practice": "1"}
    )

    assert answer.status_code == 303


async def test_copy_of_a_lapsed_proposal_begins_with_its_words(pages: Pages) -> None:
    slug = await pages.propose()
    await pages.send(pages.desk(f"actions/{slug}/withdraw"), {})

    answer = await pages.get(pages.desk(f"propose?from={slug}"), "custodian")

    assert 'value="Keep the taps open"' in answer.text
    assert "One instant, one demand.</textarea>" in answer.text
