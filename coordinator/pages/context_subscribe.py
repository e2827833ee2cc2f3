"""What the page of following and saving may use."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from coordinator.pages.context import Frame


@dataclass(frozen=True, slots=True)
class SavedMoment:
    """One moment to be saved once: its title, its sentence in the page's clock, and its file."""

    title: str
    title_language: str
    moment: str
    path: str


@dataclass(frozen=True, slots=True)
class Preview:
    """How an entry will read: the next moment's title, its hours, and the day it falls in."""

    title: str
    title_language: str
    hours: str
    day: Markup


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The addresses of the feed, the moments to save, and a preview; `qr` is this page's own address for phones in the hall."""

    frame: Frame
    webcal_url: str
    feed_url: str
    google_url: str
    outlook_url: str
    qr: Markup
    moments: tuple[SavedMoment, ...]
    preview: Preview | None
