"""What do the two wheels hold that renew the zone rules, and is it a table that can be used?

A wheel is a zip file; only data are taken from it, and nothing in it is ever run. pytz's wheel and tzdata's carry the same release in two
spellings (pytz reads old-style files only), so each is held against the other before anything is kept. `zone_rules.py` keeps it.
"""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from coordinator.domain.zones import read_offsets, release_order
from coordinator.errors import Faults, Invalid, problem

WHEEL_BYTES = 4_000_000  # eight times what the larger one has
MEMBERS_MOST = 3_000
UNPACKED_BYTES = 16_000_000
SAMPLED_FOR_DAYS, SAMPLED_EVERY_DAYS = 800, 17  # so that no change of clocks in two years falls between two that read alike

PYTZ, TZDATA = "pytz", "tzdata"
RELEASES = {
    PYTZ: re.compile(r"^OLSON_VERSION = ['\"](\w+)['\"]", re.MULTILINE),
    TZDATA: re.compile(r"^IANA_VERSION = ['\"](\w+)['\"]", re.MULTILINE),
}
TABLES = ("zone.tab", "iso3166.tab", "tzdata.zi")  # what domain/zones reads besides zones
NO_PLACE = "Factory"  # a file that says "no zone was set": pytz does not list it
ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
SAFE_NAME = re.compile(r"(?!/)(?!.*(^|/)\.\.?(/|$))[^\\:\x00-\x1f]+")
MAGIC = b"TZif"
TABLE_NAME = re.compile(r"[0-9]{4}[a-z]{1,2}-[0-9a-f]{12}")  # release and digest
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, struct.error)
UNREADABLE = (ValueError, OverflowError, AssertionError, IndexError, KeyError, TypeError, UnboundLocalError, EOFError, struct.error)

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel as it was given."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ZoneTable:
    """One release of the zone rules: for pytz and for zoneinfo each file by its name ("Europe/Berlin", "zone.tab")."""

    version: str
    pytz: Files
    tzdata: Files

    @property
    def zone_ids(self) -> tuple[str, ...]:
        """Every name that these rules know, in alphabetical order."""
        return tuple(sorted(_zone_files(self.pytz) - {NO_PLACE}))

    @property
    def name(self) -> str:
        """The release with a digest of its files: the same name is the same content."""
        digest = hashlib.sha256()
        for path, data in self.members():
            digest.update(f"{path}\0{len(data)}\0".encode() + data)
        return f"{self.version}-{digest.hexdigest()[:12]}"

    def members(self) -> Iterator[tuple[str, bytes]]:
        """Every file under the name of its package, in order."""
        for package, files in ((PYTZ, self.pytz), (TZDATA, self.tzdata)):
            yield from ((f"{package}/{path}", files[path]) for path in sorted(files))


# --- from wheels ----------------------------------------------------------------------------------------------------------


def read_wheels(wheels: Sequence[Wheel]) -> ZoneTable:
    """The table in one wheel of pytz and one of tzdata, in either order.

    Raises Invalid with field "wheel": wheel_unreadable, wheel_too_large, wheel_unsafe, wheel_strange, wheel_twice, wheel_missing,
    wheel_incomplete, wheel_no_release, wheel_releases_differ, wheel_zones_differ.
    """
    faults = Faults()
    opened = [(wheel, faults.read("", _open, wheel)) for wheel in wheels]
    faults.check()
    return _join({package: _take(package, *of) for package, of in _sort(opened).items()})


def _sort(opened: Sequence[tuple[Wheel, Files]]) -> dict[str, tuple[Wheel, Files]]:
    """Which is which; one of each is needed."""
    faults, found = Faults(), dict[str, tuple[Wheel, Files]]()
    for wheel, members in opened:
        package = next((package for package in RELEASES if f"{package}/__init__.py" in members), None)
        if package is None:
            faults.add("wheel", "wheel_strange", wheel.name)
        elif package in found:
            faults.add("wheel", "wheel_twice", package)
        else:
            found[package] = (wheel, members)
    faults.check()
    for package in sorted(RELEASES.keys() - found.keys()):
        faults.add("wheel", "wheel_missing", package)
    faults.check()
    return found


def _join(taken: Mapping[str, tuple[str, Files]]) -> ZoneTable:
    (version, pytz_files), (other, tzdata_files) = taken[PYTZ], taken[TZDATA]
    if version != other:
        raise Invalid(problem("wheel", "wheel_releases_differ", "", version, other))
    if strangers := _zone_files(pytz_files) ^ _zone_files(tzdata_files):
        raise Invalid(problem("wheel", "wheel_zones_differ", "", *sorted(strangers)))
    return ZoneTable(version, pytz_files, tzdata_files)


