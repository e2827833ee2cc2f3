"""When are expired words let go? Once an hour, by a job that plans its own successor; what is still shown is taken back first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog

from coordinator import keys
from coordinator.services.spotlights import retire_over
from coordinator.services.voicing import withdraw_over
from coordinator.store.database import Work
from coordinator.store.retention import sweep

SWEEP_EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


async def plan_sweep(work: Work) -> None:
    """Plans the sweep at the next full hour. Twice is harmless."""
    due_at = work.now.replace(minute=0, second=0, microsecond=0) + SWEEP_EVERY
    await work.plan(keys.JOB_SWEEP_TEXTS, due_at.isoformat(timespec="hours"), {}, due_at)


async def sweep_texts(work: Work, _ref: Mapping[str, Any]) -> None:
    """The job: deletes or empties every text row whose time has come."""
    await retire_over(work)
    await withdraw_over(work)
    swept = await sweep(work.conn, work.now)
    if swept:
        log.info("texts.swept", **swept)
    await work.plan(keys.JOB_SWEEP_BLOBS, work.now.isoformat(timespec="hours"), {}, work.now)
    await plan_sweep(work)
