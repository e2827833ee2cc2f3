"""Real processes: they come back, they never outlive their parent, they end in order."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator.embedded import RENEW_SIGNAL, CannotServe
from coordinator.settings import Settings
from coordinator.supervisor import BACKOFF_MOST_S, HEALTHY_AFTER_S, address, bind, next_delay_s
from tests.servers import heed_signals

PATIENCE_S = 10.0

# A parent with three children, which say who they are and what happens to them; `hang` ignores requests to end.
PARENT = """
import os, sys
from coordinator.logs import configure_logging
from coordinator.supervisor import Program, Supervisor
CHILD = '''
import os, signal, sys
name = sys.argv[1]
def say(*words):  # one write each: three children share this pipe
    os.write(1, (" ".join(map(str, words)) + chr(10)).encode())
def end(number, frame):
    say("ended", name)
    os._exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if name == "hang" else end)
say("up", name, os.getpid())
while True:
    signal.pause()
'''
configure_logging("info", "console", "parent")
supervisor = Supervisor()
with supervisor.signals():
    try:
        for rank, name in enumerate(sys.argv[1:]):
            supervisor.start(Program(name, [sys.executable, "-c", CHILD, name], dict(os.environ), stop_rank=rank,
                                     stop_s=0.2 if name == "hang" else 10.0, renews=name.startswith("r")))
        supervisor.run()
    finally:
        supervisor.stop()
print("all ended", flush=True)
"""


class Parent:
    """The parent process, its words line by line."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT, *names],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=heed_signals,  # noqa: PLW1509 - this test has no threads of its own
        )
        assert self.process.stdout is not None
        self.stdout = self.process.stdout
        self._rest = b""

    def line(self) -> str:
        """The next line of the parent or a child; fails when none comes."""
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self.stdout], [], [], PATIENCE_S)
            assert ready, "no word from the supervised processes"
            chunk = os.read(self.stdout.fileno(), 4096)
            assert chunk, "the supervised processes are gone"
            self._rest += chunk
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()

    def pids(self) -> dict[str, int]:
        """Name → pid, once every child has said that it is up."""
        words = [self.line().split() for _ in self.names]
        assert all(word[0] == "up" for word in words)
        return {word[1]: int(word[2]) for word in words}


@pytest.fixture
def start() -> Iterator[type[Parent]]:
    started: list[Parent] = []

    class Kept(Parent):
        def __init__(self, *names: str) -> None:
            super().__init__(*names)
            started.append(self)

    yield Kept
    for parent in started:
        parent.process.kill()
        parent.process.wait()
        parent.stdout.close()


