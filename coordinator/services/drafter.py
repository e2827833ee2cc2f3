"""How does a machine's draft come to a text? One job looks at the text and plans one a language; that one asks the engine and keeps its draft.

An engine that fails for one language is tried again for that one alone. Between reading and writing no transaction is held: what was edited,
taken back, translated by a person or deleted meanwhile wins over the draft. Nothing is sent before it is published.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator import keys
from coordinator.domain.glossary import Term
from coordinator.domain.routes import find_route
from coordinator.domain.spotlight import Audience
from coordinator.domain.translation import Origin, Rendering, Translated, reusable, wants_draft
from coordinator.errors import EngineLied, EngineRefused
from coordinator.ports import Translator
from coordinator.services.glossary import load_terms
from coordinator.services.groups import load_groups
from coordinator.services.machine import Draft, draft_segments, needs_consent
from coordinator.services.translations import take_turn, tell_translated
from coordinator.store import spotlights as spotlight_store
from coordinator.store import voices as voice_store
from coordinator.store.database import Work
from coordinator.store.ids import new_row_id
from coordinator.store.network import load_glossary_revision
from coordinator.store.texts import TextRecord, find_renderings, find_text, insert_rendering, replace_drafts

log = structlog.get_logger(__name__)

Ref = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Into which languages a text is to be drafted."""

    text: TextRecord
    languages: frozenset[str]
    glossary_revision: int


@dataclass(frozen=True, slots=True)
class Task:
    """What one draft needs to be made: everything is read before the engine is asked."""

    text: TextRecord
    renderings: Sequence[Rendering]
    language: str
    terms: Sequence[Term]
    glossary_revision: int


@dataclass(frozen=True, slots=True)
class Made:
    """A draft, or None when no engine serves the pair, may see the text, or has an answer worth keeping."""

    task: Task
    rendering: Rendering | None


