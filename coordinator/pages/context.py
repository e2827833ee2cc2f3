"""What each template may use: one frozen dataclass a page, every text in it already in the reader's language.

`CONTEXTS` names the dataclass of each template; a test holds every template against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from markupsafe import Markup

from coordinator.formats.times import LocalTime
from coordinator.pages.context_told import Part, TextLabel


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """This page in another language; `name` is the language's name for itself."""

    tag: str
    name: str
    direction: str
    path: str
    current: bool


@dataclass(frozen=True, slots=True)
class Way:
    """A link with its words; `current` is the page that it stands on."""

    path: str
    words: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One fault of a form in words; `field` is the name in the form, empty when the whole is at fault."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a page says first: what happened, then what to do. `kind` is `fault`, `news` or `kindness` (thanks, done)."""

    kind: str
    first: str
    second: str = ""
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """What the frame of every page needs.

    `here` is the way that is current (moments, mirror, calendar, group, status) or empty. `group_path` is the desk of the reader's
    group, or where a link is entered. `languages` are the complete ones, this page's own among them. `numerals` names the digits of its times.
    """

    title: str
    network: str
    here: str
    home_path: str
    calendar_path: str
    group_path: str
    status_path: str
    languages: tuple[LanguageLink, ...]
    notices: tuple[Notice, ...] = ()
    refresh_s: int | None = None
    numerals: str = "latn"
    mirror_path: str = ""


@dataclass(frozen=True, slots=True)
class RoomBand:
    """One row under the digits: a city's hour at the moment, and its day as `formats/bands.py` draws it.

    `runs` are [tone, minute, minutes], `midnights` minutes, both on the axis T − 10 h to T + 14 h. `few` marks the three rows of a waiting room.
    """

    time: str
    city: str
    weekday: str
    offset: str
    own: bool
    few: bool
    runs: tuple[tuple[int, int, int], ...]
    midnights: tuple[int, ...]
    picture: Markup


@dataclass(frozen=True, slots=True)
class RoomAction:
    """The action a room shows. Instants are ms since 1970 UTC; words are in the page's language and the room's own city.

    `what` is kind and length ("silence, 30 minutes"), `holding` what the hall does ("Silence"). `at` is the moment in full,
    `until` its end in pieces. `moved_from` is where the moment stood before its last move, empty if it never moved.
    """

    slug: str
    title: str
    title_language: str
    kind: str
    what: str
    holding: str
    revision: int
    state: str
    moving: bool
    practice: bool
    leg: int
    at_ms: int
    ends_ms: int
    at: str
    until: LocalTime
    left: str
    moved_from: str
    reason: str
    thanks: str


@dataclass(frozen=True, slots=True)
class OwnClock:
    """The room's own city: its UTC offsets from now on as [from_ms, offset_s, words], and the words of its dates around now by ISO date."""

    city: str
    zone_id: str
    offsets: tuple[tuple[int, int, str], ...]
    dates: dict[str, str]


@dataclass(frozen=True, slots=True)
class RoomSpotlight:
    """Another group's struggle on a wall, in reviewed words: the beginning of its story, and what the text is.

    `until_ms` is when its consent ends, None where that would tell where its teller lives.
    """

    slug: str
    title: Part
    text: tuple[Part, ...]
    label: TextLabel
    by: str
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class RoomView:
    """A projector page. `data` is the same as JSON for the script (`pages/room.py`), which draws every phase from it.

    `action` is None when nothing is agreed. `seconds_left` is whole and never negative. `more` says how many groups have no band.
    """

    frame: Frame
    action: RoomAction | None
    own: OwnClock
    numerals: str
    now: LocalTime
    seconds_left: int
    bands: tuple[RoomBand, ...]
    more: str
    qr: Markup
    spotlight: RoomSpotlight | None
    data: Markup
    refresh_s: int


CONTEXTS: MappingProxyType[str, type] = MappingProxyType({"room.html": RoomView})
