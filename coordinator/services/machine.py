"""How does an engine draft a translation? Masked, checked, and with every segment that it failed left in the original.

The one way from people's words to an engine, so that none can be forgotten: consent, masking, comparing tokens. What a draft is
for, who sees it and what it may never overwrite is decided by whoever asks; nothing here reads or writes the database.

    segment ─ lines ─ masked ─ units ──► engine, all units in one batch a hop ──► judged ─ joined ─ unmasked
                                 └─◄─ failed ones once more, in smaller pieces ─◄──┘
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from coordinator.domain.cutting import Line, cut_lines, cut_long, cut_smaller, trim
from coordinator.domain.glossary import Term, terms_for
from coordinator.domain.masking import Masked, TokensLost, compare_tokens, has_words, mask, unmask
from coordinator.domain.routes import Pair, Route, find_route, is_same_language
from coordinator.domain.text import read_prose
from coordinator.errors import EngineAway, EngineFault, EngineLied, Invalid
from coordinator.ports import Locality, Translator

UNIT_MOST_CHARS = 600  # longer lines are cut into sentences: engines forget the end of what is too long
ANSWER_MOST_TIMES, ANSWER_MOST_CHARS = 8, 200  # as many times the question, and then some
EMPTY, UNCHANGED, TOKENS_LOST, UNFIT = "empty", "unchanged", "tokens_lost", "unfit"


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment of a draft. `text` is None where it stays in the original; `problem` then says why.

    Problems: `empty`, `unchanged`, `tokens_lost`, `unfit` (characters that nobody may write here, or far too long).
    """

    text: str | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an engine made of a text, segment by segment. `via` is the pivot's tag, or empty."""

    pieces: tuple[Piece, ...]
    engine: str
    version: str
    via: str


def needs_consent(translator: Translator) -> bool:
    """Whether a text leaves this host to be translated: then its group must have said yes."""
    return translator.locality is Locality.REMOTE


async def draft_segments(
    translator: Translator,
    segments: Sequence[str],
    source: str,
    target: str,
    *,
    terms: Sequence[Term],
    may_leave: bool,
    deadline_s: float,
) -> Draft | None:
    """A draft of `segments` within `deadline_s`; None when no route serves the languages, or the text may not leave for a remote engine.

    `terms` may hold those of every language. Without consent nothing at all is sent. A segment without letters outside tokens is not sent
    and comes back as it is, terms rendered. Raises EngineFault; EngineLied too when every segment that has words failed, so that a draft is
    never the original.
    """
    if is_same_language(source, target) or (needs_consent(translator) and not may_leave):
        return None
    ends_at = asyncio.get_running_loop().time() + deadline_s
    async with _within(translator, ends_at):
        route = find_route(await translator.pairs(), source, target)
    if route is None:
        return None
    glossary = terms_for(terms, Pair(source, target))
    drafted = [Segment.cut(segment, glossary) for segment in segments]
    await _translate(translator, route, [unit for each in drafted for unit in each.units], ends_at)
    pieces = tuple(each.join() for each in drafted)
    _require_some(translator.name, drafted, pieces)
    return Draft(pieces, translator.name, translator.version, route.via)


@dataclass(slots=True)
class Unit:
    """What is sent as one: a masked line, or a part of one. `answer` is the engine's, once it has one; `problem` what is wrong with it."""

    asked: Line
    answer: str = ""
    problem: str = ""

    @property
    def is_sent(self) -> bool:
        return has_words(self.asked.words)

    def take(self, answer: str) -> None:
        """Keeps the answer as one line, and judges it."""
        self.answer = " ".join(line.strip() for line in answer.splitlines()).strip()
        self.problem = _judge(self.asked.words, self.answer)

    def join(self) -> str:
        words = self.answer if self.is_sent else self.asked.words
        return self.asked.before + words + self.asked.after


@dataclass(slots=True)
class Row:
    """One line of a segment: masked as a whole, sent as one unit or several."""

    line: Line
    masked: Masked
    units: list[Unit] = field(default_factory=list)

    def join(self) -> str:
        return self.line.before + unmask("".join(unit.join() for unit in self.units), self.masked) + self.line.after


