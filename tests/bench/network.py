"""How does the bench get a real network? `chorus serve --demo` as a newcomer runs it, with a client that asks as a browser does.

with run_network(data) as network:
    Client(network.port).get("/en/")
"""

from __future__ import annotations

import http.client
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psutil

from coordinator.embedded import set_death_signal

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
END_WITHIN_S = 45.0
SUPERVISOR, VALKEY, WEB = "supervisor", "valkey", "web"
CHILD = re.compile(r"coordinator\.cli (\w+)(?: --queue (\w+))?")
OPEN_AT = re.compile(r"Chorus is open at http://127\.0\.0\.1:(\d+)/")
AGREED = re.compile(r"/en/actions/([^/\s]+)\s")
CUSTODIAN = re.compile(r"Custodian of [^\n]*\n\s+\S+/enter#(\S+)")


class Client:
    """One kept-alive connection to loopback that takes gzip, as every browser does."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self._headers = {"Accept-Encoding": "gzip", **({"Cookie": cookie} if cookie else {})}

    def get(self, path: str) -> bytes:
        """The body as it came over the wire. Raises RuntimeError when the answer is not 200."""
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path.partition('?')[0]} answered {answer.status}")
        return body

    def time(self, path: str) -> float:
        """Milliseconds from the question to the last byte of the answer."""
        began = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - began) * 1000

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Network:
    """A running demo network. `started_s`: from the command's start to the first page's last byte, in seconds."""

    port: int
    said: str
    process: psutil.Process
    started_s: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def agreed_slug(self) -> str:
        return _first(AGREED, self.said)

    def processes(self) -> dict[str, psutil.Process]:
        """Those that run now, by what they are: `supervisor`, `valkey`, `web`, `worker short`, `worker long`."""
        return {SUPERVISOR: self.process} | {_name(child): child for child in self.process.children()}

    def sign_in(self) -> tuple[str, str]:
        """Comes in as the custodian whose link the demo prints: the session cookie as `name=value`, and the desk's path."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url}
        connection.request("POST", "/enter", urlencode({"secret": _first(CUSTODIAN, self.said)}), headers)
        answer = connection.getresponse()
        connection.close()
        if answer.status != 303:
            raise RuntimeError(f"the custodian's link answered {answer.status}")
        return answer.headers["Set-Cookie"].partition(";")[0], answer.headers["Location"]


@contextmanager
def run_network(data: Path) -> Iterator[Network]:
    """A demo network on `data`, from its first page to the end of the block, after which none of its processes is left."""
    began = time.perf_counter()
    process = start([sys.executable, "-P", "-m", "coordinator.cli", "serve", "--demo", "--data", str(data), "--port", "0"])
    try:
        said = hear(process, OPEN_AT)
        port = int(_first(OPEN_AT, said))
        with closing(Client(port)) as client:
            client.get("/en/")
            started_s = time.perf_counter() - began
        yield Network(port, said, psutil.Process(process.pid), started_s)
    finally:
        end(process)


def start(command: list[str], *, stdin_open: bool = False) -> subprocess.Popen[bytes]:
    """Starts a command that dies with the bench, without the settings of whoever runs the bench."""
    parent = os.getpid()
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE if stdin_open else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")},
        preexec_fn=lambda: set_death_signal(parent),  # noqa: PLW1509 - the bench's main thread, one prctl call and no locks
    )


def hear(process: subprocess.Popen[bytes], pattern: re.Pattern[str]) -> str:
    """All that a command has said once it has said `pattern`. Raises RuntimeError with its words when it ends or is silent instead."""
    assert process.stdout is not None
    said = ""
    while not pattern.search(said):
        readable, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
        chunk = os.read(process.stdout.fileno(), 65536) if readable else b""
        if not chunk:
            raise RuntimeError(f"{process.args!r} never said {pattern.pattern!r}:\n{said}")
        said += chunk.decode(errors="replace")
    return said


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command as SIGTERM does, its children with it; insists after a while."""
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=END_WITHIN_S)  # reads on, so that nobody waits for room in the pipe
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _name(child: psutil.Process) -> str:
    found = CHILD.search(" ".join(child.cmdline()))
    return " ".join(filter(None, found.groups())) if found else VALKEY


def _first(pattern: re.Pattern[str], said: str) -> str:
    found = pattern.search(said)
    if found is None:
        raise RuntimeError(f"the network never said {pattern.pattern!r}:\n{said}")
    return found[1]
