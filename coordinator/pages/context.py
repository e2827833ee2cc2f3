"""What each template may use: one frozen dataclass a page, every text in it already in the reader's language.

`CONTEXTS` names the dataclass of each template; a test holds every template against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """This page in another language; `name` is the language's name for itself."""

    tag: str
    name: str
    direction: str
    path: str
    current: bool


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

    `here` is the way that is current (moments, calendar, group, status) or empty. `group_path` is the desk of the reader's
    group, or where a link is entered. `languages` are the complete ones, this page's own among them.
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


@dataclass(frozen=True, slots=True)
class TimeView:
    """One instant as one reader's clock says it; never shown without city, weekday and offset.

    `iso` is for machines (`2027-01-23T13:30:00Z`); `clock` reads 19:15; `date` holds the weekday ("Saturday 23 January 2027");
    `weekday` is the short one; `offset` is UTC+05:45, `offset_short` UTC+5:45; `sentence` is the whole of it.
    """

    iso: str
    clock: str
    date: str
    weekday: str
    city: str
    offset: str
    offset_short: str
    sentence: str


CONTEXTS: MappingProxyType[str, type] = MappingProxyType({})
