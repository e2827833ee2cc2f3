"""How are the reasons said for which a voice note is reported, or was taken down?"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from coordinator.domain.voice_report import ReportReason
from coordinator.i18n import N_, Language

REASONS: Mapping[ReportReason, str] = MappingProxyType(
    {
        ReportReason.ENDANGERS: N_("It names somebody, or could endanger somebody."),
        ReportReason.THREATENS: N_("It threatens or insults somebody."),
        ReportReason.MISLEADS: N_("It is not what it says it is."),
        ReportReason.OTHER: N_("It is for another reason."),
    }
)


def reason_words(reason: ReportReason, language: Language) -> str:
    """The sentence of a reason."""
    return language.gettext(REASONS[reason])


def reason_choices(language: Language) -> tuple[tuple[str, str], ...]:
    """All reasons to choose from: (value, words)."""
    return tuple((reason.value, language.gettext(words)) for reason, words in REASONS.items())
