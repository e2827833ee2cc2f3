"""How do pages say what an action is and how it stands, what a moment costs a group, and what a group answered?"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from coordinator.domain.action import Kind, Shape, Stage, State
from coordinator.domain.response import Response, Tally
from coordinator.formats.times import LATIN, count_words, duration_words
from coordinator.i18n import N_, Language
from coordinator.services.actions import ActionView

KINDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.SILENCE: N_("silence"),
        Kind.NOISE: N_("noise"),
        Kind.TEACH_IN: N_("teach-in"),
        Kind.DATA_OFF: N_("data-off"),
        Kind.OTHER: N_("action"),
    }
)
KIND_CHOICES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.SILENCE: N_("Silence: everybody is still together"),
        Kind.NOISE: N_("Noise: pots, bells, voices"),
        Kind.TEACH_IN: N_("Teach-in: everybody learns the same thing"),
        Kind.DATA_OFF: N_("Data-off: nobody feeds the machines"),
        Kind.OTHER: N_("Something else"),
    }
)
BURDENS: Mapping[int, str] = MappingProxyType(
    {
        0: N_("in its hours"),
        1: N_("in its possible hours"),
        3: N_("awake, outside its hours"),
        8: N_("in its night"),
        13: N_("left out"),
    }
)
OWN_BURDENS: Mapping[int, str] = MappingProxyType(
    {
        0: N_("That is inside your hours."),
        1: N_("That is inside your possible hours."),
        3: N_("That is outside your hours, at a time when people are awake."),
        8: N_("That is outside your hours, in your night."),
        13: N_("That is at a time when you cannot be reached."),
    }
)
ANSWERS: Mapping[Response, str] = MappingProxyType(
    {
        Response.CONSENT: N_("consents"),
        Response.STAND_ASIDE: N_("stands aside"),
        Response.OBJECT: N_("objects"),
    }
)
OWN_ANSWERS: Mapping[Response, str] = MappingProxyType(
    {
        Response.CONSENT: N_("You consented."),
        Response.STAND_ASIDE: N_("You stand aside."),
        Response.OBJECT: N_("You object."),
    }
)
STAGES: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.AHEAD: N_("Confirmed"),
        Stage.GATHERING: N_("Confirmed: people are gathering"),
        Stage.LIVE: N_("Happening now"),
        Stage.REFLECTING: N_("It has taken place"),
        Stage.ARCHIVED: N_("It has taken place"),
    }
)
STATES: Mapping[State, str] = MappingProxyType(
    {
        State.DRAFT: N_("Draft"),
        State.PROPOSED: N_("Proposed"),
        State.CONFIRMED: N_("Confirmed"),
        State.LAPSED: N_("Lapsed: the groups did not agree"),
        State.WITHDRAWN: N_("Withdrawn by the group that proposed it"),
        State.CANCELLED: N_("Cancelled"),
    }
)


SHAPE_CHOICES: Mapping[Shape, str] = MappingProxyType(
    {
        Shape.INSTANT: N_("One moment for all"),
        Shape.WAVE: N_("A wave: one time on every clock, round the planet"),
        Shape.RELAY: N_("A relay: a few moments, each group at its lightest"),
    }
)


def kind_and_duration(view: ActionView, language: Language, numerals: str = LATIN) -> str:
    """ "silence, 30 minutes"."""
    kind, duration = language.gettext(KINDS[view.kind]), duration_words(view.duration, language, numerals)
    # Translators: what an action is, in short: "silence, 30 minutes".
    return language.gettext("%(kind)s, %(duration)s", kind=kind, duration=duration)


def state_words(view: ActionView, language: Language) -> str:
    """How the action stands, in a few words."""
    if view.stage is not None:
        return language.gettext(STAGES[view.stage])
    return language.gettext(STATES[view.state])


def consent_words(tally: Tally, language: Language, numerals: str = LATIN) -> str:
    """ "31 of 36 groups consent"."""
    n, of = count_words(tally.consents, language, numerals), count_words(tally.invited, language, numerals)
    return language.ngettext("%(n)s of %(of)s group consents", "%(n)s of %(of)s groups consent", tally.invited, n=n, of=of)


def tally_words(tally: Tally, language: Language, numerals: str = LATIN) -> tuple[str, ...]:
    """The count of answers, one sentence each; what nobody answered is left out, consent excepted."""
    waiting = tally.invited - tally.answered
    counts = {count: count_words(count, language, numerals) for count in (tally.consents, tally.stand_asides, tally.objections, waiting)}
    said = [
        language.ngettext("%(n)s group consents.", "%(n)s groups consent.", tally.consents, n=counts[tally.consents]),
    ]
    if tally.stand_asides:
        words = language.ngettext(
            "%(n)s group stands aside.", "%(n)s groups stand aside.", tally.stand_asides, n=counts[tally.stand_asides]
        )
        said.append(words)
    if tally.objections:
        said.append(language.ngettext("%(n)s group objects.", "%(n)s groups object.", tally.objections, n=counts[tally.objections]))
    if waiting:
        words = language.ngettext("%(n)s group has not answered yet.", "%(n)s groups have not answered yet.", waiting, n=counts[waiting])
        said.append(words)
    return tuple(said)


def others_words(others: int, continents: int, language: Language, numerals: str = LATIN) -> str:
    """That more groups take part than the reader sees: "and 11 others on three continents"; empty for none."""
    if others == 0:
        return ""
    n, many = count_words(others, language, numerals), continents_words(continents, language)
    return language.ngettext(
        "and %(n)s other group on %(continents)s", "and %(n)s other groups on %(continents)s", others, n=n, continents=many
    )


def continents_words(continents: int, language: Language) -> str:
    """ "three continents"; numbers to seven in words, as a sentence wants them."""
    words = {
        1: N_("one continent"),
        2: N_("two continents"),
        3: N_("three continents"),
        4: N_("four continents"),
        5: N_("five continents"),
        6: N_("six continents"),
        7: N_("seven continents"),
    }
    return language.gettext(words.get(continents, words[7]))
