"""How is a text cut for an engine, and why does nothing of it get lost? Lines, sentences, clauses; put side by side they are the text again.

Cut texts may hold tokens of `masking.py`: a token has no white space and no punctuation, so no cut goes through it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

CLOSING = "\"'”’»)\\]"
# Western, Arabic, Devanagari, Armenian and Ethiopic ends want white space after them, Chinese and Japanese ones do not.
SENTENCE_END = re.compile(rf"[.!?…؟۔।॥։።፧]{{1,8}}[{CLOSING}]{{0,4}}\s+|[。！？｡]{{1,8}}[”’」』）]{{0,4}}\s*")
CLAUSE_END = re.compile(r"[,;:،؛፣፤]\s+|\s[–—-]\s+|[，；：、]\s*")
WHITE_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its words, and the white space around them, the line break included, which no engine sees."""

    before: str
    words: str
    after: str


def cut_lines(text: str) -> list[Line]:
    """The lines of a text; empty ones have no words. Joined by `before + words + after` they are `text`."""
    return [trim(line) for line in text.splitlines(keepends=True)]


def trim(line: str) -> Line:
    """A line or a piece of one, its white space set apart."""
    words = line.strip()
    start = len(line) - len(line.lstrip())
    return Line(line[:start], words, line[start + len(words) :])


def cut_sentences(text: str) -> list[str]:
    """The sentences of a line, each with the white space after it."""
    return _cut(text, SENTENCE_END)


def cut_clauses(text: str) -> list[str]:
    """The clauses of a sentence, each with what ends it."""
    return _cut(text, CLAUSE_END)


def cut_words(text: str) -> list[str]:
    """The words of a clause, each with the white space after it."""
    return _cut(text, WHITE_SPACE)


def cut_smaller(text: str) -> list[str]:
    """The sentences of a line, or of a single sentence its clauses; one piece when there is nothing to cut at."""
    sentences = cut_sentences(text)
    return sentences if len(sentences) > 1 else cut_clauses(text)


def cut_long(text: str, longest: int) -> list[str]:
    """Pieces of at most `longest` characters, cut where it hurts least: at sentences, clauses, white space. A longer word stays whole."""
    pieces = [text]
    for cut in (cut_sentences, cut_clauses, cut_words):
        pieces = [part for piece in pieces for part in (_pack(cut(piece), longest) if len(piece) > longest else [piece])]
    return pieces


def _cut(text: str, end: re.Pattern[str]) -> list[str]:
    ends = [found.end() for found in end.finditer(text) if found.end() < len(text)]
    return [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True)] if text else []


def _pack(parts: list[str], longest: int) -> Iterator[str]:
    """Neighbours joined as long as they fit."""
    held = ""
    for part in parts:
        if held and len(held) + len(part) > longest:
            yield held
            held = ""
        held += part
    if held:
        yield held
