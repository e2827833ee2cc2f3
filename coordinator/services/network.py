"""The network: stored once at first start with its host, changed by stewards; and the first steward's link."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.network import Network, read_network
from coordinator.errors import Unavailable
from coordinator.services.links import recover_steward_link
from coordinator.store import network as store
from coordinator.store.database import Work
from coordinator.store.links import count_stewards

__all__ = ["Network", "edit_network", "ensure_network", "first_steward_link", "load_network"]

DEFAULT_NAME = "Chorus"
DEFAULT_ZONE_ID = "UTC"
DEFAULT_LANGUAGE = "en"
DEFAULT_THRESHOLD_PERCENT = 67  # ⅔ exactly
DEFAULT_TOLERANCE_MS = 100


async def load_network(conn: AsyncConnection) -> Network:
    """The network; Unavailable before the first start has stored it."""
    found = await store.find_network(conn)
    if found is None:
        raise Unavailable("network")
    return found


async def ensure_network(
    work: Work, host: str, *, name: str = DEFAULT_NAME, zone_id: str = DEFAULT_ZONE_ID, default_language: str = DEFAULT_LANGUAGE
) -> Network:
    """The network, stored at first start. `host` is half of every calendar UID: a later one is not even looked at."""
    values = {
        "name": name,
        "host": host,
        "zone_id": zone_id,
        "default_language": default_language,
        "numerals": {},
        "threshold_percent": DEFAULT_THRESHOLD_PERCENT,
        "tolerance_ms": DEFAULT_TOLERANCE_MS,
        "created_at": work.now,
    }
    await store.insert_network(work.conn, values)
    return await load_network(work.conn)


async def edit_network(
    work: Work, caller: Caller, raw: Mapping[str, object], *, complete_languages: Collection[str], native_digits: Mapping[str, str]
) -> Network:
    """Changes what `raw` holds; see `read_network`. Raises Invalid with every fault."""
    caller.require(Right.STEER)
    draft = read_network(raw, await load_network(work.conn), complete_languages, native_digits)
    await store.change_network(work.conn, draft)
    return await load_network(work.conn)


async def first_steward_link(work: Work) -> str | None:
    """The secret of the first steward's link, once in the network's life; None when one was made before."""
    if await count_stewards(work.conn):
        return None
    return (await recover_steward_link(work)).secret
