"""Which jobs have to do with stored sound? Reading a recording, forgetting it as it came, and sweeping bytes that nothing names.

Bytes are stored before a row names them, and deleted after none does: a worker killed in between leaves what the sweep finds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.voice_note import Coding, Refusal, Sound, SoundRefused
from coordinator.errors import NotFound
from coordinator.ports import Blob, BlobStore
from coordinator.services import voices
from coordinator.services.voices import Recording
from coordinator.store.database import Work
from coordinator.store.voices import find_blobs_in_use
from worker.sound.parent import Processed, process_sound

ORPHANED_AFTER = timedelta(hours=1)  # far longer than any job takes between storing bytes and naming them

log = structlog.get_logger(__name__)

Ref = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """A recording that became sound, stored and not named yet."""

    voice_id: str
    sound: Sound
    blobs: Mapping[Coding, Blob]


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A recording that was refused."""

    voice_id: str
    code: Refusal


class SoundJobs:
    """The steps of the three jobs, by the store of bytes that this process has."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def read(self, recording: Recording) -> Taken | NotTaken:
        """Makes the two files in a child process and stores them. Raises SoundFailed when the child was killed: then it is tried again."""
        try:
            processed = await process_sound(await self._join(recording.blob_ids))
        except SoundRefused as refused:
            log.info("sound.refused", voice=recording.voice_id, code=refused.code.value)
            return NotTaken(recording.voice_id, refused.code)
        return Taken(recording.voice_id, processed.sound, await self._store(processed, recording.at))

    async def _join(self, blob_ids: Collection[str]) -> bytes:
        """The recording as it came. One whose bytes were lost is told from one that is empty by its code."""
        try:
            return b"".join([piece for blob_id in blob_ids async for piece in self._blobs.read(blob_id)])
        except NotFound:
            raise SoundRefused(Refusal.TRUNCATED) from None

    async def _store(self, processed: Processed, at: datetime) -> dict[Coding, Blob]:
        return {coding: await self._blobs.put(data, coding.content_type, at) for coding, data in processed.files.items()}

    async def conclude(self, work: Work, outcome: Taken | NotTaken) -> None:
        """Writes what became of a recording."""
        match outcome:
            case Taken(voice_id, sound, blobs):
                await voices.keep_sound(work, voice_id, sound, blobs[Coding.WEBM], blobs[Coding.MP4])
            case NotTaken(voice_id, code):
                await voices.refuse_sound(work, voice_id, code)

    async def drop(self, dropped: tuple[str, list[str]]) -> str:
        """Forgets stored bytes; returns the id of what they belonged to: an upload, or a voice note."""
        owner_id, blob_ids = dropped
        for blob_id in blob_ids:
            await self._blobs.delete(blob_id)
        return owner_id

    async def load_kept(self, conn: AsyncConnection, _ref: Ref, now: datetime) -> tuple[set[str], datetime]:
        """The ids of all bytes that something names, and the instant before which the others are orphans."""
        return await find_blobs_in_use(conn), now - ORPHANED_AFTER

    async def sweep(self, kept: tuple[set[str], datetime]) -> int:
        """Forgets the orphans; returns how many."""
        return await self._blobs.sweep(*kept)

    async def tell_swept(self, _work: Work, swept: int) -> None:
        """Says in the log what was found."""
        if swept:
            log.info("blobs.swept", blobs=swept)
