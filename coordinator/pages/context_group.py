"""What the pages on which a group tells of itself may use: its hours, its no-go times, its calendar, its settings, its links, its rota. Texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from coordinator.formats.week import WeekHours
from coordinator.pages.context import Frame, Way
from coordinator.pages.context_desk import Week
from coordinator.pages.forms import Typed

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """One choice with what it means; `sees` says in sentences what others then see. `marked`: it is the one chosen."""

    value: str
    name: str
    means: str
    marked: bool
    sees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HoursRow:
    """One row of the form of hours: `windows[0]` with what stands in its fields and what is wrong with them (by part, empty for the row).

    `days` are (weekday code, short name, long name, marked), nothing to show for quiet hours. A `filled` row can be marked as `gone`.
    """

    field: str
    legend: str
    days: tuple[tuple[str, str, str, bool], ...]
    start: str
    end: str
    level: str
    filled: bool
    gone: bool
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class AvailabilityPage:
    """When a group can take part: the picture of what is kept, and the form to change it.

    `revision` is what was kept when the page was made. `reaches` is empty where only a custodian may choose; `reach` says what holds.
    `example` and `midnight` are times as the fields take them. `conflict`: somebody changed the hours meanwhile, and the form still holds what this person typed.
    `no_go_path` and `busy_path` are empty for whoever must not know of no-go times.
    """

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    path: str
    revision: str
    conflict: bool
    city: str
    week: Week
    hours: tuple[WeekHours, ...]
    blocked_dates: tuple[str, ...]
    windows: tuple[HoursRow, ...]
    quiet: tuple[HoursRow, ...]
    example: str
    midnight: str
    levels: Choices
    blocked: str
    reaches: tuple[Explained, ...]
    reach: str
    no_go_path: str
    busy_path: str
    typed: Typed


@dataclass(frozen=True, slots=True)
class NoGoRow:
    """One no-go time in words, with the group's own reminder (empty for none)."""

    when: str
    why: str
    remove_path: str


@dataclass(frozen=True, slots=True)
class NoGoPage:
    """A group's private no-go times, the next ones first, and the form that adds one. `day` and `wall_time` are examples as fields take them."""

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    path: str
    city: str
    rows: tuple[NoGoRow, ...]
    day: str
    wall_time: str
    busy_path: str
    typed: Typed


@dataclass(frozen=True, slots=True)
class BusyRead:
    """How it stands with a calendar, in sentences. `failed` says what the last attempt met, at `tried`; empty when it succeeded.

    `holds` is the moment up to which it is known, empty before it was ever read. `spans` are the next few. `again_path` is empty for a file.
    """

    source: str
    read: str
    failed: str
    tried: str
    holds: str
    left_out: str
    spans: tuple[str, ...]
    again_path: str
    remove_path: str


@dataclass(frozen=True, slots=True)
class BusyPage:
    """A group's calendar: what was read of it (None: none is given), and the two forms that give one. Neither shows again what was sent."""

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    path: str
    no_go_path: str
    city: str
    read: BusyRead | None
    example: str
    megabytes: str
    typed: Typed


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """What a group says of itself, and to whom. `zones` are (name of the zone, city and country); `meant` those that a misspelt one may mean."""

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    path: str
    revision: str
    name: str
    place: str
    alias_name: str
    alias_place: str
    zone: str
    clock: str
    zones: Choices
    meant: Choices
    language_tag: str
    languages: Choices
    numerals: str
    numeral_choices: Choices
    listings: tuple[Explained, ...]
    typed: Typed


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link in the list, without its secret. `revoke_path` is empty for one that has ended; `own`: this session came in with it.

    `holder` is the alias of the custodian whose link it is, else empty.
    """

    role: str
    holder: str
    label: str
    state: str
    live: bool
    used: str
    ends: str
    own: bool
    revoke_path: str


@dataclass(frozen=True, slots=True)
class LinksPage:
    """A group's links, and the form that makes one."""

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    path: str
    links: tuple[LinkRow, ...]
    roles: tuple[Explained, ...]
    label: str
    typed: Typed


@dataclass(frozen=True, slots=True)
class SeatLine:
    """One duty: who holds it until when, and what is pending. `give_back` holds (duty, seat) where it can be given back."""

    duty: str
    words: str
    free: bool
    pending: str
    give_back: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class TakeForm:
    """The form that takes a free duty."""

    path: str
    seats: Choices
    seat: str
    alias: str
    until: str
    typed: Typed


@dataclass(frozen=True, slots=True)
class HandOverForm:
    """The form that offers the custodian's duty to a successor."""

    path: str
    successor: str
    until: str
    label: str
    typed: Typed


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One who waits for a turn of research, and when they had their last one; with the reason when they let it pass."""

    alias: str
    words: str


@dataclass(frozen=True, slots=True)
class ResearchPart:
    """Whose turn the mirror research is. `balance_path` leads to whom it could turn to. `following` is the alias of whoever is next, empty for nobody.

    `hand_on_path` and `skip_path` are empty for whoever may not, the latter also when nobody waits.
    """

    balance_path: str
    holder: str
    free: bool
    waiting: tuple[WaitingLine, ...]
    following: str
    hand_on_path: str
    researcher: str
    until: str
    handing: Typed
    skip_path: str
    reason: str
    skipping: Typed


@dataclass(frozen=True, slots=True)
class RotaPage:
    """Who holds what. `take` and `hand_over` are None for whoever may not; `give_back_path` is then empty."""

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    seats: tuple[SeatLine, ...]
    give_back_path: str
    research: ResearchPart
    take: TakeForm | None
    hand_over: HandOverForm | None


CONTEXTS_OF_GROUPS: dict[str, type] = {
    "availability.html": AvailabilityPage,
    "no_go.html": NoGoPage,
    "busy.html": BusyPage,
    "settings.html": SettingsPage,
    "links.html": LinksPage,
    "rota.html": RotaPage,
}