@dataclass(slots=True)
class Segment:
    """One segment on its way."""

    rows: list[Row]

    @classmethod
    def cut(cls, text: str, glossary: Sequence[Term]) -> Segment:
        """The segment, masked and cut."""
        rows = [Row(line, mask(line.words, glossary)) for line in cut_lines(text)]
        for row in rows:
            row.units = [Unit(trim(part)) for part in cut_long(row.masked.text, UNIT_MOST_CHARS)]
        return cls(rows)

    @property
    def units(self) -> list[Unit]:
        """Those that are sent."""
        return [unit for row in self.rows for unit in row.units if unit.is_sent]

    def join(self) -> Piece:
        """The translated segment, or why it stays in the original: any part failed, or all of it came back as it was."""
        problems = [unit.problem for unit in self.units]
        broken = [problem for problem in problems if problem not in ("", UNCHANGED)]
        if broken:
            return Piece(None, broken[0])
        if problems and all(problems):
            return Piece(None, UNCHANGED)
        try:
            return Piece("".join(row.join() for row in self.rows))
        except TokensLost:  # only where the parts of a line exchanged theirs, which no judged answer does
            return Piece(None, TOKENS_LOST)


async def _translate(translator: Translator, route: Route, units: Sequence[Unit], ends_at: float) -> None:
    """Gives each unit its answer; the failed ones are tried once more, smaller."""
    answers = await _send(translator, route, [unit.asked.words for unit in units], ends_at)
    for unit, answer in zip(units, answers, strict=True):
        unit.take(answer)
    smaller = [(unit, _cut_again(unit)) for unit in units if unit.problem]
    again = [(unit, parts) for unit, parts in smaller if len(parts) > 1]
    sent = [part for _, parts in again for part in parts if part.is_sent]
    try:
        answers = await _send(translator, route, [part.asked.words for part in sent], ends_at)
    except EngineFault:
        return  # what came the first time is judged already
    for part, answer in zip(sent, answers, strict=True):
        part.take(answer)
    for unit, parts in again:
        _mend(unit, parts)


def _cut_again(unit: Unit) -> list[Unit]:
    return [Unit(trim(part)) for part in cut_smaller(unit.asked.words)]


def _mend(unit: Unit, parts: Sequence[Unit]) -> None:
    """Puts a unit together from its parts, unless one of them failed too. Parts that stay the same word for word are no failure."""
    if not any(part.problem not in ("", UNCHANGED) for part in parts):
        unit.take("".join(part.join() for part in parts))


async def _send(translator: Translator, route: Route, words: list[str], ends_at: float) -> list[str]:
    """The words at the end of the route, one batch a hop. What a hop gives back blank goes no further."""
    for hop in route.hops if words else ():
        async with _within(translator, ends_at):
            answers = await translator.translate(words, hop, max(0.0, ends_at - asyncio.get_running_loop().time()))
        if len(answers) != len(words):
            raise EngineLied(translator.name, "count")
        words = answers
    return words


@asynccontextmanager
async def _within(translator: Translator, ends_at: float) -> AsyncIterator[None]:
    """A second net below the engine's own time limit. Raises EngineAway."""
    try:
        async with asyncio.timeout_at(ends_at):
            yield
    except TimeoutError:
        raise EngineAway(translator.name, "timeout") from None


def _judge(asked: str, answer: str) -> str:
    """What is wrong with an answer; empty when nothing is. Tokens without a word are no translation of words."""
    try:
        compare_tokens(asked, answer)
        read_prose(answer, longest=len(asked) * ANSWER_MOST_TIMES + ANSWER_MOST_CHARS, required=False)
    except TokensLost:
        return TOKENS_LOST if answer else EMPTY
    except Invalid:
        return UNFIT
    if not has_words(answer):
        return EMPTY
    return UNCHANGED if _plain(asked) == _plain(answer) else ""


def _plain(words: str) -> str:
    return " ".join(words.casefold().split())


def _require_some(engine: str, drafted: Sequence[Segment], pieces: Sequence[Piece]) -> None:
    """Raises EngineLied, with the commonest problem, when no segment that has words came back translated."""
    problems = [piece.problem for each, piece in zip(drafted, pieces, strict=True) if each.units]
    if problems and all(problems):
        raise EngineLied(engine, Counter(problems).most_common(1)[0][0])
