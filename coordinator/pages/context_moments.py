"""What the pages of moments may use: home, an action, the clock strip, and the page of a fault. Texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from coordinator.formats.times import LocalTime
from coordinator.pages.context import Frame


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """One fault: what happened, what to do. `enter_path` leads to where a link is entered, empty where that would not help."""

    frame: Frame
    status: str
    heading: str
    words: str
    enter_path: str


@dataclass(frozen=True, slots=True)
class Tick:
    """One label of the axis, in UTC; empty for a twelfth without one. `at` marks the moment itself."""

    words: str
    at: bool


@dataclass(frozen=True, slots=True)
class StripRow:
    """One group on a clock strip. A group that hides has neither time nor band.

    `burden` is a number for the glyph, None where the reader may not know it; `pays` says it in words. `answer` and `reason` are the
    group's; `carried` is what it will have carried, in figures.
    """

    city: str
    group: str
    time: LocalTime | None
    band: Markup
    own: bool
    burden: int | None
    pays: str
    answer: str = ""
    reason: str = ""
    carried: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """The clock strip of one moment. `line` is confirmed, offered or cancelled; `others` says who takes part unseen; `note` how to read it."""

    caption: str
    note: str
    line: str
    ticks: tuple[Tick, ...]
    rows: tuple[StripRow, ...]
    others: str
    pays: bool
    carried: bool
    answers: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Why a moment costs one group what it costs: its name, the burden for the glyph, and a sentence, markup."""

    name: str
    own: bool
    burden: int
    words: str


@dataclass(frozen=True, slots=True)
class BandRow:
    """One row of the poster: what its clock reads, its cities, its band. `count` speaks where a whole hour shares the band."""

    time: str
    weekday: str
    cities: str
    offset: str
    count: str
    band: Markup


@dataclass(frozen=True, slots=True)
class ActRow:
    """One action in a list: `state` says how it stands, `more` what follows. `day` is the reader's own day with the needle in it."""

    path: str
    title: str
    title_language: str
    what: str
    time: LocalTime | None
    day: Markup
    struck: bool
    state: str
    more: str


@dataclass(frozen=True, slots=True)
class QuarterView:
    """One quarter of the calendar."""

    id: str
    title: str
    acts: tuple[ActRow, ...]


@dataclass(frozen=True, slots=True)
class Poster:
    """The next moment told large. `title_size` is long for titles that need smaller type."""

    path: str
    title: str
    title_language: str
    title_size: str
    story: str
    time: LocalTime
    left: str
    moving: str


@dataclass(frozen=True, slots=True)
class Home:
    """The poster (None while no moment stands), every partner's band, and the calendar beneath."""

    frame: Frame
    poster: Poster | None
    line: str
    flag: str
    rows: tuple[BandRow, ...]
    others: str
    cities: tuple[tuple[str, str], ...]
    quarters: tuple[QuarterView, ...]


@dataclass(frozen=True, slots=True)
class LegRow:
    """One of several moments, by the clock of the first of its cities. `current` is the one counted to. Paths are empty until it stands."""

    time: LocalTime
    cities: str
    current: bool
    countdown_path: str
    calendar_path: str


@dataclass(frozen=True, slots=True)
class ActionPage:
    """One action as everybody may see it. `time` is the moment that stands (or is put forward, by `line`); None when none is.

    Of several moments it is the next, `later` holds the instants after it, `legs` all of them and `legs_words` what they are together.

    `seconds_left` is whole and never negative, None when nothing is counted down to. `before` and `moving` say where the moment stood and
    where it may go; `counts` are the answers.
    """

    frame: Frame
    title: str
    title_language: str
    title_size: str
    proposer: str
    story: str
    what: str
    state: str
    line: str
    time: LocalTime | None
    until: str
    left: str
    seconds_left: int | None
    starts_at: str
    later: tuple[str, ...]
    legs: tuple[LegRow, ...]
    legs_words: str
    before: str
    moving: str
    reason: str
    counts: tuple[str, ...]
    strip: Strip | None
    cities: tuple[tuple[str, str], ...]
    calendar_path: str
    countdown_path: str


CONTEXTS_OF_MOMENTS: dict[str, type] = {"problem.html": ProblemPage, "home.html": Home, "action.html": ActionPage}
