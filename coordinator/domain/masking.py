"""Which parts of a text may an engine not touch, and how do they come through it? As tokens, counted afterwards.

    mask("Ven a las 17:30 a https://a.example/x", terms)  →  "Ven a las Xq0x a Xq1x"
    unmask("Vem às Xq0x a Xq1x", masked)                  →  "Vem às 17:30 a https://a.example/x"

Links, addresses, names after @ and #, placeholders, markup, times, dates, numbers and the terms of the glossary are masked. No decimal digit
of any script is left outside tokens, and what looks like a token already is masked like everything else: so a token in an answer is ours.

The spelling was measured on 52 directions of Apertium with 1,323 sentences. A title-case word that no dictionary holds, its digits inside,
was lost in none. In brackets (⟦0⟧) 55 were lost, since the rules of some pairs put a verb inside; in capitals (XQ0X) 3, split before
the digit; bare numbers an engine may write in its own way. One pair changes the case of a first word: case does not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial

from coordinator.domain.glossary import Term, same_term
from coordinator.errors import ChorusError

TOKEN = re.compile(r"[Xx][Qq](\d+)[Xx]")
MARKS_BEFORE = 0x10000  # the scripts in use; those beyond have few combining marks and fewer glossaries
WITHOUT_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")  # a word has no visible ends there

LINKS = r"""
    [Xx][Qq]\d+[Xx]                                                             # like a token
  | (?<!\w)(?:[A-Za-z][A-Za-z0-9+.-]{1,20}://|(?i:www\.|mailto:|tel:|xmpp:|sip:|geo:))  [^\s<>"“”«»]* [^\s<>"“”«»'’.,;:!?)\]}…。、，،؛؟]
  | (?<![\w.+%-])[\w.+%-]{1,64}@\w[\w-]*(?:\.[\w-]+)*                           # e-mail
  | (?<!\w)[@#](?=[\w.-]*[^\W\d])\w(?:[\w.-]*\w)?(?:@\w[\w-]*(?:\.[\w-]+)*)?    # @name, @name@host, #tag
  | (?<![\w@.-])(?:[A-Za-z0-9-]+\.)+[a-z]{2,24}(?![\w-])(?:[:/?][^\s<>"“”«»]*[^\s<>"“”«»'’.,;:!?)\]}…。、，،؛؟])?   # host, host/path
"""
PLACEHOLDERS = r"""
    \{\{[^{}]{0,300}\}\} | \{%[^{}]{0,300}%\} | \{\#[^{}]{0,300}\#\}            # Jinja
  | \$?\{[^{}\s]{0,80}\}                                                        # {name}, ${name}
  | %\([^()\s]{1,80}\)[-\#0+]*[\d.]*[a-zA-Z] | %[-\#0+]*[\d.]*[sdifgxr](?!\w)   # %(name)s, %s
  | </?[A-Za-z][^<>]{0,500}> | <!--[^<>]{0,500}--> | &\#?\w{1,31};              # markup
"""
NUMBER = r"[+−±-]?\d+(?:(?:[.,:/h'’٫٬·-]|(?<=\d)[\u0020\u00a0\u202f](?=\d{3}(?!\d)))\d+)*"
NUMBERS = rf"""
    (?<!\d)\d{{1,2}}(?:[.:h]\d{{2}}){{0,2}}\s?(?:[AaPp]\.\s?[Mm]\.|[AaPp][Mm]\b)(?:\s?(?:UTC|GMT)(?:\s?[+−-]\d{{1,2}}(?::?\d{{2}})?)?)?   # 9.30 am
  | (?:(?<!\w)\d{{1,2}}(?:[.:h]\d{{2}}){{1,2}}\s?)?\b(?:UTC|GMT)(?:\s?[+−-]\d{{1,2}}(?::?\d{{2}})?)?\b                           # 19:15 UTC+5:45
  | (?:(?<![^\W\d_])(?:[A-Z]{{1,6}}-?|[A-Za-z]{{1,3}}))?{NUMBER}(?:[\u0020\u00a0\u202f]?[%‰٪]|[A-Za-zºª°]{{1,6}}(?![^\W\d_]))?              # 25 %, 1.234,5, A4, 3rd
  | \d
"""
FIRST = re.compile(f"{LINKS}|{PLACEHOLDERS}", re.VERBOSE)
LAST = re.compile(NUMBERS, re.VERBOSE)


class TokensLost(ChorusError):
    """An answer does not hold the tokens of its question. `lost` are missing; `added` came twice or were never asked."""

    def __init__(self, lost: int, added: int) -> None:
        self.lost = lost
        self.added = added
        super().__init__(f"{lost} lost, {added} added")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text for an engine. `kept[n]` is what the token n stands for in the answer."""

    text: str
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text that becomes a token; `comes_back` is what will stand in its place."""

    start: int
    end: int
    comes_back: str


def mask(text: str, terms: Sequence[Term] = ()) -> Masked:
    """`text` with tokens in place of what an engine may not touch. `terms` are those of the pair, as `terms_for` gives them."""
    spans = _fill([], text, partial(_find, FIRST))
    spans = _fill(spans, text, partial(_find_terms, tuple(terms)))
    spans = _fill(spans, text, partial(_find, LAST))
    parts, at = [], 0
    for number, span in enumerate(spans):
        parts += [text[at : span.start], write_token(number)]
        at = span.end
    return Masked("".join(parts) + text[at:], tuple(span.comes_back for span in spans))


def unmask(translated: str, masked: Masked) -> str:
    """`translated` with every token as what it stands for. Raises TokensLost unless it holds just the tokens of `masked.text`."""
    compare_tokens(masked.text, translated)
    return TOKEN.sub(lambda token: masked.kept[int(token[1])], translated)


def compare_tokens(asked: str, answered: str) -> None:
    """Raises TokensLost unless both texts hold the same tokens, each as often."""
    before, after = count_tokens(asked), count_tokens(answered)
    if before != after:
        raise TokensLost((before - after).total(), (after - before).total())


def count_tokens(text: str) -> Counter[int]:
    """How often each token's number stands in `text`."""
    return Counter(int(token) for token in TOKEN.findall(text))


def write_token(number: int) -> str:
    """The token's spelling."""
    return f"Xq{number}x"


def has_words(masked_text: str) -> bool:
    """Whether a letter stands outside the tokens: only then is there anything to translate."""
    return any(c.isalpha() for c in TOKEN.sub(" ", masked_text))


# --- what is found ----------------------------------------------------------------------------------------------------


def _fill(spans: Sequence[Span], text: str, find: Callable[[str, int, int], Iterator[Span]]) -> list[Span]:
    """The spans and what `find` finds between them, in order."""
    found = [span for start, end in _gaps(spans, len(text)) for span in find(text, start, end)]
    return sorted([*spans, *found], key=lambda span: span.start)


def _gaps(spans: Sequence[Span], length: int) -> Iterator[tuple[int, int]]:
    """What lies between the spans, which are in order."""
    at = 0
    for span in spans:
        yield at, span.start
        at = span.end
    yield at, length


def _find(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[Span]:
    return (Span(found.start(), found.end(), found[0]) for found in pattern.finditer(text, start, end))


def _find_terms(terms: tuple[Term, ...], text: str, start: int, end: int) -> Iterator[Span]:
    if not terms:
        return
    pattern, by_words = _compile_terms(terms)
    for found in pattern.finditer(text, start, end):
        # The pattern cannot see beyond the gap, where the word may go on.
        if found.end() < end or not _is_inside_word(text, end):
            yield Span(found.start(), found.end(), _render(found[0], by_words[same_term(found[0])]))


@lru_cache(maxsize=32)
def _compile_terms(terms: tuple[Term, ...]) -> tuple[re.Pattern[str], dict[str, Term]]:
    """One pattern for all terms, the longest first, and each term under its key."""
    longest_first = sorted(terms, key=lambda term: -len(term.term))
    by_words = {same_term(term.term): term for term in reversed(longest_first)}
    return re.compile("|".join(_spell(term.term) for term in longest_first)), by_words


def _spell(words: str) -> str:
    """A pattern for a term: its first letter in either case, any white space inside, whole words at both ends."""
    cases = sorted({c for c in (words[0], words[0].lower(), words[0].upper(), words[0].title()) if len(c) == 1})
    first = f"[{''.join(map(re.escape, cases))}]"
    spelled = first + r"\s+".join(map(re.escape, words[1:].split(" ")))
    word = rf"[\w{_marks()}]"
    before = "" if _needs_no_space(words[0]) else rf"(?<!{word})(?<!\d[.,:])"
    after = "" if _needs_no_space(words[-1]) else rf"(?!{word}|[.,:]\d)"
    return before + spelled + after


def _render(found: str, term: Term) -> str:
    """What stands for a found term: its rendering, with a capital where the text has one and the term has not."""
    if term.rendering is None:
        return found
    if found[0] != term.term[0] and found[0].isupper():
        return term.rendering[0].upper() + term.rendering[1:]
    return term.rendering


def _is_inside_word(text: str, at: int) -> bool:
    """Whether a word goes on over the place `at`."""
    return 0 < at < len(text) and all(re.match(rf"[\w{_marks()}]", c) is not None for c in (text[at - 1], text[at]))


def _needs_no_space(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(WITHOUT_SPACES)


@cache
def _marks() -> str:
    """Combining marks, for a character class: they belong to words, and `\\w` leaves them out (vowel signs of Devanagari, harakat)."""
    marks = [n for n in range(MARKS_BEFORE) if unicodedata.category(chr(n)).startswith("M")]
    starts = [n for n, before in zip(marks, [-2, *marks], strict=False) if n != before + 1]
    ends = [n for n, after in zip(marks, [*marks[1:], -2], strict=True) if n + 1 != after]
    return "".join(f"{chr(a)}-{chr(b)}" for a, b in zip(starts, ends, strict=True))
