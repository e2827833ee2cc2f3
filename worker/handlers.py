"""Which use case does each kind of job call? The kinds and their `ref` are listed in `coordinator/keys.py`.

A handler runs in the transaction that also marks the job done, so its effect happens once or not at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from coordinator import keys
from coordinator.services.decisions import decide_at_deadline
from coordinator.services.reminders import plan_quarter_notice, quarter_notice, remind
from coordinator.services.retention import plan_sweep, sweep_texts
from coordinator.store.database import Work

Handler = Callable[[Work, Mapping[str, Any]], Awaitable[None]]
Handlers = Mapping[str, Handler]

HANDLERS: Handlers = {
    keys.JOB_DECIDE: decide_at_deadline,
    keys.JOB_REMIND: remind,
    keys.JOB_QUARTER: quarter_notice,
    keys.JOB_SWEEP_TEXTS: sweep_texts,
}


async def plan_standing_jobs(work: Work) -> None:
    """Plans the jobs that nobody asks for; each plans its successor, and this mends a chain that broke. Twice is harmless."""
    await plan_quarter_notice(work)
    await plan_sweep(work)
