"""The `chorus` command as a person types it: real processes, their words and exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coordinator.domain import zones
from coordinator.formats.zone_wheels import read_wheels
from coordinator.settings import Settings
from coordinator.zone_rules import keep_rules
from tests.zone_wheels import epoch, fixed_from, hours, installed_law, make_wheels

ROOT = Path(__file__).resolve().parent.parent
HEADER = "name,city,zone,language,availability,quiet,blocked\n"
QUESTION = {
    "range": {"start": "2027-01-04T00:00:00Z", "end": "2027-01-05T00:00:00Z"},
    "slot_minutes": 15,
    "duration_minutes": 60,
    "groups": [{"name": "Nairobi", "zone": "Africa/Nairobi", "windows": [{"days": ["MO"], "from": "17:00", "to": "21:00"}]}],
}


def chorus(*arguments: object, data: Path | None = None, stdin: str | bytes = b"", **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end, with nothing set but what is given."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")}
    place = {"CHORUS_DATA": str(data)} if data else {}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "coordinator.cli", *map(str, arguments)],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=plain | place | environ,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_resolve_answers_on_stdout() -> None:
    done = chorus("resolve", "-", stdin=json.dumps(QUESTION))

    answer = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert answer["feasible"] is True
    assert answer["ranges"] == [["2027-01-04T14:00:00Z", "2027-01-04T17:00:00Z"]]
    assert answer["count"] == 13


def test_resolve_starts_no_threads_of_a_library_that_it_does_not_use() -> None:
    """They spin for some 25 ms of processor time, half of what a network of sixty takes."""
    count = "import atexit, os, sys; atexit.register(lambda: sys.stderr.write(str(len(os.listdir('/proc/self/task')))))"
    program = f"{count}; from coordinator.cli import main; main()"
    plain = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}

    done = subprocess.run(
        [sys.executable, "-c", program, "resolve", "-"],
        input=json.dumps(QUESTION), capture_output=True, text=True, check=True, cwd=ROOT, env=plain,
    )  # fmt: skip

    assert done.stderr == "1"


def test_resolve_with_a_faulty_file_tells_path_and_value_as_json(tmp_path: Path) -> None:
    question = {**QUESTION, "groups": [{**QUESTION["groups"][0], "zone": "Africa/Narobi"}]}  # type: ignore[dict-item, index]  # plain JSON
    (tmp_path / "q.json").write_text(json.dumps(question))

    done = chorus("resolve", tmp_path / "q.json")

    problem = json.loads(done.stdout)
    assert done.returncode == 2
    assert problem["status"] == 422
    assert [(p["field"], p["code"], p["value"]) for p in problem["problems"]] == [("groups[0].zone", "zone_unknown", "Africa/Narobi")]
    assert "Africa/Nairobi" in problem["problems"][0]["remedy"]


@pytest.mark.parametrize("raw", [b"\xff\xfe{", b"", b"[1]", b"{", b'{"cases": 3}'])
def test_resolve_with_garbage_says_so_as_json(raw: bytes) -> None:
    done = chorus("resolve", "-", stdin=raw)

    assert done.returncode == 2
    assert json.loads(done.stdout)["problems"]
    assert "Traceback" not in done.stderr


def test_resolve_reads_utf8_with_a_byte_order_mark() -> None:
    assert chorus("resolve", "-", stdin=b"\xef\xbb\xbf" + json.dumps(QUESTION).encode()).returncode == 0


def test_settings_are_listed_without_secrets() -> None:
    done = chorus("settings", CHORUS_SECRET_KEY="k" * 40, CHORUS_DATABASE_URL="postgresql://chorus:hunter2@db/chorus")

    assert done.returncode == 0
    assert "CHORUS_PORT=8000" in done.stdout
    assert "hunter2" not in done.stdout
    assert "k" * 40 not in done.stdout


def test_settings_that_are_wrong_are_told_one_a_line() -> None:
    done = chorus("settings", CHORUS_PORT="eighty", CHORUS_HOTS="x")

    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["CHORUS_HOTS", "CHORUS_PORT"]


@pytest.mark.parametrize("command", ["web", "worker"])
def test_scaled_out_process_without_a_redis_says_which_setting_is_missing(command: str, tmp_path: Path) -> None:
    done = chorus(command, data=tmp_path)

    assert done.returncode == 2
    assert done.stderr.startswith("CHORUS_REDIS_URL:")


def test_scaled_out_process_without_the_key_says_so(tmp_path: Path) -> None:
    done = chorus("web", data=tmp_path, CHORUS_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", CHORUS_REDIS_URL="redis://127.0.0.1:1")

    assert done.returncode == 2
    assert done.stderr.startswith("CHORUS_SECRET_KEY:")


def test_import_takes_all_groups_or_none_and_names_each_line(tmp_path: Path) -> None:
    good = "Minga del Agua,Quito,America/Guayaquil,es,Mo-Fr 17:00-21:00,23:00-06:30,\n"
    bad = "Nile Listeners,Cairo,Africa/Ciaro,ar,Mo-Fr 17:00-21:00,23:00-06:30,\n"
    (tmp_path / "bad.csv").write_text(HEADER + good + bad)
    (tmp_path / "good.csv").write_text(HEADER + good)

    refused = chorus("import", tmp_path / "bad.csv", data=tmp_path / "data")
    done = chorus("import", tmp_path / "good.csv", data=tmp_path / "data")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("Line 3")
    assert (done.returncode, done.stderr, done.stdout.split(" groups")[0]) == (0, "", "1")


def test_link_steward_prints_a_new_link_each_time(tmp_path: Path) -> None:
    found = [
        re.findall(
            r"https://c\.example/enter#\S{40,}", chorus("link", "steward", data=tmp_path, CHORUS_BASE_URL="https://c.example").stdout
        )
        for _ in "12"
    ]

    assert [len(links) for links in found] == [1, 1]
    assert found[0] != found[1]


def test_backup_and_restore_bring_a_network_back(tmp_path: Path) -> None:
    file, data, new = tmp_path / "b.zip", tmp_path / "data", tmp_path / "new"
    chorus("link", "steward", data=data)

    made = chorus("backup", file, data=data)
    restored = chorus("restore", file, data=new)
    again = chorus("restore", file, data=new)
    over = chorus("restore", file, "--replace", data=new)

    assert [made.returncode, restored.returncode, again.returncode, over.returncode] == [0, 0, 2, 0]
    assert "--replace" in again.stderr
    assert (new / "secret.key").read_text() == (data / "secret.key").read_text()


def test_backup_of_nothing_and_restore_of_no_backup_say_so(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("not a backup")

    nothing = chorus("backup", tmp_path / "b.zip", data=tmp_path / "data")
    damaged = chorus("restore", tmp_path / "text.zip", data=tmp_path / "data")

    assert (nothing.returncode, nothing.stderr) == (2, "there is no network in this database yet\n")
    assert damaged.returncode == 2
    assert "it is no backup of Chorus" in damaged.stderr


def test_migrate_tells_what_it_applied_once(tmp_path: Path) -> None:
    first, second = chorus("migrate", data=tmp_path), chorus("migrate", data=tmp_path)

    assert re.fullmatch(r"(Applied \d{4}\.\n)+", first.stdout)
    assert (second.returncode, second.stdout) == (0, "")


def test_zones_update_without_wheels_says_how_to_get_them(tmp_path: Path) -> None:
    done = chorus("zones", "update", data=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert "pip download --no-deps pytz tzdata" in done.stderr


def test_zones_update_with_bad_wheels_says_why_and_changes_nothing(tmp_path: Path) -> None:
    pytz_wheel, lost = tmp_path / "pytz.whl", tmp_path / "tzdata.whl"
    (tmp_path / "broken.whl").write_bytes(b"PK\x03\x04 and no more")
    data = tmp_path / "data"
    for path, wheel in zip((pytz_wheel, lost), make_wheels({}, only=("Asia/Kathmandu", "America/Guayaquil")), strict=True):
        path.write_bytes(wheel.data)
    (tmp_path / "groups.csv").write_text(HEADER + "Nile Listeners,Cairo,Africa/Cairo,ar,Mo-Fr 17:00-21:00,23:00-06:30,\n")
    chorus("import", tmp_path / "groups.csv", data=data)

    broken = chorus("zones", "update", tmp_path / "broken.whl", data=data)
    without_cairo = chorus("zones", "update", pytz_wheel, lost, data=data)
    checked = chorus("zones", "check", data=data)

    assert (broken.returncode, broken.stdout) == (2, "")
    assert "“broken.whl” is damaged" in broken.stderr
    assert (without_cairo.returncode, without_cairo.stdout) == (2, "")
    assert "no zone Africa/Cairo, and this network uses it" in without_cairo.stderr
    assert "Traceback" not in broken.stderr + without_cairo.stderr
    assert not (data / "zones").exists()
    assert (checked.returncode, checked.stdout) == (
        0, f"Under zone rules {zones.rules_version()} every moment to come reads as it was agreed to.\n",
    )  # fmt: skip


def test_resolve_computes_with_renewed_rules_but_not_where_a_setting_is_misspelt(tmp_path: Path) -> None:
    law = fixed_from(installed_law("Africa/Nairobi"), epoch(2027, 1, 1), hours(4))
    keep_rules(Settings(data=tmp_path), read_wheels(make_wheels({"Africa/Nairobi": law}, only=("Africa/Nairobi",))), datetime.now(UTC))

    renewed = chorus("resolve", "-", stdin=json.dumps(QUESTION), data=tmp_path)
    misspelt = chorus("resolve", "-", stdin=json.dumps(QUESTION), data=tmp_path, CHORUS_HOTS="x")

    assert json.loads(renewed.stdout)["ranges"] == [["2027-01-04T13:00:00Z", "2027-01-04T16:00:00Z"]]
    assert json.loads(misspelt.stdout)["ranges"] == [["2027-01-04T14:00:00Z", "2027-01-04T17:00:00Z"]]


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["serve"],
        ["web"],
        ["worker"],
        ["resolve"],
        ["import"],
        ["backup"],
        ["restore"],
        ["link", "steward"],
        ["settings"],
        ["zones", "check"],
        ["zones", "update"],
    ],
)
def test_help_of_every_command_is_quick_to_load_and_says_something(command: list[str]) -> None:
    """Asking for help loads nothing heavy: a missing import of a command would otherwise be found by its users."""
    done = chorus(*command, "--help")

    assert done.returncode == 0
    assert "Usage:" in done.stdout
