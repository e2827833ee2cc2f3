"""What the pages of spotlights may use: their lists, one spotlight, the form that tells it, the translator's workbench.

What their scripts rebuild is in `context_news`. Texts that are not people's own are in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass

from coordinator.pages.context import Frame, Way
from coordinator.pages.context_group import Choices, Explained
from coordinator.pages.context_news import Live, SpotlightNews, SpotlightsNews
from coordinator.pages.context_told import Part, TextLabel, TextView
from coordinator.pages.forms import Typed


@dataclass(frozen=True, slots=True)
class SpotlightsPage:
    """The list. `tell_path` is empty for whoever may not tell."""

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    live: Live
    news: SpotlightsNews
    tell_path: str


@dataclass(frozen=True, slots=True)
class SpotlightPage:
    """One spotlight with what this visitor may do. Paths are empty for what is never theirs to do; `news` says what can be done now."""

    frame: Frame
    group: str
    live: Live
    news: SpotlightNews
    list_path: str
    edit_path: str
    mirror_path: str
    packet_path: str
    voice_path: str
    translate_path: str
    publish_path: str
    retire_path: str
    delete_path: str


@dataclass(frozen=True, slots=True)
class TellPage:
    """The form in which a group tells its struggle. `stands` is what is kept now, shown when somebody else changed it meanwhile."""

    frame: Frame
    heading: str
    lede: str
    save_path: str
    save_words: str
    back_path: str
    edition: str
    typed: Typed
    title: str
    story: str
    ask: str
    face: str
    share: str
    answer: str
    consent: str
    links: str
    language_tag: str
    languages: Choices
    audiences: tuple[Explained, ...]
    may_leave: bool
    until: str
    stands: TextView | None


@dataclass(frozen=True, slots=True)
class BenchSection:
    """One section on the workbench: the original's words, and the field beside them.

    `before` are the original's earlier words, when what stands in the field was made from those; `changed` says so also without them.
    """

    field: str
    name: str
    original: Part
    before: str
    changed: bool
    value: str
    rows: int
    error: str


@dataclass(frozen=True, slots=True)
class Version:
    """One translation that stands. Paths are empty for what this visitor may not do, `own` says why they may not sign."""

    heading: str
    label: TextLabel
    by: str
    parts: tuple[Part, ...]
    best: bool
    sign_path: str
    delete_path: str
    own: str


@dataclass(frozen=True, slots=True)
class TranslatePage:
    """The translator's workbench: section by section beside the original, and every translation that stands.

    `label` says what the fields were filled with, None for nothing. `lost` are words that were sent for a wording nobody knows any more.
    """

    frame: Frame
    live: Live
    title: Part
    what: str
    back_path: str
    choose_path: str
    save_path: str
    language_tag: str
    language_name: str
    direction: str
    languages: Choices
    label: TextLabel | None
    source_label: str
    source_hash: str
    base: str
    sections: tuple[BenchSection, ...]
    versions: tuple[Version, ...]
    lost: tuple[str, ...]


CONTEXTS_OF_SPOTLIGHTS: dict[str, type] = {
    "spotlights.html": SpotlightsPage,
    "spotlight.html": SpotlightPage,
    "tell.html": TellPage,
    "translate.html": TranslatePage,
}
