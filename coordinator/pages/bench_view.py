"""What does the workbench show? Each section of the original with a field beside it, filled with the best there is, and all versions.

A form that came back holds what was typed, beside the wording it was typed for, even if that is no longer today's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.requests import Request

from coordinator.domain.access import Right
from coordinator.domain.listing import Card
from coordinator.domain.spotlight import ANSWER, ASK, BODY, CONSENT, FACE, SHARE, TITLE
from coordinator.domain.text import text_of
from coordinator.domain.translation import Label, Rendering, Section, Shown, Source, label_of
from coordinator.edge import runtime
from coordinator.formats.sentences import say_conflict
from coordinator.formats.times import count_words
from coordinator.i18n import N_, Language, Languages
from coordinator.pages.context_news import Live
from coordinator.pages.context_spotlights import BenchSection, TranslatePage, Version
from coordinator.pages.context_told import Part
from coordinator.pages.desk_mirror import live_streams
from coordinator.pages.door import Visit, visit_frame
from coordinator.pages.forms import Returned, Typed, fault_notice, typed
from coordinator.pages.spotlight_rows import title_part
from coordinator.pages.spotlight_view import translator_words
from coordinator.pages.told import direction_of, language_name, make_label
from coordinator.services.mirror import SpotlightView
from coordinator.services.translations import Workbench, section_fields

NAMES: Mapping[str, str] = MappingProxyType(
    {
        TITLE: N_("Title"),
        ASK: N_("What they ask of others"),
        FACE: N_("They face"),
        SHARE: N_("We share"),
        ANSWER: N_("Our next action answers"),
        CONSENT: N_("What may be shown where"),
    }
)
CHARS_A_ROW, ROWS_LEAST, ROWS_MOST = 48, 2, 14


@dataclass(frozen=True, slots=True)
class Bench:
    """A workbench as it was read for one visitor. `wording` is the one whose sections the form has, None when it is lost."""

    bench: Workbench
    about: SpotlightView
    tags: tuple[str, ...]
    wording: Source | None
    cards: Mapping[str, Card]

    @property
    def is_echo(self) -> bool:
        """Whether the text is an echo of the spotlight that it is about."""
        return self.bench.source.text_id != self.about.text_id


def target_languages(visit: Visit, source: Source, languages: Languages) -> tuple[str, ...]:
    """Every language that a text can be translated into, the group's own first; never the original's."""
    tags = [visit.group.language, *(one.tag for one in languages)]
    return tuple(tag for tag in dict.fromkeys(tags) if tag != source.language)


def make_page(request: Request, visit: Visit, found: Bench, returned: Returned | None) -> TranslatePage:
    """The page; with what was sent and could not be taken."""
    bench, language, languages = found.bench, visit.language, runtime(request).languages
    path = f"texts/{bench.source.text_id}/translate"
    back = f"spotlights/{found.about.slug}"
    notices = () if returned is None else (fault_notice(returned, language),)
    wording = found.wording or bench.source
    translated = bench.shown.rendering is not None
    return TranslatePage(
        frame=visit_frame(request, visit, language.gettext("Translate"), path=f"{path}?to={bench.language}", notices=notices),
        live=Live(live_streams(visit), visit.path(f"{back}.json")),
        title=title_part(found.about.shown, languages),
        what=language.gettext("An echo of this spotlight") if found.is_echo else "",
        back_path=visit.path(back),
        choose_path=visit.path(path),
        save_path=visit.path(path),
        language_tag=bench.language,
        language_name=language_name(bench.language, language),
        direction=direction_of(bench.language, languages),
        languages=tuple((tag, _choice_words(tag, language, languages)) for tag in found.tags),
        label=make_label(bench.source, bench.shown, language) if translated else None,
        source_label=language_name(bench.source.language, language),
        source_hash=wording.hash,
        base=_base(bench, returned),
        sections=_sections(found, wording, returned, language, languages),
        versions=tuple(_version(visit, found, made, languages) for made in bench.bases),
        lost=_lost(found, returned),
    )


def _choice_words(tag: str, language: Language, languages: Languages) -> str:
    """ "Swahili, Kiswahili"."""
    own, listed = language_name(tag, language), languages.get(tag)
    if listed is None or listed.name == own:
        return own
    # Translators: a language, as the reader calls it and as its speakers do: "Swahili, Kiswahili".
    return language.gettext("%(language)s, %(own_name)s", language=own, own_name=listed.name)


def _base(bench: Workbench, returned: Returned | None) -> str:
    """The translations that a save takes up: what its maker has seen, so after a fault those of the page that was sent."""
    if returned is not None and "base" in returned.form:
        return text_of(returned.form, "base")
    return " ".join(made.id for made in bench.bases)


# --- sections -----------------------------------------------------------------------------------------------------------


def _sections(
    found: Bench, wording: Source, returned: Returned | None, language: Language, languages: Languages
) -> tuple[BenchSection, ...]:
    came_back = returned is not None and found.wording is not None and bool(returned.form)
    fields = typed(returned, language) if came_back else Typed()
    filling = _Filling(found.bench, wording, language, languages)
    numbered = zip(wording.sections, section_fields(wording.sections), strict=True)
    return tuple(_section(section, field, fields, filling) for section, field in numbered)


@dataclass(frozen=True, slots=True)
class _Filling:
    """What the fields are filled with: the words of the best translation, also those that translate what an original no longer says."""

    bench: Workbench
    wording: Source
    language: Language
    languages: Languages

    def words(self, section: Section) -> str:
        return self._holds().get(section.hash) or self._by_key().get(section.key, "")

    def is_changed(self, section: Section) -> bool:
        return section.hash not in self._holds() and section.key in self._by_key()

    def earlier(self, section: Section) -> str:
        return self.bench.earlier.words(section.key) if self.bench.earlier and self.is_changed(section) else ""

    def _holds(self) -> Mapping[str, str]:
        return self.bench.shown.rendering.by_hash() if self.bench.shown.rendering else {}

    def _by_key(self) -> Mapping[str, str]:
        return {section.key: section.words for section in self.bench.shown.rendering.sections} if self.bench.shown.rendering else {}


def _section(section: Section, field: str, fields: Typed, filling: _Filling) -> BenchSection:
    tag = filling.wording.language
    value = fields.value(field, filling.words(section))
    longest = max(len(section.words), len(value))
    return BenchSection(
        field=field,
        name=_section_name(section.key, filling.language),
        original=Part(section.key, section.words, tag, direction_of(tag, filling.languages), changed=False),
        before=filling.earlier(section),
        changed=filling.is_changed(section),
        value=value,
        rows=min(ROWS_MOST, max(ROWS_LEAST, 1 + longest // CHARS_A_ROW + section.words.count("\n"))),
        error=fields.error(field),
    )


def _section_name(key: str, language: Language) -> str:
    """What a section is: "Title", "Paragraph 2"."""
    if key.startswith(BODY):
        number = key.removeprefix(BODY)
        return language.gettext("Paragraph %(number)s", number=count_words(int(number), language) if number.isdecimal() else number)
    return language.gettext(NAMES[key]) if key in NAMES else key


def _lost(found: Bench, returned: Returned | None) -> tuple[str, ...]:
    """Words that were sent for a wording nobody knows any more: to be copied from the page."""
    if returned is None or found.wording is not None:
        return ()
    return tuple(text for name, text in returned.form.items() if name.startswith("section[") and isinstance(text, str) and text.strip())


# --- versions -----------------------------------------------------------------------------------------------------------


def _version(visit: Visit, found: Bench, made: Rendering, languages: Languages) -> Version:
    bench, language = found.bench, visit.language
    shown = Shown(label_of(made, bench.source), made.language, (), made)
    path = f"texts/{bench.source.text_id}/translations/{made.id}"
    signs = shown.label in (Label.PERSON, Label.MACHINE)
    own = made.session_id is not None and made.session_id == visit.caller.session_id
    deletes = visit.group.id in (made.group_id, bench.words.text.group_id) and visit.may(Right.PUBLISH)
    return Version(
        heading=language.gettext("Shown now") if made is bench.shown.rendering else language.gettext("Saved at the same time"),
        label=make_label(bench.source, shown, language),
        by=translator_words(made, found.cards, visit),
        parts=tuple(Part(s.key, s.words, made.language, direction_of(made.language, languages), changed=False) for s in made.sections),
        best=made is bench.shown.rendering,
        sign_path=visit.path(f"{path}/sign") if signs and not own else "",
        delete_path=visit.path(f"{path}/delete") if deletes else "",
        own=say_conflict("own_translation", {}, language) if signs and own else "",
    )
