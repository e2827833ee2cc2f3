"""What is sealed comes back to its owner by its key, and to nobody else."""

from __future__ import annotations

import pytest

from coordinator.store.sealing import SealBroken, seal, unseal

KEY, OTHER = b"k" * 32, b"o" * 32
SECRET = "https://calendar.example.org/privé/basic.ics"


def test_unseal_gives_back_what_was_sealed_and_no_two_seals_are_alike() -> None:
    sealed = [seal(SECRET, KEY, "minga") for _ in range(3)]

    assert {unseal(each, KEY, "minga") for each in sealed} == {SECRET}
    assert len(set(sealed)) == 3
    assert all(b"calendar" not in each for each in sealed)


@pytest.mark.parametrize(
    ("change", "key", "owner"),
    [
        (lambda sealed: sealed, OTHER, "minga"),
        (lambda sealed: sealed, KEY, "nile"),
        (lambda sealed: sealed[:-1], KEY, "minga"),
        (lambda sealed: sealed[:5], KEY, "minga"),
        (lambda sealed: b"", KEY, "minga"),
        (lambda sealed: sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:], KEY, "minga"),
    ],
)
def test_unseal_with_another_key_or_for_another_owner_or_damaged_breaks(change: object, key: bytes, owner: str) -> None:
    assert callable(change)
    with pytest.raises(SealBroken):
        unseal(change(seal(SECRET, KEY, "minga")), key, owner)