def _take(package: str, wheel: Wheel, members: Files) -> tuple[str, Files]:
    """The release a wheel says that it holds, and its files below `zoneinfo/`."""
    release = RELEASES[package].search(members[f"{package}/__init__.py"].decode("utf-8", errors="replace"))
    if release is None or release_order(release[1])[0] == 0:
        raise Invalid(problem("wheel", "wheel_no_release", wheel.name))
    below = f"{package}/zoneinfo/"
    files = {path.removeprefix(below): data for path, data in members.items() if path.startswith(below)}
    kept = {path: data for path, data in files.items() if path in TABLES or (ZONE_NAME.fullmatch(path) and data.startswith(MAGIC))}
    absent = [path for path in TABLES if path not in kept] or ([] if _zone_files(kept) else [below])
    if absent:
        raise Invalid(*(problem("wheel", "wheel_incomplete", wheel.name, path) for path in absent))
    return release[1], kept


def _zone_files(files: Files) -> set[str]:
    return files.keys() - set(TABLES)


def _open(wheel: Wheel) -> Files:
    """The members that may be wanted, none read before all names and sizes are known."""
    if len(wheel.data) > WHEEL_BYTES:
        raise Invalid(problem("wheel", "wheel_too_large", wheel.name))
    try:
        with zipfile.ZipFile(BytesIO(wheel.data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _refuse(wheel, entries)
            return {entry.filename: archive.read(entry) for entry in entries if _is_wanted(entry.filename)}
    except BROKEN:
        raise Invalid(problem("wheel", "wheel_unreadable", wheel.name)) from None


def _refuse(wheel: Wheel, entries: Sequence[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    unsafe = [entry.filename for entry in entries if not SAFE_NAME.fullmatch(entry.filename) or stat.S_ISLNK(entry.external_attr >> 16)]
    if unsafe or len(set(names)) < len(names):
        raise Invalid(problem("wheel", "wheel_unsafe", wheel.name, *map(repr, unsafe[:1])))
    if len(entries) > MEMBERS_MOST or sum(entry.file_size for entry in entries) > UNPACKED_BYTES:
        raise Invalid(problem("wheel", "wheel_too_large", wheel.name))


def _is_wanted(path: str) -> bool:
    package, _, rest = path.partition("/")
    return package in RELEASES and (rest == "__init__.py" or rest.startswith("zoneinfo/"))


# --- whether it can be used -------------------------------------------------------------------------------------------------


def check_table(table: ZoneTable, version_in_use: str, now: datetime) -> None:
    """Raises Invalid: wheel_older, wheel_zone_unreadable, wheel_rules_differ (pytz's files say otherwise than tzdata's of the next two years)."""
    if release_order(table.version) < release_order(version_in_use):
        raise Invalid(problem("wheel", "wheel_older", table.version, version_in_use))
    instants = [now + timedelta(days=days) for days in range(0, SAMPLED_FOR_DAYS, SAMPLED_EVERY_DAYS)]
    faults = Faults()
    for zone_id in table.zone_ids:
        faults.read("", _compare, table, zone_id, instants)
    faults.check()


def _compare(table: ZoneTable, zone_id: str, instants: Sequence[datetime]) -> None:
    try:
        ours = read_offsets(zone_id, BytesIO(table.pytz[zone_id]), instants)
        theirs = _read_offsets(zone_id, table.tzdata[zone_id], instants)
    except UNREADABLE:
        raise Invalid(problem("wheel", "wheel_zone_unreadable", zone_id)) from None
    if ours != theirs:
        raise Invalid(problem("wheel", "wheel_rules_differ", zone_id))


def _read_offsets(zone_id: str, data: bytes, instants: Sequence[datetime]) -> tuple[timedelta, ...]:
    zone = ZoneInfo.from_file(BytesIO(data), zone_id)
    return tuple(instant.astimezone(zone).utcoffset() or timedelta(0) for instant in instants)


# --- one file ---------------------------------------------------------------------------------------------------------------

RELEASE_MEMBER = "release"


def pack_table(table: ZoneTable) -> bytes:
    """The table as one zip file, to be kept where there are no directories."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(RELEASE_MEMBER, table.version)
        for path, data in table.members():
            archive.writestr(path, data)
    return packed.getvalue()


def unpack_table(data: bytes) -> ZoneTable:
    """The table that `pack_table` made one file of."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if name != RELEASE_MEMBER]
        of = {package: {n.partition("/")[2]: archive.read(n) for n in names if n.startswith(f"{package}/")} for package in RELEASES}
        return ZoneTable(archive.read(RELEASE_MEMBER).decode(), of[PYTZ], of[TZDATA])