class Drafter:
    """The two jobs. `languages` are those of the pages; the groups' own are added."""

    def __init__(self, translator: Translator, languages: Collection[str], deadline_s: float) -> None:
        self._translator = translator
        self._languages = frozenset(languages)
        self._deadline_s = deadline_s

    async def load_wanted(self, conn: AsyncConnection, ref: Ref, now: datetime) -> Wanted | None:
        """The first job begins: into which languages a text that stands is wanted; None when it stands no more."""
        text = await find_text(conn, ref["text"])
        if text is None or not await _stands(conn, text, now):
            return None
        languages = await self._load_wanted(conn, text)
        return Wanted(text, languages - {text.source.language}, await load_glossary_revision(conn))

    async def choose_served(self, wanted: Wanted) -> Wanted:
        """Those of the languages that the engine serves and may be asked for: the others wait for a person. Raises EngineAway."""
        if needs_consent(self._translator) and not wanted.text.may_leave:
            return replace(wanted, languages=frozenset())
        pairs = await self._translator.pairs()
        source = wanted.text.source.language
        return replace(wanted, languages=frozenset(tag for tag in wanted.languages if find_route(pairs, source, tag) is not None))

    async def plan_served(self, work: Work, wanted: Wanted) -> None:
        """Plans a draft for each of them. Twice is harmless."""
        text = wanted.text
        for language in sorted(wanted.languages):
            # by revision, not by wording: an edit that was taken back has replaced the drafts of the wording that came back
            key = f"{text.source.text_id}:{language}:{text.revision}:{wanted.glossary_revision}"
            await work.plan(keys.JOB_DRAFT, key, {"text": text.source.text_id, "language": language}, work.now)

    async def _load_wanted(self, conn: AsyncConnection, text: TextRecord) -> frozenset[str]:
        """The languages that somebody reads it in: of what a packet brought, its group's alone."""
        groups = await load_groups(conn)
        brought = spotlight_store.of_audience(Audience.OWN)
        if await spotlight_store.find_spotlight(conn, spotlight_store.with_texts([text.source.text_id]), brought):
            return frozenset(group.language for group in groups if group.id == text.group_id)
        return self._languages | {group.language for group in groups}

    async def load(self, conn: AsyncConnection, ref: Ref, now: datetime) -> Task | None:
        """The second job begins: what is to be drafted; None when nothing is (any more)."""
        text = await find_text(conn, ref["text"])
        if text is None or not await _stands(conn, text, now):
            return None
        renderings = (await find_renderings(conn, [ref["text"]]))[ref["text"]]
        glossary_revision = await load_glossary_revision(conn)
        if not wants_draft(text.source, renderings, ref["language"], glossary_revision):
            return None
        terms = [*await load_terms(conn), *await _load_names(conn, text.source.language)]
        return Task(text, renderings, ref["language"], terms, glossary_revision)

    async def compute(self, task: Task) -> Made:
        """Asks the engine for the sections that it has not translated before. EngineAway passes: the job is tried again."""
        source = task.text.source
        known = reusable(task.renderings, task.language, self._translator.name, self._translator.version, task.glossary_revision)
        asked = [section for section in source.sections if section.hash not in known]
        try:
            draft = await self._ask(task, [section.words for section in asked])
        except (EngineLied, EngineRefused) as fault:
            log.warning("draft.refused", text=source.text_id, language=task.language, engine=self._translator.name, code=fault.code)
            return Made(task, None)
        if draft is None:
            return Made(task, None)
        fresh = {section.hash: piece.text for section, piece in zip(asked, draft.pieces, strict=True)}
        return Made(task, self._rendering(task, draft, {**known, **fresh}))

    async def _ask(self, task: Task, words: Sequence[str]) -> Draft | None:
        return await draft_segments(
            self._translator,
            words,
            task.text.source.language,
            task.language,
            terms=task.terms,
            may_leave=task.text.may_leave,
            deadline_s=self._deadline_s,
        )

    def _rendering(self, task: Task, draft: Draft, words: Mapping[str, str | None]) -> Rendering:
        source = task.text.source
        return Rendering(
            id=new_row_id(),
            text_id=source.text_id,
            language=task.language,
            origin=Origin.MACHINE,
            source_hash=source.hash,
            sections=tuple(Translated(s.key, s.hash, said) for s in source.sections if (said := words.get(s.hash))),
            created_at=task.text.changed_at,
            engine=draft.engine,
            engine_version=draft.version,
            via=draft.via,
            glossary_revision=task.glossary_revision,
        )

    async def store(self, work: Work, made: Made) -> None:
        """Keeps the draft, unless the text has changed, ended or been translated by a person meanwhile."""
        rendering = made.rendering
        if rendering is None:
            return
        await take_turn(work, rendering.text_id)
        text = await find_text(work.conn, rendering.text_id)
        if text is None or text.source.hash != rendering.source_hash or not await _stands(work.conn, text, work.now):
            return
        renderings = (await find_renderings(work.conn, [rendering.text_id]))[rendering.text_id]
        if not wants_draft(text.source, renderings, rendering.language, rendering.glossary_revision):
            return
        await insert_rendering(work.conn, replace(rendering, created_at=work.now), text.expires_at)
        await replace_drafts(work.conn, rendering.text_id, rendering.language, by=rendering.id)
        await tell_translated(work, rendering.text_id)


async def _stands(conn: AsyncConnection, text: TextRecord, now: datetime) -> bool:
    """Whether the voice note or spotlight whose words these are, or that they answer, is published and its consent holds."""
    text_id = text.source.text_id
    standing = spotlight_store.standing(now)
    if await spotlight_store.find_spotlight(conn, spotlight_store.with_texts([text_id]), standing):
        return True
    if await voice_store.find_voice(conn, voice_store.with_text(text_id), voice_store.standing(now)):
        return True
    echoes = await spotlight_store.find_echoes(conn, spotlight_store.echo_with_texts([text_id]))
    answered = [echo.spotlight_id for echo in echoes]
    return bool(answered) and await spotlight_store.find_spotlight(conn, spotlight_store.among(answered), standing) is not None


async def _load_names(conn: AsyncConnection, language: str) -> list[Term]:
    """What the partners call themselves: engines translate names too, and a partner must be known again in every language."""
    profiles = [group.profile for group in await load_groups(conn)]
    names = {name for profile in profiles for name in (profile.name, profile.alias_name) if any(c.isalpha() for c in name)}
    return [Term(name, language) for name in sorted(names)]
