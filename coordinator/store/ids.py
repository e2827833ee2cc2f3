"""New ids and secrets: how long, from which alphabet, and how a secret is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets

ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # 30 signs, none mistaken for another when read aloud
GROUP_CHARS = 8
MEETING_CHARS = 7
ROW_CHARS = 12
SUFFIX_CHARS = 6
CODE_CHARS = 8  # about 39 bits; lives 24 h behind a rate limit
SECRET_BYTES = 32


def random_text(chars: int) -> str:
    """Random signs of ALPHABET."""
    return "".join(secrets.choice(ALPHABET) for _ in range(chars))


def new_group_id() -> str:
    return random_text(GROUP_CHARS)


def new_row_id() -> str:
    return random_text(ROW_CHARS)


def new_meeting_id(group_id: str) -> str:
    """Begins with its group's id: a stream's name alone says who may follow it."""
    return f"{group_id}-{random_text(MEETING_CHARS)}"


def new_event_id() -> str:
    """128 random bits, hex. The first 8 characters are the tag of its position."""
    return secrets.token_hex(16)


def new_blob_id() -> str:
    """128 random bits, hex: a file's name too, and nobody's guess."""
    return secrets.token_hex(16)


def new_secret() -> str:
    """256 random bits, URL-safe: a link's, a session's or a feed's."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_code() -> str:
    """A short code to read from a projector and type on a phone, e.g. `k7f2-9mqd`."""
    return f"{random_text(CODE_CHARS // 2)}-{random_text(CODE_CHARS // 2)}"


def hash_secret(secret: str) -> str:
    """SHA-256, hex. Enough for 256 random bits (ASVS 6.5.2: fast hashes are fine from 112 bits on)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hash_code(code: str, key: bytes) -> str:
    """Keyed hash of a short code, spelling forgiven: a stolen database alone does not yield it."""
    plain = "".join(c for c in code.lower() if c in ALPHABET)
    return hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()


def subkey(secret_key: bytes, purpose: str) -> bytes:
    """A key of one's own for each purpose, so that what one leaks says nothing of another."""
    return hmac.new(secret_key, purpose.encode(), hashlib.sha256).digest()
