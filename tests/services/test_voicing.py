"""A voice is given words, sent, published and taken back: who may, who hears of it, and what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.domain.access import NOBODY, Caller
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound
from coordinator.services import voicing
from coordinator.services.leaving import archive_group
from coordinator.services.mirror import load_readable
from coordinator.services.retention import sweep_texts
from coordinator.services.translations import save_translation
from coordinator.services.voices import VOICES_MOST
from coordinator.store.database import Database, Work
from coordinator.store.tables import job, rendering, text, to_microseconds, voice_note
from coordinator.store.voices import VoiceRecord, find_voice, find_voices, with_id
from tests.factories import NOON, add_group, add_network, caller_as, load_events, open_database
from tests.mirror_rows import add_spotlight, spotlight_id

VOICE = "voice-0123456789"
END = NOON + timedelta(days=184)
WORDS = {"language": "es", "words": "El río es nuestro.\nLes oímos."}
Told = list[tuple[str, str, dict[str, Any]]]


@dataclass
class World:
    """A group that has spoken, and one that listens."""

    database: Database
    group_id: str
    other_id: str
    slug: str

    def as_(self, role: str, group_id: str | None = None) -> Caller:
        return caller_as(role, group_id or self.group_id)

    async def do(self, command: Any, *args: Any, at: Any = NOON) -> None:
        async with self.database.write(at) as work:
            await command(work, *args)

    async def write(self, **changes: str) -> None:
        await self.do(voicing.write_words, self.as_("member"), VOICE, WORDS | changes, ["en", "es"])

    async def publish(self, **raw: str) -> None:
        await self.do(voicing.publish_voice, self.as_("custodian"), VOICE, raw)

    async def voice(self) -> VoiceRecord:
        async with self.database.read() as conn:
            found = await find_voice(conn, with_id(VOICE))
        assert found is not None
        return found

    async def text_id(self) -> str:
        return (await self.voice()).text_id or ""

    async def told(self) -> Told:
        async with self.database.read() as conn:
            return [event for event in await load_events(conn) if event[1].startswith("voice.")]

    async def count_texts(self) -> int:
        async with self.database.read() as conn:
            return int((await conn.execute(sa.select(sa.func.count()).where(text.c.kind == "voice"))).scalar_one())

    async def planned(self) -> set[tuple[str, str]]:
        async with self.database.read() as conn:
            return {tuple(row) for row in await conn.execute(sa.select(job.c.kind, job.c.key))}


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            group_id = await add_group(work.conn, "Minga del Agua", listing="public")
            other_id = await add_group(work.conn, "Mangrove Watch")
            slug = await add_spotlight(work.conn, group_id)
            row = {
                "id": VOICE,
                "group_id": group_id,
                "spotlight_id": await spotlight_id(work.conn, slug),
                "state": "ready",
                "public": False,
                "webm_id": "a" * 32,
                "mp4_id": "b" * 32,
                "peaks": [1, 2],
                "times": [],
                "duration_ms": 2_800,
                "revision": 2,
                "created_at": NOON,
                "changed_at": NOON,
                "expires_at": END,
            }
            await work.conn.execute(sa.insert(voice_note).values(**row))
        yield World(database, group_id, other_id, slug)


async def test_words_are_kept_with_their_times_and_never_leave_for_an_engine(world: World) -> None:
    await world.write()

    voice = await world.voice()
    async with world.database.read() as conn:
        kept = (await conn.execute(sa.select(text).where(text.c.id == voice.text_id))).one()
    assert voice.times == ((0, 1_800), (1_800, 2_800))
    assert (kept.kind, kept.language, kept.may_leave, kept.expires_at) == ("voice", "es", False, END)
    assert kept.sections == [["line.1", "El río es nuestro."], ["line.2", "Les oímos."]]


async def test_words_again_correct_the_same_text(world: World) -> None:
    await world.write()
    first = await world.voice()

    await world.write(words="Ya les oímos.", revision=str(first.revision))

    assert ((await world.voice()).text_id, (await world.voice()).times) == (first.text_id, ((0, 2_800),))
    with pytest.raises(Conflict, match="changed_meanwhile"):
        await world.write(revision=str(first.revision))


async def test_words_with_faults_change_nothing(world: World) -> None:
    with pytest.raises(Invalid):
        await world.write(words=" ")

    assert (await world.voice()).revision == 2
    assert await world.count_texts() == 0


async def test_publish_without_words_conflicts(world: World) -> None:
    with pytest.raises(Conflict, match="voice_wordless"):
        await world.publish()
    with pytest.raises(Conflict, match="voice_wordless"):
        await world.do(voicing.offer_voice, world.as_("member"), VOICE, world.other_id)

    assert (await world.voice()).state == "ready"


async def test_publish_after_its_time_conflicts(world: World) -> None:
    await world.write()

    with pytest.raises(Conflict, match="voice_over"):
        await world.do(voicing.publish_voice, world.as_("custodian"), VOICE, {}, at=END)


@pytest.mark.parametrize(("raw", "streams"), [({}, {keys.PARTNERS}), ({"public": "on"}, {keys.PARTNERS, keys.PUBLIC})])
async def test_publish_tells_whoever_may_hear_it_and_never_a_word(world: World, raw: dict[str, str], streams: set[str]) -> None:
    await world.write()

    await world.publish(**raw)

    told = [event for event in await world.told() if event[1] == "voice.published"]
    assert {stream for stream, _, _ in told} == streams | {keys.group_stream(world.group_id)}
    assert all(data == {"voice": VOICE, "revision": 4, "state": "published", "spotlight": world.slug} for _, _, data in told)
    assert (keys.JOB_EXPIRE_VOICE, f"{VOICE}:{to_microseconds(END)}") in await world.planned()


async def test_publish_takes_a_custodian_of_its_own_group(world: World) -> None:
    await world.write()

    with pytest.raises(Forbidden):
        await world.do(voicing.publish_voice, world.as_("member"), VOICE, {})
    with pytest.raises(NotFound):
        await world.do(voicing.publish_voice, world.as_("custodian", world.other_id), VOICE, {})
    with pytest.raises(NotFound):
        await world.do(voicing.publish_voice, NOBODY, VOICE, {})


async def test_offer_is_known_to_whom_it_was_sent_and_taken_in_by_its_custodian(world: World) -> None:
    await world.write()
    await world.do(voicing.offer_voice, world.as_("member"), VOICE, world.other_id)
    asked = world.as_("custodian", world.other_id)

    async with world.database.read() as conn:
        words = await world.text_id()
        assert (await voicing.load_voice_of_text(conn, asked, words, NOON)).id == VOICE
        with pytest.raises(NotFound):
            await voicing.load_voice_of_text(conn, asked, words, END)
    with pytest.raises(Forbidden):
        await world.do(voicing.accept_voice, world.as_("member", world.other_id), VOICE)
    with pytest.raises(Conflict):
        await world.publish()
    await world.do(voicing.accept_voice, asked, VOICE)

    voice = await world.voice()
    assert (voice.state, voice.public, voice.to_group_id) == ("published", False, world.other_id)
    assert {stream for stream, kind, _ in await world.told() if kind == "voice.published"} == {
        keys.group_stream(world.group_id),
        keys.group_stream(world.other_id),
        keys.PARTNERS,
    }


async def test_offer_declined_is_heard_by_nobody_else(world: World) -> None:
    await world.write()
    await world.do(voicing.offer_voice, world.as_("member"), VOICE, world.other_id)
    asked = world.as_("custodian", world.other_id)

    await world.do(voicing.decline_voice, asked, VOICE)

    assert (await world.voice()).state == "declined"
    async with world.database.read() as conn:
        with pytest.raises(NotFound):
            await voicing.load_voice_of_text(conn, asked, await world.text_id(), NOON)


async def test_offer_to_itself_or_to_nobody_is_unknown(world: World) -> None:
    await world.write()

    for to in (world.group_id, "no-such-grp"):
        with pytest.raises(NotFound):
            await world.do(voicing.offer_voice, world.as_("member"), VOICE, to)


async def test_withdraw_empties_the_row_tells_at_once_and_lets_the_sound_go(world: World) -> None:
    await world.write()
    await world.publish(public="on")

    await world.do(voicing.withdraw_voice, world.as_("custodian"), VOICE)

    voice = await world.voice()
    assert (voice.state, voice.peaks, voice.times, voice.text_id) == ("withdrawn", (), (), None)
    assert await world.count_texts() == 0
    told = [(stream, data["revision"]) for stream, kind, data in await world.told() if kind == "voice.withdrawn"]
    assert sorted(told) == sorted((stream, 5) for stream in (keys.group_stream(world.group_id), keys.PARTNERS, keys.PUBLIC))
    assert (keys.JOB_DROP_SOUND, VOICE) in await world.planned()
    async with world.database.read() as conn:
        assert await voicing.load_withdrawn(conn, {"voice": VOICE}, NOON) == (VOICE, ["a" * 32, "b" * 32])
    await world.do(voicing.forget_sound, VOICE)
    async with world.database.read() as conn:
        assert await voicing.load_withdrawn(conn, {"voice": VOICE}, NOON) is None
    with pytest.raises(Conflict, match="voice_state"):
        await world.do(voicing.withdraw_voice, world.as_("custodian"), VOICE)


async def test_load_withdrawn_of_a_note_that_stands_is_nothing(world: World) -> None:
    async with world.database.read() as conn:
        assert await voicing.load_withdrawn(conn, {"voice": VOICE}, NOON) is None


@pytest.mark.parametrize("ending", ["job", "sweep", "leaving"])
async def test_note_ends_by_itself_when_its_time_is_over_or_its_group_leaves(world: World, ending: str) -> None:
    await world.write()
    await world.publish()

    match ending:
        case "job":
            await world.do(voicing.expire_voice, {"voice": VOICE, "expires_at_us": to_microseconds(END)}, at=END)
        case "sweep":
            await world.do(sweep_texts, {}, at=END)
        case _:
            await world.do(archive_group, caller_as("steward"), world.group_id)

    async with world.database.read() as conn:
        left = await find_voice(conn, with_id(VOICE))
    assert left is None if ending == "sweep" else left is not None and left.state == "withdrawn"
    assert await world.count_texts() == 0
    assert (keys.PARTNERS, "voice.withdrawn") in {(stream, kind) for stream, kind, _ in await world.told()}


async def test_expire_of_another_instant_does_nothing(world: World) -> None:
    await world.write()
    await world.publish()

    await world.do(voicing.expire_voice, {"voice": VOICE, "expires_at_us": to_microseconds(NOON)})

    assert (await world.voice()).state == "published"


async def test_words_are_translated_by_whoever_may_hear_them_and_hearers_are_told(world: World) -> None:
    await world.write()
    text_id = (await world.voice()).text_id
    assert text_id is not None
    with pytest.raises(NotFound):  # nobody else knows of it yet
        await world.do(translate, world.as_("member", world.other_id), world.other_id, text_id)
    await world.publish()
    before = len(await world.told())
    await world.do(translate, world.as_("member", world.other_id), world.other_id, text_id)

    async with world.database.read() as conn:
        words = await load_readable(conn, world.as_("member", world.other_id), text_id, NOON)
    assert [made.words for made in words.renderings[0].sections][:1] == ["We are on the bridge."]
    assert {kind for _, kind, _ in (await world.told())[before:]} == {"voice.published"}


async def translate(work: Work, caller: Caller, group_id: str, text_id: str) -> None:
    raw = {"language": "en", "section[0]": "We are on the bridge."}
    await save_translation(work, caller, group_id, text_id=text_id, raw=raw, languages=["en", "es"])


# --- until when -----------------------------------------------------------------------------------------------------------


async def ends_of_words(world: World, text_id: str) -> set[Any]:
    """The ends of the words and of their translation."""
    of_words = sa.select(text.c.expires_at).where(text.c.id == text_id)
    of_translation = sa.select(rendering.c.expires_at).where(rendering.c.text_id == text_id)
    async with world.database.read() as conn:
        return {(await conn.execute(chosen)).scalar_one() for chosen in (of_words, of_translation)}


async def test_end_chosen_later_is_the_words_end_too_and_the_job_of_before_does_nothing(world: World) -> None:
    await world.write()
    await world.do(voicing.keep_until, world.as_("member"), VOICE, {"span": "month"})
    await world.publish()
    voice = await world.voice()
    first, text_id = voice.expires_at, str(voice.text_id)
    await world.do(translate, world.as_("member", world.other_id), world.other_id, text_id)

    await world.do(voicing.keep_until, world.as_("custodian"), VOICE, {"until": "2027-06-01"})
    await world.do(voicing.expire_voice, {"voice": VOICE, "expires_at_us": to_microseconds(first)}, at=first)

    voice = await world.voice()
    last = voice.expires_at
    assert (voice.state, first < last <= END) == ("published", True)
    assert await ends_of_words(world, text_id) == {last}
    planned = {key for kind, key in await world.planned() if kind == keys.JOB_EXPIRE_VOICE}
    assert planned == {f"{VOICE}:{to_microseconds(end)}" for end in (first, last)}
    await world.do(voicing.expire_voice, {"voice": VOICE, "expires_at_us": to_microseconds(last)}, at=last)
    assert (await world.voice()).state == "withdrawn"


async def test_end_of_what_is_published_is_the_custodians_and_hearers_are_told(world: World) -> None:
    await world.write()
    await world.publish()

    with pytest.raises(Forbidden):
        await world.do(voicing.keep_until, world.as_("member"), VOICE, {"span": "month"})
    with pytest.raises(NotFound):
        await world.do(voicing.keep_until, NOBODY, VOICE, {"span": "month"})
    await world.do(voicing.keep_until, world.as_("custodian"), VOICE, {"span": "month"})

    revision = (await world.voice()).revision
    assert {(stream, kind) for stream, kind, data in await world.told() if data["revision"] == revision} == {
        (keys.PARTNERS, "voice.published"),
        (keys.group_stream(world.group_id), "voice.published"),
    }


async def test_end_of_what_is_over_or_taken_back_cannot_be_changed(world: World) -> None:
    with pytest.raises(Conflict, match="voice_over"):
        await world.do(voicing.keep_until, world.as_("member"), VOICE, {"span": "month"}, at=END)
    await world.do(voicing.withdraw_voice, world.as_("member"), VOICE)

    with pytest.raises(Conflict, match="voice_state"):
        await world.do(voicing.keep_until, world.as_("member"), VOICE, {"span": "month"})


async def test_end_that_cannot_be_changes_nothing(world: World) -> None:
    with pytest.raises(Invalid):
        await world.do(voicing.keep_until, world.as_("member"), VOICE, {"until": "2027-12-31"})

    assert ((await world.voice()).expires_at, (await world.voice()).revision) == (END, 2)


# --- words alone ----------------------------------------------------------------------------------------------------------


async def write_alone(world: World, **raw: str) -> VoiceRecord:
    """A note without a sound, through its service."""
    async with world.database.write(NOON) as work:
        voice_id = await voicing.write_voice(work, world.as_("member"), world.group_id, WORDS | raw, ["en", "es"])
        voice = await find_voice(work.conn, with_id(voice_id))
    assert voice is not None
    return voice


async def test_written_note_is_ready_with_its_words_and_nothing_of_a_sound(world: World) -> None:
    voice = await write_alone(world, spotlight=world.slug, until="2027-02-14", public="on")

    assert (voice.state, voice.is_written, voice.public, voice.upload_id) == ("ready", True, True, None)
    assert (voice.webm_id, voice.mp4_id, voice.duration_ms, voice.peaks, voice.times) == (None, None, None, (), ())
    async with world.database.read() as conn:
        kept = (await conn.execute(sa.select(text).where(text.c.id == voice.text_id))).one()
        assert voice.spotlight_id == await spotlight_id(conn, world.slug)
    assert (kept.kind, kept.may_leave, kept.expires_at) == ("voice", False, voice.expires_at)
    data = {"voice": voice.id, "revision": 2, "state": "ready", "spotlight": world.slug}
    assert await world.told() == [(keys.group_stream(world.group_id), "voice.changed", data)]
    assert await world.planned() == set()


async def test_written_note_with_faults_tells_all_of_them_and_leaves_nothing(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        await write_alone(world, language="xx", words=" ", until="2020-01-01")

    assert [fault.field for fault in caught.value.problems] == ["language", "words", "until"]
    with pytest.raises(NotFound):
        await write_alone(world, spotlight="no-such-thing")
    assert await world.count_texts() == 0
    async with world.database.read() as conn:
        assert [voice.id for voice in await find_voices(conn)] == [VOICE]


async def test_written_note_takes_whoever_may_tell(world: World) -> None:
    for caller in (world.as_("witness"), world.as_("room"), world.as_("member", world.other_id)):
        with pytest.raises(Forbidden):
            await world.do(voicing.write_voice, caller, world.group_id, WORDS, ["es"])


async def test_written_note_taken_back_while_it_is_offered_cannot_be_accepted(world: World) -> None:
    voice = await write_alone(world)
    await world.do(voicing.offer_voice, world.as_("member"), voice.id, world.other_id)

    await world.do(voicing.withdraw_voice, world.as_("member"), voice.id)

    with pytest.raises(NotFound):
        await world.do(voicing.accept_voice, world.as_("custodian", world.other_id), voice.id)
    assert await world.count_texts() == 0
    async with world.database.read() as conn:
        assert await voicing.load_withdrawn(conn, {"voice": voice.id}, NOON) is None


async def test_written_note_goes_the_way_of_a_sound_and_its_words_can_be_corrected(world: World) -> None:
    voice = await write_alone(world)
    await world.do(voicing.write_words, world.as_("member"), voice.id, WORDS | {"words": "Les oímos."}, ["es"])
    await world.do(voicing.offer_voice, world.as_("member"), voice.id, world.other_id)
    await world.do(voicing.accept_voice, world.as_("custodian", world.other_id), voice.id)

    async with world.database.read() as conn:
        after = await find_voice(conn, with_id(voice.id))
    assert after is not None
    assert (after.state, after.is_written, after.times, after.text_id) == ("published", True, (), voice.text_id)
    assert keys.JOB_TRANSLATE in {kind for kind, _ in await world.planned()}
    await world.do(voicing.expire_voice, {"voice": voice.id, "expires_at_us": to_microseconds(after.expires_at)}, at=after.expires_at)
    assert await world.count_texts() == 0


async def test_written_notes_sent_at_once_share_the_last_place(world: World) -> None:
    async with world.database.write(NOON) as work:
        row = (await work.conn.execute(sa.select(voice_note))).one()._mapping
        others = [dict(row) | {"id": f"v{number}", "spotlight_id": None} for number in range(VOICES_MOST - 2)]
        await work.conn.execute(sa.insert(voice_note), others)

    done = await asyncio.gather(write_alone(world), write_alone(world), return_exceptions=True)

    assert sorted(type(one).__name__ for one in done) == ["Conflict", "VoiceRecord"]
    assert await world.count_texts() == 1
