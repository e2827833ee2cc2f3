"""People translate: section by section beside the original, a second reader signs, and nobody's work is lost.

A saved translation never changes. Whoever goes on from one saves another that takes it up; whoever saves at the same time as somebody else
has theirs kept beside it. A signed one stays the best there is until what was made from it is signed as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.group import read_language
from coordinator.domain.spotlight import Spotlight
from coordinator.domain.text import read_prose, text_of
from coordinator.domain.translation import Origin, Rendering, Section, Shown, Source, Translated, show
from coordinator.errors import Conflict, Faults, Invalid, NotFound, problem
from coordinator.services.mirror import Words, load_readable
from coordinator.services.spotlights import tell_spotlight
from coordinator.services.voicing import tell_worded
from coordinator.store import spotlights as spotlight_store
from coordinator.store import texts as store
from coordinator.store.database import Work
from coordinator.store.idempotency import forget_words
from coordinator.store.ids import new_row_id

GROWTH = 3  # a translation may be this many times as long as its original, and a little more
LEAST_CHARS = 200


@dataclass(frozen=True, slots=True)
class Workbench:
    """What a translator has before them: the original, the best translation so far, and what others saved beside it.

    `bases` are the translations that a save from here takes up. `earlier` is the wording that the best one was made from, when the
    original has changed since.
    """

    words: Words
    language: str
    shown: Shown
    bases: tuple[Rendering, ...]
    earlier: Source | None = None

    @property
    def source(self) -> Source:
        return self.words.source


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save. `beside`: somebody else had saved meanwhile, and both are kept; `outdated`: the original had changed."""

    rendering_id: str
    beside: bool
    outdated: bool


async def load_workbench(conn: AsyncConnection, caller: Caller, group_id: str, *, text_id: str, language: str, now: datetime) -> Workbench:
    """The workbench of a text for this group's translators. NotFound for a text that they may not read."""
    caller.require(Right.TRANSLATE, group_id)
    words = await load_readable(conn, caller, text_id, now)
    shown = show(words.source, words.renderings, language)
    best = shown.rendering
    bases = () if best is None else (best, *shown.others)
    changed = best is not None and not best.is_current(words.source)
    earlier = (await store.find_earlier(conn, text_id)).get(best.source_hash) if best is not None and changed else None
    return Workbench(words, language, shown, bases, earlier)


async def save_translation(
    work: Work, caller: Caller, group_id: str, *, text_id: str, raw: Mapping[str, object], languages: Collection[str]
) -> Saved:
    """Keeps a translation by a person.

    `raw`: language; source_hash (the wording that was translated); base (ids of the translations it goes on from, apart by spaces);
    `section[0]`, `section[1]` … in the order of that wording, empty ones stay in the original. Raises Invalid with every fault, NotFound, Conflict
    `wording_unknown` when nobody knows the wording that `source_hash` names.
    """
    caller.require(Right.TRANSLATE, group_id)
    await take_turn(work, text_id)
    words = await load_readable(work.conn, caller, text_id, work.now)
    language = _read_target(text_of(raw, "language"), words.source, languages)
    wording = await find_wording(work.conn, words.source, text_of(raw, "source_hash"))
    made = Rendering(
        id=new_row_id(),
        text_id=text_id,
        language=language,
        origin=Origin.HUMAN,
        source_hash=wording.hash,
        sections=read_sections(raw, wording.sections),
        created_at=work.now,
        group_id=group_id,
        session_id=caller.session_id,
    )
    await store.insert_rendering(work.conn, made, words.text.expires_at)
    beside = await _take_up(work, made, text_of(raw, "base").split(), words)
    await tell_translated(work, text_id)
    return Saved(made.id, beside, not made.is_current(words.source))


async def sign_translation(work: Work, caller: Caller, group_id: str, rendering_id: str) -> Rendering:
    """A second reader vouches for a translation. Conflicts: `own_translation`, `translation_outdated`; signing twice changes nothing."""
    caller.require(Right.TRANSLATE, group_id)
    found = await _load_in_turn(work, rendering_id)
    words = await load_readable(work.conn, caller, found.text_id, work.now)
    if found.origin is Origin.HUMAN and found.session_id is not None and found.session_id == caller.session_id:
        raise Conflict("own_translation")
    if not found.is_current(words.source):
        raise Conflict("translation_outdated")
    if await store.sign_rendering(work.conn, rendering_id, group_id, work.now):
        await tell_translated(work, found.text_id)
    return found


