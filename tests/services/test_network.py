"""The network is stored once with its host; a steward changes the rest; the first steward's link is shown once."""

from __future__ import annotations

import pytest

from coordinator.errors import Forbidden, Invalid, Unavailable
from coordinator.services.callers import enter
from coordinator.services.links import list_links, recover_steward_link, revoke_link
from coordinator.services.network import edit_network, ensure_network, first_steward_link, load_network
from coordinator.store.database import Database
from tests.factories import NOON, SECRET_KEY, STEWARD, caller_as, open_database

COMPLETE = ("en", "es", "ar")
DIGITS = {"en": "latn", "ar": "arab"}


async def test_ensure_network_keeps_the_host_of_the_first_start(database_url: str) -> None:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            first = await ensure_network(work, "chorus.example")
        async with database.write(NOON) as work:
            second = await ensure_network(work, "other.example", name="Other", zone_id="Asia/Tokyo")
        async with database.read() as conn:
            stored = await load_network(conn)

    assert first == second == stored
    assert (stored.name, stored.host, stored.zone_id, stored.default_language) == ("Chorus", "chorus.example", "UTC", "en")
    assert (stored.numerals, stored.threshold_percent, stored.tolerance_ms, stored.created_at) == ({}, 67, 100, NOON)


async def test_load_network_before_the_first_start_is_unavailable(database: Database) -> None:
    async with database.read() as conn:
        with pytest.raises(Unavailable):
            await load_network(conn)


async def test_edit_network_changes_what_is_given(database: Database) -> None:
    raw = {"name": "Red", "zone": "America/La_Paz", "default_language": "es", "numerals.ar": "arab", "threshold_percent": "75", "host": "x"}
    async with database.write(NOON) as work:
        await ensure_network(work, "chorus.example")
        changed = await edit_network(work, STEWARD, raw, complete_languages=COMPLETE, native_digits=DIGITS)
    async with database.read() as conn:
        stored = await load_network(conn)

    assert changed == stored
    assert (stored.name, stored.host, stored.zone_id, stored.default_language) == ("Red", "chorus.example", "America/La_Paz", "es")
    assert (stored.numerals, stored.threshold_percent, stored.tolerance_ms) == ({"ar": "arab"}, 75, 100)


async def test_edit_network_with_faults_or_without_the_right_changes_nothing(database: Database) -> None:
    async with database.write(NOON) as work:
        before = await ensure_network(work, "chorus.example")
        with pytest.raises(Invalid) as refused:
            await edit_network(
                work, STEWARD, {"name": "Red", "zone": "x", "threshold_percent": "2"}, complete_languages=COMPLETE, native_digits=DIGITS
            )
        with pytest.raises(Forbidden):
            await edit_network(work, caller_as("custodian", "g"), {"name": "Red"}, complete_languages=COMPLETE, native_digits=DIGITS)
        after = await load_network(work.conn)

    assert {(p.field, p.code) for p in refused.value.problems} == {("zone", "zone_unknown"), ("threshold_percent", "number_out_of_range")}
    assert after == before


async def test_first_steward_link_is_made_once_in_the_networks_life(database: Database) -> None:
    async with database.write(NOON) as work:
        secret = await first_steward_link(work)
        assert secret is not None
        entered = await enter(work, secret, None, secret_key=SECRET_KEY)
    async with database.write(NOON) as work:
        again = await first_steward_link(work)

    assert entered.caller.is_steward()
    assert again is None


async def test_first_steward_link_stays_none_after_that_one_was_replaced(database: Database) -> None:
    async with database.write(NOON) as work:
        await first_steward_link(work)
        (first,) = await list_links(work.conn, STEWARD, None)
        await recover_steward_link(work)
        await revoke_link(work, STEWARD, first.id)
        again = await first_steward_link(work)

    assert again is None
