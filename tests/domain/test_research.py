"""The research goes round: whoever had it longest ago is next, a skipped turn counts as one, and nobody waits for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.research import ROTATES_FOR, HandOn, Skip, Waiting, read_hand_on, read_skip, rotation, same_alias, skipped_turn
from coordinator.domain.rota import LEASE_DEFAULT, Duty, Lease
from coordinator.errors import Invalid
from tests.factories import NOON

DAY = timedelta(days=1)


def turn(alias: str, since: int, until: int, *, ended: int | None = None, fence: int = 1) -> Lease:
    """A turn of research in days around NOON."""
    ended_at = None if ended is None else NOON + ended * DAY
    return Lease(f"{alias}{since}", Duty.RESEARCHER, 1, alias, fence, NOON + since * DAY, NOON + until * DAY, NOON + since * DAY, ended_at)


def names(turns: list[Lease], holder: Lease | None = None, now: datetime = NOON) -> list[str]:
    return [waiting.alias for waiting in rotation(turns, holder, now)]


def test_rotation_asks_whoever_had_it_longest_ago_first_and_never_the_holder() -> None:
    heron, ibis, kite = turn("heron", -90, -60), turn("ibis", -60, -30, ended=-40), turn("kite", -30, 60)

    assert rotation([kite, ibis, heron], kite, NOON) == (Waiting("heron", NOON - 60 * DAY), Waiting("ibis", NOON - 40 * DAY))
    assert names([kite, ibis, heron], None) == ["heron", "ibis", "kite"]


def test_rotation_knows_an_alias_in_any_case_of_letters_by_its_last_turn() -> None:
    assert names([turn("Heron", -90, -80), turn("ibis", -80, -70), turn("heron", -70, -60)]) == ["ibis", "heron"]
    assert names([turn("Heron", -90, -80), turn("ibis", -80, -70)], turn("HERON", -1, 9)) == ["ibis"]


def test_rotation_forgets_other_duties_offers_old_turns_and_aliases_that_are_gone() -> None:
    year = ROTATES_FOR.days
    facilitator = replace(turn("stork", -9, -8), duty=Duty.FACILITATOR)
    offered = replace(turn("crane", -9, -8), accepted_at=None)

    assert names([facilitator, offered, turn("", -9, -8), turn("owl", -year - 9, -year), turn("ibis", -year - 9, -year + 1)]) == ["ibis"]


def test_rotation_puts_a_skipped_turn_last_with_its_reason() -> None:
    skipped = skipped_turn("heron", "On the road.", lease_id="s", fence=3, now=NOON)

    assert rotation([turn("heron", -9, -8), turn("ibis", -8, -1), skipped], None, NOON + DAY) == (
        Waiting("ibis", NOON - DAY),
        Waiting("heron", NOON, "On the road."),
    )


@given(
    aliases=st.lists(st.sampled_from(["heron", "ibis", "kite", "owl", "stork", "crane"]), min_size=2, max_size=6, unique=True),
    skips=st.lists(st.booleans(), min_size=40, max_size=40),
    apart=st.integers(1, 3),
)
def test_rotation_lets_nobody_wait_for_ever(aliases: list[str], skips: list[bool], apart: int) -> None:
    """However turns are handed on and skipped, everybody holds it or is asked once in twice as many rounds as there are aliases."""
    now = NOON
    turns = [turn(alias, -20 + n, -19 + n, fence=n) for n, alias in enumerate(aliases)]
    holder: Lease | None = None
    asked: list[str] = []
    held: list[str] = []

    for skip in skips:
        now += apart * DAY
        following = rotation(turns, holder, now)[0].alias
        asked.append(following)
        held.append(holder.alias if holder else "")
        if skip:
            turns.append(skipped_turn(following, "Away.", lease_id="s", fence=0, now=now))
            continue
        turns = [replace(each, ended_at=each.ended_at or now) for each in turns]
        holder = Lease("h", Duty.RESEARCHER, 1, following, 0, now, now + LEASE_DEFAULT, now, None)
        turns.append(holder)

    rounds = 2 * len(aliases)
    windows = [{*asked[at : at + rounds], *held[at : at + rounds]} - {""} for at in range(len(asked) - rounds)]
    assert all(window == set(aliases) for window in windows)
    assert all(one != other for one, other in zip(asked, held, strict=True))
    assert all(before != after for before, after in pairwise(asked)) or len(aliases) == 2


def test_same_alias_is_none_for_one_that_is_forgotten() -> None:
    assert (same_alias(" Heron "), same_alias(""), same_alias("  ")) == ("heron", None, None)


# --- forms ------------------------------------------------------------------------------------------------------------


def test_hand_on_may_leave_alias_and_last_day_open() -> None:
    assert read_hand_on({}, "UTC", NOON) == HandOn("", NOON + LEASE_DEFAULT)
    assert read_hand_on({"alias": " kite ", "until": "2027-01-09"}, "UTC", NOON) == HandOn("kite", NOON.replace(day=10, hour=0))


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        ({"alias": "x" * 41, "until": "soon"}, {("alias", "too_long"), ("until", "date_malformed")}),
        ({"until": "2026-12-31"}, {("until", "until_past")}),
    ],
)
def test_hand_on_says_all_its_faults(raw: dict[str, str], codes: set[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as refused:
        read_hand_on(raw, "UTC", NOON)

    assert {(p.field, p.code) for p in refused.value.problems} == codes


def test_skip_wants_a_reason_of_one_line() -> None:
    assert read_skip({"alias": "kite", "reason": " On the road. "}) == Skip("kite", "On the road.")
    for reason, code in (
        ("", "skip_reason_missing"),
        ("  ", "skip_reason_missing"),
        ("x" * 201, "too_long"),
        ("a\nb", "control_characters"),
    ):
        with pytest.raises(Invalid) as refused:
            read_skip({"reason": reason})
        assert [(p.field, p.code) for p in refused.value.problems] == [("reason", code)]
