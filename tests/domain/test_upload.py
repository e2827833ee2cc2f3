"""What is said of a recording before it comes, and which of its parts are taken."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from coordinator.domain.upload import CHUNK_BYTES, Upload, UploadDraft, read_upload
from coordinator.domain.voice_note import MAX_BYTES
from coordinator.errors import Invalid
from tests.factories import NOON

SHA = "ab" * 32


def upload_of(size_bytes: int) -> Upload:
    return Upload("u", "g", size_bytes, SHA, None, NOON + timedelta(hours=1))


def codes(fault: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(p.field, p.code) for p in fault.value.problems]


def test_read_upload_good_words_are_read() -> None:
    raw = {"size": "360000", "sha256": SHA.upper(), "content_type": "audio/webm;codecs=opus"}

    assert read_upload(raw) == UploadDraft(360_000, SHA, "audio/webm;codecs=opus")


def test_read_upload_claimed_type_is_cut_and_shown_harmless() -> None:
    claimed = read_upload({"size": "1", "sha256": SHA, "content_type": "audio/\r\nX-Evil: \u202e" + "x" * 500}).content_type

    assert len(claimed) == 80
    assert claimed.isprintable() or "\ufffd" in claimed


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ({}, [("size", "missing"), ("sha256", "digest_malformed")]),
        ({"size": "0", "sha256": SHA}, [("size", "sound_empty")]),
        ({"size": str(MAX_BYTES + 1), "sha256": SHA}, [("size", "sound_too_big")]),
        ({"size": "-1", "sha256": SHA}, [("size", "number_out_of_range")]),
        ({"size": "99999999999999", "sha256": "../../x"}, [("size", "number_malformed"), ("sha256", "digest_malformed")]),
        ({"size": "1e3", "sha256": "ab" * 31 + "xy"}, [("size", "number_malformed"), ("sha256", "digest_malformed")]),
    ],
)
def test_read_upload_bad_words_are_all_named(raw: dict[str, object], found: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as fault:
        read_upload(raw)

    assert codes(fault) == found


@pytest.mark.parametrize(("size", "chunks"), [(1, 1), (CHUNK_BYTES, 1), (CHUNK_BYTES + 1, 2), (MAX_BYTES, MAX_BYTES // CHUNK_BYTES)])
def test_chunks_cover_the_whole(size: int, chunks: int) -> None:
    assert upload_of(size).chunks == chunks
    assert upload_of(size).missing([]) == tuple(range(chunks))
    assert upload_of(size).missing(range(chunks)) == ()


@pytest.mark.parametrize(
    ("number", "data", "sent", "code"),
    [
        (-1, b"x", b"x", "chunk_unknown"),
        (2, b"x", b"x", "chunk_unknown"),
        (0, b"x", b"x", "chunk_size"),
        (1, b"xx", b"xx", "chunk_size"),
        (1, b"", b"", "chunk_size"),
        (1, b"x", b"y", "chunk_differs"),
    ],
)
def test_check_chunk_that_does_not_fit_is_refused(number: int, data: bytes, sent: bytes, code: str) -> None:
    with pytest.raises(Invalid) as fault:
        upload_of(CHUNK_BYTES + 1).check_chunk(number, data, hashlib.sha256(sent).hexdigest())

    assert codes(fault) == [("chunk", code)]


def test_check_chunk_that_fits_is_taken() -> None:
    upload = upload_of(CHUNK_BYTES + 1)

    upload.check_chunk(0, bytes(CHUNK_BYTES), hashlib.sha256(bytes(CHUNK_BYTES)).hexdigest())
    upload.check_chunk(1, b"x", hashlib.sha256(b"x").hexdigest().upper())
