"""How do a packet's files become one signed zip, and how is a zip known to be exactly what was signed?

    README.txt  index.html  manifest.json  [voice-1.webm …]  signature.json

`signature.json` names the SHA-256 of every other file, the public key and its fingerprint, and carries an Ed25519 signature of that. The zip
is stored without compression, in a fixed order with fixed dates: the same files make the same bytes on every machine. So a reader need not
ask what may differ harmlessly: it makes the zip anew from what it read, and a packet is sound only if not one byte differs. For the same
reason nothing can unfold to more than was sent.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from coordinator.domain.packet import FORMAT, VERSION, VERSION_WITHOUT_VOICES, canonical_json
from coordinator.errors import Invalid, problem

README, PAGE, MANIFEST, SIGNATURE = "README.txt", "index.html", "manifest.json", "signature.json"
SOUND = "voice-{}.webm"
WORDS_BYTES, SOUNDS_BYTES = 2_000_000, 1_000_000
PAGE_SHARE = 4 / 3 + 0.01  # of a sound, once more in the page, in base64
PACKET_BYTES = WORDS_BYTES + int(SOUNDS_BYTES * (1 + PAGE_SHARE))
FIXED_DATE = (1980, 1, 1, 0, 0, 0)
MODE = 0o100644
UNIX = 3
ZIP_VERSION = 20
ALGORITHM = "Ed25519"
LETTERS = "abcdefghjkmnpqrstvwxyz"  # none is mistaken for another when read aloud
FINGERPRINT_LETTERS = 32  # 142 bits of the hash
GROUP_LETTERS = 4
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    ArithmeticError,
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A packet whose signature holds. `manifest` is still to be read by the rules of `domain/packet_rules.py`, `sounds` by a decoder."""

    manifest: Any
    digest: str
    public_key: bytes
    fingerprint: str
    sounds: tuple[bytes, ...] = ()


# --- keys -----------------------------------------------------------------------------------------------------------------


def public_key_of(seed: bytes) -> bytes:
    """The public half of the signing key that 32 secret bytes make."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def fingerprint_of(public_key: bytes) -> str:
    """A public key's SHA-256 in groups of four letters, to be read aloud or compared by eye: "kmpq zwna …"."""
    number = int.from_bytes(hashlib.sha256(public_key).digest(), "big")
    letters = ""
    for _ in range(FINGERPRINT_LETTERS):
        number, index = divmod(number, len(LETTERS))
        letters += LETTERS[index]
    return " ".join(letters[start : start + GROUP_LETTERS] for start in range(0, FINGERPRINT_LETTERS, GROUP_LETTERS))


def is_same_fingerprint(typed: str, fingerprint: str) -> bool:
    """Whether somebody typed this fingerprint; case, blanks and what stands between the groups are forgiven."""
    return [c for c in typed.lower() if c in LETTERS] == [c for c in fingerprint if c in LETTERS]


# --- writing --------------------------------------------------------------------------------------------------------------


def members_with(sounds: int) -> tuple[str, ...]:
    """The names of a packet's files, in their order."""
    return (README, PAGE, MANIFEST, *(SOUND.format(number) for number in range(1, sounds + 1)), SIGNATURE)


def seal(manifest: Mapping[str, Any], *, page: bytes, readme: bytes, seed: bytes, sounds: Sequence[bytes] = ()) -> bytes:
    """The signed zip of a packet: the same arguments make the same bytes."""
    files = {README: readme, PAGE: page, MANIFEST: canonical_json(manifest)}
    files |= {SOUND.format(number): sound for number, sound in enumerate(sounds, 1)}
    statement = _statement(files, public_key_of(seed), manifest.get("version", VERSION_WITHOUT_VOICES))
    return _write_zip(files, statement, Ed25519PrivateKey.from_private_bytes(seed).sign(canonical_json(statement)))


def _statement(files: Mapping[str, bytes], public_key: bytes, version: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": version,
        "algorithm": ALGORITHM,
        "public_key": public_key.hex(),
        "fingerprint": fingerprint_of(public_key),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }


def _write_zip(files: Mapping[str, bytes], statement: Mapping[str, Any], signature: bytes) -> bytes:
    members = {**files, SIGNATURE: canonical_json({**statement, "signature": signature.hex()})}
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name, content in members.items():
            archive.writestr(_entry(name), content)
    return written.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """Everything that Python would otherwise take from this machine is set."""
    entry = zipfile.ZipInfo(name, FIXED_DATE)
    entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_STORED, UNIX, MODE << 16
    entry.create_version = entry.extract_version = ZIP_VERSION
    return entry


# --- reading --------------------------------------------------------------------------------------------------------------


def unseal(data: bytes) -> Sealed:
    """A packet's content, once its signature was found to hold. Raises Invalid: missing, packet_too_large, packet_newer, packet_unsound.

    Nothing is unpacked but the files that a packet has, and none before the sizes are known. Whose the key is, is for the caller to ask.
    """
    if not data:
        raise Invalid(problem("", "missing"))
    if len(data) > PACKET_BYTES:
        raise Invalid(problem("", "packet_too_large", "", PACKET_BYTES // 1000))
    try:
        return _unseal(data)
    except (*BROKEN, InvalidSignature):
        raise Invalid(problem("", "packet_unsound")) from None


def _unseal(data: bytes) -> Sealed:
    members = _read_members(data)
    said = json.loads(members.pop(SIGNATURE))
    version = said["version"]
    if type(version) is not int:
        raise ValueError("no version")
    if version > VERSION:
        raise Invalid(problem("", "packet_newer", version, VERSION))
    public_key, signature = bytes.fromhex(said["public_key"]), bytes.fromhex(said["signature"])
    statement = _statement(members, public_key, version)
    Ed25519PublicKey.from_public_bytes(public_key).verify(signature, canonical_json(statement))
    if _write_zip(members, statement, signature) != data:
        raise ValueError("bytes beside what was signed")
    manifest = json.loads(members[MANIFEST])
    if canonical_json(manifest) != members[MANIFEST]:
        raise ValueError("a manifest in another spelling")
    digest, sounds = hashlib.sha256(members[MANIFEST]).hexdigest(), tuple(members.values())[len(members_with(0)) - 1 :]
    return Sealed(manifest, digest, public_key, fingerprint_of(public_key), sounds)


def _read_members(data: bytes) -> dict[str, bytes]:
    """The files. ValueError for other names or another order, for compressed or encrypted ones, and for sizes that do not add up."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = archive.infolist()
        if tuple(entry.filename for entry in entries) != members_with(len(entries) - len(members_with(0))):
            raise ValueError("other files")
        if any(entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size for entry in entries):
            raise ValueError("compressed files")
        if sum(entry.file_size for entry in entries) > len(data):
            raise ValueError("more than was sent")
        return {entry.filename: archive.read(entry) for entry in entries}
