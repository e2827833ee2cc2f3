"""What a group may say when it reports a voice note."""

from __future__ import annotations

import pytest

from coordinator.domain.voice_report import WORDS_CHARS, ReportDraft, ReportReason, read_report
from coordinator.errors import Invalid


@pytest.mark.parametrize("reason", list(ReportReason))
def test_report_with_each_reason_is_read_with_or_without_words(reason: ReportReason) -> None:
    assert read_report({"reason": reason.value}) == ReportDraft(reason, "")
    assert read_report({"reason": reason.value, "words": " It says\r\nwhere she sleeps. "}).words == "It says\nwhere she sleeps."


def test_report_says_all_its_faults_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_report({"words": "x" * (WORDS_CHARS + 1) + "\u202e"})

    assert [(fault.field, fault.code) for fault in refused.value.problems] == [
        ("reason", "choice_unknown"),
        ("words", "too_long"),
        ("words", "bidi_characters"),
    ]
