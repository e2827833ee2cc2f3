"""From the last part to a note that can be heard, by the real worker's steps: kept, refused, tried again, and nothing left of the original."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.blobs import FileBlobs, RowBlobs
from coordinator.domain.upload import CHUNK_BYTES
from coordinator.ports import BlobStore
from coordinator.services.drafter import Drafter
from coordinator.services.uploads import begin_upload, finish_upload, keep_chunk
from coordinator.store.database import Database
from coordinator.store.retention import sweep
from coordinator.store.tables import job, upload_chunk, voice_note
from coordinator.store.voices import VoiceRecord, find_blobs_in_use, find_voice, with_id
from coordinator.translators.none import NoTranslator
from tests.conftest import FakeClock
from tests.factories import NOON, add_group, caller_as, load_events
from tests.worker.conftest import NOWHERE, wait_for
from tests.worker.sound.recordings import WEBM, record, speak
from tests.worker.sound.test_parent import children
from worker.handlers import make_handlers
from worker.process import LONG
from worker.runner import Outcome, Runner
from worker.sound.jobs import SoundJobs


class World:
    """One group, its worker, its bytes."""

    def __init__(self, database: Database, blobs: BlobStore, clock: FakeClock) -> None:
        self.database, self.blobs, self.clock = database, blobs, clock
        self.group_id = ""
        self.runner = Runner(database, clock, make_handlers(Drafter(NoTranslator(), ["en"], 1.0), SoundJobs(blobs), NOWHERE))

    async def send(self, data: bytes) -> str:
        """A recording that has arrived whole; returns the voice note's id."""
        now, caller = self.clock.now(), caller_as("member", self.group_id)
        raw = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        async with self.database.write(now) as work:
            upload_id = await begin_upload(work, caller, self.group_id, raw)
        for number, start in enumerate(range(0, len(data), CHUNK_BYTES)):
            chunk = data[start : start + CHUNK_BYTES]
            sha256 = hashlib.sha256(chunk).hexdigest()
            await keep_chunk(self.database, self.blobs, caller, upload_id, number=number, data=chunk, sha256=sha256, now=now)
        return await finish_upload(self.database, self.blobs, caller, upload_id, {}, now=now)

    async def run(self, kind: str) -> Outcome:
        async with self.database.read() as conn:
            job_id = (await conn.execute(sa.select(job.c.id).where(job.c.kind == kind))).scalar_one()
        return await self.runner.run_job(job_id, LONG)

    async def load(self, voice_id: str) -> VoiceRecord:
        async with self.database.read() as conn:
            voice = await find_voice(conn, with_id(voice_id))
        assert voice is not None
        return voice

    async def heard(self, blob_id: str | None) -> bytes:
        assert blob_id is not None
        return b"".join([piece async for piece in self.blobs.read(blob_id)])

    async def chunk_blobs(self) -> list[str]:
        async with self.database.read() as conn:
            return list((await conn.execute(sa.select(upload_chunk.c.blob_id))).scalars())


@pytest.fixture(params=["files", "rows"])
async def world(request: pytest.FixtureRequest, database: Database, tmp_path: Path, clock: FakeClock) -> World:
    made = World(database, FileBlobs(tmp_path / "blobs") if request.param == "files" else RowBlobs(database), clock)
    async with database.write(NOON) as work:
        made.group_id = await add_group(work.conn)
    return made


async def test_sound_job_makes_the_note_ready_and_the_original_is_forgotten(world: World) -> None:
    voice_id = await world.send(record(WEBM, speak(12)))
    originals = await world.chunk_blobs()

    outcomes = [await world.run(keys.JOB_SOUND), await world.run(keys.JOB_DROP_UPLOAD)]

    voice = await world.load(voice_id)
    assert outcomes == [Outcome.DONE, Outcome.DONE]
    assert (voice.state, voice.refusal, voice.revision, len(voice.peaks)) == ("ready", "", 2, 120)
    assert voice.duration_ms == pytest.approx(12_000, abs=100)
    assert voice.lufs == pytest.approx(-16, abs=1)
    assert (await world.heard(voice.webm_id))[:4] == b"\x1aE\xdf\xa3"
    assert (await world.heard(voice.mp4_id))[4:8] == b"ftyp"
    assert [
        found.content_type for found in [await world.blobs.find(str(voice.webm_id)), await world.blobs.find(str(voice.mp4_id))] if found
    ] == [
        "audio/webm",
        "audio/mp4",
    ]
    assert len(originals) > 1
    assert [await world.blobs.find(blob_id) for blob_id in originals] == [None] * len(originals)
    assert await world.chunk_blobs() == []


