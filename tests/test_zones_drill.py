"""A drill: a thousand agreed actions, a dozen zones whose law changes, by the door that is used on the day. Exactly the right groups hear of it.

What must drift is computed a second time, with zoneinfo on the files of the new tzdata wheel: no code of ours and none of pytz's.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from coordinator.settings import Settings
from coordinator.store import tables
from coordinator.store.backup import snapshot
from coordinator.upkeep import database_url, run_migrate
from tests.zone_wheels import (
    NEXT_RELEASE,
    Law,
    fixed_between,
    fixed_from,
    hours,
    installed_files,
    installed_law,
    later_by,
    make_wheels,
    renamed,
)

ACTIONS, INVITED = 1_000, 6
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)  # the command's own clock decides what is to come
FIRST_AT, DAYS = NOW + timedelta(days=2), 730
STEADY = (
    "UTC", "Europe/London", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Calcutta", "Pacific/Chatham", "Pacific/Niue",
    "Africa/Nairobi", "Antarctica/Troll", "America/Santiago", "Asia/Gaza",
)  # fmt: skip


def days_on(days: int) -> int:
    return int((NOW + timedelta(days=days)).timestamp())


def changed_laws() -> Mapping[str, Law]:
    """A dozen changes as governments make them, and three that move nobody's clock on any day that matters."""
    law = installed_law
    kathmandu = fixed_from(law("Asia/Kathmandu"), days_on(200), hours(6))
    return {
        "Europe/Berlin": fixed_from(law("Europe/Berlin"), days_on(60), hours(1)),  # summer time abolished
        "Europe/Paris": fixed_from(law("Europe/Paris"), days_on(250), hours(2)),  # winter time abolished
        "America/Havana": later_by(law("America/Havana"), days_on(0), 7 * 86_400),  # a week later
        "Africa/Cairo": later_by(law("Africa/Cairo"), days_on(0), -14 * 86_400),  # two weeks earlier
        "Asia/Kathmandu": kathmandu,  # another standard time
        "Asia/Katmandu": kathmandu,  # the same under its old name
        "Pacific/Kiritimati": fixed_from(law("Pacific/Kiritimati"), days_on(300), hours(-10)),  # over the date line
        "Asia/Tokyo": fixed_between(law("Asia/Tokyo"), days_on(120), days_on(290), hours(10)),  # summer time, once
        "Australia/Lord_Howe": fixed_from(law("Australia/Lord_Howe"), days_on(90), hours(10.5)),  # half an hour
        "Africa/Casablanca": fixed_from(law("Africa/Casablanca"), days_on(30), hours(1)),
        "America/Whitehorse": fixed_from(law("America/Whitehorse"), days_on(400), hours(-7.75)),  # a quarter of an hour
        "America/Bogota": renamed(law("America/Bogota")),
        "America/Sao_Paulo": fixed_from(law("America/Sao_Paulo"), days_on(3 * DAYS), hours(-2)),  # after the last action
        "Asia/Tehran": fixed_between(law("Asia/Tehran"), days_on(-400), days_on(-30), hours(4.5)),  # before the first one
    }


def zone_of(files: Mapping[str, bytes], zone_id: str) -> ZoneInfo:
    return ZoneInfo.from_file(BytesIO(files[f"tzdata/zoneinfo/{zone_id}"]), zone_id)


def offset_s(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data=tmp_path / "data")
    made.data.mkdir()
    run_migrate(made, NOW)
    return made


def fill(settings: Settings, rng: random.Random) -> dict[tuple[str, str], tuple[str, datetime, int]]:
    """A thousand confirmed actions, six groups each: (group, slug) → (zone, instant, offset agreed to)."""
    zone_ids = [*changed_laws(), *STEADY]
    installed = {zone_id: zone_of(installed_files("tzdata"), zone_id) for zone_id in zone_ids}
    agreed: dict[tuple[str, str], tuple[str, datetime, int]] = {}
    rows: dict[sa.Table, list[dict[str, Any]]] = {tables.group: [], tables.action: [], tables.leg: [], tables.invitation: []}
    for number, zone_id in enumerate(zone_ids):
        rows[tables.group].append(group_row(f"g{number:02}", zone_id, ("public", "partners", "hidden")[number % 3]))
    for number in range(ACTIONS):
        starts_at = FIRST_AT + timedelta(minutes=15 * rng.randrange(DAYS * 96))
        rows[tables.action].append(action_row(f"a{number:04}"))
        rows[tables.leg].append({"action_id": f"a{number:04}", "leg": 1, "starts_at": starts_at})
        for group in rng.sample(rows[tables.group], INVITED):
            zone_id = group["zone_id"]
            offset = offset_s(installed[zone_id], starts_at)
            agreed[group["id"], f"slug-a{number:04}"] = zone_id, starts_at, offset
            rows[tables.invitation].append(invitation_row(f"a{number:04}", group["id"], zone_id, starts_at, offset))
    with snapshot(database_url(settings)) as connection:
        connection.execute(sa.insert(tables.network).values(network_row()))
        for table, many in rows.items():
            connection.execute(sa.insert(table), many)
    return agreed


