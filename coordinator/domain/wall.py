"""How much of a text stands on the wall at a time? At most sixty words, cut where a sentence ends.

A hall reads slowly and from far away. Paragraphs stay whole where they fit; two short ones share a page. In scripts that put no space between
words, two characters count as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from coordinator.domain.translation import Piece, Rendering, Source, show, show_original

WORDS_A_PAGE = 60
LONG_WORD_CHARS = 24  # a web address, or a row of signs, takes as much room as several words
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")  # Thai, Lao, Burmese, Khmer, CJK
TOKEN = re.compile(rf"{UNSPACED.pattern}\s*|(?:(?!{UNSPACED.pattern})\S){{1,{LONG_WORD_CHARS}}}\s*|\s+")
SENTENCE = re.compile(r".+?(?:[.!?…؟۔।։]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[」』”]*|$)\s*", re.DOTALL)

Page = tuple[Piece, ...]


def count_words(text: str) -> int:
    """Words as a hall reads them."""
    unspaced = len(UNSPACED.findall(text))
    return sum(-(-len(token) // LONG_WORD_CHARS) for token in UNSPACED.sub(" ", text).split()) + -(-unspaced // 2)


def make_pages(pieces: Iterable[Piece], words_most: int = WORDS_A_PAGE) -> tuple[Page, ...]:
    """The pieces in pages of at most `words_most` words each, in order, none empty; no page for no words."""
    pages: list[list[Piece]] = []
    room = 0
    for piece in pieces:
        for part in _cut(piece, words_most):
            count = count_words(part.words)
            if count > room:
                pages.append([])
                room = words_most
            pages[-1].append(part)
            room -= count
    return tuple(tuple(page) for page in pages)


def count_pages(source: Source, renderings: Sequence[Rendering], prefix: str) -> int:
    """How many pages the longest of a text's languages has: a remote in one language leads walls in all of them."""
    shown = [show_original(source), *(show(source, renderings, language) for language in {r.language for r in renderings})]
    return max(len(make_pages(each.under(prefix))) for each in shown)


def _cut(piece: Piece, words_most: int) -> Iterator[Piece]:
    """A paragraph as it is if it fits, else in runs of whole sentences; a sentence that is too long alone is cut between words."""
    if count_words(piece.words) <= words_most:
        if piece.words.strip():
            yield piece
        return
    run = ""
    for part in _short_enough(piece.words, words_most):
        if run and count_words(run + part) > words_most:
            yield replace(piece, words=run.strip())
            run = ""
        run += part
    if run.strip():
        yield replace(piece, words=run.strip())


def _short_enough(text: str, words_most: int) -> Iterator[str]:
    for sentence in SENTENCE.findall(text):
        if count_words(sentence) <= words_most:
            yield sentence
        else:
            yield from _between_words(sentence, words_most)


def _between_words(sentence: str, words_most: int) -> Iterator[str]:
    run = ""
    for token in TOKEN.findall(sentence):
        if run and count_words(run + token) > words_most:
            yield run
            run = ""
        run += token
    if run:
        yield run
