"""People's words: what a title, a name or a story may hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from coordinator.errors import Faults, Invalid, problem

NAME_CHARS = 80
TITLE_CHARS = 120
REASON_CHARS = 1_000
STORY_CHARS = 8_000
# Embeddings, overrides and isolates: they can make "10:00" read "00:01". Joiners and marks (ZWNJ, LRM, RLM) are spelling and stay.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
YES = frozenset({"1", "true", "on", "yes"})  # a form's tick, and a JSON true as `text_of` reads it


def read_line(raw: str, *, longest: int, required: bool = True) -> str:
    """One line of words, NFC, trimmed, of several spaces in a row one is kept. Problems: missing, too_long, control_characters, bidi_characters."""
    return _read(" ".join(word for word in raw.split(" ") if word).strip(), longest=longest, required=required, allowed="")


def read_prose(raw: str, *, longest: int, required: bool = True) -> str:
    """Words with line breaks, NFC, trimmed. The same problems as a line's."""
    return _read(raw.replace("\r\n", "\n").replace("\r", "\n").strip(), longest=longest, required=required, allowed="\n\t")


def _read(text: str, *, longest: int, required: bool, allowed: str) -> str:
    faults = Faults()
    text = unicodedata.normalize("NFC", text)
    if required and not text:
        faults.add("", "missing")
    if len(text) > longest:
        faults.add("", "too_long", text, longest, len(text))
    if any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} and c not in allowed for c in text):
        faults.add("", "control_characters", text)
    if BIDI_CONTROLS.intersection(text):
        faults.add("", "bidi_characters", text)
    faults.check()
    return text


def first_words(text: str, *, words: int, chars: int) -> str:
    """The beginning of a text, at most so many words and characters, with an ellipsis where it was cut."""
    kept = " ".join(text.split()[:words])[:chars].rstrip()
    return kept if len(kept) == len(" ".join(text.split())) else f"{kept}…"


def text_of(raw: Mapping[str, object], field: str) -> str:
    """A field of a form or JSON object as text: absent and null are empty, numbers as written."""
    value = raw.get(field)
    return "" if value is None else str(value)


def is_yes(raw: Mapping[str, object], field: str) -> bool:
    """Whether a form's tick or a JSON true stands in this field. Anything else, and nothing at all, is a no."""
    return text_of(raw, field).lower() in YES


def read_choice(raw: str, choices: tuple[str, ...]) -> str:
    """One of `choices`, exactly. Problem: choice_unknown, with the choices as remedy."""
    if raw not in choices:
        raise Invalid(problem("", "choice_unknown", raw, *choices))
    return raw


def read_number(raw: str, *, least: int, most: int) -> int:
    """A whole number within bounds. Problems: missing, number_malformed, number_out_of_range."""
    text = raw.strip()
    if not text:
        raise Invalid(problem("", "missing"))
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise Invalid(problem("", "number_malformed", raw, least, most))
    if not least <= int(text) <= most:
        raise Invalid(problem("", "number_out_of_range", raw, least, most))
    return int(text)


def latin_digits(text: str) -> str:
    """`text` with the decimal digits of any script as Latin ones: "١٧:٣٠" → "17:30". Whoever types hours may do so in their own."""
    return "".join(str(unicodedata.decimal(c, c)) for c in text)
