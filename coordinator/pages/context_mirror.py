"""What the pages of the mirror may use: told words with the label that says what they are. Texts about them are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from coordinator.pages.context import Frame
from coordinator.pages.context_group import Way
from coordinator.pages.forms import Typed


@dataclass(frozen=True, slots=True)
class TextLabel:
    """What a text is, said beside it. `kind` is a `domain.translation.Label`; `source` says from which language, empty for an original.

    `is_read` marks the eye: a second speaker has read it.
    """

    kind: str
    words: str
    source: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class Part:
    """People's words in one language. `changed`: the translation is of earlier words, so the original stands here."""

    key: str
    words: str
    language: str
    direction: str
    changed: bool


@dataclass(frozen=True, slots=True)
class TextView:
    """A told text as one reader gets it: its parts by what they are, empty tuples and None for what was not said."""

    label: TextLabel
    title: Part | None
    body: tuple[Part, ...]
    ask: Part | None
    consent: Part | None
    echo: tuple[
        tuple[str, Part], ...
    ]  # (what it says, in the reader's language; the words): they face, we share, our next action answers, a reply
    is_translated: bool


# --- packets --------------------------------------------------------------------------------------------------------------


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
    answers: tuple[PacketAnswer, ...]
    links_heading: str
    links: tuple[tuple[str, str], ...]
    signed: str


@dataclass(frozen=True, slots=True)
class PacketPage:
    """The page inside a packet, which opens without a network: every language at once, the first one last. `expires_ms` is since 1970 UTC."""

    views: tuple[PacketView, ...]
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


CONTEXTS_OF_MIRROR: dict[str, type] = {"packet_page.html": PacketPage, "packets.html": PacketsPage}
