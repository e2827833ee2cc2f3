"""How do told words come to a page: which label stands beside them, in which direction do they run, and where do their parts go?"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from babel import Locale, UnknownLocaleError

from coordinator.domain.spotlight import ANSWER, ASK, BODY, CONSENT, FACE, REPLY, SHARE, TITLE
from coordinator.domain.translation import Label, Piece, Shown, Source
from coordinator.i18n import N_, Language, Languages
from coordinator.pages.context_told import Part, TextLabel, TextView

LABELS: Mapping[Label, str] = MappingProxyType(
    {
        Label.ORIGINAL: N_("Original"),
        Label.READ: N_("Read by a speaker"),
        Label.PERSON: N_("By a person"),
        Label.MACHINE: N_("Machine draft"),
        Label.OUT_OF_DATE: N_("Out of date"),
    }
)
ECHO_HEADINGS: Mapping[str, str] = MappingProxyType(
    {FACE: N_("They face"), SHARE: N_("We share"), ANSWER: N_("Our next action answers"), REPLY: N_("What we say back")}
)


def view_text(source: Source, shown: Shown, language: Language, languages: Languages) -> TextView:
    """The parts of a text with the label that says what it is."""
    parts = {piece.key: make_part(piece, languages) for piece in shown.pieces}
    headings = ((language.gettext(heading), parts.get(key)) for key, heading in ECHO_HEADINGS.items())
    return TextView(
        label=make_label(source, shown, language),
        title=parts.get(TITLE),
        body=tuple(part for key, part in parts.items() if key.startswith(BODY)),
        ask=parts.get(ASK),
        consent=parts.get(CONSENT),
        echo=tuple((heading, part) for heading, part in headings if part is not None),
        is_translated=shown.label is not Label.ORIGINAL,
    )


def make_label(source: Source, shown: Shown, language: Language) -> TextLabel:
    """ "Machine draft, via Spanish", from Portuguese."""
    words = language.gettext(LABELS[shown.label])
    if shown.label is Label.MACHINE and shown.via:
        words = language.gettext("Machine draft, via %(language)s", language=language_name(shown.via, language))
    original = shown.label is Label.ORIGINAL
    said = "" if original else language.gettext("from %(language)s", language=language_name(source.language, language))
    return TextLabel(shown.label.value, words, said, shown.label is Label.READ)


def make_part(piece: Piece, languages: Languages) -> Part:
    """A piece with the direction its language is written in."""
    return Part(piece.key, piece.words, piece.language, direction_of(piece.language, languages), piece.changed)


def direction_of(tag: str, languages: Languages) -> str:
    """`ltr` or `rtl`, of any BCP 47 tag."""
    known = languages.match(tag)
    if known is not None:
        return known.direction
    try:
        return Locale.parse(tag, sep="-").text_direction
    except (UnknownLocaleError, ValueError):
        return "ltr"


def language_name(tag: str, language: Language) -> str:
    """What a language is called in the reader's own ("Portuguese"); its tag where CLDR has no name for it."""
    try:
        return Locale.parse(tag, sep="-").get_language_name(language.locale) or tag
    except (UnknownLocaleError, ValueError):
        return tag
