"""Which words does a reader get, and what must be said of them? Origin, review and freshness are three separate facts.

An original is a `Source`: sections with keys, in reading order. A `Rendering` is one translation of it and never changes: whoever goes on
from it makes another. Whether it is current is computed from the hash of what it was made from, never stored. A section whose original
has changed since is never shown: the original stands in its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

HASH_CHARS = 32


class Origin(StrEnum):
    """Who made a translation."""

    HUMAN = "human"
    MACHINE = "machine"


class Label(StrEnum):
    """What a text is, as said beside it."""

    ORIGINAL = "original"
    READ = "read"  # a second reader has signed it
    PERSON = "person"
    MACHINE = "machine"
    OUT_OF_DATE = "out_of_date"  # parts of it were made from an earlier wording; those stand in the original


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text that is translated as one: a title, a paragraph."""

    key: str
    words: str

    @property
    def hash(self) -> str:
        """Names these words."""
        return hashlib.sha256(self.words.encode()).hexdigest()[:HASH_CHARS]


@dataclass(frozen=True, slots=True)
class Source:
    """An original. Keys are unique; sections without words are left out."""

    text_id: str
    language: str
    sections: tuple[Section, ...]

    @property
    def hash(self) -> str:
        """Names this wording: the language, and every section in its order."""
        return hash_sections(self.language, self.sections)

    def words(self, key: str) -> str:
        """The words of a section, empty when there is none."""
        return next((section.words for section in self.sections if section.key == key), "")


@dataclass(frozen=True, slots=True)
class Translated:
    """One section in another language; `source_hash` names the words it was made from."""

    key: str
    source_hash: str
    words: str


@dataclass(frozen=True, slots=True)
class Rendering:
    """One translation, as it was saved. Sections that are not in it stay in the original.

    `group_id` is the translating group (None: a machine, or the group has gone); `signed_at` is set once a second reader has signed.
    """

    id: str
    text_id: str
    language: str
    origin: Origin
    source_hash: str
    sections: tuple[Translated, ...]
    created_at: datetime
    group_id: str | None = None
    session_id: str | None = None
    engine: str = ""
    engine_version: str = ""
    via: str = ""
    glossary_revision: int = 0
    signed_by: str | None = None
    signed_at: datetime | None = None

    def is_current(self, source: Source) -> bool:
        """Whether it was made from this very wording."""
        return self.source_hash == source.hash

    @property
    def is_signed(self) -> bool:
        """Whether a second reader has read it."""
        return self.signed_at is not None

    def by_hash(self) -> Mapping[str, str]:
        """Hash of an original section → its translation: a paragraph that only moved keeps its translation."""
        return {section.source_hash: section.words for section in self.sections}

    def by_place(self) -> Mapping[tuple[str, str], str]:
        """(Key, hash) of an original section → its translation: the same words can be said differently in two places."""
        return {(section.key, section.source_hash): section.words for section in self.sections}


@dataclass(frozen=True, slots=True)
class Piece:
    """One section as it is shown. `changed`: its translation was made from earlier words, so the original stands here."""

    key: str
    words: str
    language: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as one reader gets it. `rendering` is None for the original; `others` are current versions by people that stand beside it."""

    label: Label
    language: str
    pieces: tuple[Piece, ...]
    rendering: Rendering | None = None
    others: tuple[Rendering, ...] = field(default=())

    @property
    def via(self) -> str:
        """The language in between, empty when it was translated directly."""
        return self.rendering.via if self.rendering else ""

    @property
    def is_reviewed(self) -> bool:
        """Whether it may be projected without being asked for: the original, or read by a second speaker and current."""
        return self.label in (Label.ORIGINAL, Label.READ)

    def words(self, key: str) -> str:
        """The words of a section as shown, empty when there is none."""
        return next((piece.words for piece in self.pieces if piece.key == key), "")

    def under(self, prefix: str) -> tuple[Piece, ...]:
        """The pieces whose key begins so, in order: the paragraphs of a body."""
        return tuple(piece for piece in self.pieces if piece.key.startswith(prefix))


def hash_sections(language: str, sections: Iterable[Section]) -> str:
    """One name for a wording."""
    content = json.dumps([language, [[section.key, section.words] for section in sections]], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def show(source: Source, renderings: Sequence[Rendering], language: str, *, drafts: bool = True) -> Shown:
    """The best text there is for a reader of `language`: signed, then by a person, then a machine's draft, then what is out of date.

    `renderings` are those that stand (not taken up by a later one), of any language. Without `drafts` only reviewed text is shown, else
    the original: what a projector does until somebody turns drafts on.
    """
    candidates = [r for r in renderings if r.language == language and r.text_id == source.text_id]
    if language == source.language or not candidates:
        return show_original(source)
    best = max(candidates, key=lambda rendering: _rank(rendering, source))
    shown = _compose(source, best, _others(source, candidates, best))
    return shown if drafts or shown.is_reviewed else show_original(source)


def show_each(source: Source, renderings: Sequence[Rendering]) -> Mapping[str, Shown]:
    """Language → the best text there is in it, for every language that there is any text in; the original's comes first."""
    languages = dict.fromkeys((source.language, *sorted(rendering.language for rendering in renderings)))
    found = {language: show(source, renderings, language) for language in languages}
    return {language: shown for language, shown in found.items() if shown.language == language}


