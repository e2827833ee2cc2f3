"""Every name shared between processes: Redis keys and channels, cookies, headers, streams, jobs, queues.

Redis holds hints, presence, rate limits and arq's queue; wiping it at any moment loses nothing.
"""

from __future__ import annotations

# Redis
HINT_CHANNEL = "chorus:hint"  # pub/sub; JSON {stream: head}; lost hints cost at most one poll
PRESENCE_KEY = "chorus:presence"  # hash process id → JSON counts; each field renewed every 10 s
RATE_KEY = "chorus:rate:{scope}:{subject}"  # counter; expires with its window
QUEUE_SHORT = "chorus:queue:short"  # arq; id-only JSON payloads; a job ends within 20 s
QUEUE_LONG = "chorus:queue:long"  # arq; imports, sound, zone rules

# Cookies: `__Host-` wants https, so plain http (a hall's LAN) carries the plain name
SESSION_COOKIE = "chorus_session"
SESSION_COOKIE_HTTPS = "__Host-chorus_session"
LANGUAGE_COOKIE = "chorus_language"

# Headers and form fields
IDEMPOTENCY_HEADER = "Idempotency-Key"
IDEMPOTENCY_FIELD = "idempotency_key"
SUBPROTOCOL = "chorus.v1"

# Streams (DESIGN §6)
PUBLIC = "public"
PARTNERS = "partners"
CANARY = "canary"  # internal: /readyz reads what the hub wrote; kept for an hour


def group_stream(group_id: str) -> str:
    """The stream of what one group alone may see."""
    return f"group:{group_id}"


def meeting_stream(meeting_id: str) -> str:
    """The stream of one mirror segment."""
    return f"meeting:{meeting_id}"


# Jobs: kind → queue. A job carries ids only.
JOB_DECIDE = "decide"  # ref {action, round}: the deadline of a proposal or a move has come
JOB_REMIND = "remind"  # ref {action, leg, before_s, starts_at_us}: T−7 d, T−24 h, T−1 h
JOB_QUARTER = "quarter"  # ref {quarter}: "this quarter has no action yet"
JOB_SWEEP_TEXTS = "sweep_texts"  # ref {}: rows whose expires_at has passed
JOB_TRANSLATE = "translate"  # ref {text}: plans a machine's draft for each language that is read here and the engine serves
JOB_DRAFT = "draft"  # ref {text, language}: asks the engine for one
JOB_EXPIRE = "expire"  # ref {spotlight, expires_at_us}: the consent to show a spotlight has run out
JOB_SOUND = "sound"  # ref {voice}: a recording has arrived whole; its two files are made
JOB_EXPIRE_VOICE = "expire_voice"  # ref {voice, expires_at_us}: the time of a published voice note is over
JOB_DROP_SOUND = "drop_sound"  # ref {voice}: the two files of a voice note that was taken back are forgotten
JOB_DROP_UPLOAD = "drop_upload"  # ref {upload}: the recording as it came is forgotten
JOB_SWEEP_BLOBS = "sweep_blobs"  # ref {}: stored bytes that nothing names any more
JOB_ZONES = "zones"  # ref {} or {after}: moments to come are read again under the zone rules of now, after an action, a batch at a time
JOB_BUSY_ROUND = "busy_round"  # ref {}: plans a reading of each calendar whose time has come
JOB_BUSY = "busy"  # ref {group}: a group's calendar is fetched and read
PRIVATE_JOBS = frozenset({JOB_BUSY})  # that there are any tells of one group what nobody else shall know; each is planned anew by itself
JOB_QUEUES = {
    JOB_DECIDE: QUEUE_SHORT,
    JOB_REMIND: QUEUE_SHORT,
    JOB_QUARTER: QUEUE_SHORT,
    JOB_SWEEP_TEXTS: QUEUE_LONG,
    JOB_TRANSLATE: QUEUE_LONG,
    JOB_DRAFT: QUEUE_LONG,
    JOB_EXPIRE: QUEUE_SHORT,
    JOB_SOUND: QUEUE_LONG,
    JOB_EXPIRE_VOICE: QUEUE_SHORT,
    JOB_DROP_SOUND: QUEUE_SHORT,
    JOB_DROP_UPLOAD: QUEUE_SHORT,
    JOB_SWEEP_BLOBS: QUEUE_LONG,
    JOB_ZONES: QUEUE_LONG,
    JOB_BUSY_ROUND: QUEUE_SHORT,
    JOB_BUSY: QUEUE_LONG,
}
