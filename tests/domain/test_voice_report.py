"""What a group may say when it reports a voice note, and who hears the note meanwhile."""

from __future__ import annotations

import pytest

from coordinator.domain.access import NOBODY, Caller, Grant, Role
from coordinator.domain.voice_report import WORDS_CHARS, ReportDraft, ReportReason, decides_for, read_report
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


def _of(*grants: tuple[Role, str | None]) -> Caller:
    return Caller(tuple(Grant(role, group_id, "link") for role, group_id in grants), "session")


@pytest.mark.parametrize(
    ("caller", "without", "reported"),
    [
        (NOBODY, None, None),
        (_of((Role.MEMBER, "speaker")), True, True),
        (_of((Role.ROOM, "speaker")), None, None),
        (_of((Role.MEMBER, "other")), None, None),
        (_of((Role.MEMBER, "reporter")), None, False),
        (_of((Role.ROOM, "reporter")), None, False),
        (_of((Role.STEWARD, None)), None, True),
        (_of((Role.STEWARD, None), (Role.MEMBER, "reporter")), None, True),
        (_of((Role.MEMBER, "speaker"), (Role.MEMBER, "reporter")), True, True),
    ],
)
def test_report_that_is_open_decides_for_the_steward_and_for_who_made_it(
    caller: Caller, without: bool | None, reported: bool | None
) -> None:
    assert decides_for(caller, "speaker", frozenset()) is without
    assert decides_for(caller, "speaker", frozenset({"reporter"})) is reported
