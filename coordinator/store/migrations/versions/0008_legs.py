"""Legs of waves and relays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("leg", schema=None) as batch_op:
        batch_op.add_column(sa.Column("left_by", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("offered_leg", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("moved_from_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("action", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agreed_start", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("offered_start", sa.Text(), server_default="", nullable=False))
    carry_over()
    op.execute("ALTER TABLE action DROP COLUMN moved_from_at")  # a batch would make the table anew, and write its defaults otherwise


def carry_over() -> None:
    """Until now every action had one instant: what was chosen is that one, and every group came from where it stood before."""
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "UPDATE invitation SET moved_from_at = (SELECT action.moved_from_at FROM action WHERE action.id = invitation.action_id),"
            " offered_leg = (SELECT leg.leg FROM leg WHERE leg.action_id = invitation.action_id AND leg.leg = invitation.leg"
            " AND leg.offered_at IS NOT NULL)"
        )
    )
    for row in connection.execute(sa.text("SELECT action_id, starts_at, offered_at FROM leg")).all():
        connection.execute(
            sa.text("UPDATE action SET agreed_start = :agreed, offered_start = :offered WHERE id = :id"),
            {"id": row.action_id, "agreed": write_instant(row.starts_at), "offered": write_instant(row.offered_at)},
        )


def write_instant(us: int | None) -> str:
    """Microseconds since 1970 as ISO 8601; empty for none."""
    return "" if us is None else (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).isoformat()
