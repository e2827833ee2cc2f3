"""What does the page of one spotlight say? The words with their label, the languages there are, the echoes, and what can be done now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from coordinator.domain.access import Right
from coordinator.domain.listing import Card
from coordinator.domain.spotlight import ASK, BODY, CONSENT, Audience, Link, SpotlightCommand, SpotlightState, can
from coordinator.domain.translation import Label, Rendering, Shown, show, show_original
from coordinator.i18n import N_, Language, Languages
from coordinator.pages.context_news import LanguageRow, LinkLine, SpotlightNews, VoiceCard
from coordinator.pages.door import Visit
from coordinator.pages.spotlight_rows import (
    by_words,
    echo_lines,
    echo_row,
    group_words,
    is_mine,
    make_original,
    title_part,
    translate_path,
    until_words,
)
from coordinator.pages.told import language_name, make_label, make_part
from coordinator.pages.voice_view import view_voice
from coordinator.services.actions import see_group
from coordinator.services.hearing import VoiceView
from coordinator.services.mirror import EchoView, SpotlightView, Words

STATES: Mapping[SpotlightState, str] = MappingProxyType(
    {
        SpotlightState.DRAFT: N_("A draft. Only your own group sees it."),
        SpotlightState.PUBLISHED: N_("Published."),
        SpotlightState.RETIRED: N_("Taken back. Only your own group still sees it."),
    }
)
AUDIENCES: Mapping[Audience, str] = MappingProxyType(
    {
        Audience.OWN: N_("From a packet. Only your own group sees it."),
        Audience.PARTNERS: N_("Published to all partner groups."),
        Audience.PUBLIC: N_("Published to everybody."),
    }
)


@dataclass(frozen=True, slots=True)
class Told:
    """A spotlight as it was read for one visitor: its words with all translations, its echoes, the cards of whoever translated, and the voices."""

    view: SpotlightView
    words: Words
    echoes: tuple[EchoView, ...]
    cards: Mapping[str, Card]
    voices: tuple[VoiceView, ...]


def make_news(visit: Visit, told: Told, languages: Languages, *, original: bool) -> SpotlightNews:
    """The part of the page that its script fetches again."""
    view, language = told.view, visit.language
    parts = {piece.key: make_part(piece, languages) for piece in view.shown.pieces}
    publishes = is_mine(visit, view) and visit.may(Right.PUBLISH)

    def heard(voice: VoiceView) -> VoiceCard:
        return view_voice(voice, language, languages, visit.reader.numerals, report_path=_report_path(visit, voice))

    return SpotlightNews(
        title=title_part(view.shown, languages),
        label=make_label(view.source, view.shown, language),
        by=by_words(view, language),
        state=state_words(view, language),
        until=until_words(visit, view),
        body=tuple(part for key, part in parts.items() if key.startswith(BODY)),
        ask=parts.get(ASK),
        echo=echo_lines(view.shown, language, languages),
        consent=parts.get(CONSENT),
        changed=any(part.changed for part in parts.values()),
        links=tuple(link_line(link) for link in view.links),
        languages=language_rows(visit, told),
        echoes=tuple(echo_row(visit, echo, view, languages) for echo in told.echoes),
        may_publish=publishes and view.brought is None and can(view.state, SpotlightCommand.PUBLISH),
        may_retire=publishes and can(view.state, SpotlightCommand.RETIRE),
        may_edit=can(view.state, SpotlightCommand.EDIT) and (view.state is SpotlightState.DRAFT or publishes),
        may_mirror=view.state is SpotlightState.PUBLISHED and not view.over,
        voices=tuple(heard(voice) for voice in told.voices if voice.by_teller),
        replies=tuple(heard(voice) for voice in told.voices if not voice.by_teller),
        original=make_original(visit.path(f"spotlights/{view.slug}"), _shown(told), language, on=original),
    )


def _report_path(visit: Visit, voice: VoiceView) -> str:
    is_own = voice.speaker is not None and voice.speaker.own
    return visit.path(f"voices/{voice.id}/report") if visit.may(Right.REPORT_VOICE) and not is_own else ""


def _shown(told: Told) -> Sequence[Shown]:
    return [told.view.shown, *(echo.shown for echo in told.echoes)]


def state_words(view: SpotlightView, language: Language) -> str:
    """How it stands, and who sees it."""
    if view.state is SpotlightState.PUBLISHED and not view.over:
        return language.gettext(AUDIENCES[view.audience])
    return language.gettext(STATES[view.state])


def link_line(link: Link) -> LinkLine:
    """A link under its words, or under its address."""
    return LinkLine(link.words or link.url, link.url)


# --- languages ----------------------------------------------------------------------------------------------------------


def language_rows(visit: Visit, told: Told) -> tuple[LanguageRow, ...]:
    """The original's language first, then each one that somebody or something has translated it into."""
    source = told.words.source
    own = show_original(source)
    first = LanguageRow(language_name(source.language, visit.language), make_label(source, own, visit.language), "", "", "")
    tags = dict.fromkeys(rendering.language for rendering in told.words.renderings)
    return (first, *(_language_row(visit, told, tag) for tag in sorted(tags)))


def _language_row(visit: Visit, told: Told, tag: str) -> LanguageRow:
    shown = show(told.words.source, told.words.renderings, tag)
    waits = shown.label in (Label.PERSON, Label.MACHINE)
    translates = visit.may(Right.TRANSLATE)
    return LanguageRow(
        name=language_name(tag, visit.language),
        label=make_label(told.words.source, shown, visit.language),
        by=translator_words(shown.rendering, told.cards, visit),
        path=translate_path(visit, told.view.text_id, tag) if translates else "",
        do=visit.language.gettext("Read and sign") if waits else visit.language.gettext("Beside the original"),
    )


def translator_words(rendering: Rendering | None, cards: Mapping[str, Card], visit: Visit) -> str:
    """Which group translated, as the visitor may know; empty for a machine, and for a group that has gone."""
    if rendering is None or rendering.group_id is None:
        return ""
    return group_words(see_group(cards, rendering.group_id, visit.caller), visit.language)