async def test_drop_job_is_due_at_once(world: World) -> None:
    await world.send(record(WEBM, speak(2)))
    await world.run(keys.JOB_SOUND)

    async with world.database.read() as conn:
        due_at = (await conn.execute(sa.select(job.c.due_at).where(job.c.kind == keys.JOB_DROP_UPLOAD))).scalar_one()
    assert due_at == world.clock.now()


async def test_sound_job_of_a_bad_file_refuses_it_by_its_code_and_tells_its_group(world: World) -> None:
    voice_id = await world.send(b"#EXTM3U\nfile:///etc/passwd\n" * 10)

    outcomes = [await world.run(keys.JOB_SOUND), await world.run(keys.JOB_DROP_UPLOAD)]

    voice = await world.load(voice_id)
    async with world.database.read() as conn:
        told = await load_events(conn)
    assert outcomes == [Outcome.DONE, Outcome.DONE]
    assert (voice.state, voice.refusal, voice.webm_id) == ("refused", "sound_not_audio", None)
    assert [data["state"] for _, kind, data in told if kind == "voice.changed"] == ["uploaded", "refused"]
    assert await world.chunk_blobs() == []


async def test_sound_job_whose_child_is_killed_is_tried_again_and_then_done(world: World) -> None:
    voice_id, before = await world.send(record(WEBM, speak(30))), children()
    running = asyncio.ensure_future(world.run(keys.JOB_SOUND))

    async def started() -> bool:
        return bool(children() - before)

    await wait_for(started)
    os.kill((children() - before).pop(), signal.SIGKILL)
    first = await running
    still = (await world.load(voice_id)).state
    world.clock.advance(minutes=1)
    second = await world.run(keys.JOB_SOUND)

    assert (first, still, second) == (Outcome.FAILED, "uploaded", Outcome.DONE)
    assert (await world.load(voice_id)).state == "ready"


async def test_sound_job_of_a_note_taken_back_meanwhile_does_not_bring_it_back(world: World) -> None:
    voice_id = await world.send(record(WEBM, speak(2)))
    async with world.database.write(NOON) as work:
        await work.conn.execute(sa.update(voice_note).values(state="withdrawn"))

    assert await world.run(keys.JOB_SOUND) is Outcome.DONE
    assert (await world.load(voice_id)).state == "withdrawn"


async def test_sound_job_whose_bytes_were_lost_refuses_it(world: World) -> None:
    voice_id = await world.send(record(WEBM, speak(12)))
    await world.blobs.delete((await world.chunk_blobs())[0])

    await world.run(keys.JOB_SOUND)

    assert (await world.load(voice_id)).refusal == "sound_truncated"


async def test_sweep_forgets_bytes_of_expired_notes_and_of_workers_that_died(world: World) -> None:
    voice_id = await world.send(record(WEBM, speak(2)))
    await world.run(keys.JOB_SOUND)
    await world.run(keys.JOB_DROP_UPLOAD)
    stray = await world.blobs.put(b"stored, and then the worker died", "audio/webm", world.clock.now())
    voice = await world.load(voice_id)

    async def run_sweep() -> None:
        async with world.database.write(world.clock.now()) as work:
            await sweep(work.conn, work.now)
            await work.plan(keys.JOB_SWEEP_BLOBS, work.now.isoformat(), {}, work.now)
            job_id = (await work.conn.execute(sa.select(job.c.id).where(job.c.key == work.now.isoformat()))).scalar_one()
        assert await world.runner.run_job(job_id, LONG) is Outcome.DONE

    world.clock.advance(hours=2)
    await run_sweep()
    after_hours = [await world.blobs.find(str(each)) is not None for each in (voice.webm_id, voice.mp4_id, stray.id)]
    world.clock.advance(days=184)
    await run_sweep()
    after_quarters = [await world.blobs.find(str(each)) is not None for each in (voice.webm_id, voice.mp4_id, stray.id)]

    async with world.database.read() as conn:
        assert await find_blobs_in_use(conn) == set()
    assert after_hours == [True, True, False]
    assert after_quarters == [False, False, False]


async def test_sweep_gives_up_a_recording_that_no_worker_could_read(world: World) -> None:
    voice_id = await world.send(record(WEBM, speak(2)))

    world.clock.advance(timedelta(days=1))
    async with world.database.write(world.clock.now()) as work:
        await sweep(work.conn, work.now)

    voice = await world.load(voice_id)
    assert (voice.state, voice.refusal) == ("refused", "sound_crashed")
