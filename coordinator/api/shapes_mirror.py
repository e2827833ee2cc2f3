"""What does the API answer of the mirror? Spotlights, their words with what these are, their echoes and translations (as `shapes.py`)."""

from __future__ import annotations

from datetime import datetime

from coordinator.api.shapes import SeenGroup, Shown
from coordinator.domain.spotlight import Audience, SpotlightState
from coordinator.domain.translation import Label, Origin


class LabelShown(Shown):
    """What the words are, to be said beside them. `engine` and `via` (the language in between) are a machine's."""

    kind: Label
    source_language: str
    via: str | None
    engine: str | None
    signed: bool


class SectionShown(Shown):
    """One section as shown. `changed`: its translation was made from earlier words, so the original stands here."""

    key: str
    words: str
    language: str
    changed: bool


class WebLink(Shown):
    """Where to read on; `words` may be empty."""

    words: str
    url: str


class Readable(Shown):
    """A language in which it can be read, and what the words there are."""

    language: str
    label: LabelShown


class Brought(Shown):
    """Of whom a packet tells, as much as it was allowed to say."""

    name: str
    place: str
    zone: str


class EchoShown(Shown):
    """What another group answers. `group` is null when only "a group" may be said; `action` is its next action that answers."""

    echo: str
    group: SeenGroup | None
    label: LabelShown
    language: str
    sections: list[SectionShown]
    action: str | None
    quarter: str
    published_at: datetime
    revision: int


class SpotlightShown(Shown):
    """A struggle that a group tells, in the best words there are. `teller` is null when only "a group" may be said.

    `edition` counts the edits, `revision` whatever is told of it. `source_hash` names the original's wording: a translation says of which
    one it is. `over`: its last day has passed, and only its own group sees it. `may_leave` (an engine elsewhere may read it) is told to
    its own group. Of what a packet brought, `teller` is who brought it in, and `brought` of whom it tells.
    """

    slug: str
    state: SpotlightState
    audience: Audience
    revision: int
    edition: int
    quarter: str | None
    published_at: datetime | None
    retired_at: datetime | None
    expires_at: datetime
    over: bool
    teller: SeenGroup | None
    brought: Brought | None
    label: LabelShown
    language: str
    sections: list[SectionShown]
    source_hash: str
    languages: list[Readable]
    links: list[WebLink]
    may_leave: bool | None
    echoes: list[EchoShown]


class Spotlights(Shown):
    """The latest published first."""

    spotlights: list[SpotlightShown]


class TranslatedSection(Shown):
    """A section's translation; `source_hash` names the words it was made from."""

    key: str
    source_hash: str
    words: str


class TranslationShown(Shown):
    """One translation as it was saved. `current`: made from this very wording. `group` made it, `signed_by` read it: null when unseen."""

    translation: str
    language: str
    origin: Origin
    label: LabelShown
    current: bool
    source_hash: str
    group: SeenGroup | None
    created_at: datetime
    signed_by: SeenGroup | None
    signed_at: datetime | None
    sections: list[TranslatedSection]


class Translations(Shown):
    """Every translation that stands, in the order they were made, beside the wording of now."""

    source_language: str
    source_hash: str
    translations: list[TranslationShown]


class SavedTranslation(Shown):
    """What became of a save. `beside`: somebody else had saved meanwhile, and both are kept; `outdated`: the original had changed."""

    beside: bool
    outdated: bool
    translation: TranslationShown


class TermShown(Shown):
    """Words that no engine may touch. `target` null: in every language; `rendering` null: kept as they are."""

    term: str
    source: str
    target: str | None
    rendering: str | None


class Glossary(Shown):
    """In the order of the words."""

    terms: list[TermShown]
