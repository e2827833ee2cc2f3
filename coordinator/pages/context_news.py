"""What of a page may come again while it is open: rows of told words, and one dataclass a page, called …News.

The same is a part of the page and, as JSON, what its script fetches when it hears news (`js/mirror-news.js`). So it holds plain text only,
never markup. Texts that are not people's own are in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from coordinator.pages.context_told import Part, TextLabel

NO_PART = Part("", "", "", "ltr", changed=False)
NO_LABEL = TextLabel("", "", "", is_read=False)


@dataclass(frozen=True, slots=True)
class Original:
    """The way to the original words, or back from them; `path` and `words` are empty where nothing is translated. `on`: they are shown."""

    path: str
    words: str
    on: bool


@dataclass(frozen=True, slots=True)
class SpotlightRow:
    """One spotlight in a list. `by` is who tells it, as the reader may know; paths are empty for what the visitor may not do."""

    path: str
    title: Part
    lead: Part
    label: TextLabel
    by: str
    note: str
    translate_path: str
    mirror_path: str


@dataclass(frozen=True, slots=True)
class EchoLine:
    """One part of an echo under what it says: they face, we share, our next action answers."""

    heading: str
    part: Part


@dataclass(frozen=True, slots=True)
class EchoRow:
    """One echo. `about` is the title of the spotlight that it answers, `path` that one's page."""

    path: str
    about: Part
    by: str
    label: TextLabel
    lines: tuple[EchoLine, ...]
    translate_path: str


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A text that waits for the group: `words` say for what, `path` leads to the workbench."""

    title: Part
    words: str
    path: str


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """One language in which a text can be read: its name, what the text is there, by whom, and where to read it beside the original."""

    name: str
    label: TextLabel
    by: str
    path: str
    do: str


NO_ECHO_LINE = EchoLine("", NO_PART)
NO_SPOTLIGHT = SpotlightRow("", NO_PART, NO_PART, NO_LABEL, "", "", "", "")
NO_ECHO = EchoRow("", NO_PART, "", NO_LABEL, (), "")
NO_WAITING = WaitingRow(NO_PART, "", "")
NO_LANGUAGE = LanguageRow("", NO_LABEL, "", "", "")


@dataclass(frozen=True, slots=True)
class LinkLine:
    """Where to read on: an address outside the network."""

    words: str
    url: str


NO_LINK = LinkLine("", "")


@dataclass(frozen=True, slots=True)
class VoiceLine:
    """A sentence of a voice note as it is shown, and when it is spoken, in milliseconds from the beginning; None where there is no sound."""

    part: Part
    from_ms: int | None
    to_ms: int | None


@dataclass(frozen=True, slots=True)
class VoiceCard:
    """A voice note for one reader. `label` says what its words are, empty when it has none; `strokes` is the path of its waveform.

    `length` is its duration as "1:07"; `webm` and `mp4` are where its sound lies. `duration_ms` None says that it was written and has no
    sound: those are empty then, and `manner` says so in words. `report_path` is empty where nobody can report it; from `ends_ms`
    on nobody hears it, network or none.
    """

    id: str
    revision: int
    by: str
    label: TextLabel
    lines: tuple[VoiceLine, ...]
    duration_ms: int | None
    length: str
    strokes: str
    webm: str
    mp4: str
    ends_ms: int
    manner: str = ""
    report_path: str = ""


NO_VOICE_LINE = VoiceLine(NO_PART, 0, 0)
NO_VOICE = VoiceCard("", 0, "", NO_LABEL, (), 0, "", "", "", "", 0)


@dataclass(frozen=True, slots=True)
class LawRow:
    """A moment to look at again, since zone law has changed: `words` say why, `do` what can be done at `path`."""

    path: str
    title: Part
    words: str
    do: str


NO_LAW = LawRow("", NO_PART, "", "")


@dataclass(frozen=True, slots=True)
class Live:
    """What the script of a page that hears news needs: its streams, apart by spaces, and where the JSON of the page's news lies."""

    streams: str
    source: str


# --- what is fetched again ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeskNews:
    """What comes to a desk: moments to look at again, the newest spotlights, what waits in the group's language, echoes that answered it."""

    law: tuple[LawRow, ...]
    spotlights: tuple[SpotlightRow, ...]
    waiting: tuple[WaitingRow, ...]
    echoes: tuple[EchoRow, ...]
    original: Original


@dataclass(frozen=True, slots=True)
class SpotlightsNews:
    """All spotlights that a group sees: its own by state, those that packets brought, and its partners' that stand."""

    drafts: tuple[SpotlightRow, ...]
    published: tuple[SpotlightRow, ...]
    retired: tuple[SpotlightRow, ...]
    ended: tuple[SpotlightRow, ...]
    brought: tuple[SpotlightRow, ...]
    partners: tuple[SpotlightRow, ...]
    original: Original


@dataclass(frozen=True, slots=True)
class SpotlightNews:
    """One spotlight, and the voices about it: of those who tell it, and `replies` of others.

    `state` says how it stands; the `may_…` say which of the page's forms can be sent now.
    """

    title: Part
    label: TextLabel
    by: str
    state: str
    until: str
    body: tuple[Part, ...]
    ask: Part | None
    echo: tuple[EchoLine, ...]
    consent: Part | None
    changed: bool
    links: tuple[LinkLine, ...]
    languages: tuple[LanguageRow, ...]
    echoes: tuple[EchoRow, ...]
    may_publish: bool
    may_retire: bool
    may_edit: bool
    may_mirror: bool
    original: Original
    voices: tuple[VoiceCard, ...] = ()
    replies: tuple[VoiceCard, ...] = ()


# --- empty rows -----------------------------------------------------------------------------------------------------------

# What the script clones stands in a <template> made by the same macro as the rows themselves, from one of these.
BLANK: MappingProxyType[str, object] = MappingProxyType(
    {
        "part": NO_PART,
        "spotlight": NO_SPOTLIGHT,
        "echo": NO_ECHO,
        "line": NO_ECHO_LINE,
        "waiting": NO_WAITING,
        "law": NO_LAW,
        "language": NO_LANGUAGE,
        "link": NO_LINK,
        "voice": NO_VOICE,
        "voice_line": NO_VOICE_LINE,
    }
)
