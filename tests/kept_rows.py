"""Actions that were kept, as rows, with what they cost whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.store.ids import new_row_id
from coordinator.store.tables import action, invitation, leg


async def add_kept(conn: AsyncConnection, starts_at: datetime, burdens: Mapping[str, int], **values: Any) -> str:
    """A confirmed action that reached its start; `burdens` names its guests, the first of whom proposed it. Returns its slug."""
    row = {
        "id": (action_id := new_row_id()),
        "slug": f"kept-{action_id}",
        "group_id": next(iter(burdens)),
        "kind": "silence",
        "title": "Keep the taps open",
        "story": "",
        "language": "en",
        "shape": "instant",
        "duration_minutes": 30,
        "quarter": f"{starts_at.year}-Q{(starts_at.month + 2) // 3}",
        "state": "confirmed",
        "practice": False,
        "moving": False,
        "round": 1,
        "revision": 1,
        "sequence": 0,
        "stamped_at": starts_at,
        "created_at": starts_at,
        "changed_at": starts_at,
        "published_at": starts_at,
    } | values
    await conn.execute(sa.insert(action).values(row))
    await conn.execute(sa.insert(leg).values(action_id=action_id, leg=1, starts_at=starts_at))
    rows = [{"action_id": action_id, "group_id": group, "leg": 1, "required": False, "burden": burden} for group, burden in burdens.items()]
    await conn.execute(sa.insert(invitation), rows)
    return str(row["slug"])
