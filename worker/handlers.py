"""Which use case does each kind of job call? The kinds and their `ref` are listed in `coordinator/keys.py`.

A handler runs in the transaction that also marks the job done, so its effect happens once or not at all. What takes long in between (an
engine, a decoder) is a `Slow` one: it reads, works without holding the database, and only then writes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator import keys
from coordinator.services import busy
from coordinator.services.decisions import decide_at_deadline
from coordinator.services.drafter import Drafter
from coordinator.services.reminders import plan_quarter_notice, quarter_notice, remind
from coordinator.services.retention import plan_sweep, sweep_texts
from coordinator.services.spotlights import expire_spotlight
from coordinator.services.voices import forget_chunks, load_dropped, load_recording
from coordinator.services.voicing import expire_voice, forget_sound, load_withdrawn
from coordinator.services.zone_law import plan_reading, read_moments
from coordinator.store.database import Work
from worker.calendars import CalendarJobs
from worker.sound.jobs import SoundJobs

Ref = Mapping[str, Any]
Handler = Callable[[Work, Ref], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Slow:
    """A job in three steps. `load` reads what it needs (None: there is nothing to do), `compute` works on that without any transaction and
    may be killed at any moment, `store` writes the result in the transaction that also marks the job done.
    """

    load: Callable[[AsyncConnection, Ref, datetime], Awaitable[Any]]
    compute: Callable[[Any], Awaitable[Any]]
    store: Callable[[Work, Any], Awaitable[None]]


Handlers = Mapping[str, Handler | Slow]


def make_handlers(drafter: Drafter, sounds: SoundJobs, calendars: CalendarJobs) -> Handlers:
    """The handler of every kind. `drafter` holds the engine that drafts translations, `sounds` the store of bytes, `calendars` the way out."""
    return {
        keys.JOB_DECIDE: decide_at_deadline,
        keys.JOB_REMIND: remind,
        keys.JOB_QUARTER: quarter_notice,
        keys.JOB_SWEEP_TEXTS: sweep_texts,
        keys.JOB_EXPIRE: expire_spotlight,
        keys.JOB_TRANSLATE: Slow(drafter.load_wanted, drafter.choose_served, drafter.plan_served),
        keys.JOB_DRAFT: Slow(drafter.load, drafter.compute, drafter.store),
        keys.JOB_SOUND: Slow(load_recording, sounds.read, sounds.conclude),
        keys.JOB_EXPIRE_VOICE: expire_voice,
        keys.JOB_DROP_SOUND: Slow(load_withdrawn, sounds.drop, forget_sound),
        keys.JOB_DROP_UPLOAD: Slow(load_dropped, sounds.drop, forget_chunks),
        keys.JOB_ZONES: read_moments,
        keys.JOB_SWEEP_BLOBS: Slow(sounds.load_kept, sounds.sweep, sounds.tell_swept),
        keys.JOB_BUSY_ROUND: busy.read_round,
        keys.JOB_BUSY: Slow(busy.load_due, calendars.read, busy.conclude),
    }


async def plan_standing_jobs(work: Work) -> None:
    """Plans the jobs that nobody asks for; each plans its successor, and this mends a chain that broke. Twice is harmless."""
    await plan_quarter_notice(work)
    await plan_sweep(work)
    await plan_reading(work)
    await busy.plan_round(work)
