"""Edit, translate, draft, sign and delete in random orders: is what is told of the words true, and is nobody's work lost?

The services work on a real database; beside them a plain book keeps what was said when. After each step every reader, in every language, is
compared with the book, and so is every stored translation.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator.domain.access import NOBODY, Caller, Grant, Role
from coordinator.domain.translation import Label, Shown
from coordinator.errors import Conflict
from coordinator.ports import Locality, Pair
from coordinator.services.drafter import Drafter, Made
from coordinator.services.mirror import Reading, as_group, load_spotlights
from coordinator.services.spotlights import delete_spotlight, draft_spotlight, edit_spotlight, publish_spotlight
from coordinator.services.translations import (
    Workbench,
    delete_translation,
    load_workbench,
    save_translation,
    section_fields,
    sign_translation,
)
from coordinator.store.database import Database, Work
from coordinator.store.spotlights import find_spotlight, with_slug
from coordinator.store.tables import metadata, rendering
from coordinator.store.texts import find_text
from tests.conftest import SOAK
from tests.factories import NOON, add_group, add_network, open_database

RUNS = 500 if SOAK else 50
STEPS = 12
LANGUAGES = frozenset({"en", "es", "ar"})
TARGETS = ("es", "ar")
MARK = "ŽŽ"  # in all words that are said here, and in nothing else
Wording = tuple[tuple[str, str], ...]


@dataclass
class Entry:
    """A translation as the book knows it. `said`: key → words; `source`: the whole wording that it was made from."""

    language: str
    human: bool
    source: Wording
    said: dict[str, str]
    session: str | None
    group: str | None
    signed: bool = False
    replaced_by: str | None = None

    def holds(self, wording: Wording) -> bool:
        made_from = {words for key, words in self.source if key in self.said}
        return any(words in made_from for _, words in wording)

    def may_say(self, key: str, words: str) -> set[str]:
        """How this translation may render these words in this place: as it did there, else as it did anywhere."""
        same = {k: self.said[k] for k, w in self.source if w == words and k in self.said}
        return {same[key]} if key in same else set(same.values())


@dataclass
class Open:
    """A form that somebody has open: it is sent later, whatever has happened meanwhile."""

    caller: Caller
    group: str
    bench: Workbench
    source: Wording


@dataclass
class Pending:
    """A machine's job between reading and writing."""

    language: str
    source: Wording
    made: Made


