"""What the public pages of the mirror may use: told struggles, their echoes, the echo map. Texts about them are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from coordinator.pages.context import Frame, Way
from coordinator.pages.context_news import VoiceCard
from coordinator.pages.context_told import Part, TextView


@dataclass(frozen=True, slots=True)
class EchoCard:
    """One echo: who answers, in three columns. `action` is the next action that answers, where the public may know of it."""

    group: str
    place: str
    text: TextView
    action: Way | None
    action_language: str


@dataclass(frozen=True, slots=True)
class ToldCard:
    """One told struggle. `lead` is its beginning, as a list shows it; `echoes` may be fewer than there are, then `more` says how many more."""

    id: str
    path: str
    group: str
    place: str
    told_on: str
    text: TextView
    title_size: str
    lead: Part | None
    links: tuple[tuple[str, str], ...]
    echoes: tuple[EchoCard, ...]
    more: str


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One echo in the table beside the picture."""

    week: str
    teller: str
    answerer: str
    title: Part
    path: str


@dataclass(frozen=True, slots=True)
class ScoreView:
    """The echo map of a quarter: names of its lines (place, group), the picture, and the same as a table.

    `step` is how far the lines are apart in pixels, `width` how much room the picture asks for; `rest` says how many groups have no line; `empty` says that nothing echoed.
    """

    title: str
    names: tuple[tuple[str, str], ...]
    picture: Markup
    step: str
    width: str
    rest: str
    empty: str
    rows: tuple[ScoreRow, ...]


@dataclass(frozen=True, slots=True)
class MirrorPage:
    """The public mirror. `quarters` are those in which anything echoed; `original` leads to the originals and back, None where nothing differs."""

    frame: Frame
    score: ScoreView
    quarters: tuple[Way, ...]
    told: tuple[ToldCard, ...]
    original: Way | None


@dataclass(frozen=True, slots=True)
class ToldPage:
    """One told struggle at its own address. `voices` are of those who tell it, `replies` of others."""

    frame: Frame
    mirror_path: str
    told: ToldCard
    voices: tuple[VoiceCard, ...]
    replies: tuple[VoiceCard, ...]
    original: Way | None


CONTEXTS_OF_PUBLIC_MIRROR: dict[str, type] = {"mirror.html": MirrorPage, "spotlight_public.html": ToldPage}
