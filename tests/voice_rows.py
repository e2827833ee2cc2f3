"""Voice notes, written straight into a database: a sound that is ready, with its words."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.translation import Section, Source
from coordinator.domain.voice_note import PEAKS, Coding
from coordinator.ports import BlobStore
from coordinator.store import tables
from coordinator.store.ids import new_blob_id, new_row_id
from coordinator.store.texts import insert_text
from tests.factories import NOON
from tests.mirror_rows import spotlight_id

LINES = ("They come at night.", "We stand on the roots with our lamps.", "Stand with us.")
LASTS_MS = 6_000
DAY = timedelta(days=1)


async def add_voice(
    conn: AsyncConnection, group_id: str, slug: str = "", *, lines: tuple[str, ...] = LINES, at: datetime = NOON, **values: Any
) -> dict[str, Any]:
    """A published note of a group on that spotlight, its words in English; the row. Without `lines` it has no words."""
    text_id = new_row_id() if lines else None
    if text_id is not None:
        source = Source(text_id, "en", tuple(Section(f"line.{n}", said) for n, said in enumerate(lines, 1)))
        await insert_text(conn, source, group_id=group_id, kind="voice", may_leave=False, now=at, expires_at=None)
    row = {
        "id": new_row_id(),
        "group_id": group_id,
        "text_id": text_id,
        "spotlight_id": await spotlight_id(conn, slug) if slug else None,
        "state": "published",
        "public": True,
        "webm_id": new_blob_id(),
        "mp4_id": new_blob_id(),
        "peaks": [n * 255 // (PEAKS - 1) for n in range(PEAKS)],
        "times": [],
        "duration_ms": LASTS_MS,
        "revision": 3,
        "created_at": at,
        "changed_at": at,
        "published_at": at,
        "expires_at": at + DAY,
    } | values
    await conn.execute(sa.insert(tables.voice_note).values(row))
    return row


async def store_sounds(blobs: BlobStore, webm: bytes, mp4: bytes, at: datetime = NOON) -> dict[str, str]:
    """Both files in a store; the columns of a note that names them."""
    kept = {coding: await blobs.put(data, coding.content_type, at) for coding, data in ((Coding.WEBM, webm), (Coding.MP4, mp4))}
    return {f"{coding.value}_id": blob.id for coding, blob in kept.items()}


def make_tone(seconds: float, container: str = "webm", codec: str = "libopus") -> bytes:
    """A real file with a quiet tone."""
    import av
    import numpy as np

    rate, size = 48_000, 960
    made = io.BytesIO()
    with av.open(made, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.layout = "mono"
        for start in range(0, int(seconds * rate), size):
            wave = 0.1 * np.sin(2 * np.pi * 220 * np.arange(start, start + size) / rate)
            frame = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None, :], format="fltp", layout="mono")
            frame.rate, frame.pts = rate, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return made.getvalue()
