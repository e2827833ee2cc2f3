"""Who paid, as partners see it: the balance that the ranking uses, with the lines that make it up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coordinator.domain.access import NOBODY
from coordinator.errors import NotSignedIn
from coordinator.services.fairness import load_fairness
from tests.factories import NOON, STEWARD, add_group, add_network, caller_as, open_database
from tests.kept_rows import add_kept

DAY = timedelta(days=1)


async def test_balance_is_what_each_kept_action_cost_less_its_mean(database_url: str) -> None:
    async with open_database(database_url) as database, database.write(NOON) as work:
        await add_network(work.conn)
        mangue, commons, nile = [await add_group(work.conn, name, id=f"g{n}") for n, name in enumerate(("Rede", "Commons", "Nile"))]
        late = await add_kept(work.conn, NOON - 5 * DAY, {mangue: 8, commons: 0}, title="Later")
        early = await add_kept(work.conn, NOON - 100 * DAY, {mangue: 0, commons: 1, nile: 13}, title="Earlier")
        await add_kept(work.conn, NOON + DAY, {mangue: 13, nile: 0}, title="Not yet")
        await add_kept(work.conn, NOON - DAY, {mangue: 13, nile: 0}, state="cancelled")
        await add_kept(work.conn, NOON - DAY, {mangue: 13}, practice=True)
        await add_kept(work.conn, NOON - 900 * DAY, {mangue: 13, nile: 0}, title="Before the eight quarters")

        fairness = await load_fairness(work.conn, caller_as("member", commons), NOON)

    assert [(each.slug, each.title, round(each.mean, 2)) for each in fairness.kept] == [(early, "Earlier", 4.67), (late, "Later", 4.0)]
    assert [(each.seen.name, each.burdens, round(each.carried, 2)) for each in fairness.accounts] == [
        ("Nile", (13, None), 8.33),
        ("Rede", (0, 8), -0.67),
        ("Commons", (1, 0), -7.67),
    ]
    for account in fairness.accounts:
        lines = [paid - kept.mean for kept, paid in zip(fairness.kept, account.burdens, strict=True) if paid is not None]
        assert account.carried == pytest.approx(sum(lines))


async def test_balance_names_a_hidden_group_by_its_alias_and_lets_nobody_ask_for_it(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database, database.write(NOON) as work:
        await add_network(work.conn)
        own = await add_group(work.conn, "Kathmandu Commons")
        hidden = await add_group(work.conn, "Zanjeer", alias_name="Reed", listing="hidden")
        await add_kept(work.conn, NOON - DAY, {hidden: 8, own: 0})
        callers = {"partner": caller_as("member", own), "own": caller_as("member", hidden), "steward": STEWARD}
        seen = {role: await load_fairness(work.conn, caller, NOON) for role, caller in callers.items()}

    assert {role: fairness.accounts[0].seen.name for role, fairness in seen.items()} == {
        "partner": "Reed",
        "own": "Zanjeer",
        "steward": "Zanjeer",
    }
    assert (seen["partner"].accounts[0].seen.zone_id, seen["partner"].accounts[0].carried) == (None, 4.0)
    assert {role: fairness.of(hidden) is not None for role, fairness in seen.items()} == {"partner": False, "own": True, "steward": True}


async def test_balance_is_for_partners(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database, database.read() as conn:
        with pytest.raises(NotSignedIn):
            await load_fairness(conn, NOBODY, NOON)
