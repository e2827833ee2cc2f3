"""Stored bytes, uploads and voice notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob")),
    )
    op.create_table(
        "blob_part",
        sa.Column("blob_id", sa.String(length=32), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_blob_part_blob_id_blob"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("blob_id", "part", name=op.f("pk_blob_part")),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("group_id", sa.String(length=12), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["group.id"], name=op.f("fk_upload_group_id_group"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_group_id"), ["group_id"], unique=False)

    op.create_table(
        "upload_chunk",
        sa.Column("upload_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("blob_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_upload_chunk_upload_id_upload"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_upload_chunk")),
    )
    op.create_table(
        "voice_note",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("group_id", sa.String(length=12), nullable=False),
        sa.Column("upload_id", sa.String(length=16), nullable=True),
        sa.Column("text_id", sa.String(length=16), nullable=True),
        sa.Column("spotlight_id", sa.String(length=16), nullable=True),
        sa.Column("meeting_id", sa.String(length=16), nullable=True),
        sa.Column("to_group_id", sa.String(length=12), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("refusal", sa.Text(), server_default="", nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("webm_id", sa.String(length=32), nullable=True),
        sa.Column("mp4_id", sa.String(length=32), nullable=True),
        sa.Column("peaks", sa.JSON(), nullable=False),
        sa.Column("times", sa.JSON(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("source_lufs", sa.Float(), nullable=True),
        sa.Column("lufs", sa.Float(), nullable=True),
        sa.Column("true_peak_db", sa.Float(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('uploaded', 'refused', 'ready', 'offered', 'published', 'declined', 'withdrawn')", name=op.f("ck_voice_note_state")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["group.id"], name=op.f("fk_voice_note_group_id_group"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_voice_note_meeting_id_meeting"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["spotlight_id"], ["spotlight.id"], name=op.f("fk_voice_note_spotlight_id_spotlight"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["text_id"], ["text.id"], name=op.f("fk_voice_note_text_id_text"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["to_group_id"], ["group.id"], name=op.f("fk_voice_note_to_group_id_group"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_voice_note_upload_id_upload"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_note")),
        sa.UniqueConstraint("text_id", name=op.f("uq_voice_note_text_id")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_voice_note_upload_id")),
    )
    with op.batch_alter_table("voice_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_voice_note_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_voice_note_spotlight_id"), ["spotlight_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_voice_note_to_group_id"), ["to_group_id"], unique=False)
