"""What `chorus serve` keeps for itself: a Valkey nobody else can reach, one lock, one key."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from coordinator import embedded
from coordinator.embedded import (
    SOCKET_PATH_LIMIT_BYTES,
    CannotServe,
    DataLock,
    ask_to_renew,
    find_valkey,
    make_socket_directory,
    prepare_data_directory,
    read_or_make_secret_key,
    valkey_command,
)
from tests.servers import run_command


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_find_valkey_without_the_wheel_takes_what_is_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "redis-server"
    server.touch(mode=0o755)
    monkeypatch.setattr(embedded, "_bundled_valkey", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_valkey() == server


def test_find_valkey_without_any_names_the_package_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_bundled_valkey", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CannotServe, match="install the package `valkey-server` or `redis-server`"):
        find_valkey()


def test_socket_directory_is_private_and_its_paths_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("d" * 100)
    long.mkdir()
    monkeypatch.setattr(embedded.tempfile, "tempdir", str(long))

    directory = make_socket_directory()

    assert mode(directory) == "0o700"
    assert len(os.fsencode(directory / embedded.SOCKET_FILE)) < SOCKET_PATH_LIMIT_BYTES
    directory.rmdir()


def test_valkey_listens_on_its_socket_only_keeps_nothing_and_evicts_nothing(tmp_path: Path) -> None:
    directory = make_socket_directory()
    with run_command(valkey_command(directory), directory / embedded.SOCKET_FILE):
        client = redis.Redis(unix_socket_path=str(directory / embedded.SOCKET_FILE), decode_responses=True)
        wanted = {"port": "0", "save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}

        assert {name: client.config_get(name)[name] for name in wanted} == wanted
        assert int(client.config_get("maxmemory")["maxmemory"]) > 0
        assert mode(directory / embedded.SOCKET_FILE) == "0o700"
        client.close()
    shutil.rmtree(directory)


def test_data_lock_refuses_a_second_holder_naming_the_first(tmp_path: Path) -> None:
    first, second = DataLock(tmp_path), DataLock(tmp_path)
    first.acquire()

    with pytest.raises(CannotServe, match=rf"process {os.getpid()}\) is using {tmp_path}"):
        second.acquire()

    first.release()
    second.release()


def test_data_lock_is_free_again_when_its_holder_was_killed(tmp_path: Path) -> None:
    code = "import sys, pathlib; from coordinator.embedded import DataLock; l = DataLock(pathlib.Path(sys.argv[1])); l.acquire(); print(1, flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    lock = DataLock(tmp_path)
    with pytest.raises(CannotServe, match=f"process {holder.pid}"):
        lock.acquire()

    holder.kill()
    holder.communicate()

    lock.acquire()
    lock.release()


def test_secret_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    first = read_or_make_secret_key(tmp_path)

    assert len(first) >= 40
    assert read_or_make_secret_key(tmp_path) == first
    assert mode(tmp_path / embedded.SECRET_FILE) == "0o600"
    assert [path.name for path in tmp_path.iterdir()] == [embedded.SECRET_FILE]


def test_data_directory_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotServe, match="cannot be written"):
        prepare_data_directory(tmp_path / "file" / "data")


def test_data_directory_is_private(tmp_path: Path) -> None:
    prepare_data_directory(tmp_path / "a" / "data")

    assert mode(tmp_path / "a" / "data") == "0o700"


def test_ask_to_renew_reaches_whoever_holds_the_lock_and_ends_nobody(tmp_path: Path) -> None:
    nobody = ask_to_renew(tmp_path)
    held = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert held.stdout is not None
    assert held.stdin is not None
    held.stdout.readline()

    asked = ask_to_renew(tmp_path)

    held.stdin.write("\n")
    held.stdin.flush()
    assert (nobody, asked, held.stdout.readline(), held.wait(10)) == (False, True, "still here\n", 0)
    held.stdin.close()
    held.stdout.close()


HOLDER = """
import sys
from pathlib import Path
from coordinator.embedded import DataLock
lock = DataLock(Path(sys.argv[1]))
lock.acquire()
print("holding", flush=True)
sys.stdin.readline()
print("still here", flush=True)
"""