def is_gone(pid: int, within_s: float) -> bool:
    """Whether process `pid` ends in time; a zombie nobody waits for counts as ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], within_s)[0])
    finally:
        os.close(descriptor)


def test_supervisor_child_killed_is_started_again(start: type[Parent]) -> None:
    parent = start("a", "b")
    pids = parent.pids()

    os.kill(pids["a"], signal.SIGKILL)

    word, name, pid = parent.line().split()
    assert (word, name) == ("up", "a")
    assert int(pid) != pids["a"]
    assert not is_gone(pids["b"], 0)


def test_supervisor_asked_to_renew_starts_those_anew_that_want_it_and_no_others(start: type[Parent]) -> None:
    parent = start("a", "r1", "r2")
    pids = parent.pids()

    parent.process.send_signal(RENEW_SIGNAL)

    said = [parent.line().split() for _ in range(4)]
    assert sorted(words[1] for words in said if words[0] == "ended") == ["r1", "r2"]
    up = {words[1]: int(words[2]) for words in said if words[0] == "up"}
    assert up.keys() == {"r1", "r2"}
    assert not set(up.values()) & set(pids.values())
    assert not is_gone(pids["a"], 0)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere a leash does it: tests/test_leash.py")
def test_supervisor_killed_leaves_no_survivor(start: type[Parent]) -> None:
    parent = start("a", "b", "hang")
    pids = parent.pids()

    parent.process.kill()

    assert {name: is_gone(pid, 2.0) for name, pid in pids.items()} == {"a": True, "b": True, "hang": True}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_supervisor_asked_to_end_ends_its_children_in_order(start: type[Parent], number: signal.Signals) -> None:
    parent = start("a", "b", "c")
    parent.pids()

    parent.process.send_signal(number)

    assert [parent.line() for _ in range(4)] == ["ended c", "ended b", "ended a", "all ended"]
    assert parent.process.wait(PATIENCE_S) == 0


def test_supervisor_kills_a_child_that_will_not_end(start: type[Parent]) -> None:
    parent = start("a", "hang")
    pids = parent.pids()

    parent.process.terminate()

    assert [parent.line(), parent.line()] == ["ended a", "all ended"]
    assert is_gone(pids["hang"], 0)


def test_supervisor_children_do_not_hear_ctrl_c_of_the_terminal(start: type[Parent]) -> None:
    """The terminal sends SIGINT to the whole foreground group; only the parent may act on it."""
    parent = start("a", "b")
    pids = parent.pids()

    assert {os.getpgid(pid) for pid in pids.values()}.isdisjoint({os.getpgid(parent.process.pid)})


def test_next_delay_doubles_up_to_a_cap_and_starts_over_after_a_healthy_run() -> None:
    delays, delay = [], 0.0
    for _ in range(10):
        delay = next_delay_s(delay, ran_s=1.0)
        delays.append(delay)

    assert delays[:4] == [0.2, 0.4, 0.8, 1.6]
    assert delays[-2:] == [BACKOFF_MOST_S, BACKOFF_MOST_S]
    assert next_delay_s(delay, ran_s=HEALTHY_AFTER_S) == 0.0


def test_bind_taken_port_is_told_in_a_sentence() -> None:
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]

        with pytest.raises(CannotServe, match=f"Port {port} on 127.0.0.1 is taken by another program"):
            bind("127.0.0.1", port)


def test_bind_unknown_host_is_told_in_a_sentence() -> None:
    with pytest.raises(CannotServe, match=r"Cannot listen on no\.such\.host\.invalid port 0"):
        bind("no.such.host.invalid", 0)


def test_bind_queues_connections_before_anybody_accepts() -> None:
    with bind("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname(), timeout=1):
        assert select.select([listener], [], [], 1)[0] == [listener]


@pytest.mark.parametrize(
    ("host", "base_url", "shown"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:{}/"),
        ("0.0.0.0", "", "http://127.0.0.1:{}/"),
        ("127.0.0.1", "https://c.example", "https://c.example/"),
    ],
)
def test_address_is_one_that_a_browser_can_open(host: str, base_url: str, shown: str) -> None:
    with bind(host, 0) as listener:
        assert address(Settings(base_url=base_url), listener) == shown.format(listener.getsockname()[1])


def test_file_limit_is_raised_to_what_is_allowed() -> None:
    code = """
import resource
from coordinator.supervisor import raise_file_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 512))
raise_file_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "(512, 512)"


def test_leash_kills_its_program_when_the_parent_is_gone(tmp_path: Path) -> None:
    """`leash` is for systems without a death signal, but runs everywhere: the pipe closes, the program is gone."""
    read_end, write_end = os.pipe()
    child = "import os, signal; print(os.getpid(), flush=True); signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"
    leash = subprocess.Popen(
        [sys.executable, "-m", "coordinator.leash", str(read_end), sys.executable, "-c", child],
        pass_fds=(read_end,),
        stdout=subprocess.PIPE,
    )
    os.close(read_end)
    assert leash.stdout is not None
    pid = int(leash.stdout.readline())
    assert not is_gone(pid, 0)

    os.close(write_end)

    assert is_gone(pid, 2.0)
    assert leash.wait(PATIENCE_S) == 1
    leash.stdout.close()


def test_leash_passes_on_requests_to_end_and_the_exit_code() -> None:
    read_end, write_end = os.pipe()
    child = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print('up', flush=True); signal.pause()"
    leash = subprocess.Popen(
        [sys.executable, "-m", "coordinator.leash", str(read_end), sys.executable, "-c", child],
        pass_fds=(read_end,),
        stdout=subprocess.PIPE,
    )
    assert leash.stdout is not None
    leash.stdout.readline()

    leash.terminate()

    assert leash.wait(PATIENCE_S) == 7
    leash.stdout.close()
    os.close(read_end)
    os.close(write_end)
