"""How much of a spotlight stands on a wall between two actions? Its title, the beginning of its story, who tells it, and what the text is."""

from __future__ import annotations

from collections.abc import Sequence

from coordinator.domain.spotlight import BODY
from coordinator.domain.text import first_words
from coordinator.domain.translation import Piece
from coordinator.formats.times import to_ms
from coordinator.i18n import Language, Languages
from coordinator.pages.context import RoomSpotlight
from coordinator.pages.context_told import Part
from coordinator.pages.spotlight_rows import by_words, title_part
from coordinator.pages.told import make_label, make_part
from coordinator.services.mirror import SpotlightView

WORDS_MOST = 60
CHARS_MOST = 420  # of scripts that put no space between words


def wall_spotlight(view: SpotlightView, language: Language, languages: Languages) -> RoomSpotlight:
    """The spotlight as a hall reads it. `view` must hold reviewed words (`Reading(drafts=False)`)."""
    return RoomSpotlight(
        slug=view.slug,
        title=title_part(view.shown, languages),
        text=beginning(view.shown.under(BODY), languages),
        label=make_label(view.source, view.shown, language),
        by=by_words(view, language),
        until_ms=to_ms(view.expires_at) if view.teller is not None and view.teller.zone_id is not None else None,
    )


def beginning(pieces: Sequence[Piece], languages: Languages) -> tuple[Part, ...]:
    """The first paragraphs, at most sixty words together."""
    parts: list[Part] = []
    words, chars = WORDS_MOST, CHARS_MOST
    for piece in pieces:
        if words <= 0 or chars <= 0:
            break
        kept = first_words(piece.words, words=words, chars=chars)
        parts.append(make_part(Piece(piece.key, kept, piece.language, piece.changed), languages))
        words, chars = words - len(piece.words.split()), chars - len(piece.words)
    return tuple(parts)
