"""`chorus serve` as a whole: real Valkey, web and worker processes around one data directory."""

from __future__ import annotations

import http.client
import os
import re
import select
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.servers import heed_signals
from tests.zone_wheels import NEXT_RELEASE, make_wheels

PATIENCE_S = 60.0
OPEN_AT = re.compile(r"Chorus is open at http://127\.0\.0\.1:(\d+)/")


class Serving:
    """A `chorus serve` on a port of the system's choice; everything it says."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self.said = ""
        self.tmp = Path(tempfile.mkdtemp(prefix="cs-", dir="/tmp"))  # where its socket directory will be; short, as unix sockets need
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")} | {"TMPDIR": str(self.tmp)}
        command = [sys.executable, "-P", "-m", "coordinator.cli", "serve", "--data", str(data), "--port", "0", *arguments]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environ,
            preexec_fn=heed_signals,  # noqa: PLW1509 - this test has no threads of its own
        )

    def hear(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Waits until it has said `pattern`."""
        assert self.process.stdout is not None
        while not (found := pattern.search(self.said)):
            ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert chunk, f"never said {pattern.pattern!r}:\n{self.said}"
            self.said += chunk.decode()
        return found

    def port(self) -> int:
        return int(self.hear(OPEN_AT).group(1))

    def child(self, name: str) -> psutil.Process:
        """The newest process of this name that the log tells of."""
        self.hear(re.compile(rf"child\.started\s+child='?{name}'? "))
        pids = re.findall(rf"child\.started\s+child='?{name}'? +pid=(\d+)", self.said)
        return psutil.Process(int(pids[-1]))

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        for left in self.tmp.rglob("*"):
            left.unlink() if not left.is_dir() else None
        for left in self.tmp.iterdir():
            left.rmdir()
        self.tmp.rmdir()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[type[Serving]]:
    started: list[Serving] = []

    class Kept(Serving):
        def __init__(self, data: Path = tmp_path / "data", *arguments: str) -> None:
            super().__init__(data, *arguments)
            started.append(self)

    yield Kept
    for each in started:
        each.end()


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def body(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_serve_with_nothing_set_opens_restarts_and_ends_cleanly(serve: type[Serving], tmp_path: Path) -> None:
    serving = serve()
    port = serving.port()

    assert get(port, "/healthz") == 200
    assert get(port, "/en/") == 200

    # The steward's link is shown, and the data are the owner's alone.
    assert len(re.findall(rf"http://127\.0\.0\.1:{port}/enter#\S+", serving.said)) == 1
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700

    # A web process that is killed comes back; whoever calls meanwhile waits in the queue of the socket, and is answered.
    serving.child("web").kill()
    assert get(port, "/healthz") == 200

    # A Valkey that is killed comes back on the same socket.
    serving.child("valkey").kill()
    serving.hear(re.compile(r"(?s)child\.ended\s+child=valkey.*child\.started\s+child=valkey"))
    assert get(port, "/en/") == 200

    # A second one on the same data is refused, in a sentence.
    second = serve()
    assert second.process.wait(PATIENCE_S) == 2
    second.hear(re.compile(rf"Another `chorus serve` \(process {serving.process.pid}\) is using"))
    assert "Traceback" not in second.said

    serving.hear(re.compile(r"worker\.started.*long"))
    children = psutil.Process(serving.process.pid).children(recursive=True)
    serving.process.send_signal(signal.SIGTERM)
    assert serving.process.wait(PATIENCE_S) == 0
    assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    assert list(serving.tmp.iterdir()) == []


def test_serve_takes_up_rules_that_are_renewed_while_it_runs(serve: type[Serving], tmp_path: Path) -> None:
    serving = serve()
    port = serving.port()
    serving.hear(re.compile(r"worker\.started.*long"))
    wheels = [tmp_path / wheel.name for wheel in make_wheels({})]
    for path, wheel in zip(wheels, make_wheels({}), strict=True):
        path.write_bytes(wheel.data)
    assert NEXT_RELEASE not in body(port, "/en/status")

    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")}
    command = [sys.executable, "-P", "-m", "coordinator.cli", "zones", "update", *map(str, wheels), "--data", str(tmp_path / "data")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)

    assert "The running `chorus serve` starts its processes anew" in done.stdout
    for name in ("web", "worker short", "worker long"):
        serving.hear(re.compile(rf"(?s)child\.ended\s+child='?{name}'? .*child\.started\s+child='?{name}'? "))
    assert NEXT_RELEASE in body(port, "/en/status")  # whoever calls meanwhile waits in the queue of the socket


def test_serve_started_again_goes_on_and_shows_no_second_link(serve: type[Serving]) -> None:
    first = serve()
    first.port()
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(PATIENCE_S) == 0

    second = serve()
    second.port()

    assert "/enter#" in first.said
    assert "/enter#" not in second.said


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere a leash does it: tests/test_supervisor.py")
def test_serve_killed_leaves_no_survivor(serve: type[Serving]) -> None:
    serving = serve()
    serving.port()
    children = psutil.Process(serving.process.pid).children(recursive=True)
    assert len(children) >= 2  # Valkey and web; the workers follow

    serving.process.kill()

    _, alive = psutil.wait_procs(children, timeout=2.0)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []


def test_serve_on_a_taken_port_is_refused_in_a_sentence(serve: type[Serving], tmp_path: Path) -> None:
    port = serve().port()

    other = serve(tmp_path / "other", "--port", str(port))

    assert other.process.wait(PATIENCE_S) == 2
    other.hear(re.compile(rf"Port {port} on 127\.0\.0\.1 is taken by another program"))
