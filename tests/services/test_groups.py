"""Groups join, change, hide and leave; who hears of it, and who may."""

from __future__ import annotations

from typing import Any

import pytest

from coordinator.domain.access import NOBODY
from coordinator.domain.availability import Reach
from coordinator.domain.listing import Listing
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn
from coordinator.services.groups import (
    create_group,
    edit_availability,
    edit_group,
    edit_listing,
    load_cards,
    load_group,
)
from coordinator.services.leaving import archive_group
from coordinator.store.database import Database
from tests.factories import NOON, STEWARD, add_group, caller_as, count_rows, load_events, open_database

LANGUAGES = ("en", "es", "pt-BR")
RAW: dict[str, Any] = {
    "name": "Rede Mangue",
    "place": "Recife",
    "zone": "America/Recife",
    "language": "pt-BR",
    "availability": "TU-FR 18:00-22:00",
}


async def events_after(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    async with database.read() as conn:
        return await load_events(conn)


# --- joining ----------------------------------------------------------------------------------------------------------


async def test_create_group_stores_it_and_tells_partners(database_url: str) -> None:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            created = await create_group(work, STEWARD, {**RAW, "quiet": "23:00-06:30", "blocked": "2027-02-09"}, LANGUAGES)
        async with database.read() as conn:
            stored = await load_group(conn, created.id)
            told = await load_events(conn)

    assert stored == created
    assert stored.revision == 1
    assert stored.availability.to_text() == {"availability": "TU-FR 18:00-22:00", "quiet": "23:00-06:30", "blocked": "2027-02-09"}
    data = {"group": created.id, "revision": 1}
    assert told == [(f"group:{created.id}", "group.changed", data), ("partners", "group.changed", data)]


async def test_create_group_with_faults_writes_nothing(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_group(work.conn, "Rede  mangue")
    async with database.read() as conn:
        before = await count_rows(conn)

    with pytest.raises(Invalid) as refused:
        async with database.write(NOON) as work:
            await create_group(work, STEWARD, {**RAW, "zone": "America/Recif", "language": ""}, LANGUAGES)

    assert {(p.field, p.code) for p in refused.value.problems} == {
        ("zone", "zone_unknown"),
        ("language", "missing"),
        ("name", "name_taken"),
    }
    async with database.read() as conn:
        assert await count_rows(conn) == before


@pytest.mark.parametrize("role", ["custodian", "member", "witness", "room"])
async def test_create_group_is_the_stewards(database: Database, role: str) -> None:
    async with database.write(NOON) as work:
        with pytest.raises(Forbidden):
            await create_group(work, caller_as(role, "x"), RAW, LANGUAGES)
        with pytest.raises(NotSignedIn):
            await create_group(work, NOBODY, RAW, LANGUAGES)


# --- changing ---------------------------------------------------------------------------------------------------------


async def test_edit_group_changes_what_is_given_and_raises_the_revision(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn, "Minga", alias_name="Heron")
    async with database.write(NOON) as work:
        changed = await edit_group(
            work,
            caller_as("custodian", group_id),
            group_id,
            {"place": "El Alto", "reach": "any", "alias_name": "", "revision": "1"},
            LANGUAGES,
        )
    async with database.read() as conn:
        stored = await load_group(conn, group_id)

    assert stored == changed
    assert (stored.revision, stored.name, stored.place, stored.profile.alias_name, stored.reach) == (2, "Minga", "El Alto", "", Reach.ANY)
    assert len(stored.availability.windows) == 1


async def test_edit_group_of_an_old_revision_is_a_conflict(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn, revision=4)

        with pytest.raises(Conflict) as refused:
            await edit_group(work, STEWARD, group_id, {"place": "X", "revision": "3"}, LANGUAGES)

    assert refused.value.code == "changed_meanwhile"


async def test_edit_group_keeps_its_own_name_in_another_spelling(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn, "minga")
        changed = await edit_group(work, STEWARD, group_id, {"name": "Minga"}, LANGUAGES)

    assert changed.name == "Minga"


async def test_edit_group_refuses_a_known_name_but_never_tells_of_a_hidden_one(database: Database) -> None:
    async with database.write(NOON) as work:
        own_id = await add_group(work.conn, "Minga")
        await add_group(work.conn, "Cedar", listing="hidden")
        await add_group(work.conn, "Atlas", listing="partners")
        custodian = caller_as("custodian", own_id)

        with pytest.raises(Invalid) as refused:
            await edit_group(work, custodian, own_id, {"name": "ATLAS"}, LANGUAGES)
        renamed = await edit_group(work, custodian, own_id, {"name": "Cedar"}, LANGUAGES)
        with pytest.raises(Invalid):
            await edit_group(work, STEWARD, own_id, {"name": "Atlas"}, LANGUAGES)

    assert [(p.field, p.code) for p in refused.value.problems] == [("name", "name_taken")]
    assert renamed.name == "Cedar"


async def test_edit_group_of_another_or_unknown_group_is_refused_alike(database: Database) -> None:
    async with database.write(NOON) as work:
        own_id, other_id = await add_group(work.conn, "a"), await add_group(work.conn, "b")
        for group_id in (other_id, "nowhere1"):
            with pytest.raises(Forbidden):
                await edit_group(work, caller_as("custodian", own_id), group_id, {"name": "c"}, LANGUAGES)
        with pytest.raises(NotFound):
            await edit_group(work, STEWARD, "nowhere1", {"name": "c"}, LANGUAGES)


async def test_edit_availability_by_a_member_cannot_change_how_far_the_group_is_reached(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn, reach="waking")
        member = caller_as("member", group_id)

        changed = await edit_availability(work, member, group_id, {"availability": "SU 10:00-12:00", "reach": "waking"})
        with pytest.raises(Forbidden):
            await edit_availability(work, member, group_id, {"availability": "SU 10:00-12:00", "reach": "any"})
        by_custodian = await edit_availability(work, caller_as("custodian", group_id), group_id, {"availability": "", "reach": "any"})

    assert changed.availability.to_text()["availability"] == "SU 10:00-12:00"
    assert (changed.revision, by_custodian.revision, by_custodian.reach) == (2, 3, Reach.ANY)


async def test_edit_availability_says_every_fault_and_writes_nothing(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
    with pytest.raises(Invalid) as refused:
        async with database.write(NOON) as work:
            await edit_availability(
                work, STEWARD, group_id, {"windows": [{"days": ["XX"], "from": "7", "to": "20:00"}], "blocked": ["2040-01-01"]}
            )
    async with database.read() as conn:
        stored = await load_group(conn, group_id)

    assert {(p.field, p.code) for p in refused.value.problems} == {
        ("windows[0].days[0]", "day_unknown"),
        ("windows[0].from", "time_malformed"),
        ("blocked[0]", "date_too_late"),
    }
    assert stored.revision == 1
    assert await events_after(database) == []


# --- listing ----------------------------------------------------------------------------------------------------------

AUDIENCES = {
    ("partners", "partners"): {"partners"},
    ("partners", "hidden"): {"partners"},  # they must let go of what they saw
    ("hidden", "hidden"): set(),
    ("hidden", "partners"): {"partners"},
    ("public", "hidden"): {"partners", "public"},
    ("public", "public"): {"partners", "public"},
    ("hidden", "public"): {"partners", "public"},
    ("partners", "public"): {"partners", "public"},
    ("public", "partners"): {"partners", "public"},
}


@pytest.mark.parametrize(("before", "after"), sorted(AUDIENCES))
async def test_edit_listing_tells_whoever_saw_or_will_see_the_group(database: Database, before: str, after: str) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn, "Cedar Circle", listing=before)
    async with database.write(NOON) as work:
        changed = await edit_listing(work, caller_as("custodian", group_id), group_id, {"listing": after, "name": "ignored"}, LANGUAGES)

    told = await events_after(database)
    assert (changed.listing, changed.revision, changed.name) == (Listing(after), 2, "Cedar Circle")
    assert {stream for stream, _, _ in told} == AUDIENCES[before, after] | {f"group:{group_id}"}
    assert all((kind, data) == ("group.changed", {"group": group_id, "revision": 2}) for _, kind, data in told)


async def test_edit_listing_takes_effect_in_the_cards_at_once(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn, listing="public")
        await edit_listing(work, STEWARD, group_id, {"listing": "hidden", "alias_name": "Heron"}, LANGUAGES)
        cards = await load_cards(work.conn, [group_id, "nowhere1"])

    assert set(cards) == {group_id}
    assert (cards[group_id].listing, cards[group_id].alias_name) == (Listing.HIDDEN, "Heron")


@pytest.mark.parametrize("role", ["member", "lapsed", "witness", "room"])
async def test_edit_listing_needs_the_right_to_edit_the_group(database: Database, role: str) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)

        with pytest.raises(Forbidden):
            await edit_listing(work, caller_as(role, group_id), group_id, {"listing": "public"}, LANGUAGES)


# --- leaving ----------------------------------------------------------------------------------------------------------


async def test_name_of_a_group_that_left_is_free_again(database: Database) -> None:
    async with database.write(NOON) as work:
        await archive_group(work, STEWARD, await add_group(work.conn, "Rede Mangue"))
        created = await create_group(work, STEWARD, RAW, LANGUAGES)

    assert created.name == "Rede Mangue"
