"""Two wheels make one table of rules, or a named fault: damaged, unsafe, older and contradicting ones are kept out."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

import pytest

from coordinator.domain import zones
from coordinator.errors import Invalid
from coordinator.formats import zone_wheels
from coordinator.formats.zone_wheels import Wheel, ZoneTable, check_table, pack_table, read_wheels, unpack_table
from tests.conftest import NOON
from tests.zone_wheels import (
    NEXT_RELEASE,
    epoch,
    fixed_from,
    hours,
    installed_law,
    make_wheel,
    make_wheels,
    renamed,
    write_tzif,
    write_zip,
)

FEW = ("Asia/Kathmandu", "Asia/Dhaka", "Europe/Paris")
SUMMER = {"Europe/Paris": fixed_from(installed_law("Europe/Paris"), epoch(2027, 1, 1), hours(2))}


def codes(wheels: tuple[Wheel, ...]) -> list[tuple[str, str]]:
    """(code, value) of every fault."""
    with pytest.raises(Invalid) as fault:
        check_table(read_wheels(wheels), zones.rules_version(), NOON)
    return [(p.code, p.value) for p in fault.value.problems]


def test_read_wheels_of_the_installed_rules_gives_every_zone_in_either_order() -> None:
    wheels = make_wheels({})

    table = read_wheels(wheels[::-1])

    check_table(table, zones.rules_version(), NOON)
    assert table.zone_ids == tuple(sorted(zones.all_zone_ids()))
    assert table == read_wheels(wheels)
    assert table.name == read_wheels(wheels).name


def test_read_wheels_with_another_law_is_another_table_of_that_release() -> None:
    table, same_release = read_wheels(make_wheels(SUMMER)), read_wheels(make_wheels({}))

    check_table(table, zones.rules_version(), NOON)
    assert (table.version, same_release.version) == (NEXT_RELEASE, NEXT_RELEASE)
    assert table.name != same_release.name


def test_pack_table_comes_back_as_it_was() -> None:
    table = read_wheels(make_wheels(SUMMER))

    assert unpack_table(pack_table(table)) == table


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda m: m.update({"pytz/zoneinfo/../../../etc/cron.d/x": b""}), ("wheel_unsafe", "pytz-test.whl")),
        (lambda m: m.update({"/etc/passwd": b""}), ("wheel_unsafe", "pytz-test.whl")),
        (lambda m: m.update({"pytz\\zoneinfo\\x": b""}), ("wheel_unsafe", "pytz-test.whl")),
        (lambda m: m.update({"C:x": b""}), ("wheel_unsafe", "pytz-test.whl")),
        (lambda m: m.pop("pytz/__init__.py"), ("wheel_strange", "pytz-test.whl")),
        (lambda m: m.pop("pytz/zoneinfo/zone.tab"), ("wheel_incomplete", "pytz-test.whl")),
        (lambda m: m.update({"pytz/__init__.py": b"OLSON_VERSION = 'newest'"}), ("wheel_no_release", "pytz-test.whl")),
        (lambda m: m.update({f"pytz/x{i}": b"" for i in range(zone_wheels.MEMBERS_MOST)}), ("wheel_too_large", "pytz-test.whl")),
        (lambda m: m.update({"pytz/zoneinfo/bomb": bytes(zone_wheels.UNPACKED_BYTES)}), ("wheel_too_large", "pytz-test.whl")),
        (lambda m: m.pop("pytz/zoneinfo/Asia/Kathmandu"), ("wheel_zones_differ", "")),
        (lambda m: m.update({"pytz/zoneinfo/Asia/Kathmandu": b"TZif" + bytes(60)}), ("wheel_zone_unreadable", "Asia/Kathmandu")),
        (lambda m: m.update({"pytz/zoneinfo/Asia/Kathmandu": b"TZif2"}), ("wheel_zone_unreadable", "Asia/Kathmandu")),
        (
            lambda m: m.update({"pytz/zoneinfo/Asia/Kathmandu": write_tzif(installed_law("Asia/Dhaka"))}),
            ("wheel_rules_differ", "Asia/Kathmandu"),
        ),
    ],
)
def test_wheel_that_is_spoilt_is_named(spoil: Callable[[dict[str, bytes]], object], found: tuple[str, str]) -> None:
    spoilt = make_wheel("pytz", {}, only=FEW, also=spoil)

    assert codes((spoilt, make_wheel("tzdata", {}, only=FEW))) == [found]


def test_wheels_that_do_not_belong_together_are_named() -> None:
    pytz_wheel, tzdata_wheel = (make_wheel(package, {}, only=FEW) for package in ("pytz", "tzdata"))

    assert codes((pytz_wheel,)) == [("wheel_missing", "tzdata")]
    assert codes(()) == [("wheel_missing", "pytz"), ("wheel_missing", "tzdata")]
    assert codes((pytz_wheel, pytz_wheel, tzdata_wheel)) == [("wheel_twice", "pytz")]
    assert codes((pytz_wheel, make_wheel("tzdata", {}, "2020a", only=FEW))) == [("wheel_releases_differ", "")]
    assert codes(make_wheels({}, "2020a")) == [("wheel_older", "2020a")]


def test_wheel_that_is_no_zip_is_damaged_or_too_large_is_named() -> None:
    whole = make_wheel("tzdata", {}, only=FEW)

    damaged = bytearray(whole.data)
    damaged[len(damaged) // 3] ^= 0xFF
    for data in (b"", b"not a zip", whole.data[: len(whole.data) // 2], bytes(damaged)):
        assert ("wheel_unreadable", "t.whl") in codes((Wheel("t.whl", data),))
    assert codes((Wheel("t.whl", bytes(zone_wheels.WHEEL_BYTES + 1)),)) == [("wheel_too_large", "t.whl")]


def test_wheel_with_a_symbolic_link_or_a_name_twice_is_unsafe() -> None:
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        link = zipfile.ZipInfo("pytz/zoneinfo/Europe/Berlin")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    twice = BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr("pytz/__init__.py", "")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("pytz/__init__.py", "")

    assert codes((Wheel("l.whl", written.getvalue()), Wheel("d.whl", twice.getvalue()))) == [
        ("wheel_unsafe", "l.whl"),
        ("wheel_unsafe", "d.whl"),
    ]


def test_wheel_without_zones_is_incomplete() -> None:
    tables = {f"pytz/zoneinfo/{name}": b"#" for name in zone_wheels.TABLES}
    empty = Wheel("pytz.whl", write_zip({"pytz/__init__.py": b"OLSON_VERSION = '2099a'", **tables}))

    assert codes((empty, make_wheel("tzdata", {}, only=FEW))) == [("wheel_incomplete", "pytz.whl")]


def test_renamed_law_reads_the_same() -> None:
    law = installed_law("America/Havana")

    table = read_wheels(make_wheels({"America/Havana": renamed(law)}))

    at = [datetime(2027, month, 1, tzinfo=UTC) for month in range(1, 13)]
    assert zones.read_offsets("x", BytesIO(table.pytz["America/Havana"]), at) == tuple(zones.utc_offset(t, "America/Havana") for t in at)


def test_release_order_knows_years_letters_and_what_is_no_release() -> None:
    inverted = ["2027a", "2026zb", "2026za", "2026z", "2026f", "2025z", ""]

    assert sorted(inverted, key=zones.release_order) == inverted[::-1]


def test_table_is_a_value() -> None:
    assert ZoneTable("2027a", {}, {}) == ZoneTable("2027a", {}, {})
