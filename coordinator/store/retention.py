"""Which rows have had their time? Every text row whose `expires_at` has passed is deleted or emptied here, table by table.

An action goes whole, with its legs and invitations, but never while its burden still counts. A group that has left keeps its row while
actions stand, without its words. A link goes a month after its end, so that a steward can still see that it ended. Told words go with
whatever was made of them (by foreign key), and words whose spotlight or echo has gone follow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.voice_note import Refusal
from coordinator.store import eventlog
from coordinator.store.tables import (
    action,
    busy_calendar,
    busy_span,
    echo,
    glossary_term,
    group,
    heartbeat,
    idempotency,
    invitation,
    job,
    leg,
    link,
    meeting,
    no_go,
    packet,
    rendering,
    rota,
    session,
    spotlight,
    text,
    text_version,
    upload,
    voice_note,
    voice_report,
)

BURDEN_COUNTS_FOR = timedelta(days=9 * 92)  # eight quarters and the running one
LINK_SHOWN_FOR = timedelta(days=30)  # after it expired or was revoked
JOB_SHOWN_FOR = timedelta(days=90)  # after it was done or given up
REPLACED_KEPT_FOR = timedelta(days=30)  # a translation after a later one took it up: if that one is taken away, it stands again
EARLIER_KEPT_FOR = timedelta(days=30)  # a wording after it was changed: a form may be open on it, but what was taken out should go
VOICE_READ_WITHIN = timedelta(days=1)  # a recording that no worker could read by then is given up
BUSY_KEPT_FOR = timedelta(days=2)  # after it is over, as a no-go time
HEARTBEAT_SHOWN_FOR = timedelta(days=1)
NO_AVAILABILITY: dict[str, list[object]] = {"windows": [], "quiet": [], "blocked": []}


async def sweep(conn: AsyncConnection, now: datetime) -> dict[str, int]:
    """Deletes or empties what has expired at `now`; returns the number of rows by table, tables without any left out."""
    statements = _deletions_of_sounds(now) | _deletions(now) | _deletions_of_words(now) | _erasures(now)
    swept = {name: sum([(await conn.execute(s)).rowcount for s in parts]) for name, parts in statements.items()}
    swept["event"] = await eventlog.trim(conn, now)
    return {name: rows for name, rows in swept.items() if rows}


def _deletions(now: datetime) -> dict[str, Sequence[sa.Delete | sa.Update]]:
    recent = sa.select(leg.c.action_id).where(sa.or_(leg.c.starts_at > now - BURDEN_COUNTS_FOR, leg.c.offered_at > now - BURDEN_COUNTS_FOR))
    link_over = sa.or_(link.c.expires_at <= now - LINK_SHOWN_FOR, link.c.revoked_at <= now - LINK_SHOWN_FOR)
    return {
        "action": [sa.delete(action).where(action.c.expires_at <= now, action.c.id.not_in(recent))],
        "link": [sa.delete(link).where(link_over)],
        "busy_calendar": [sa.delete(busy_calendar).where(busy_calendar.c.expires_at <= now)],
        "busy_span": [sa.delete(busy_span).where(busy_span.c.ends_at <= now - BUSY_KEPT_FOR)],
        "no_go": [sa.delete(no_go).where(no_go.c.expires_at <= now)],
        "session": [sa.delete(session).where(session.c.expires_at <= now)],
        "idempotency": [sa.delete(idempotency).where(idempotency.c.expires_at <= now)],
        "job": [sa.delete(job).where(job.c.state != "waiting", job.c.done_at <= now - JOB_SHOWN_FOR)],
        "heartbeat": [sa.delete(heartbeat).where(heartbeat.c.at <= now - HEARTBEAT_SHOWN_FOR)],
    }


def _deletions_of_sounds(now: datetime) -> dict[str, Sequence[sa.Delete | sa.Update]]:
    """Before the words, since a transcript follows its voice. The bytes go when nothing names them any more."""
    unread = sa.and_(voice_note.c.state == "uploaded", voice_note.c.created_at <= now - VOICE_READ_WITHIN)
    return {
        "upload": [sa.delete(upload).where(upload.c.expires_at <= now)],
        "voice_report": [sa.delete(voice_report).where(voice_report.c.expires_at <= now)],
        "voice_note": [
            sa.delete(voice_note).where(voice_note.c.expires_at <= now),
            sa.update(voice_note)
            .where(unread)
            .values(state="refused", refusal=Refusal.CRASHED.value, revision=voice_note.c.revision + 1, changed_at=now),
        ],
    }


def _deletions_of_words(now: datetime) -> dict[str, Sequence[sa.Delete | sa.Update]]:
    """In this order: a packet takes its spotlight along, a spotlight its echoes, and only then is it known which words belong to nothing."""
    later = rendering.alias()
    settled = sa.select(later.c.id).where(later.c.created_at <= now - REPLACED_KEPT_FOR)
    told, answered = sa.select(spotlight.c.text_id), sa.select(echo.c.text_id)
    spoken = sa.select(voice_note.c.text_id).where(voice_note.c.text_id.is_not(None))
    orphaned = sa.or_(
        sa.and_(text.c.kind == "spotlight", text.c.id.not_in(told)),
        sa.and_(text.c.kind == "echo", text.c.id.not_in(answered)),
        sa.and_(text.c.kind == "voice", text.c.id.not_in(spoken)),
    )
    return {
        "packet": [sa.delete(packet).where(packet.c.expires_at <= now)],
        "spotlight": [sa.delete(spotlight).where(spotlight.c.expires_at <= now)],
        "echo": [sa.delete(echo).where(echo.c.expires_at <= now)],
        "text": [sa.delete(text).where(text.c.expires_at <= now), sa.delete(text).where(orphaned)],
        "text_version": [sa.delete(text_version).where(text_version.c.at <= now - EARLIER_KEPT_FOR)],
        "rendering": [sa.delete(rendering).where(rendering.c.replaced_by.in_(settled))],
        "glossary_term": [sa.delete(glossary_term).where(glossary_term.c.expires_at <= now)],
    }


def _erasures(now: datetime) -> dict[str, Sequence[sa.Delete | sa.Update]]:
    """`expires_at` is taken away with the words, so that a row is emptied once."""
    return {
        "invitation": [sa.update(invitation).where(invitation.c.expires_at <= now).values(reason="", expires_at=None)],
        "rota": [sa.update(rota).where(rota.c.expires_at <= now, rota.c.until_at <= now).values(alias="", skipped="", expires_at=None)],
        "meeting": [sa.update(meeting).where(meeting.c.expires_at <= now).values(next_researcher="", expires_at=None)],
        "group": [
            sa.update(group)
            .where(group.c.expires_at <= now, group.c.archived_at.is_not(None))
            .values(name="", place="", alias_name="", alias_place="", availability=NO_AVAILABILITY, expires_at=None)
        ],
    }
