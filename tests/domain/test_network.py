"""What a steward may change about the network, with every fault at once."""

from __future__ import annotations

import pytest

from coordinator.domain.network import Network, NetworkDraft, read_network
from coordinator.errors import Invalid
from tests.factories import NOON

COMPLETE = ("en", "es", "ar")
DIGITS = {"en": "latn", "ar": "arab", "fa": "arabext"}
NOW = Network("Chorus", "chorus.test", "UTC", "en", {"fa": "arabext"}, 67, 100, NOON)


def test_network_absent_fields_stay() -> None:
    assert read_network({}, NOW, COMPLETE, DIGITS) == NetworkDraft("Chorus", "UTC", "en", {"fa": "arabext"}, 67, 100)


def test_network_takes_form_and_json_numerals_and_leaves_latin_out() -> None:
    form = read_network({"numerals.ar": "arab", "numerals.fa": "latn"}, NOW, COMPLETE, DIGITS)
    body = read_network({"numerals": {"ar": "arab", "fa": "latn"}}, NOW, COMPLETE, DIGITS)

    assert form.numerals == body.numerals == {"ar": "arab"}


def test_network_says_every_fault_at_once() -> None:
    raw = {
        "name": "",
        "zone": "Mars/Olympus",
        "default_language": "fa",
        "threshold_percent": "49",
        "tolerance_ms": "0.5",
        "numerals": {"ar": "roman", "xx": "latn"},
    }

    with pytest.raises(Invalid) as refused:
        read_network(raw, NOW, COMPLETE, DIGITS)

    assert {(p.field, p.code) for p in refused.value.problems} == {
        ("name", "missing"),
        ("zone", "zone_unknown"),
        ("default_language", "language_unknown"),
        ("threshold_percent", "number_out_of_range"),
        ("tolerance_ms", "number_malformed"),
        ("numerals.ar", "choice_unknown"),
        ("numerals.xx", "language_unknown"),
    }


@pytest.mark.parametrize(("percent", "accepted"), [("49", False), ("50", True), ("67", True), ("100", True), ("101", False)])
def test_network_threshold_bounds(percent: str, accepted: bool) -> None:
    if accepted:
        assert read_network({"threshold_percent": percent}, NOW, COMPLETE, DIGITS).threshold_percent == int(percent)
    else:
        with pytest.raises(Invalid):
            read_network({"threshold_percent": percent}, NOW, COMPLETE, DIGITS)
