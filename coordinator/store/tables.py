"""Every table of Chorus, one SQLAlchemy description for SQLite and PostgreSQL.

Instants are whole microseconds since 1970 UTC (`Instant`), so both databases sort and compare them alike.
Rows that hold people's words (`text rows`) carry `expires_at`; null means "as long as the row's owner exists".
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_microseconds(instant: datetime) -> int:
    """Aware instant → whole µs since 1970 UTC, exactly (no float on the way)."""
    return (instant - EPOCH) // MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Whole µs since 1970 UTC → aware instant."""
    return EPOCH + value * MICROSECOND


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime, stored as BIGINT microseconds; refuses naive ones."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_microseconds(int(value))


class CivilDate(sa.types.TypeDecorator[date]):
    """A calendar day as ISO text, so that no driver turns it into an instant."""

    impl = sa.String(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMING)


def one_of(column: str, *values: str) -> sa.CheckConstraint:
    """The column holds one of these words and nothing else."""
    listed = ", ".join(f"'{v}'" for v in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def group_key(*, primary_key: bool = False, nullable: bool = False) -> sa.Column[str]:
    """`group_id`, gone with its group."""
    return sa.Column("group_id", sa.ForeignKey("group.id", ondelete="CASCADE"), primary_key=primary_key, nullable=nullable)


# --- the network and its groups ---------------------------------------------------------------------------------------

network = sa.Table(
    "network",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),  # always 1
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),  # the <host> of every UID: stored once at first start, never changed
    sa.Column("zone_id", sa.Text, nullable=False),  # the zone in which the quarter turns
    sa.Column("default_language", sa.Text, nullable=False),
    sa.Column("numerals", sa.JSON, nullable=False),  # {language tag: CLDR numbering system} for public pages
    sa.Column("threshold_percent", sa.Integer, nullable=False),  # of consents among those who take a side; 67 means ⅔ exactly
    sa.Column("tolerance_ms", sa.Integer, nullable=False),  # a room's clock is "sure" within this
    sa.Column("glossary_revision", sa.Integer, nullable=False, server_default="0"),  # rises with every change of a term
    sa.Column("rules_version", sa.Text, nullable=False, server_default=""),  # newest zone rules that its moments were read again under
    sa.Column("created_at", Instant, nullable=False),
    sa.CheckConstraint("id = 1", name="single"),
    sa.CheckConstraint("threshold_percent BETWEEN 50 AND 100", name="threshold_percent"),
)

group = sa.Table(
    "group",
    metadata,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("alias_name", sa.Text, nullable=False, server_default=""),  # shown instead of the name; empty: none
    sa.Column("alias_place", sa.Text, nullable=False, server_default=""),
    sa.Column("zone_id", sa.Text, nullable=False),  # as typed: old names stay
    sa.Column("language", sa.Text, nullable=False),  # BCP 47
    sa.Column("numerals", sa.Text, nullable=False, server_default="latn"),  # latn, or the language's own (native)
    sa.Column("availability", sa.JSON, nullable=False),  # {windows, quiet, blocked} as in `chorus resolve`
    sa.Column("reach", sa.Text, nullable=False),
    sa.Column("listing", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),  # left the network; kept while its actions stand
    sa.Column("expires_at", Instant),
    one_of("reach", "windows", "waking", "any"),
    one_of("listing", "public", "partners", "hidden"),
    one_of("numerals", "latn", "native"),
)

no_go = sa.Table(  # when a group cannot, as it alone may know
    "no_go",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    group_key(),
    sa.Column("from_wall_time", sa.String(16), nullable=False),  # 2027-01-23T19:15, naive, in whatever zone the group is
    sa.Column("to_wall_time", sa.String(16), nullable=False),  # exclusive
    sa.Column("why", sa.Text, nullable=False),  # empty: nothing was said
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),  # when it is surely over
)
sa.Index(None, no_go.c.group_id)