def network_row() -> dict[str, Any]:
    return {"id": 1, "name": "Drill", "host": "drill.test", "zone_id": "UTC", "default_language": "en", "numerals": {}, "threshold_percent": 67,
            "tolerance_ms": 100, "created_at": NOW}  # fmt: skip


def group_row(group_id: str, zone_id: str, listing: str) -> dict[str, Any]:
    availability: dict[str, Any] = {
        "windows": [{"days": ["MO"], "from": "18:00", "to": "21:00", "level": "preferred"}],
        "quiet": [],
        "blocked": [],
    }
    return {"id": group_id, "name": f"Group of {zone_id}", "place": "", "zone_id": zone_id, "language": "en", "availability": availability,
            "reach": "any", "listing": listing, "revision": 1, "created_at": NOW}  # fmt: skip


def action_row(action_id: str) -> dict[str, Any]:
    return {"id": action_id, "slug": f"slug-{action_id}", "group_id": "g00", "kind": "silence", "title": "Taps", "story": "", "language": "en",
            "shape": "instant", "duration_minutes": 30, "quarter": "2027-Q1", "state": "confirmed", "practice": False, "moving": False,
            "round": 1, "revision": 1, "sequence": 0, "stamped_at": NOW, "created_at": NOW, "changed_at": NOW}  # fmt: skip


def invitation_row(action_id: str, group_id: str, zone_id: str, starts_at: datetime, offset: int) -> dict[str, Any]:
    wall_time = (starts_at + timedelta(seconds=offset)).replace(tzinfo=None)
    return {"action_id": action_id, "group_id": group_id, "leg": 1, "required": False, "agreed_wall_time": wall_time.isoformat(timespec="seconds"),
            "agreed_zone_id": zone_id, "agreed_utc_offset_s": offset, "agreed_tzdata": "2020a"}  # fmt: skip


def chorus(settings: Settings, *arguments: object) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")}
    command = [sys.executable, "-P", "-m", "coordinator.cli", *map(str, arguments), "--data", str(settings.data)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ)


def events_of(settings: Settings) -> Counter[tuple[str, str, str]]:
    """(stream, kind, slug) of everything that anybody was told."""
    with snapshot(database_url(settings)) as connection:
        rows = connection.execute(sa.select(tables.event.c.stream, tables.event.c.kind, tables.event.c.data)).all()
    return Counter((row.stream, row.kind, row.data["action"]) for row in rows)


def test_drill_names_exactly_the_groups_whose_clock_will_read_otherwise(settings: Settings, tmp_path: Path, rng: random.Random) -> None:
    laws = changed_laws()
    wheels = make_wheels(laws)
    paths = [tmp_path / wheel.name for wheel in wheels]
    for path, wheel in zip(paths, wheels, strict=True):
        path.write_bytes(wheel.data)
    agreed = fill(settings, rng)
    quiet = chorus(settings, "zones", "check")
    assert (quiet.returncode, events_of(settings)) == (0, Counter()), quiet.stdout

    done = chorus(settings, "zones", "update", *paths)

    new_files = {f"tzdata/zoneinfo/{name}": data for name, data in _files_of(paths[1]).items()}
    new = {zone_id: zone_of(new_files, zone_id) for zone_id in {zone_id for zone_id, _, _ in agreed.values()}}
    drifting = {of for of, (zone_id, starts_at, offset) in agreed.items() if offset_s(new[zone_id], starts_at) != offset}
    assert done.returncode == 0, done.stderr
    assert events_of(settings) == Counter((f"group:{group}", "zone.drifted", slug) for group, slug in drifting)
    assert {agreed[of][0] for of in drifting} == laws.keys() - {"America/Bogota", "America/Sao_Paulo", "Asia/Tehran"}
    assert f"({len(drifting)})" in done.stdout
    assert done.stdout.count("agreed to:") == len(drifting)

    told_before = events_of(settings)
    again = chorus(settings, "zones", "check")
    assert (again.returncode, again.stdout.count("agreed to:"), events_of(settings)) == (0, len(drifting), told_before)
    assert f"Under zone rules {NEXT_RELEASE}" in again.stdout


def _files_of(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith("tzdata/zoneinfo/")]
        return {name.removeprefix("tzdata/zoneinfo/"): archive.read(name) for name in names}
