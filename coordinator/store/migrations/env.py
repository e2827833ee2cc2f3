"""Runs the revisions on the connection that `store/migrate.py` hands over; the transaction around it is the caller's."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from coordinator.store.tables import CivilDate, Instant, metadata


def render_plain(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Our own types as what they are stored as: a revision must not change when `tables.py` does."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, CivilDate):
        return "sa.String(length=10)"
    return False


attributes = context.config.attributes
applied: list[str] = attributes["applied"]

context.configure(
    connection=attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    render_item=render_plain,
    on_version_apply=lambda step, **_: applied.append(step.up_revision_id),
)
context.run_migrations()
