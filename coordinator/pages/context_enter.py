"""What the pages of coming in and going out may use."""

from __future__ import annotations

from dataclasses import dataclass

from coordinator.pages.context import Frame


@dataclass(frozen=True, slots=True)
class Enter:
    """Where a link or a code is entered. `path` takes the form; `fault` says why the last one did not open anything, else empty."""

    frame: Frame
    path: str
    fault: str


@dataclass(frozen=True, slots=True)
class HeldLink:
    """One link of this session: where it leads, and what it is."""

    name: str
    role: str
    path: str
    link_id: str


@dataclass(frozen=True, slots=True)
class Held:
    """All links of this session."""

    frame: Frame
    links: tuple[HeldLink, ...]
    leave_path: str
