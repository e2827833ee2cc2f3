"""What a group's own pages may use: its desk, the form of a proposal, one action with its clock strip. Texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from coordinator.formats.times import LocalTime
from coordinator.formats.week import WeekDay
from coordinator.pages.context import Frame, Way
from coordinator.pages.context_heat import HeatView
from coordinator.pages.context_moments import ActRow, Strip, Told
from coordinator.pages.context_news import DeskNews, Live
from coordinator.pages.context_shapes import ShapeColumn, ShapeLeg
from coordinator.pages.forms import Typed

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One open question to the group. `answer` is what it has answered, empty for nothing yet; `forward` is a ready text, plain.

    `turned` says that the group's clock changes over the time of a wave, and what that means for it.

    `may_answer` is False for whoever reads the desk without the right; `typed` holds a reason that was sent and not taken.
    """

    slug: str
    path: str
    respond_path: str
    title: str
    title_language: str
    what: str
    when: str
    turned: str
    fits: str
    light: str
    until: str
    answer: str
    moving: str
    forward: str
    may_answer: bool
    typed: Typed


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One duty and who holds it, by alias."""

    duty: str
    words: str
    free: bool


@dataclass(frozen=True, slots=True)
class OwnAct:
    """One of the group's own drafts, practices or lapsed proposals."""

    path: str
    title: str
    title_language: str
    what: str
    when: str


@dataclass(frozen=True, slots=True)
class Week:
    """The group's ordinary week: words for each day stand beside the bands."""

    scale: tuple[str, ...]
    sun: Markup
    days: tuple[WeekDay, ...]
    reach: str
    quiet: str
    blocked: str


@dataclass(frozen=True, slots=True)
class DeskPage:
    """A group's desk. Paths are empty where the visitor has no right to what they lead to."""

    frame: Frame
    name: str
    now: LocalTime
    asks: tuple[Ask, ...]
    standing: tuple[ActRow, ...]
    drafts: tuple[OwnAct, ...]
    practices: tuple[OwnAct, ...]
    lapsed: tuple[OwnAct, ...]
    week: Week
    seats: tuple[SeatRow, ...]
    live: Live
    news: DeskNews
    ways: tuple[Way, ...]
    propose_path: str
    practise_path: str
    spotlights_path: str
    tell_path: str
    availability_path: str
    rota_path: str
    room_path: str
    own_language: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class Guest:
    """One group that can be invited, as this group sees it."""

    group_id: str
    name: str
    place: str
    invited: bool
    required: bool


@dataclass(frozen=True, slots=True)
class ProposePage:
    """The form of a draft, new or changed. `unseen` says how many groups are invited only when all are."""

    frame: Frame
    heading: str
    lede: str
    save_path: str
    back_path: str
    save_words: str
    typed: Typed
    title: str
    kind: str
    story: str
    minutes: str
    quarter: str
    language_tag: str
    practice: bool
    practice_fixed: bool
    everybody: bool
    kinds: Choices
    shape: str
    shapes: Choices
    quarters: Choices
    languages: Choices
    guests: tuple[Guest, ...]
    unseen: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a start would cost whom: `lines` are (burden, how many groups have it, in words), `remark` is one sentence.

    `reasons`: every group that the reader sees, its own first.
    """

    lines: tuple[tuple[int, str], ...]
    remark: str
    reasons: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Pick:
    """One candidate. `start` is the instant for the form."""

    letter: str
    current: bool
    path: str
    start: str
    words: str
    time: LocalTime
    weighed: Weighed


@dataclass(frozen=True, slots=True)
class Which:
    """A typed wall time that does not happen, or happens twice: the question, and the answers as (field, value, words)."""

    question: str
    options: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Start:
    """One start that the form offers: its value, its letter (empty where there is but one), and when it is, markup."""

    value: str
    letter: str
    words: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Choosing:
    """Choosing a moment: the three shapes, the candidates of the one looked at, the strip of the current one, and the form that puts it forward.

    `shape` is the one looked at: instant, wave or relay. `columns` are empty where the shape stands already. Of an instant `picks` are
    the candidates, `best` says what the quarter offers, `help` what stands in the way of more and what would help, as sentences of markup; of a wave
    and a relay there is one best start, and `legs` are its instants in order of time. `weighed` is a start that was typed to be looked at.
    """

    shape: str
    columns: tuple[ShapeColumn, ...]
    heading: str
    look_path: str
    put_path: str
    put_words: str
    picks: tuple[Pick, ...]
    best: str
    help: tuple[str, ...]
    legs: tuple[ShapeLeg, ...]
    weighed: Weighed | None
    strip: Strip | None
    strip_heading: str
    heat: HeatView | None
    starts: tuple[Start, ...]
    own_time: bool
    wall_time: str
    which: Which | None
    deadline: str
    deadline_which: Which | None
    zone_hint: str


@dataclass(frozen=True, slots=True)
class Practising:
    """The form that starts a practice."""

    path: str
    which: Which | None
    zone_hint: str


@dataclass(frozen=True, slots=True)
class LawChoice:
    """What a group can do where zone law has parted its moment: keep the instant, ask for another. Paths are empty for what it cannot."""

    words: str
    keep_path: str
    ask_path: str


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """One action as its groups see it, with what this visitor may do. Paths are empty for what cannot be done (any more).

    `asking` are the groups that ask for another moment, a sentence each, for whoever proposed it.
    """

    frame: Frame
    title: str
    title_language: str
    title_size: str
    kicker: str
    story: str
    what: str
    quarter: str
    state: str
    practice: bool
    reason: str
    line: str
    when: str
    legs_words: str
    agreed: str
    law: LawChoice | None
    asking: tuple[str, ...]
    before: str
    moving: str
    until: str
    rule: str
    counts: tuple[str, ...]
    ask: Ask | None
    typed: Typed
    strip: Strip | None
    strip_heading: str
    offered_strip: Strip | None
    choosing: Choosing | None
    practising: Practising | None
    edit_path: str
    move_path: str
    withdraw_path: str
    withdraw_words: str
    cancel_path: str
    copy_path: str
    public_path: str
    room_path: str
    desk_path: str


CONTEXTS_OF_DESKS: dict[str, type] = {"desk.html": DeskPage, "propose.html": ProposePage, "proposal.html": ProposalPage}
