"""A packet is one signed zip, and not one byte of it may differ."""

from __future__ import annotations

import hashlib
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.packet import canonical_json, manifest_of
from coordinator.errors import Invalid
from coordinator.formats.packet import (
    FINGERPRINT_LETTERS,
    LETTERS,
    PACKET_BYTES,
    fingerprint_of,
    is_same_fingerprint,
    members_with,
    public_key_of,
    seal,
    unseal,
)
from coordinator.formats.sentences import say
from coordinator.i18n import read_languages
from tests.packets import SEED, make_packet, make_voice, sealed

FILES = {"README.txt": b"Read.\n", "index.html": b"<p>"}
GOLDEN = "wqtb mttj spjv fgbc dqck grpk xtgr bsjz"  # of the seed b"k" * 32
VOICED = sealed(make_packet(voices=(make_voice("a"), make_voice("b"))))
SHARE = 400  # positions tried in an ordinary run


def refusal(data: bytes) -> str:
    """The one code with which a file is refused."""
    with pytest.raises(Invalid) as refused:
        unseal(data)
    (problem,) = refused.value.problems
    return problem.code


def rezip(change: Callable[[dict[str, bytes]], object], *, method: int = zipfile.ZIP_STORED, data: bytes | None = None) -> bytes:
    """The packet's files, changed and zipped again by somebody."""
    with zipfile.ZipFile(io.BytesIO(data or sealed())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, method)
    return written.getvalue()


def test_packet_holds_four_files_in_their_order_and_names_each_others_hash() -> None:
    with zipfile.ZipFile(io.BytesIO(sealed())) as archive:
        names = archive.namelist()
        members = {name: archive.read(name) for name in names}
    said = json.loads(members.pop("signature.json"))

    assert tuple(names) == members_with(0) == ("README.txt", "index.html", "manifest.json", "signature.json")
    assert members == {**FILES, "manifest.json": canonical_json(manifest_of(make_packet()))}
    assert said["files"] == {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    assert (said["algorithm"], said["public_key"], said["fingerprint"]) == ("Ed25519", public_key_of(SEED).hex(), fingerprint_of(public_key_of(SEED)))  # fmt: skip


def test_packet_with_voices_holds_a_file_for_each_sound_and_is_of_the_second_version() -> None:
    packet = make_packet(voices=(make_voice("a"), make_voice("b", sound=None), make_voice("c")))
    with zipfile.ZipFile(io.BytesIO(sealed(packet))) as archive:
        names, sound = archive.namelist(), archive.read("voice-2.webm")
        said = json.loads(archive.read("signature.json"))

    assert names == ["README.txt", "index.html", "manifest.json", "voice-1.webm", "voice-2.webm", "signature.json"]
    assert (said["version"], said["files"]["voice-2.webm"]) == (2, hashlib.sha256(sound).hexdigest())
    assert unseal(sealed(packet)).sounds == (sound, sound)
    assert (unseal(sealed()).manifest["version"], unseal(sealed()).sounds) == (1, ())


def test_packet_of_the_same_files_has_the_same_bytes() -> None:
    data = seal({"a": 1}, page=b"<p>", readme=b"Read.\n", seed=b"k" * 32)

    # of these bytes depends what networks elsewhere take in: a change of zipfile must not go by unseen
    assert (len(data), hashlib.sha256(data).hexdigest()) == (1035, "f69fe489156b4d0c36cd71fb33244919aab6299d91218542cb4584f2417aaa55")


def test_unseal_reads_what_was_sealed() -> None:
    found = unseal(sealed())

    manifest = manifest_of(make_packet())
    assert found.manifest == manifest
    assert found.digest == hashlib.sha256(canonical_json(manifest)).hexdigest()
    assert (found.public_key, found.fingerprint) == (public_key_of(SEED), fingerprint_of(public_key_of(SEED)))


# --- fingerprints -----------------------------------------------------------------------------------------------------


def test_fingerprint_is_eight_groups_of_four_letters_and_stays() -> None:
    fingerprint = fingerprint_of(public_key_of(b"k" * 32))

    assert fingerprint == GOLDEN
    assert [len(group) for group in fingerprint.split(" ")] == [4] * 8
    assert len(set(fingerprint.replace(" ", "")) - set(LETTERS)) == 0


@pytest.mark.parametrize("typed", [GOLDEN, GOLDEN.upper(), GOLDEN.replace(" ", ""), GOLDEN.replace(" ", "-"), f"  {GOLDEN}\n"])
def test_is_same_fingerprint_forgives_how_it_is_written(typed: str) -> None:
    assert is_same_fingerprint(typed, GOLDEN)


@given(st.integers(0, FINGERPRINT_LETTERS - 1), st.sampled_from(LETTERS))
def test_is_same_fingerprint_forgives_no_letter(place: int, letter: str) -> None:
    plain = GOLDEN.replace(" ", "")

    assert is_same_fingerprint(plain[:place] + letter + plain[place + 1 :], GOLDEN) == (letter == plain[place])
    assert not is_same_fingerprint(plain[:place], GOLDEN)


# --- what is refused --------------------------------------------------------------------------------------------------


def _positions(size: int, rng: random.Random, share: int) -> list[int]:
    """Every position in a soak, else a seeded share with both ends."""
    return list(range(size)) if share > 1 else sorted({0, size - 1, *rng.sample(range(size), min(size, SHARE))})


@pytest.mark.parametrize("data", [sealed(), VOICED], ids=["words", "voices"])
@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80, 0xFF])
def test_packet_with_one_byte_altered_anywhere_is_refused(data: bytes, flip: int, rng: random.Random, share: int) -> None:
    taken = []
    for position in _positions(len(data), rng, share):
        altered = bytearray(data)
        altered[position] ^= flip
        try:
            unseal(bytes(altered))
        except Invalid as refused:
            if [p.code for p in refused.problems] == ["packet_unsound"]:
                continue
        taken.append(position)

    assert taken == []