def show_original(source: Source) -> Shown:
    """The original itself."""
    return Shown(Label.ORIGINAL, source.language, tuple(Piece(s.key, s.words, source.language) for s in source.sections))


def label_of(rendering: Rendering, source: Source) -> Label:
    """What must be said of a rendering beside this wording of the original."""
    if not rendering.is_current(source):
        return Label.OUT_OF_DATE
    if rendering.is_signed:
        return Label.READ
    return Label.MACHINE if rendering.origin is Origin.MACHINE else Label.PERSON


def _rank(rendering: Rendering, source: Source) -> tuple[bool, bool, bool, bool, int, datetime, str]:
    """What still holds at all, current first, signed before unsigned, people before machines, then how much holds, then the newest."""
    still = rendering.by_hash()
    holds = sum(section.hash in still for section in source.sections)
    human = rendering.origin is Origin.HUMAN
    return (holds > 0, rendering.is_current(source), rendering.is_signed, human, holds, rendering.created_at, rendering.id)


def _others(source: Source, candidates: Iterable[Rendering], best: Rendering) -> tuple[Rendering, ...]:
    """What people saved at the same time: nobody's work is lost, so it is offered beside the one that is shown."""
    beside = [r for r in candidates if r.id != best.id and r.origin is Origin.HUMAN and r.is_current(source)]
    return tuple(sorted(beside, key=lambda r: (r.created_at, r.id), reverse=True))


def _compose(source: Source, rendering: Rendering, others: tuple[Rendering, ...]) -> Shown:
    moved, placed = rendering.by_hash(), rendering.by_place()
    made = {section.key: placed.get((section.key, section.hash), moved.get(section.hash)) for section in source.sections}
    keys = {section.key for section in rendering.sections}
    pieces = tuple(_piece(section, made[section.key], keys, source.language, rendering.language) for section in source.sections)
    if not any(piece.language == rendering.language for piece in pieces):
        return show_original(source)
    return Shown(label_of(rendering, source), rendering.language, pieces, rendering, others)


def _piece(section: Section, made: str | None, keys: set[str], original: str, language: str) -> Piece:
    if made is not None:
        return Piece(section.key, made, language)
    return Piece(section.key, section.words, original, changed=section.key in keys)


# --- what a machine has to do ---------------------------------------------------------------------------------------------


def wants_draft(source: Source, renderings: Sequence[Rendering], language: str, glossary_revision: int) -> bool:
    """Whether a machine should draft this language: nobody has translated or read this wording, and no draft is as new as the glossary."""
    if language == source.language:
        return False
    current = [r for r in renderings if r.language == language and r.text_id == source.text_id and r.is_current(source)]
    return not any(r.origin is Origin.HUMAN or r.is_signed or r.glossary_revision >= glossary_revision for r in current)


def reusable(renderings: Sequence[Rendering], language: str, engine: str, version: str, glossary_revision: int) -> Mapping[str, str]:
    """Hash of an original section → a machine's earlier translation that the same engine would make again."""
    same = [
        r
        for r in renderings
        if r.language == language
        and r.origin is Origin.MACHINE
        and (r.engine, r.engine_version, r.glossary_revision) == (engine, version, glossary_revision)
    ]
    return {hashed: words for r in sorted(same, key=lambda r: r.created_at) for hashed, words in r.by_hash().items()}
