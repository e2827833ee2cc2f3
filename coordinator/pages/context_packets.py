"""What the pages of packets may use: those at a group's desk, and the one inside a packet. Texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from coordinator.pages.context import Frame, Way
from coordinator.pages.context_told import Part, TextLabel, TextView
from coordinator.pages.forms import Typed


@dataclass(frozen=True, slots=True)
class PacketLanguage:
    """One language of a packet in the menu of its page; `name` is the language's name for itself."""

    anchor: str
    name: str
    tag: str
    direction: str
    current: bool


@dataclass(frozen=True, slots=True)
class PacketAnswer:
    """One echo on the page of a packet: whose, and their words."""

    heading: str
    text: TextView


@dataclass(frozen=True, slots=True)
class PacketVoiceView:
    """The words of a voice note in one language, each with the millisecond at which it begins. `last_day` is empty where it is the packet's.

    `ends_ms`: when they go. `number` is also the sound's, which stands in the page once; 0 when there are words alone.
    """

    number: int
    heading: str
    label: TextLabel
    lines: tuple[tuple[int, Part], ...]
    last_day: str
    ends_ms: int


@dataclass(frozen=True, slots=True)
class PacketPlayer:
    """A sound in the page itself; `strokes` is the path of its levels. `heading` is in the language shown at first."""

    number: int
    heading: str
    address: str
    strokes: str
    ends_ms: int


@dataclass(frozen=True, slots=True)
class PacketView:
    """A packet in one language. `language` and `direction` are those of what Chorus says; people's words carry their own.

    `first` is shown until another one is chosen. `teller` is empty when only "a group" may be said. `links` are (words, address).
    """

    anchor: str
    language: str
    direction: str
    first: bool
    menu: tuple[PacketLanguage, ...]
    menu_label: str
    teller: str
    text: TextView
    ask_heading: str
    consent_heading: str
    audience: str
    last_day: str
    over: str
    voices: tuple[PacketVoiceView, ...]
    answers: tuple[PacketAnswer, ...]
    links_heading: str
    links: tuple[tuple[str, str], ...]
    signed: str


@dataclass(frozen=True, slots=True)
class PacketPage:
    """The page inside a packet, which opens without a network: every language at once, the first one last. `expires_ms` is since 1970 UTC."""

    views: tuple[PacketView, ...]
    players: tuple[PacketPlayer, ...]
    expires_ms: int


@dataclass(frozen=True, slots=True)
class BroughtRow:
    """A packet that the group brought in. `teller` is empty where the packet does not say; `delete_path` is empty for whoever may not."""

    title: Part
    label: TextLabel
    teller: str
    signer: str
    until: str
    path: str
    delete_path: str


@dataclass(frozen=True, slots=True)
class PacketsPage:
    """The group's packets: bringing one in, and what was brought in. `may_bring` opens the form."""

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    path: str
    packets: tuple[BroughtRow, ...]
    may_bring: bool
    fingerprint: str
    own_fingerprint: str
    typed: Typed


CONTEXTS_OF_PACKETS: dict[str, type] = {"packet_page.html": PacketPage, "packets.html": PacketsPage}