class Prefixing:
    """A Translator that writes the language before each text."""

    name, version, locality = "prefixing", "1", Locality.IN_PROCESS

    async def pairs(self) -> frozenset[Pair]:
        return frozenset(Pair("en", target) for target in TARGETS)

    async def translate(self, segments: Sequence[str], pair: Pair, deadline_s: float) -> list[str]:
        return [f"{pair.target} {segment}" for segment in segments]

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Story:
    """One run: the database, and the book beside it."""

    database: Database
    rng: random.Random
    groups: list[str]
    drafter: Drafter
    now: datetime = NOON
    slug: str = ""
    text_id: str = ""
    wording: Wording = ()
    earlier: list[Wording] = field(default_factory=list)
    book: dict[str, Entry] = field(default_factory=dict)
    desks: list[Open] = field(default_factory=list)
    jobs: list[Pending] = field(default_factory=list)
    said: int = 0
    done: list[str] = field(default_factory=list)

    # --- who --------------------------------------------------------------------------------------------------------

    def caller(self, group: str, person: int, role: Role = Role.MEMBER) -> Caller:
        return Caller((Grant(role, group, "link"),), f"{group}-{person}")

    def somebody(self) -> tuple[Caller, str]:
        group = self.rng.choice(self.groups)
        return self.caller(group, self.rng.randrange(2)), group

    @property
    def custodian(self) -> Caller:
        return self.caller(self.groups[0], 0, Role.CUSTODIAN)

    # --- words ------------------------------------------------------------------------------------------------------

    def say(self, what: str) -> str:
        self.said += 1
        return f"{what} {MARK}{self.said}"

    def telling(self, paragraphs: list[str], title: str, ask: str) -> dict[str, str]:
        return {
            "title": title,
            "story": "\n\n".join(paragraphs),
            "ask": ask,
            "consent": "c " + MARK,
            "language": "en",
            "audience": "public",
        }

    # --- steps ------------------------------------------------------------------------------------------------------

    async def begin(self, work: Work) -> None:
        raw = self.telling([self.say("body") for _ in range(self.rng.randint(1, 3))], self.say("title"), self.say("ask"))
        self.slug = await draft_spotlight(work, self.custodian, self.groups[0], raw, LANGUAGES)
        await publish_spotlight(work, self.custodian, self.slug)
        await self.look_up(work)

    async def look_up(self, work: Work) -> None:
        row = await find_spotlight(work.conn, with_slug(self.slug))
        assert row is not None
        text = await find_text(work.conn, row.text_id)
        assert text is not None
        self.text_id, self.wording = row.text_id, tuple((s.key, s.words) for s in text.source.sections)

    async def edit(self, work: Work) -> None:
        before, rng = dict(self.wording), self.rng
        if self.earlier and rng.random() < 0.3:
            before = dict(rng.choice(self.earlier))
        body = [words for key, words in before.items() if key.startswith("body.")]
        match rng.randrange(6):
            case 0:
                body[rng.randrange(len(body))] = self.say("body")
            case 1:
                body.insert(rng.randrange(len(body) + 1), self.say("body"))
            case 2 if len(body) > 1:
                del body[rng.randrange(len(body))]
            case 3:
                body.append(before["title"])
            case 4:
                rng.shuffle(body)
            case 5:
                before["title"] = self.say("title")
        self.earlier.append(self.wording)
        await edit_spotlight(work, self.custodian, self.slug, self.telling(body, before["title"], before["ask"]), LANGUAGES)
        await self.look_up(work)

    async def open_desk(self, work: Work) -> None:
        caller, group = self.somebody()
        language = self.rng.choice(TARGETS)
        bench = await load_workbench(work.conn, caller, group, text_id=self.text_id, language=language, now=work.now)
        self.desks.append(Open(caller, group, bench, self.wording))

    async def save(self, work: Work) -> None:
        desk = self.desks.pop(self.rng.randrange(len(self.desks)))
        chosen = {key: self.say(f"{desk.bench.language} {key}") for key, _ in desk.source if self.rng.random() < 0.8}
        if not chosen:
            return
        fields = zip(section_fields(desk.bench.source.sections), desk.source, strict=True)
        bases = [base.id for base in desk.bench.bases]
        raw = {
            "language": desk.bench.language,
            "source_hash": desk.bench.source.hash,
            "base": " ".join(bases),
            **{name: chosen.get(key, "") for name, (key, _) in fields},
        }
        saved = await save_translation(work, desk.caller, desk.group, text_id=self.text_id, raw=raw, languages=LANGUAGES)
        fresh, mine = desk.source == self.wording, self.standing(desk.bench.language, human=True)
        for known, entry in mine.items():
            current = entry.source == self.wording
            if known in bases and not (current and (entry.signed or not fresh)):
                entry.replaced_by = saved.rendering_id
        assert saved.outdated is not fresh
        assert saved.beside == any(known not in bases and entry.source == self.wording for known, entry in mine.items())
        self.book[saved.rendering_id] = Entry(desk.bench.language, True, desk.source, chosen, desk.caller.session_id, desk.group)

    async def sign(self, work: Work) -> None:
        caller, group = self.somebody()
        chosen = self.rng.choice(list(self.standing()))
        entry = self.book[chosen]
        expected = ""
        if entry.human and entry.session == caller.session_id:
            expected = "own_translation"
        elif entry.source != self.wording:
            expected = "translation_outdated"
        if expected:
            with pytest.raises(Conflict) as fault:
                await sign_translation(work, caller, group, chosen)
            assert fault.value.code == expected
            return
        await sign_translation(work, caller, group, chosen)
        entry.signed = True

    async def unsay(self, work: Work) -> None:
        chosen = self.rng.choice(list(self.standing()))
        await delete_translation(work, self.custodian, self.groups[0], chosen)
        del self.book[chosen]
        for entry in self.book.values():
            if entry.replaced_by == chosen:
                entry.replaced_by = None

    async def begin_job(self, work: Work) -> None:
        language = self.rng.choice(TARGETS)
        task = await self.drafter.load(work.conn, {"text": self.text_id, "language": language}, work.now)
        assert (task is not None) == self.lacks(language)
        if task is not None:
            self.jobs.append(Pending(language, self.wording, await self.drafter.compute(task)))

    async def end_job(self, work: Work) -> None:
        """A job that began at an earlier wording, or is slower than a person, keeps nothing."""
        job = self.jobs.pop(self.rng.randrange(len(self.jobs)))
        kept = job.source == self.wording and self.lacks(job.language)
        await self.drafter.store(work, job.made)
        if not kept:
            return
        drafted = job.made.rendering
        assert drafted is not None
        for entry in self.standing(job.language, human=False).values():
            if not entry.signed:
                entry.replaced_by = drafted.id
        said = {section.key: section.words for section in drafted.sections}
        assert {key: f"{job.language} {words}" for key, words in self.wording} == said
        self.book[drafted.id] = Entry(job.language, False, job.source, said, None, None)

    def lacks(self, language: str) -> bool:
        """Whether nobody, person or machine, has translated the wording as it is."""
        return not any(entry.source == self.wording for entry in self.standing(language).values())

    async def delete(self, work: Work) -> None:
        await delete_spotlight(work, self.custodian, self.slug)
        left = await everything_stored(work)
        assert MARK not in left, "words of a deleted spotlight are still there"
        self.earlier, self.book, self.desks, self.jobs = [], {}, [], []
        await self.begin(work)

    # --- what the book says -------------------------------------------------------------------------------------------

    def standing(self, language: str = "", *, human: bool | None = None) -> dict[str, Entry]:
        return {
            known: entry
            for known, entry in self.book.items()
            if entry.replaced_by is None
            and entry.language in (language or TARGETS)
            and entry.human in ({human} if human is not None else {True, False})
        }

    def choices(self) -> list[Callable[[Work], Any]]:
        steps = [self.edit, self.edit, self.open_desk, self.open_desk, self.begin_job]
        steps += [self.save] * 4 if self.desks else []
        steps += [self.end_job] * 2 if self.jobs else []
        steps += [self.sign, self.sign, self.sign, self.unsay] if self.standing() else []
        return steps + ([self.delete] if self.rng.random() < 0.2 else [])

    def expected_label(self, language: str, *, drafts: bool) -> Label:
        standing = self.standing(language).values() if language in TARGETS else []
        current = [entry for entry in standing if entry.source == self.wording]
        if any(entry.signed for entry in current):
            return Label.READ
        if not drafts or not any(entry.holds(self.wording) for entry in standing):
            return Label.ORIGINAL
        if not current:
            return Label.OUT_OF_DATE
        return Label.PERSON if any(entry.human for entry in current) else Label.MACHINE

    def check(self, shown: Shown, language: str, *, drafts: bool) -> None:
        assert shown.label is self.expected_label(language, drafts=drafts)
        assert [piece.key for piece in shown.pieces] == [key for key, _ in self.wording]
        entry = self.book[shown.rendering.id] if shown.rendering else None
        assert (entry is None) == (shown.label is Label.ORIGINAL)
        for piece, (key, words) in zip(shown.pieces, self.wording, strict=True):
            possible = entry.may_say(key, words) if entry else set()
            assert piece.language == (language if possible else "en")
            assert piece.words in (possible or {words})
        if entry is None:
            return
        facts = {
            Label.READ: (True, True),
            Label.PERSON: (True, False),
            Label.MACHINE: (True, False),
            Label.OUT_OF_DATE: (False, entry.signed),
        }
        assert (entry.source == self.wording, entry.signed) == facts[shown.label]
        assert shown.label not in (Label.PERSON, Label.MACHINE) or entry.human == (shown.label is Label.PERSON)
        beside = {known for known, e in self.standing(language, human=True).items() if e.source == self.wording}
        assert shown.rendering is not None
        assert {other.id for other in shown.others} == beside - {shown.rendering.id}

    async def check_all(self, work: Work) -> None:
        partner = self.groups[1]
        for language in ("en", *TARGETS):
            hall = as_group(partner, language, work.now, drafts=False)
            people = [Reading(who, language, work.now) for who in (self.custodian, self.caller(partner, 1), NOBODY)]
            for reading in (hall, *people):
                (view,) = await load_spotlights(work.conn, reading)
                self.check(view.shown, language, drafts=reading.drafts)
        stored = {
            row.id: ({key: words for key, _, words in row.sections}, row.replaced_by, row.signed_at is not None)
            for row in await work.conn.execute(sa.select(rendering))
        }
        assert stored == {known: (entry.said, entry.replaced_by, entry.signed) for known, entry in self.book.items()}


async def everything_stored(work: Work) -> str:
    """Every cell of every table, and what is about to be told."""
    rows = [str(tuple(row)) for table in metadata.sorted_tables for row in await work.conn.execute(sa.select(table))]
    return "\n".join([*rows, *(str(event) for event in work.events)])


@pytest.mark.parametrize("run", range(RUNS))
async def test_words_in_random_order_are_labelled_truly_and_nobodys_work_is_lost(
    sqlite_database_url: str, rng: random.Random, run: int
) -> None:
    async with open_database(sqlite_database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            groups = [await add_group(work.conn, f"Group {n}", listing="public") for n in range(3)]
        story = Story(database, rng, groups, Drafter(Prefixing(), LANGUAGES, 5.0))
        async with database.write(NOON) as work:
            await story.begin(work)
        for _ in range(STEPS):
            story.now += timedelta(minutes=1)
            step = rng.choice(story.choices())
            story.done.append(step.__name__)
            async with database.write(story.now) as work:
                await step(work)
                try:
                    await story.check_all(work)
                except AssertionError as fault:
                    fault.add_note(f"after {story.done}")
                    raise
        async with database.write(story.now) as work:
            await story.delete(work)
