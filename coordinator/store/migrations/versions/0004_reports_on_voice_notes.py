"""Reports on voice notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "voice_report",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("voice_id", sa.String(length=16), nullable=False),
        sa.Column("group_id", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("dismissed_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("reason IN ('endangers', 'threatens', 'misleads', 'other')", name=op.f("ck_voice_report_reason")),
        sa.ForeignKeyConstraint(["group_id"], ["group.id"], name=op.f("fk_voice_report_group_id_group"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["voice_id"], ["voice_note.id"], name=op.f("fk_voice_report_voice_id_voice_note"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_report")),
        sa.UniqueConstraint("voice_id", "group_id", name=op.f("uq_voice_report_voice_id_group_id")),
    )
    with op.batch_alter_table("voice_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_voice_report_group_id"), ["group_id"], unique=False)

    with op.batch_alter_table("voice_note", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taken_down", sa.Text(), server_default="", nullable=False))
