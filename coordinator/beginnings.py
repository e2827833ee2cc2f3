"""How does a network come to life, and how does its owner get in? First start, demo, import of groups, a steward's lost link.

For whoever has the shell of the server; the pages offer the same to stewards. Secrets are returned to be shown once, never logged.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from coordinator.demo import DemoLinks, fill_network
from coordinator.domain.group import Group
from coordinator.domain.rota import Turn, read_turn
from coordinator.i18n import read_languages
from coordinator.ports import JobRef
from coordinator.redisbus import RedisBus, RedisJobQueue, connect
from coordinator.services.callers import OPERATOR
from coordinator.services.custody import accept_custody, issue_custodian_link, load_custody, offer_custody
from coordinator.services.imports import import_groups, read_csv
from coordinator.services.links import recover_steward_link
from coordinator.services.network import ensure_network, first_steward_link
from coordinator.settings import Settings
from coordinator.store.database import Database, Work
from coordinator.store.engine import make_engine
from coordinator.store.ids import new_row_id

DEMO_NAME = "Chorus demo"
DEMO_ALIAS = "Demo"


@dataclass(frozen=True, slots=True)
class Sign:
    """A line for the terminal: what it is, and the path that leads there."""

    label: str
    path: str


async def begin(settings: Settings, now: datetime, *, demo: bool) -> list[Sign]:
    """Stores the network at its first start; fills it when it is a demo. Where to go from here, the steward's link among it.

    A network that has begun is left as it is: no signs, except a demo's, whose links are made anew and whose earlier ones stay valid.
    """
    languages = read_languages()
    async with open_database(settings) as database, database.write(now) as work:
        await ensure_network(work, _host(settings), **({"name": DEMO_NAME} if demo else {}))
        if demo:
            return await _demo_signs(work, await fill_network(work, languages))
        secret = await first_steward_link(work)
        return [] if secret is None else [Sign("The steward's link, shown this once", f"/enter#{secret}")]


async def store_network(settings: Settings, now: datetime) -> None:
    """Stores the network if this is its first start, for a database whose processes run elsewhere; the steward's link is asked for."""
    async with open_database(settings) as database, database.write(now) as work:
        await ensure_network(work, _host(settings))


def _host(settings: Settings) -> str:
    """Half of every calendar UID, for good. A network that has no name yet gets one that nobody else has."""
    return urlsplit(settings.base_url).hostname or f"{new_row_id()}.chorus.invalid"


async def _demo_signs(work: Work, links: DemoLinks) -> list[Sign]:
    custodian = await _custodian_path(work, links.group)
    steward = (await recover_steward_link(work, DEMO_ALIAS)).path
    return [
        Sign("The network's calendar", "/en/"),
        Sign("The agreed action", f"/en/actions/{links.agreed_slug}"),
        Sign("Its countdown for a projector", f"/en/actions/{links.agreed_slug}/countdown"),
        Sign(f"Custodian of {links.group.name}", custodian),
        Sign("… whose practice begins in three minutes, here", f"/en/g/{links.group.id}/room"),
        Sign("Steward of the network", steward),
    ]


async def _custodian_path(work: Work, group: Group) -> str:
    """One more link to the custodian's lease, which the first start begins: earlier links must outlive a later start."""
    open_leases = [lease for lease in await load_custody(work, group.id) if lease.is_live(work.now)]
    if open_leases:
        return (await issue_custodian_link(work, group.id, open_leases[-1], DEMO_ALIAS)).path
    turn: Turn = read_turn({"alias": DEMO_ALIAS}, group.zone_id, work.now)
    made = await offer_custody(work, group.id, turn, DEMO_ALIAS)
    for lease in await load_custody(work, group.id):
        await accept_custody(work, group.id, lease.id)
    return made.path


async def import_file(settings: Settings, data: bytes, now: datetime) -> Sequence[str]:
    """Takes the groups of a CSV file into the network, all or none; their names. Raises Invalid with every fault of every line."""
    rows = read_csv(data, {language.tag for language in read_languages()})
    async with open_database(settings) as database, database.write(now) as work:
        await ensure_network(work, _host(settings))
        return [group.name for group in await import_groups(work, OPERATOR, rows)]


async def link_steward(settings: Settings, now: datetime) -> Sign:
    """A new steward's link; the earlier ones stay as they are."""
    async with open_database(settings) as database, database.write(now) as work:
        await ensure_network(work, _host(settings))
        return Sign("The steward's link, shown this once", (await recover_steward_link(work)).path)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database of a command: with the hints of Redis where one is named, silent otherwise (hubs look at the log each second)."""
    engine, events_kept = make_engine(settings.effective_database_url), timedelta(days=settings.events_kept_days)
    if not settings.redis_url:
        database = Database(engine, Silence(), Silence(), events_kept=events_kept)
        try:
            yield database
        finally:
            await database.close()
        return
    redis = connect(settings.redis_url)
    database = Database(engine, RedisBus(redis), RedisJobQueue(redis), events_kept=events_kept)
    try:
        yield database
    finally:
        await redis.aclose()
        await database.close()


class Silence:
    """The Bus and JobQueue of a process that reaches no Redis: the log and the job rows are found by those who poll them."""

    async def publish(self, heads: Mapping[str, int]) -> None:
        """Tells nobody."""

    async def listen(self) -> AsyncIterator[Mapping[str, int]]:
        """Hears nothing."""
        for _ in range(0):
            yield {}

    async def nudge(self, jobs: Sequence[JobRef]) -> None:
        """Wakes nobody."""
