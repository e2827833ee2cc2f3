"""How is a secret kept in a row so that the database alone does not tell it? Sealed with a subkey of CHORUS_SECRET_KEY, for one owner.

AES-256-GCM with a fresh nonce before the sealed bytes. A row that is copied to another owner does not open there.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class SealBroken(Exception):
    """These bytes were sealed with another key or for another owner, or are damaged."""


def seal(secret: str, key: bytes, owner: str) -> bytes:
    """The secret, unreadable without the 32 bytes of `key`."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), owner.encode())


def unseal(sealed: bytes, key: bytes, owner: str) -> str:
    """The secret that was sealed for this owner. Raises SealBroken."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner.encode()).decode()
    except (InvalidTag, ValueError):  # too short is a ValueError
        raise SealBroken from None
