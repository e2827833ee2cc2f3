"""Zone law: renewed rules, and the moments that they parted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "zone_rules",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("archive", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_zone_rules")),
    )
    op.create_table(
        "zone_drift",
        sa.Column("action_id", sa.String(length=16), nullable=False),
        sa.Column("group_id", sa.String(length=12), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("utc_offset_s", sa.Integer(), nullable=False),
        sa.Column("tzdata", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_zone_drift_action_id_action"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["group_id"], ["group.id"], name=op.f("fk_zone_drift_group_id_group"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("action_id", "group_id", name=op.f("pk_zone_drift")),
    )
    with op.batch_alter_table("zone_drift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_zone_drift_group_id"), ["group_id"], unique=False)

    with op.batch_alter_table("network", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rules_version", sa.Text(), server_default="", nullable=False))
