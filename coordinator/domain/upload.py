"""How does a recording arrive over a line that breaks? In parts of one size, each with its digest, in any order, as often as it takes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from coordinator.domain.text import read_number, text_of
from coordinator.domain.voice_note import SHA256, SoundRefused, check_size, explain
from coordinator.errors import Faults, Invalid, problem, shown

CHUNK_BYTES = 64 * 1_024  # ten seconds of a line of 50 kbit/s: what is lost when it breaks
SIZE_SAID_MOST = 10**8  # larger than any limit, so that the fault that is named is the recording's size
DIGEST_SIGNS = 64


@dataclass(frozen=True, slots=True)
class UploadDraft:
    """What is said of a recording before its first byte. `content_type` is a claim."""

    size_bytes: int
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording on its way."""

    id: str
    group_id: str
    size_bytes: int
    sha256: str
    finished_at: datetime | None
    expires_at: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether it still takes parts."""
        return self.finished_at is None and self.expires_at > now

    @property
    def chunks(self) -> int:
        """How many parts it has; they are numbered from 0."""
        return -(-self.size_bytes // CHUNK_BYTES)

    def missing(self, arrived: Collection[int]) -> tuple[int, ...]:
        """The numbers of the parts that are still to come."""
        return tuple(number for number in range(self.chunks) if number not in arrived)

    def check_chunk(self, number: int, data: bytes, sha256: str) -> None:
        """Raises Invalid when there is no such part, or it is not as long as it should be, or not what was sent."""
        if not 0 <= number < self.chunks:
            raise Invalid(problem("chunk", "chunk_unknown", number, 0, self.chunks - 1))
        length = min(CHUNK_BYTES, self.size_bytes - number * CHUNK_BYTES)
        if len(data) != length:
            raise Invalid(problem("chunk", "chunk_size", len(data), length))
        if hashlib.sha256(data).hexdigest() != read_digest(sha256):
            raise Invalid(problem("chunk", "chunk_differs"))


def read_upload(raw: Mapping[str, object]) -> UploadDraft:
    """`size` in bytes, `sha256` of the whole, `content_type` as the browser claims. Raises Invalid with every fault."""
    faults = Faults()
    size_bytes = faults.read("size", _read_size, text_of(raw, "size"))
    sha256 = faults.read("sha256", read_digest, text_of(raw, "sha256"))
    faults.check()
    return UploadDraft(size_bytes, sha256, shown(text_of(raw, "content_type")))


def read_digest(raw: str) -> str:
    """A SHA-256 in hex, in either case. Problem: digest_malformed."""
    digest = raw.strip().lower()
    if not SHA256.fullmatch(digest):
        raise Invalid(problem("", "digest_malformed", raw, DIGEST_SIGNS))
    return digest


def _read_size(raw: str) -> int:
    size_bytes = read_number(raw, least=0, most=SIZE_SAID_MOST)
    try:
        check_size(size_bytes)
    except SoundRefused as refused:
        said = explain(refused.code)
        raise Invalid(problem("", said.code, size_bytes, *said.remedy)) from None
    return size_bytes
