"""Renewed rules are kept whole or not at all, in files or in rows, and taken up by the next process that starts."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator import zone_rules
from coordinator.domain import zones
from coordinator.formats.zone_wheels import ZoneTable, read_wheels
from coordinator.settings import Settings
from coordinator.store import tables
from coordinator.store.backup import snapshot
from coordinator.zone_rules import CURRENT, DIRECTORY, keep_rules, take_up_rules
from tests.conftest import NOON
from tests.zone_wheels import NEXT_RELEASE, epoch, fixed_from, hours, installed_law, make_wheels

INSTALLED = zones.rules_version()
FEW = ("Asia/Kathmandu", "Europe/Paris")
PROGRAM = """
import sys, zoneinfo
from datetime import UTC, datetime
from pathlib import Path
from coordinator.domain import zones
from coordinator.settings import Settings
from coordinator.zone_rules import take_up_rules
take_up_rules(Settings(data=Path(sys.argv[1]), database_url=sys.argv[2]))
at = datetime(2027, 2, 1, tzinfo=UTC)
told = [zones.rules_version(), zones.tzdata_version(), zones.utc_offset(at, "Asia/Kathmandu"), at.astimezone(zoneinfo.ZoneInfo("Asia/Kathmandu")).utcoffset()]
print(*told, len(zones.all_zone_ids()), sep="|")
"""


def at_start(settings: Settings) -> list[str]:
    """What a process with these settings computes with: rules of pytz, of zoneinfo, an offset by each, the number of zones."""
    command = [sys.executable, "-c", PROGRAM, str(settings.data), settings.database_url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().split("|")


def rules_after_start_here(settings: Settings) -> str:
    """The rules that this very process is left with, where none should be taken up."""
    take_up_rules(settings)
    return zones.rules_version()


def table_of(offset_h: float, release: str = NEXT_RELEASE) -> ZoneTable:
    """Rules by which Kathmandu has another offset."""
    law = fixed_from(installed_law("Asia/Kathmandu"), epoch(2027, 1, 1), hours(offset_h))
    return read_wheels(make_wheels({"Asia/Kathmandu": law}, release, only=FEW))


@pytest.fixture(params=["files", "sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """A network that keeps its rules in its data directory, or in either database."""
    url = "" if request.param == "files" else request.getfixturevalue(f"{request.param}_database_url")
    return Settings(data=tmp_path / "data", database_url=url)


def test_kept_rules_are_taken_up_by_the_next_process(settings: Settings) -> None:
    keep_rules(settings, table_of(6), NOON)
    renewed = at_start(settings)
    keep_rules(settings, table_of(7), NOON + timedelta(days=1))
    again = at_start(settings)

    assert renewed == [NEXT_RELEASE, NEXT_RELEASE, "6:00:00", "6:00:00", "2"]
    assert again == [NEXT_RELEASE, NEXT_RELEASE, "7:00:00", "7:00:00", "2"]


def test_kept_rules_older_than_those_that_came_with_chorus_are_left_alone(settings: Settings) -> None:
    keep_rules(settings, table_of(6, "2020a"), NOON)

    assert rules_after_start_here(settings) == INSTALLED


def test_keep_rules_keeps_the_newest_two_and_the_same_ones_once(settings: Settings) -> None:
    table = ZoneTable(NEXT_RELEASE, {"Europe/Paris": b"TZif"}, {"Europe/Paris": b"TZif"})
    kept = [ZoneTable(NEXT_RELEASE, table.pytz, {"Europe/Paris": bytes([n])}) for n in range(3)]

    for day, each in enumerate([*kept, kept[2]]):
        keep_rules(settings, each, NOON + timedelta(days=day))

    assert names_kept(settings) == sorted([kept[1].name, kept[2].name])


def names_kept(settings: Settings) -> list[str]:
    if settings.embedded_database:
        return sorted(path.name for path in (settings.data / DIRECTORY).iterdir() if path.name != CURRENT)
    with snapshot(sa.make_url(settings.database_url)) as connection:
        return sorted(connection.execute(sa.select(tables.zone_rules.c.name)).scalars())


def test_keep_rules_interrupted_leaves_those_before_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data=tmp_path)
    six, seven = table_of(6), table_of(7)
    keep_rules(settings, six, NOON)
    monkeypatch.setattr(zone_rules.os, "sync", lambda: (_ for _ in ()).throw(KeyboardInterrupt))

    with pytest.raises(KeyboardInterrupt):
        keep_rules(settings, seven, NOON)

    assert (settings.data / DIRECTORY / CURRENT).read_text() == six.name
    monkeypatch.undo()
    keep_rules(settings, seven, NOON)
    assert sorted(path.name for path in (settings.data / DIRECTORY).iterdir()) == sorted([six.name, seven.name, CURRENT])


@pytest.mark.parametrize("current", ["nowhere", "", "../..", "\0"])
def test_rules_that_cannot_be_read_leave_the_installed_ones_in_use(tmp_path: Path, current: str) -> None:
    (tmp_path / DIRECTORY).mkdir()
    (tmp_path / DIRECTORY / CURRENT).write_text(current)

    assert rules_after_start_here(Settings(data=tmp_path)) == INSTALLED


def test_rules_of_a_database_that_is_away_leave_the_installed_ones_in_use(tmp_path: Path) -> None:
    away = Settings(data=tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    without_tables = Settings(data=tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path / 'none.db'}")

    assert [rules_after_start_here(each) for each in (away, without_tables)] == [INSTALLED] * 2
    assert not (tmp_path / "none.db").exists()
