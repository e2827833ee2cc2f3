"""What is everything that the public may see a function of? A few numbers tell whether a page that was made before still holds."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator import keys
from coordinator.services.network import Network, load_network
from coordinator.store.eventlog import load_heads
from coordinator.store.groups import load_group_stamp


@dataclass(frozen=True, slots=True)
class PublicVersion:
    """Two equal ones mean: the same network, the same public events, the same groups. Only the clock may still make a page differ."""

    network: Network
    head: int
    groups: tuple[int, int]


async def load_public_version(conn: AsyncConnection) -> PublicVersion:
    """The version as of this connection's snapshot."""
    heads = await load_heads(conn, [keys.PUBLIC])
    return PublicVersion(await load_network(conn), heads.get(keys.PUBLIC, 0), await load_group_stamp(conn))
