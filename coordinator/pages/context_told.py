"""What may pages use of told words: the words, their language and direction, and the label that says what they are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextLabel:
    """What a text is, said beside it. `kind` is a `domain.translation.Label`; `source` says from which language, empty for an original.

    `is_read` marks the eye: a second speaker has read it.
    """

    kind: str
    words: str
    source: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class Part:
    """People's words in one language. `changed`: the translation is of earlier words, so the original stands here."""

    key: str
    words: str
    language: str
    direction: str
    changed: bool


@dataclass(frozen=True, slots=True)
class TextView:
    """A told text as one reader gets it: its parts by what they are, empty tuples and None for what was not said."""

    label: TextLabel
    title: Part | None
    body: tuple[Part, ...]
    ask: Part | None
    consent: Part | None
    echo: tuple[
        tuple[str, Part], ...
    ]  # (what it says, in the reader's language; the words): they face, we share, our next action answers, a reply
    is_translated: bool