@pytest.mark.parametrize("data", [sealed(), VOICED], ids=["words", "voices"])
def test_packet_with_a_byte_added_or_left_out_is_refused(data: bytes, rng: random.Random, share: int) -> None:
    positions = _positions(len(data), rng, share)

    assert {refusal(data[:place] + b"\0" + data[place:]) for place in positions} == {"packet_unsound"}
    assert {refusal(data[:place] + data[place + 1 :]) for place in positions} == {"packet_unsound"}
    assert {refusal(data[:place]) for place in positions if place} == {"packet_unsound"}


@pytest.mark.parametrize(
    "data",
    [
        b"PK",
        b"PK\x05\x06" + b"\0" * 18,
        b"<!doctype html>",
        b"\x89PNG\r\n",
        sealed() + b"\0",
        b"\0" + sealed(),
        rezip(lambda members: None),
        rezip(lambda members: None, method=zipfile.ZIP_DEFLATED),
        rezip(lambda members: members.update({"../../etc/passwd": b"x"})),
        rezip(lambda members: members.update({"index.html/": b""})),
        rezip(lambda members: members.pop("README.txt")),
        rezip(lambda members: members.pop("voice-1.webm"), data=VOICED),
        rezip(lambda members: members.update({"voice-3.webm": b""}), data=VOICED),
        rezip(lambda members: members.update({"voice-1.webm": members["voice-2.webm"] + b"!"}), data=VOICED),
        rezip(lambda members: members.update({"signature.json": b"[]"})),
        rezip(lambda members: members.update({"signature.json": b"[" * 100_000})),
        rezip(lambda members: members.update({"signature.json": b'{"version":1}'})),
        rezip(lambda members: members.update({"signature.json": b'{"version":1,"public_key":"00","signature":"zz"}'})),
        rezip(lambda members: members.update({"manifest.json": b"{}"})),
        sealed()[:-22] + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, 0xFFFFFFFF, 0xFFFFFFFF, 0),
    ],
)  # fmt: skip
def test_file_that_is_no_packet_is_refused_with_one_sentence(data: bytes) -> None:
    assert refusal(data) == "packet_unsound"


def test_zip_that_would_unfold_is_refused_unread() -> None:
    bomb = rezip(lambda members: members.update({"index.html": b"\0" * 200_000_000}), method=zipfile.ZIP_DEFLATED)

    assert len(bomb) < PACKET_BYTES
    assert refusal(bomb) == "packet_unsound"


def test_packet_signed_by_another_key_over_the_same_words_is_another_signer() -> None:
    assert unseal(sealed(seed=b"o" * 32)).fingerprint != unseal(sealed()).fingerprint


def test_packet_whose_key_was_exchanged_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(sealed(seed=b"o" * 32))) as archive:
        said = json.loads(archive.read("signature.json"))

    def exchange(members: dict[str, bytes]) -> None:
        ours = json.loads(members["signature.json"])
        members["signature.json"] = canonical_json({**ours, "public_key": said["public_key"], "fingerprint": said["fingerprint"]})

    assert refusal(rezip(exchange)) == "packet_unsound"


def test_packet_of_a_newer_chorus_says_so() -> None:
    def renew(members: dict[str, bytes]) -> None:
        members["signature.json"] = canonical_json({**json.loads(members["signature.json"]), "version": 3})

    assert refusal(rezip(renew)) == "packet_newer"


def test_nothing_and_too_much_are_refused_before_they_are_read() -> None:
    assert (refusal(b""), refusal(b"PK" * PACKET_BYTES)) == ("missing", "packet_too_large")


def test_refusal_is_one_clear_sentence() -> None:
    with pytest.raises(Invalid) as refused:
        unseal(sealed()[:-1])
    (problem,) = (p.under("file") for p in refused.value.problems)

    assert say(problem, read_languages()["en"]) == (
        "The file: this is not a mirror packet as a network signed it. Not one letter of it may have been changed; ask for the file once more."
    )
