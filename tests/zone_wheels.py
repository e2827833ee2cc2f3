"""How does a test get newer zone rules? Two wheels made from the installed ones, with laws changed in both spellings.

    changed = {"Europe/Berlin": law("Europe/Berlin", lambda old: abolish(old, from_at, hours(2)))}
    pytz_wheel, tzdata_wheel = make_wheels(changed)

Written on struct and zipfile alone, so that what is read is not what wrote it.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import files
from io import BytesIO

from coordinator.domain import zones
from coordinator.formats.zone_wheels import TABLES, Wheel

NEXT_RELEASE = f"{int(zones.rules_version()[:4]) + 1}a"
LAST_32_BIT = 2**31 - 1
PACKAGES = {"pytz": "OLSON_VERSION", "tzdata": "IANA_VERSION"}


# --- laws -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Change:
    """From the epoch second `at` on, clocks are `offset_s` ahead of UTC."""

    at: int
    offset_s: int
    is_dst: bool = False
    name: str = "XXX"


Law = tuple[Change, ...]  # in order; the first holds for all time before, too


def epoch(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[arg-type]  # year, month, day, …


def installed_law(zone_id: str) -> Law:
    """What pytz's own file of a zone says, by its first block."""
    data = installed_files("pytz")[f"pytz/zoneinfo/{zone_id}"]
    _, _, _, times, types, chars = struct.unpack(">6l", data[20:44])
    at = 44
    moments = struct.unpack(f">{times}l", data[at : at + 4 * times])
    indexes = data[at + 4 * times : at + 5 * times]
    infos = [struct.unpack(">lBB", data[at + 5 * times + 6 * i : at + 5 * times + 6 * i + 6]) for i in range(types)]
    names = data[at + 5 * times + 6 * types :][:chars]

    def change(moment: int, index: int) -> Change:
        offset_s, is_dst, name_at = infos[index]
        return Change(moment, offset_s, bool(is_dst), names[name_at:].partition(b"\0")[0].decode())

    return tuple(change(m, i) for m, i in zip(moments, indexes, strict=True)) or (change(-(2**31), 0),)


def fixed_from(law: Law, at: int, offset_s: int) -> Law:
    """From `at` on one offset for ever: daylight saving is abolished, or the standard time is another."""
    return (*(change for change in law if change.at < at), Change(at, offset_s))


def fixed_between(law: Law, start: int, end: int, offset_s: int) -> Law:
    """One offset for a while, then what was the law before."""
    resumed = [change for change in law if change.at <= end][-1]
    kept = [change for change in law if change.at < start or change.at > end]
    return tuple(sorted([*kept, Change(start, offset_s), replace(resumed, at=end)]))


def later_by(law: Law, after: int, by_s: int) -> Law:
    """Every change of clocks after an instant comes later (or earlier) than it was to."""
    return tuple(replace(change, at=change.at + by_s) if change.at > after else change for change in law)


def renamed(law: Law) -> Law:
    """The same offsets under other abbreviations: nobody's clock moves."""
    return tuple(replace(change, name="NEW") for change in law)


# --- files ------------------------------------------------------------------------------------------------------------


def write_tzif(law: Law) -> bytes:
    """The law as a TZif file of version 2: 32-bit block, 64-bit block, and a footer that goes on with the last offset."""
    kinds = list(dict.fromkeys((change.offset_s, change.is_dst, change.name) for change in law))
    names = list(dict.fromkeys(name for _, _, name in kinds))
    chars = b"".join(name.encode() + b"\0" for name in names)
    starts = {name: sum(len(n) + 1 for n in names[: names.index(name)]) for name in names}
    infos = b"".join(struct.pack(">lBB", offset_s, is_dst, starts[name]) for offset_s, is_dst, name in kinds)
    return b"".join(_block(law, kinds, infos, chars, size) for size in "lq") + _footer(law[-1].offset_s)


def _block(law: Law, kinds: list[tuple[int, bool, str]], infos: bytes, chars: bytes, size: str) -> bytes:
    told = [change for change in law if size == "q" or -(2**31) <= change.at <= LAST_32_BIT]
    head = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, len(told), len(kinds), len(chars))
    times = struct.pack(f">{len(told)}{size}", *(change.at for change in told))
    return head + times + bytes(kinds.index((c.offset_s, c.is_dst, c.name)) for c in told) + infos + chars


def _footer(offset_s: int) -> bytes:
    hours, minutes = divmod(abs(offset_s) // 60, 60)
    return f"\n<XXX>{'-' if offset_s >= 0 else '+'}{hours}:{minutes:02}\n".encode()


# --- wheels -----------------------------------------------------------------------------------------------------------


@cache
def installed_files(package: str) -> Mapping[str, bytes]:
    """Every file of an installed package by its path in the wheel, without what Python compiled."""
    found = files(package) or []
    return {str(path): path.read_binary() for path in found if str(path).startswith(f"{package}/") and path.suffix != ".pyc"}


def make_wheels(laws: Mapping[str, Law], release: str = NEXT_RELEASE, *, only: Collection[str] = ()) -> tuple[Wheel, Wheel]:
    """The wheels of pytz and tzdata in which these zones have these laws and all others (or `only` some) their own."""
    changed = {zone_id: write_tzif(law) for zone_id, law in laws.items()}
    return make_wheel("pytz", changed, release, only=only), make_wheel("tzdata", changed, release, only=only)


def make_wheel(
    package: str,
    changed: Mapping[str, bytes],
    release: str = NEXT_RELEASE,
    *,
    only: Collection[str] = (),
    also: Callable[[dict[str, bytes]], object] = lambda _members: None,
) -> Wheel:
    """The installed wheel of a package with other files for some zones, all or `only` some of them; `also` may spoil its members."""
    members = {path: data for path, data in installed_files(package).items() if not only or _is_among(path, only)}
    members |= {f"{package}/zoneinfo/{zone_id}": data for zone_id, data in changed.items()}
    members[f"{package}/__init__.py"] = f"raise SystemExit('never run')\n{PACKAGES[package]} = '{release}'\n".encode()
    also(members)
    return Wheel(f"{package}-test.whl", write_zip(members))


def _is_among(path: str, only: Collection[str]) -> bool:
    zone_id = path.partition("/zoneinfo/")[2]
    return zone_id in only or zone_id in TABLES or not zone_id


def write_zip(members: Mapping[str, bytes]) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return written.getvalue()


def hours(count: float) -> int:
    return int(timedelta(hours=count).total_seconds())
