"""How does told word come into a list? One row a spotlight, an echo, a text that waits: best words, their label, who speaks, what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from coordinator.domain.access import Right
from coordinator.domain.listing import Seen
from coordinator.domain.spotlight import BODY, ECHO_KEYS, TITLE
from coordinator.domain.text import first_words
from coordinator.domain.translation import Label, Piece, Shown
from coordinator.formats.isolation import Setting, set_city
from coordinator.formats.places import seen_place
from coordinator.i18n import N_, Language, Languages
from coordinator.pages.context_news import EchoLine, EchoRow, Original, SpotlightRow, WaitingRow
from coordinator.pages.context_told import Part
from coordinator.pages.door import Visit
from coordinator.pages.duties import last_day
from coordinator.pages.told import ECHO_HEADINGS, language_name, make_label, make_part
from coordinator.services.mirror import EchoView, SpotlightView
from coordinator.services.waiting import Wait, Waiting

LEAD_WORDS, LEAD_CHARS = 40, 280
ORIGINAL = "original"  # the query's name for "show the original words"
WAITS: Mapping[Wait, str] = MappingProxyType(
    {
        Wait.TRANSLATION: N_("Not in %(language)s yet."),
        Wait.UPDATE: N_("Changed since it was translated into %(language)s."),
        Wait.READER: N_("A translation into %(language)s waits for a second reader."),
    }
)


def spotlight_row(visit: Visit, view: SpotlightView, languages: Languages) -> SpotlightRow:
    """One spotlight in a list."""
    mirrored = is_of_others(visit, view) and not view.over and visit.may(Right.RUN_SEGMENT)
    return SpotlightRow(
        path=visit.path(f"spotlights/{view.slug}"),
        title=title_part(view.shown, languages),
        lead=lead_part(view.shown, languages),
        label=make_label(view.source, view.shown, visit.language),
        by=by_words(view, visit.language),
        note=until_words(visit, view),
        translate_path=translate_path(visit, view.text_id) if visit.may(Right.TRANSLATE) else "",
        mirror_path=mirror_path(visit, view.slug) if mirrored else "",
    )


def is_mine(visit: Visit, view: SpotlightView) -> bool:
    """Whether the group whose page this is tells it, or brought it in."""
    return view.teller is not None and view.teller.group_id == visit.group.id


def is_of_others(visit: Visit, view: SpotlightView) -> bool:
    """Whether these are others' words, which a meeting of this group can hold up: a partner's, or those of a packet."""
    return view.brought is not None or not is_mine(visit, view)


def mirror_path(visit: Visit, slug: str) -> str:
    """Where a mirror segment with this spotlight is set up."""
    return visit.path(f"mirror/new?spotlight={slug}")


def translate_path(visit: Visit, text_id: str, language: str = "") -> str:
    """The workbench of a text, for one language or the group's own."""
    return visit.path(f"texts/{text_id}/translate" + (f"?to={language}" if language else ""))


def title_part(shown: Shown, languages: Languages) -> Part:
    """The title as it is shown."""
    return make_part(next(piece for piece in shown.pieces if piece.key == TITLE), languages)


def lead_part(shown: Shown, languages: Languages) -> Part:
    """The first words of the story."""
    first = shown.under(BODY)[0]
    return make_part(Piece(first.key, first_words(first.words, words=LEAD_WORDS, chars=LEAD_CHARS), first.language), languages)


def until_words(visit: Visit, view: SpotlightView) -> str:
    """Until when it may be shown."""
    date = last_day(view.expires_at, visit.reader)
    if view.over:
        return visit.language.gettext("Its last day was %(date)s.", date=date)
    return visit.language.gettext("It may be shown until %(date)s.", date=date)


# --- who speaks -------------------------------------------------------------------------------------------------------


def by_words(view: SpotlightView, language: Language) -> str:
    """ "Rede Mangue, Recife": as much as the reader may know; of what a packet brought, who speaks in it."""
    if view.brought is None:
        return group_words(view.teller, language)
    told = view.brought
    return group_words(Seen(None, told.name, told.place, told.zone_id or None), language)


def group_words(seen: Seen | None, language: Language) -> str:
    """A group with its city, or its name alone, or "a group"."""
    if seen is None or not seen.name:
        return language.gettext("a group")
    name = set_city(seen.name, Setting.ISOLATED)
    if seen.zone_id is None:
        return name
    city = set_city(seen_place(seen, language), Setting.ISOLATED)
    # Translators: a group and its city: "Rede Mangue, Recife".
    return language.gettext("%(group)s, %(city)s", group=name, city=city)


# --- echoes and what waits ----------------------------------------------------------------------------------------------


def echo_row(visit: Visit, echo: EchoView, about: SpotlightView, languages: Languages) -> EchoRow:
    """One echo and the spotlight that it answers."""
    return EchoRow(
        path=visit.path(f"spotlights/{about.slug}"),
        about=title_part(about.shown, languages),
        by=group_words(echo.answerer, visit.language),
        label=make_label(echo.source, echo.shown, visit.language),
        lines=echo_lines(echo.shown, visit.language, languages),
        translate_path=translate_path(visit, echo.text_id) if visit.may(Right.TRANSLATE) else "",
    )


def echo_lines(shown: Shown, language: Language, languages: Languages) -> tuple[EchoLine, ...]:
    """They face, we share, our next action answers; without what was not said."""
    parts = {piece.key: make_part(piece, languages) for piece in shown.pieces}
    return tuple(EchoLine(language.gettext(ECHO_HEADINGS[key]), parts[key]) for key in ECHO_KEYS if key in parts)


def waiting_row(visit: Visit, waiting: Waiting, languages: Languages) -> WaitingRow:
    """A text that waits in the group's language; an echo is called by its first words."""
    own = visit.group.language
    pieces = waiting.view.shown.pieces
    first = Piece(pieces[0].key, first_words(pieces[0].words, words=LEAD_WORDS, chars=LEAD_CHARS), pieces[0].language)
    words = visit.language.gettext(WAITS[waiting.wait], language=language_name(own, visit.language))
    return WaitingRow(make_part(first, languages), words, translate_path(visit, waiting.view.text_id, own))


# --- the original -------------------------------------------------------------------------------------------------------


def make_original(path: str, shown: Sequence[Shown], language: Language, *, on: bool) -> Original:
    """The way to the original words of what is shown at `path`, or back; none where all of it is original anyway."""
    if on:
        return Original(path, language.gettext("Show the translation"), on=True)
    if all(each.label is Label.ORIGINAL for each in shown):
        return Original("", "", on=False)
    return Original(f"{path}?{ORIGINAL}=1", language.gettext("Show the original"), on=False)