busy_calendar = sa.Table(  # where a group's busy times come from; what is in it nobody keeps
    "busy_calendar",
    metadata,
    group_key(primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sealed_url", sa.LargeBinary),  # of a link, by `store/sealing.py`
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("last_modified", sa.Text, nullable=False),
    sa.Column("zone_id", sa.Text, nullable=False),  # of the group when it was read: days without an hour are its days
    sa.Column("fault", sa.Text, nullable=False),  # of the last attempt; empty: it succeeded, or there was none
    sa.Column("failures", sa.Integer, nullable=False),  # in a row
    sa.Column("left_out", sa.Integer, nullable=False),  # entries that could not be read
    sa.Column("given_at", Instant, nullable=False),  # which link or file it is: a late attempt at an earlier one is recognised
    sa.Column("checked_at", Instant),  # the last attempt
    sa.Column("read_at", Instant),  # the last that succeeded, or found nothing new
    sa.Column("taken_at", Instant),  # when its bytes were last read whole
    sa.Column("next_at", Instant),  # the next attempt; null for a file
    sa.Column("expires_at", Instant, nullable=False),  # when nothing of what was read holds any more
    one_of("kind", "link", "file"),
)

busy_span = sa.Table(  # when a group cannot, by its calendar
    "busy_span",
    metadata,
    sa.Column("group_id", sa.ForeignKey("busy_calendar.group_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("starts_at", Instant, primary_key=True),
    sa.Column("ends_at", Instant, nullable=False),
)

# --- actions ----------------------------------------------------------------------------------------------------------

action = sa.Table(
    "action",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("slug", sa.Text, nullable=False, unique=True),  # random suffix, never changes
    group_key(),  # who proposes
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("story", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("shape", sa.Text, nullable=False),
    sa.Column("duration_minutes", sa.Integer, nullable=False),
    sa.Column("quarter", sa.String(7), nullable=False),  # 2027-Q1
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("practice", sa.Boolean, nullable=False),
    sa.Column("moving", sa.Boolean, nullable=False),  # a move is put forward; the old moment stands until it is confirmed
    sa.Column("round", sa.Integer, nullable=False),  # how often a moment was put forward: a late job of an old round is recognised
    sa.Column("deadline_at", Instant),  # of the open round
    sa.Column(
        "agreed_start", sa.Text, nullable=False, server_default=""
    ),  # what was chosen (`domain/chosen.py`) and stands; empty: nothing yet
    sa.Column("offered_start", sa.Text, nullable=False, server_default=""),  # what was chosen and is put forward; empty: nothing
    sa.Column("cancel_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("copied_from", sa.String(16)),
    sa.Column("revision", sa.Integer, nullable=False),  # rises with every change
    sa.Column("sequence", sa.Integer, nullable=False),  # RFC 5545 §3.8.7.4: rises on start, end, place, VEVENT STATUS
    sa.Column("stamped_at", Instant, nullable=False),  # DTSTAMP: when this revision was made
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),  # LAST-MODIFIED
    sa.Column("published_at", Instant),  # first time out of draft
    sa.Column("decided_at", Instant),
    sa.Column("expires_at", Instant),
    one_of("kind", "silence", "noise", "teach-in", "data-off", "other"),
    one_of("shape", "instant", "wave", "relay"),
    one_of("state", "draft", "proposed", "confirmed", "lapsed", "withdrawn", "cancelled"),
)
sa.Index(None, action.c.state, action.c.quarter)
sa.Index(None, action.c.group_id)

leg = sa.Table(
    "leg",
    metadata,
    sa.Column("action_id", sa.ForeignKey("action.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("leg", sa.Integer, primary_key=True),  # given once, never reused: half of the UID; see `domain/legs.py`
    sa.Column("starts_at", Instant),  # the agreed instant; null until confirmed
    sa.Column("offered_at", Instant),  # put forward and not yet decided
    sa.Column("utc_offset_minutes", sa.Integer),  # of a wave's leg; null for an instant
    sa.Column(
        "left_by", sa.Text, nullable=False, server_default=""
    ),  # ids of the groups that followed it last, by spaces; empty: it is not left
)
sa.Index(None, leg.c.starts_at)

invitation = sa.Table(
    "invitation",
    metadata,
    sa.Column("action_id", sa.ForeignKey("action.id", ondelete="CASCADE"), primary_key=True),
    group_key(primary_key=True),
    sa.Column("leg", sa.Integer, nullable=False),  # the one it follows; before anything is agreed, the one put forward
    sa.Column("offered_leg", sa.Integer),  # of the open round
    sa.Column("required", sa.Boolean, nullable=False),
    # the answer of the open round (or of the last one)
    sa.Column("response", sa.Text),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("responded_at", Instant),
    sa.Column("offered_burden", sa.Integer),
    # the two keys of the moment that stands: the instant is the leg's, this is the sentence agreed to
    sa.Column("agreed_wall_time", sa.String(19)),  # 2027-01-23T19:15:00, naive
    sa.Column("agreed_zone_id", sa.Text),
    sa.Column("agreed_utc_offset_s", sa.Integer),
    sa.Column("agreed_tzdata", sa.Text),
    sa.Column("agreed_response", sa.Text),  # what the group had answered when the moment was confirmed
    sa.Column("burden", sa.Integer),  # of the moment that stands; from the clock alone
    sa.Column("moved_from_at", Instant),  # where its moment stood before the last move, if that moved it
    sa.Column("expires_at", Instant),
    one_of("response", "consent", "stand_aside", "object"),
)
sa.Index(None, invitation.c.group_id)

# --- zone law ----------------------------------------------------------------------------------------------------------

zone_rules = sa.Table(  # renewed zone rules, where they lie in the database and not in the data directory
    "zone_rules",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  # release and digest
    sa.Column("version", sa.Text, nullable=False),  # 2027a
    sa.Column("archive", sa.LargeBinary, nullable=False),  # a zip of every zone's file
    sa.Column("stored_at", Instant, nullable=False),
)

zone_drift = sa.Table(  # a moment whose instant and sentence have parted, as its group was told: once for each reading
    "zone_drift",
    metadata,
    sa.Column("action_id", sa.ForeignKey("action.id", ondelete="CASCADE"), primary_key=True),
    group_key(primary_key=True),
    sa.Column("starts_at", Instant, nullable=False),  # of its leg
    sa.Column("utc_offset_s", sa.Integer, nullable=False),  # what its clock will then be ahead of UTC
    sa.Column("tzdata", sa.Text, nullable=False),  # by which rules
    sa.Column("told_at", Instant, nullable=False),
    sa.Column("asked_at", Instant),  # when the group asked for another moment
)
sa.Index(None, zone_drift.c.group_id)

# --- rota, links, sessions --------------------------------------------------------------------------------------------

rota = sa.Table(
    "rota",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    group_key(),
    sa.Column("duty", sa.Text, nullable=False),
    sa.Column("seat", sa.Integer, nullable=False),  # 1, and 2 for the second spokesperson
    sa.Column("alias", sa.Text, nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),  # rises with every hand-over of this seat: the former holder's writes are refused
    sa.Column("since_at", Instant, nullable=False),
    sa.Column("until_at", Instant, nullable=False),
    sa.Column("accepted_at", Instant),  # a hand-over waits until the successor opens the link
    sa.Column("ended_at", Instant),
    sa.Column("skipped", sa.Text, nullable=False, server_default=""),  # why a turn was skipped; empty: it was not
    sa.Column("expires_at", Instant),
    sa.UniqueConstraint("group_id", "duty", "seat", "fence"),
    one_of("duty", "custodian", "facilitator", "note_taker", "spokesperson", "researcher"),
)

link = sa.Table(
    "link",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    group_key(nullable=True),  # null: a steward's
    sa.Column("meeting_id", sa.String(16)),  # of a remote, and of a witness invited into one segment
    sa.Column("rota_id", sa.ForeignKey("rota.id", ondelete="SET NULL")),  # the lease a custodian's right hangs on
    sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),  # SHA-256 of 256 random bits, hex
    sa.Column("code_hash", sa.String(64), unique=True),  # the short code of a room or remote, keyed hash
    sa.Column("code_expires_at", Instant),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("language", sa.Text),  # of a calendar feed
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Column("last_used_on", CivilDate),  # a day, never an instant
    one_of("role", "steward", "custodian", "member", "witness", "room", "remote", "feed"),
)
sa.Index(None, link.c.group_id)

session = sa.Table(
    "session",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

session_grant = sa.Table(
    "session_grant",
    metadata,
    sa.Column("session_id", sa.ForeignKey("session.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("link_id", sa.ForeignKey("link.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("granted_at", Instant, nullable=False),
)

# --- sound --------------------------------------------------------------------------------------------------------------

blob = sa.Table(  # stored bytes, where they lie in the database and not in the data directory
    "blob",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

blob_part = sa.Table(
    "blob_part",
    metadata,
    sa.Column("blob_id", sa.ForeignKey("blob.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),  # from 0, all but the last of one size
    sa.Column("data", sa.LargeBinary, nullable=False),
)

upload = sa.Table(
    "upload",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    group_key(),
    sa.Column("size_bytes", sa.Integer, nullable=False),  # of the whole, as said at the beginning
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),  # as claimed; nothing hangs on it
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.Column("expires_at", Instant, nullable=False),
)
sa.Index(None, upload.c.group_id)

upload_chunk = sa.Table(
    "upload_chunk",
    metadata,
    sa.Column("upload_id", sa.ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # from 0, all but the last of one size
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("blob_id", sa.String(32), nullable=False),  # may lie in a file, so no foreign key
)

voice_note = sa.Table(
    "voice_note",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    group_key(),  # who speaks
    sa.Column("upload_id", sa.ForeignKey("upload.id", ondelete="SET NULL"), unique=True),
    sa.Column("text_id", sa.ForeignKey("text.id", ondelete="SET NULL"), unique=True),  # its words
    sa.Column("spotlight_id", sa.ForeignKey("spotlight.id", ondelete="SET NULL")),  # what it speaks of
    sa.Column("meeting_id", sa.ForeignKey("meeting.id", ondelete="SET NULL")),  # where it was asked for
    sa.Column("to_group_id", sa.ForeignKey("group.id", ondelete="SET NULL")),  # whom it was sent to
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("refusal", sa.Text, nullable=False, server_default=""),  # a code of `Refusal`
    sa.Column("taken_down", sa.Text, nullable=False, server_default=""),  # a `ReportReason`, where the steward took it back
    sa.Column("public", sa.Boolean, nullable=False),  # its group lets everybody hear it
    sa.Column("webm_id", sa.String(32)),  # of a blob, as `mp4_id`
    sa.Column("mp4_id", sa.String(32)),
    sa.Column("peaks", sa.JSON, nullable=False),  # levels 0–255, in order; [] until there is a sound
    sa.Column("times", sa.JSON, nullable=False),  # [[start_ms, end_ms], …] of each line of its words
    sa.Column("duration_ms", sa.Integer),
    sa.Column("source_lufs", sa.Float),  # as it came
    sa.Column("lufs", sa.Float),  # as it is
    sa.Column("true_peak_db", sa.Float),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("published_at", Instant),
    sa.Column("expires_at", Instant, nullable=False),
    one_of("state", "uploaded", "refused", "ready", "offered", "published", "declined", "withdrawn"),
)
sa.Index(None, voice_note.c.group_id)
sa.Index(None, voice_note.c.spotlight_id)
sa.Index(None, voice_note.c.to_group_id)

BLOB_COLUMNS = (voice_note.c.webm_id, voice_note.c.mp4_id, upload_chunk.c.blob_id)  # all that names stored bytes

voice_report = sa.Table(
    "voice_report",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("voice_id", sa.ForeignKey("voice_note.id", ondelete="CASCADE"), nullable=False),
    group_key(),  # who reports
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("words", sa.Text, nullable=False),  # empty where none were given, and once it is dismissed
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("dismissed_at", Instant),  # null while it is open
    sa.Column("expires_at", Instant, nullable=False),  # with its note
    one_of("reason", "endangers", "threatens", "misleads", "other"),
    sa.UniqueConstraint("voice_id", "group_id"),
)
sa.Index(None, voice_report.c.group_id)

# --- event log --------------------------------------------------------------------------------------------------------

stream = sa.Table(
    "stream",
    metadata,
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("head", sa.BigInteger, nullable=False),
    sa.Column("floor", sa.BigInteger, nullable=False),  # rows at or below it may be gone
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("stream", sa.ForeignKey("stream.stream", ondelete="CASCADE"), primary_key=True),
    # from the counter row, locked until commit: gapless, in commit order
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.String(32), nullable=False, unique=True),  # random; its first 8 characters are the position's tag
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
)

# --- jobs, idempotency, health ----------------------------------------------------------------------------------------

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),  # what makes a planned job the same job: UNIQUE(kind, key)
    sa.Column("ref", sa.JSON, nullable=False),  # ids only
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("lease_until", Instant),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("done_at", Instant),
    sa.Column("last_error", sa.Text, nullable=False, server_default=""),  # the exception's type and place, never its words
    sa.UniqueConstraint("kind", "key"),
    one_of("state", "waiting", "done", "dead"),
)
sa.Index(None, job.c.state, job.c.due_at)

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),  # session and route
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("request_hash", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("headers", sa.JSON, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

heartbeat = sa.Table(
    "heartbeat",
    metadata,
    sa.Column("process", sa.Text, primary_key=True),  # worker-short, worker-long, web
    sa.Column("at", Instant, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
)

# --- people's words and their translations ------------------------------------------------------------------------------

text = sa.Table(
    "text",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    group_key(),  # whose words they are
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),  # BCP 47, of the original
    sa.Column("sections", sa.JSON, nullable=False),  # [[key, words], …] in reading order
    sa.Column("source_hash", sa.String(64), nullable=False),  # of the sections: whether a translation is current is computed from it
    sa.Column("may_leave", sa.Boolean, nullable=False),  # its group lets a translation engine elsewhere read it
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
    one_of("kind", "spotlight", "echo", "voice"),
)
sa.Index(None, text.c.group_id)

text_version = sa.Table(
    "text_version",
    metadata,
    sa.Column("text_id", sa.ForeignKey("text.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("source_hash", sa.String(64), primary_key=True),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("sections", sa.JSON, nullable=False),
    sa.Column("at", Instant, nullable=False),  # when it was last the wording
    sa.Column("expires_at", Instant),
)

rendering = sa.Table(
    "rendering",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("text_id", sa.ForeignKey("text.id", ondelete="CASCADE"), nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("source_hash", sa.String(64), nullable=False),  # of the wording it was made from
    sa.Column(
        "sections", sa.JSON, nullable=False
    ),  # [[key, hash of the original section, words], …]; what is missing stays in the original
    sa.Column("group_id", sa.ForeignKey("group.id", ondelete="SET NULL")),  # who translated; null for a machine
    sa.Column("session_id", sa.String(16)),  # so that nobody signs their own work; names a row that is soon gone
    sa.Column("engine", sa.Text, nullable=False, server_default=""),
    sa.Column("engine_version", sa.Text, nullable=False, server_default=""),
    sa.Column("via", sa.Text, nullable=False, server_default=""),  # the language in between
    sa.Column("glossary_revision", sa.Integer, nullable=False),
    sa.Column("replaced_by", sa.String(16)),  # a later rendering that took this one up; null: it stands
    sa.Column("signed_by", sa.ForeignKey("group.id", ondelete="SET NULL")),
    sa.Column("signed_at", Instant),  # a second reader has read it
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
    one_of("origin", "human", "machine"),
)
sa.Index(None, rendering.c.text_id, rendering.c.language)

glossary_term = sa.Table(
    "glossary_term",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("term", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("target", sa.Text),  # null: every language
    sa.Column("rendering", sa.Text),  # null: keep as it is
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
)

# --- the mirror ---------------------------------------------------------------------------------------------------------

packet = sa.Table(
    "packet",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    group_key(),  # who brought it in: nobody else sees it
    sa.Column("digest", sa.String(64), nullable=False),  # of its manifest: the same packet comes in once
    sa.Column("signer", sa.String(64), nullable=False),  # fingerprint of the network that signed it
    sa.Column("origin", sa.Text, nullable=False),  # the spotlight's id over there
    sa.Column("teller", sa.JSON, nullable=False),  # {name, place, zone_id}: as much as the packet was allowed to say
    sa.Column("imported_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),  # the end that stands inside
    sa.UniqueConstraint("group_id", "digest"),
)

spotlight = sa.Table(
    "spotlight",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    group_key(),  # who tells; of a packet, who brought it in
    sa.Column("text_id", sa.ForeignKey("text.id", ondelete="CASCADE"), nullable=False, unique=True),
    sa.Column("packet_id", sa.ForeignKey("packet.id", ondelete="CASCADE")),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("audience", sa.Text, nullable=False),
    sa.Column("links", sa.JSON, nullable=False),  # [[words, URL], …]
    sa.Column("quarter", sa.String(7), nullable=False),  # in which it was first published; empty until then
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("published_at", Instant),
    sa.Column("retired_at", Instant),
    sa.Column("expires_at", Instant, nullable=False),
    one_of("state", "draft", "published", "retired"),
    one_of("audience", "own", "partners", "public"),
)
sa.Index(None, spotlight.c.state, spotlight.c.published_at)
sa.Index(None, spotlight.c.group_id)

meeting = sa.Table(
    "meeting",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),  # begins with its group's id: a stream's name alone says who may follow it
    group_key(),
    sa.Column("spotlight_id", sa.ForeignKey("spotlight.id", ondelete="SET NULL")),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("parts", sa.JSON, nullable=False),  # [[kind, seconds], …]
    sa.Column("part", sa.Integer, nullable=False),  # which one is on, from 0
    sa.Column("page", sa.Integer, nullable=False),  # which piece of a long text, from 0
    sa.Column("part_ends_at", Instant),  # while it runs
    sa.Column("left_s", sa.Integer),  # while it is paused
    sa.Column("shows_original", sa.Boolean, nullable=False),
    sa.Column("shows_drafts", sa.Boolean, nullable=False),
    sa.Column("next_researcher", sa.Text, nullable=False, server_default=""),  # by alias
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("started_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("expires_at", Instant),
    one_of("state", "set_up", "running", "ended"),
)
sa.Index(None, meeting.c.group_id)

echo = sa.Table(
    "echo",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("spotlight_id", sa.ForeignKey("spotlight.id", ondelete="CASCADE"), nullable=False),
    group_key(),  # who answers
    sa.Column("text_id", sa.ForeignKey("text.id", ondelete="CASCADE"), nullable=False, unique=True),
    sa.Column("meeting_id", sa.ForeignKey("meeting.id", ondelete="SET NULL")),
    sa.Column("action_id", sa.ForeignKey("action.id", ondelete="SET NULL")),  # the next action that answers
    sa.Column("quarter", sa.String(7), nullable=False),
    sa.Column("published_at", Instant, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
    sa.UniqueConstraint("spotlight_id", "group_id", "meeting_id"),
)
sa.Index(None, echo.c.quarter)
sa.Index(None, echo.c.group_id)
