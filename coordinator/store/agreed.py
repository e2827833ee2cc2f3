"""How do the sentence that a group agreed to, and what it was told when zone law parted it from its instant, stand in rows?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from coordinator.domain.moment import Sentence, Told
from coordinator.store.tables import invitation, zone_drift

# to be selected beside an invitation, joined by IS_TOLD from outside
TOLD_COLUMNS = (
    zone_drift.c.starts_at.label("told_starts_at"),
    zone_drift.c.utc_offset_s.label("told_utc_offset_s"),
    zone_drift.c.tzdata.label("told_tzdata"),
    zone_drift.c.asked_at.label("told_asked_at"),
)
IS_TOLD = sa.and_(zone_drift.c.action_id == invitation.c.action_id, zone_drift.c.group_id == invitation.c.group_id)


def read_sentence(row: Any) -> Sentence | None:
    """The sentence in a row of `invitation`; None before a moment is agreed to."""
    if row.agreed_wall_time is None:
        return None
    offset = timedelta(seconds=row.agreed_utc_offset_s)
    return Sentence(datetime.fromisoformat(row.agreed_wall_time), row.agreed_zone_id, offset, row.agreed_tzdata)


def sentence_columns(sentence: Sentence) -> dict[str, Any]:
    """A sentence as columns of `invitation`."""
    return {
        "agreed_wall_time": sentence.wall_time.isoformat(timespec="seconds"),
        "agreed_zone_id": sentence.zone_id,
        "agreed_utc_offset_s": int(sentence.utc_offset / timedelta(seconds=1)),
        "agreed_tzdata": sentence.tzdata,
    }


def read_told(row: Any) -> Told | None:
    """What the group was told, in a row with TOLD_COLUMNS; None where nothing was."""
    if row.told_starts_at is None:
        return None
    return Told(row.told_starts_at, timedelta(seconds=row.told_utc_offset_s), row.told_tzdata, row.told_asked_at)