async def delete_translation(work: Work, caller: Caller, group_id: str, rendering_id: str) -> Rendering:
    """Takes a translation away: by a custodian of the group that made it, or of the group whose words it translates."""
    found = await _load_in_turn(work, rendering_id)
    words = await load_readable(work.conn, caller, found.text_id, work.now)
    if group_id not in (found.group_id, words.text.group_id):
        raise NotFound("translation")
    caller.require(Right.PUBLISH, group_id)
    await forget_words(work.conn, [rendering_id])
    await store.delete_rendering(work.conn, rendering_id)
    await tell_translated(work, found.text_id)
    return found


async def tell_translated(work: Work, text_id: str) -> None:
    """Tells whoever may read the text that there are other words for it now."""
    row = await _find_spotlight(work, text_id)
    if row is None:
        await tell_worded(work, text_id)
        return
    await spotlight_store.change_spotlight(work.conn, row.id, work.now)
    await tell_spotlight(work, row.id, "spotlight.translated")


async def take_turn(work: Work, text_id: str) -> None:
    """Lets whoever changes a text or its translations wait for the others, before anything is read (PostgreSQL).

    The spotlight first, then its words, as in every command on a spotlight: two who took them the other way round would lock each other.
    """
    await _find_spotlight(work, text_id, lock=True)
    await store.find_text(work.conn, text_id, lock=True)


# --- parts ----------------------------------------------------------------------------------------------------------------


def read_sections(raw: Mapping[str, object], original: Sequence[Section]) -> tuple[Translated, ...]:
    """The translated sections of a form, in the original's order. Problems: missing when none was translated, and those of prose."""
    faults = Faults()
    given = [
        faults.read(field, read_prose, text_of(raw, field), longest=_longest(section), required=False)
        for field, section in zip(section_fields(original), original, strict=True)
    ]
    faults.check()
    made = tuple(Translated(section.key, section.hash, words) for section, words in zip(original, given, strict=True) if words)
    if not made:
        raise Invalid(problem(section_fields(original)[0], "missing"))
    return made


def section_fields(original: Sequence[Section]) -> list[str]:
    """The names of a form's fields, one a section, in the order of the wording."""
    return [f"section[{index}]" for index in range(len(original))]


def _longest(section: Section) -> int:
    return GROWTH * len(section.words) + LEAST_CHARS


def _read_target(raw: str, source: Source, languages: Collection[str]) -> str:
    faults = Faults()
    language = faults.read("language", read_language, raw, languages)
    faults.check()
    if language == source.language:
        raise Invalid(problem("language", "language_of_original", language))
    return language


async def find_wording(conn: AsyncConnection, source: Source, source_hash: str) -> Source:
    """The wording that was before the translator: today's, or an earlier one."""
    if source_hash in ("", source.hash):
        return source
    earlier = (await store.find_earlier(conn, source.text_id)).get(source_hash)
    if earlier is None:
        raise Conflict("wording_unknown")
    return earlier


async def _take_up(work: Work, made: Rendering, base_ids: Collection[str], words: Words) -> bool:
    """Lets `made` take the place of what it goes on from; returns whether others' work stands beside it.

    What was signed stays until `made` is signed too, and what is current stays when `made` is of an earlier wording; a machine's draft is no
    work that could be lost.
    """
    mine = [r for r in words.renderings if r.language == made.language and r.origin is Origin.HUMAN]
    fresh = made.is_current(words.source)
    taken = [r.id for r in mine if r.id in base_ids and not (r.is_current(words.source) and (r.is_signed or not fresh))]
    await store.replace_renderings(work.conn, taken, by=made.id)
    return any(r.id not in base_ids and r.is_current(words.source) for r in mine)


async def _load_in_turn(work: Work, rendering_id: str) -> Rendering:
    found = await store.find_rendering(work.conn, rendering_id)
    if found is not None:
        await take_turn(work, found.text_id)
        found = await store.find_rendering(work.conn, rendering_id)  # whoever was before us may have taken it up
    if found is None:
        raise NotFound("translation")
    return found


async def _find_spotlight(work: Work, text_id: str, *, lock: bool = False) -> Spotlight | None:
    """The spotlight that a text tells, or that it answers as an echo."""
    told = await spotlight_store.find_spotlight(work.conn, spotlight_store.with_texts([text_id]), lock=lock)
    if told is not None:
        return told
    echoes = await spotlight_store.find_echoes(work.conn, spotlight_store.echo_with_texts([text_id]))
    return await spotlight_store.find_spotlight(work.conn, spotlight_store.with_id(echoes[0].spotlight_id), lock=lock) if echoes else None


def waiting_for(renderings: Sequence[Rendering], source: Source, language: str) -> Sequence[Rendering]:
    """Current translations into `language` that no second reader has signed, the newest first."""
    unsigned = [r for r in renderings if r.language == language and r.is_current(source) and not r.is_signed]
    return sorted(unsigned, key=lambda r: (r.created_at, r.id), reverse=True)
