"""Which words does a network not leave to an engine? Its terms: each comes back as the approved rendering, or is kept as it was.

How a term is found in a text and kept through an engine is `masking.py`'s business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from coordinator.domain.group import read_language
from coordinator.domain.routes import Pair, is_same_language
from coordinator.domain.text import NAME_CHARS, read_line, text_of
from coordinator.errors import Faults, Invalid, problem


@dataclass(frozen=True, slots=True)
class Term:
    """Words of `source`, and how they are said in `target`: as `rendering`, or (None) kept as they are. Target None means every language."""

    term: str
    source: str
    target: str | None = None
    rendering: str | None = None


def read_term(raw: Mapping[str, object], languages: Collection[str]) -> Term:
    """A term from its fields `term`, `source`, `target` (empty: every language) and `rendering` (empty: kept). Raises Invalid with every fault.

    `languages`: the tags of this network. A rendering is in some language, so it needs a target.
    """
    faults = Faults()
    term = faults.read("term", read_words, text_of(raw, "term"))
    source = faults.read("source", read_language, text_of(raw, "source"), languages)
    target = faults.read("target", read_language, text_of(raw, "target"), languages) if text_of(raw, "target").strip() else None
    rendering = faults.read("rendering", read_words, text_of(raw, "rendering")) if text_of(raw, "rendering").strip() else None
    if rendering is not None and not text_of(raw, "target").strip():
        faults.add("target", "rendering_without_language")
    if source and target and is_same_language(source, target):
        faults.add("target", "language_onto_itself", target)
    faults.check()
    return Term(term, source, target, rendering)


def read_words(raw: str) -> str:
    """One line with a letter in it, so that no comma can become a term. Problems: those of a line, term_without_letter."""
    words = read_line(raw, longest=NAME_CHARS)
    if not any(c.isalpha() for c in words):
        raise Invalid(problem("", "term_without_letter", words))
    return words


def terms_for(terms: Iterable[Term], pair: Pair) -> tuple[Term, ...]:
    """The terms that hold for a pair, the longest first; of two with the same words the one for this very target wins."""
    fitting = (
        t for t in terms if is_same_language(t.source, pair.source) and (t.target is None or is_same_language(t.target, pair.target))
    )
    chosen: dict[str, Term] = {}
    for term in sorted(fitting, key=lambda t: _closeness(t, pair)):
        chosen[same_term(term.term)] = term
    return tuple(sorted(chosen.values(), key=lambda t: (-len(t.term), t.term)))


def same_term(words: str) -> str:
    """A key under which spellings of a term count as one: the case of its first letter and its white space aside."""
    words = " ".join(words.split())
    return words[:1].lower() + words[1:]


def _closeness(term: Term, pair: Pair) -> tuple[int, str]:
    return (0 if term.target is None else 2 if term.target.lower() == pair.target.lower() else 1), term.rendering or ""
