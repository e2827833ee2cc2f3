"""The two keys of a moment: they say the same until the law of a zone parts them, and then it is told what the clock will read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coordinator.domain import zones
from coordinator.domain.moment import Lawless, Parted, Sentence, Together, read_again, read_sentence

AT = datetime(2027, 1, 23, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone_id", ["Asia/Kathmandu", "Asia/Calcutta", "Pacific/Kiritimati", "Pacific/Niue", "Australia/Lord_Howe", "UTC"])
def test_read_again_under_the_same_rules_finds_the_keys_together(zone_id: str) -> None:
    assert read_again(read_sentence(AT, zone_id), AT) == Together()


@pytest.mark.parametrize(
    "at", [datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 30, tzinfo=UTC)]
)
def test_read_again_beside_a_change_of_clocks_finds_the_keys_together(at: datetime) -> None:
    assert read_again(read_sentence(at, "Europe/Berlin"), at) == Together()


@pytest.mark.parametrize("by", [timedelta(hours=1), timedelta(minutes=-15), timedelta(days=1)])
def test_read_again_under_another_law_tells_what_the_clock_will_read(by: timedelta) -> None:
    now = Sentence(datetime(2027, 1, 23, 19, 15), "Asia/Kathmandu", timedelta(hours=5, minutes=45), zones.rules_version())
    agreed = replace(now, wall_time=now.wall_time + by, utc_offset=now.utc_offset + by, tzdata="2020a")

    assert read_again(agreed, AT) == Parted(now)


def test_read_again_under_newer_rules_that_say_the_same_finds_the_keys_together() -> None:
    assert read_again(replace(read_sentence(AT, "Asia/Kathmandu"), tzdata="2020a"), AT) == Together()


def test_read_again_of_a_zone_that_the_rules_lack_says_so() -> None:
    agreed = Sentence(datetime(2027, 1, 23, 19, 15), "Asia/Shangri-La", timedelta(hours=5, minutes=45), "2020a")

    assert read_again(agreed, AT) == Lawless("Asia/Shangri-La")
