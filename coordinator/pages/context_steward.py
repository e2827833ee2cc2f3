"""What the steward's pages and the status page may use. Texts are in the reader's language, moments on the network's own clock."""

from __future__ import annotations

from dataclasses import dataclass

from coordinator.pages.context import Frame, Way
from coordinator.pages.context_moments import QuarterView
from coordinator.pages.context_news import VoiceCard
from coordinator.pages.forms import Typed

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Status:
    """How well the network is, for everybody. `rules` says that the two copies of the zone rules differ, empty when they do not.

    `fingerprint` is what another network compares before it takes in a packet of this one.
    """

    frame: Frame
    words: str
    rules_version: str
    tzdata_version: str
    rules: str
    version: str
    fingerprint: str
    checked: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check: what was looked at, what was found, and whether all is well with it."""

    what: str
    found: str
    well: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure at a glance; `words` stands beside it."""

    name: str
    figure: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A group without a custodian, and where the steward makes a link for one."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The steward's first page. `without` are the groups that nobody holds, `rules` as in Status, `reports` how many wait, in words."""

    frame: Frame
    ways: tuple[Way, ...]
    words: str
    reports: str
    reports_path: str
    checks: tuple[CheckRow, ...]
    rules: str
    groups: tuple[Figure, ...]
    without: tuple[Lacking, ...]
    quarters: tuple[QuarterView, ...]
    machine: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group in the list. `lacks` marks one whose custodian's seat is empty or has run out."""

    path: str
    name: str
    place: str
    zone_id: str
    language: str
    listing: str
    custodian: str
    lacks: bool
    desk_path: str
    settings_path: str
    links_path: str


@dataclass(frozen=True, slots=True)
class GroupList:
    """Every group of the network."""

    frame: Frame
    ways: tuple[Way, ...]
    count: str
    rows: tuple[GroupLine, ...]
    new_path: str
    import_path: str


@dataclass(frozen=True, slots=True)
class NewGroup:
    """The plain form of a new group. `zones` are (zone, city) to choose from while typing."""

    frame: Frame
    ways: tuple[Way, ...]
    path: str
    back_path: str
    typed: Typed
    zones: Choices
    languages: Choices
    usual_language: str
    listings: Choices
    reaches: Choices


@dataclass(frozen=True, slots=True)
class StewardGroup:
    """One group as the steward sees it: facts, its custodian, a link for one, and the way out of the network."""

    frame: Frame
    ways: tuple[Way, ...]
    name: str
    facts: Choices
    custodian: str
    successor: str
    same_holder: bool
    offer_path: str
    typed: Typed
    archive_path: str
    desk_path: str
    availability_path: str
    settings_path: str
    links_path: str
    rota_path: str


@dataclass(frozen=True, slots=True)
class Archive:
    """The question before a group leaves; `effects` are what follows, a sentence each."""

    frame: Frame
    ways: tuple[Way, ...]
    name: str
    effects: tuple[str, ...]
    path: str
    back_path: str


@dataclass(frozen=True, slots=True)
class Import:
    """A file of groups: chosen, or pasted. `columns` is the first line of such a file, `example` a second one."""

    frame: Frame
    ways: tuple[Way, ...]
    path: str
    typed: Typed
    listings: Choices
    columns: str
    example: str


@dataclass(frozen=True, slots=True)
class NumeralsChoice:
    """One language whose public pages may use its own digits: field, language, tag, what is chosen, and the choices."""

    field: str
    name: str
    tag: str
    value: str
    options: Choices


@dataclass(frozen=True, slots=True)
class NetworkPage:
    """The network's settings. `host` never changes."""

    frame: Frame
    ways: tuple[Way, ...]
    path: str
    typed: Typed
    name: str
    zone: str
    zones: Choices
    usual_language: str
    languages: Choices
    numerals: tuple[NumeralsChoice, ...]
    threshold: str
    tolerance: str
    host: str


@dataclass(frozen=True, slots=True)
class StewardLink:
    """One steward's link, without its secret. `revoke_path` is empty where it cannot be revoked; `own` marks the one in use here."""

    label: str
    made: str
    used: str
    state: str
    live: bool
    own: bool
    revoke_path: str


@dataclass(frozen=True, slots=True)
class StewardLinks:
    """The stewards' links and the form for one more. `only` says that the last one stays."""

    frame: Frame
    ways: tuple[Way, ...]
    path: str
    typed: Typed
    links: tuple[StewardLink, ...]
    only: bool


@dataclass(frozen=True, slots=True)
class TermRow:
    """One term of the glossary. `source` and `rendering_language` are tags; `rendering` is empty where the words are kept as they are."""

    term: str
    source: str
    source_name: str
    target_name: str
    rendering: str
    rendering_language: str
    until: str
    remove_path: str


@dataclass(frozen=True, slots=True)
class GlossaryPage:
    """The glossary and the form for one more term. `targets` begins with every language."""

    frame: Frame
    ways: tuple[Way, ...]
    path: str
    typed: Typed
    terms: tuple[TermRow, ...]
    languages: Choices
    targets: Choices
    usual_language: str


@dataclass(frozen=True, slots=True)
class JobCounts:
    """How many jobs of a kind are in which state, in words."""

    kind: str
    waiting: str
    done: str
    dead: str


@dataclass(frozen=True, slots=True)
class JobLine:
    """One late or given-up job. `error` is the exception's type and place, `revive_path` empty for what still waits."""

    kind: str
    due: str
    attempts: str
    error: str
    revive_path: str


@dataclass(frozen=True, slots=True)
class Jobs:
    """Planned work: what is late, what was given up, and how much of each kind there is."""

    frame: Frame
    ways: tuple[Way, ...]
    counts: tuple[JobCounts, ...]
    late: tuple[JobLine, ...]
    dead: tuple[JobLine, ...]
    next_due: str


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One report: who made it, why, in which words (may be empty), and when."""

    by: str
    reason: str
    words: str
    since: str
    dismiss_path: str


@dataclass(frozen=True, slots=True)
class ReportedVoice:
    """A voice note with the reports on it. `reason` is the first one's, to begin with when it is taken down."""

    voice: VoiceCard
    reports: tuple[ReportLine, ...]
    reason: str
    take_down_path: str


@dataclass(frozen=True, slots=True)
class Reports:
    """Voice notes whose reports wait for the steward, the longest reported first. `reasons` are (value, words)."""

    frame: Frame
    ways: tuple[Way, ...]
    voices: tuple[ReportedVoice, ...]
    reasons: Choices


CONTEXTS_OF_STEWARDS: dict[str, type] = {
    "status.html": Status,
    "steward.html": Overview,
    "steward_groups.html": GroupList,
    "steward_new_group.html": NewGroup,
    "steward_group.html": StewardGroup,
    "steward_archive.html": Archive,
    "steward_import.html": Import,
    "steward_network.html": NetworkPage,
    "steward_links.html": StewardLinks,
    "steward_glossary.html": GlossaryPage,
    "steward_jobs.html": Jobs,
    "steward_reports.html": Reports,
}
