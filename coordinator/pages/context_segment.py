"""What the pages of a mirror segment may use: the wall, the remote, the desk's set-up, the written page. Texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from coordinator.formats.times import LocalTime
from coordinator.pages.context import Frame, Way
from coordinator.pages.context_group import Choices
from coordinator.pages.context_news import VoiceCard
from coordinator.pages.context_told import Part, TextLabel, TextView
from coordinator.pages.forms import Typed


@dataclass(frozen=True, slots=True)
class PartStep:
    """One part in the list of them. `time` is what it was given, as "4:00"."""

    kind: str
    words: str
    seconds: int
    time: str
    current: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A heading with people's words under it; `prompt` stands there until somebody has said some, `label` says what translated ones are."""

    heading: str
    parts: tuple[Part, ...]
    prompt: str
    label: TextLabel | None = None


@dataclass(frozen=True, slots=True)
class DayBand:
    """A place's day around now: 12 hours back, 12 ahead. `runs` are [tone, minute, minutes], `midnights` minutes on that axis."""

    runs: tuple[tuple[int, int, int], ...]
    midnights: tuple[int, ...]
    picture: Markup


@dataclass(frozen=True, slots=True)
class PlaceClock:
    """A place's clock now, and what a script needs to go on: offsets as [from_ms, offset_s, words], short weekdays by ISO date."""

    said: str
    city: str
    offsets: tuple[tuple[int, int, str], ...]
    weekdays: dict[str, str]


@dataclass(frozen=True, slots=True)
class WallTime:
    """What is left of the part that is on: as digits, then words ("left", "over", "paused"). `tone` is calm, soon, over or still.

    Either `ends_at_ms` (it runs) or `left_s`.
    """

    digits: str
    words: str
    tone: str
    ends_at_ms: int | None
    left_s: int


@dataclass(frozen=True, slots=True)
class Wall:
    """A projector's segment. `state` is idle, set_up, running, ended, or gone: then no told word is in here, and `news` says why.

    `paging` says which page of how many; `closing` stands in the story's place after the end; `caption` warns of drafts; `voice` is what is heard now, in the story's place.
    `alone`: a long echo has the wall to itself. Words that are `long` stand a size smaller. `can` are the commands that would change something, empty for whoever may only look.
    """

    meeting: str
    revision: int
    state: str
    news: str
    news_rest: str
    parts: tuple[PartStep, ...]
    title: Part | None
    title_length: str
    label: TextLabel | None
    teller: str
    page: tuple[Part, ...]
    page_length: str
    closing: str
    paging: str
    aside: Column | None
    aside_kind: str
    aside_length: str
    columns: tuple[Column, ...]
    echo_label: TextLabel | None
    alone: bool
    caption: str
    time: WallTime
    bands: tuple[DayBand, ...]
    clocks: tuple[PlaceClock, ...]
    shows_original: bool
    can: tuple[str, ...]
    voice: VoiceCard | None


@dataclass(frozen=True, slots=True)
class SegmentPage:
    """The projector page; `data` is the same as JSON for its script."""

    frame: Frame
    numerals: str
    wall: Wall
    data: Markup
    refresh_s: int


@dataclass(frozen=True, slots=True)
class Tap:
    """One button of the remote. `offered`: it would change something now."""

    command: str
    words: str
    offered: bool


@dataclass(frozen=True, slots=True)
class RemotePage:
    """The remote. `taps` come in rows. `links_path` is empty for whoever may not invite; the forms' fields hold what was typed."""

    frame: Frame
    wall: Wall
    step_path: str
    taps: tuple[tuple[Tap, ...], ...]
    end: Tap
    wall_path: str
    written_path: str
    echo_path: str
    echo: tuple[tuple[str, str, str, int], ...]  # (field, label, value, characters that fit)
    echo_revision: str
    echo_language: str
    languages: Choices
    action: str
    actions: Choices
    researcher_path: str
    researcher: str
    links_path: str
    back_path: str
    typed: Typed
    data: Markup


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment in the desk's list: of what, how it stands, when, and where it leads."""

    title: Part | None
    state: str
    when: str
    path: str
    remote_path: str


@dataclass(frozen=True, slots=True)
class SpotlightChoice:
    """A spotlight that can be mirrored: its title, who tells, and how its words are labelled in this language."""

    slug: str
    title: Part | None
    teller: str
    label: TextLabel
    marked: bool


@dataclass(frozen=True, slots=True)
class MirrorDeskPage:
    """The segments of a group's meetings, and the form that sets one up; `sets_up` is False for whoever may only read."""

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    path: str
    wall_path: str
    segments: tuple[SegmentRow, ...]
    sets_up: bool
    spotlights: tuple[SpotlightChoice, ...]
    minutes: str
    minute_choices: Choices
    kinds: tuple[tuple[str, str, str, bool], ...]  # (kind, name, its own minutes if it was given some, marked)
    typed: Typed


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """What was mirrored in one meeting. `gone`: the spotlight may not be shown any more, so that nothing of it is here."""

    frame: Frame
    group: str
    city: str
    began: LocalTime | None
    ended: LocalTime | None
    state: str
    gone: str
    spotlight: TextView | None
    teller: str
    echo: TextView | None
    action: str
    action_when: str
    researcher: str
    parts: tuple[PartStep, ...]
    remote_path: str
    wall_path: str


CONTEXTS_OF_SEGMENTS: dict[str, type] = {
    "segment.html": SegmentPage,
    "remote.html": RemotePage,
    "mirror_desk.html": MirrorDeskPage,
    "written.html": WrittenPage,
}
