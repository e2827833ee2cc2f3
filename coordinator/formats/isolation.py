"""How is a word set into a sentence so that it cannot turn around what stands beside it? Names of people, cities, offsets and codes.

A sentence runs in its language's direction, a name in its own (Unicode UAX #9): each is kept to itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from markupsafe import Markup, escape

from coordinator.i18n import Language

FIRST_STRONG_ISOLATE, LEFT_TO_RIGHT_ISOLATE, POP_ISOLATE = "\u2068", "\u2066", "\u2069"


class Setting(Enum):
    """How the places of a sentence are set apart from it, so that a city or an offset cannot turn around what stands beside it.

    `BARE` not at all (JSON, page titles), `ISOLATED` with Unicode isolates (mail, calendars, text to forward), `HTML` with `<bdi>`; only
    then is the result `Markup`.
    """

    BARE = "bare"
    ISOLATED = "isolated"
    HTML = "html"


def isolate(text: str) -> str:
    """`text` so that its direction stays inside, for plain text only; isolates it brings along are taken out."""
    return f"{FIRST_STRONG_ISOLATE}{without_bidi_controls(text)}{POP_ISOLATE}"


def isolate_ltr(text: str) -> str:
    """The same for what always runs left to right: offsets, codes, addresses."""
    return f"{LEFT_TO_RIGHT_ISOLATE}{without_bidi_controls(text)}{POP_ISOLATE}"


def without_bidi_controls(text: str) -> str:
    """`text` without embeddings, overrides and isolates."""
    return "".join(char for char in text if not ("\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069"))


def set_city(city: str, setting: Setting) -> str:
    """A city, or any word of people, ready to stand in a sentence."""
    match setting:
        case Setting.HTML:
            return Markup("<bdi>%s</bdi>") % escape(city)
        case Setting.ISOLATED:
            return isolate(city)
        case Setting.BARE:
            return city


def list_names(names: Iterable[str], language: Language, setting: Setting = Setting.HTML, *, most: int | None = None) -> str:
    """Cities, or groups, one behind the other; of more than `most` the first ones, and an ellipsis for the rest."""
    given = list(names)
    shown = [set_city(name, setting) for name in given[:most]] + (["…"] if len(given[:most]) < len(given) else [])
    between = language.pgettext("between cities", ", ")
    return (escape(between) if setting is Setting.HTML else between).join(shown)


def set_ltr(text: str, setting: Setting) -> str:
    """What always runs left to right, ready to stand in a sentence: `UTC+٠٢:٠٠` falls apart in a right-to-left line without help."""
    match setting:
        case Setting.HTML:
            return Markup('<bdi dir="ltr">%s</bdi>') % escape(text)
        case Setting.ISOLATED:
            return isolate_ltr(text)
        case Setting.BARE:
            return text


def compose(sentence: str, setting: Setting, **values: str) -> str:
    """The translated `sentence` with its places filled; for HTML, everything in it that is not Markup is escaped."""
    return escape(sentence) % values if setting is Setting.HTML else sentence % values
