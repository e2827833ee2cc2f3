"""The mirror's balance as partners see it: counted from what was told and begun, hidden groups by their alias alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coordinator.domain.access import NOBODY
from coordinator.domain.balance import Proposed, Reason
from coordinator.errors import NotSignedIn
from coordinator.services.balance import load_balance
from tests.factories import NOON, STEWARD, add_group, add_network, caller_as, open_database
from tests.mirror_rows import add_meeting, add_spotlight

DAY = timedelta(days=1)


async def test_balance_counts_what_was_published_here_and_meetings_of_others_that_began(database_url: str) -> None:
    async with open_database(database_url) as database, database.write(NOON) as work:
        await add_network(work.conn)
        names = ("Rede Mangue", "Kathmandu Commons", "Nile Listeners")
        mangue, commons, nile = [await add_group(work.conn, name, id=f"g{n}") for n, name in enumerate(names)]
        told = await add_spotlight(work.conn, mangue, at=NOON - 100 * DAY, state="retired")
        await add_spotlight(work.conn, mangue)
        await add_spotlight(work.conn, commons, state="draft", published_at=None, quarter="")
        await add_meeting(work.conn, told, commons, at=NOON - 2 * DAY)
        await add_meeting(work.conn, told, nile, at=NOON - 90 * DAY)
        await add_meeting(work.conn, told, nile, at=None)  # set up, never begun
        await add_meeting(work.conn, told, mangue, at=NOON)  # its own room is no mirror
        await add_meeting(work.conn, told, nile, at=NOON - 900 * DAY)  # before the eight quarters

        balance = await load_balance(work.conn, caller_as("member", commons), NOON)

    assert [str(quarter) for quarter in balance.quarters][-2:] == ["2026-Q4", "2027-Q1"]
    assert [(row.seen.name, row.heard.told[-3:], row.heard.mirrored[-3:]) for row in balance.rows] == [
        ("Rede Mangue", (1, 0, 1), (0, 1, 1)),
        ("Kathmandu Commons", (0, 0, 0), (0, 0, 0)),
        ("Nile Listeners", (0, 0, 0), (0, 0, 0)),
    ]
    assert balance.proposed == Proposed(commons, Reason.NEVER)
    assert balance.next == balance.rows[1]


async def test_balance_shows_a_hidden_group_by_its_alias_without_place_or_zone(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database, database.write(NOON) as work:
        await add_network(work.conn)
        own = await add_group(work.conn, "Kathmandu Commons")
        hidden = await add_group(work.conn, "Zanjeer", alias_name="Reed", listing="hidden")
        await add_spotlight(work.conn, own)
        sights = {
            role: (await load_balance(work.conn, caller, NOON)).next
            for role, caller in {"partner": caller_as("member", own), "own": caller_as("member", hidden), "steward": STEWARD}.items()
        }

    seen = {role: next_one.seen for role, next_one in sights.items() if next_one is not None}
    assert (seen["partner"].name, seen["partner"].place, seen["partner"].zone_id, seen["partner"].group_id) == ("Reed", None, None, None)
    assert [(seen[role].name, seen[role].place) for role in ("own", "steward")] == [("Zanjeer", "La Paz")] * 2


async def test_balance_leaves_out_groups_that_left_and_what_packets_brought(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database, database.write(NOON) as work:
        await add_network(work.conn)
        own, gone = await add_group(work.conn), await add_group(work.conn, "Gone", archived_at=NOON)
        await add_spotlight(work.conn, gone)

        balance = await load_balance(work.conn, caller_as("member", own), NOON)

    assert [(row.heard.group_id, row.heard.times_told) for row in balance.rows] == [(own, 0)]


async def test_balance_is_for_partners(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database, database.read() as conn:
        with pytest.raises(NotSignedIn):
            await load_balance(conn, NOBODY, NOON)
