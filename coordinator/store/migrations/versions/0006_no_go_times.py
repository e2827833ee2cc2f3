"""Private no-go times."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "no_go",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("group_id", sa.String(length=12), nullable=False),
        sa.Column("from_wall_time", sa.String(length=16), nullable=False),
        sa.Column("to_wall_time", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["group.id"], name=op.f("fk_no_go_group_id_group"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_no_go")),
    )
    with op.batch_alter_table("no_go", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_no_go_group_id"), ["group_id"], unique=False)
