"""How do the processes of one machine live and die together? Starts them, restarts them with backoff, ends them in order.

    chorus serve ─┬─ valkey-server         private, on a unix socket
                  ├─ chorus prepare        once: migrates, first start, demo
                  ├─ chorus web            inherits the listening socket, which stays open here while it restarts
                  ├─ chorus worker         short jobs
                  └─ chorus worker         long jobs

No child outlives this process: Linux sends it SIGKILL, elsewhere a leash does (`leash.py`). Everything runs in the main thread, because
Linux's death signal follows the thread that started the child. What the children need on disk is `embedded.py`'s business.
"""

from __future__ import annotations

import errno
import os
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from coordinator.embedded import (
    RENEW_SIGNAL,
    SOCKET_FILE,
    CannotServe,
    DataLock,
    find_valkey,
    last_words,
    make_socket_directory,
    prepare_data_directory,
    read_or_make_secret_key,
    set_death_signal,
    valkey_command,
    valkey_url,
)
from coordinator.settings import PREFIX, Settings, to_environ

BACKOFF_FIRST_S = 0.2
BACKOFF_MOST_S = 30.0
HEALTHY_AFTER_S = 60.0  # a child that ran this long starts again without a wait
VALKEY_START_S = 10.0
WORKERS_AFTER_S = 1.0  # the first page comes first
STOP_WEB_S = 15.0  # open requests and sockets are told to come back
STOP_WORKER_S = 20.0  # a running job is let end (arq's job_completion_wait is 15 s)
STOP_VALKEY_S = 3.0
LISTEN_BACKLOG = 2048
FILES_WANTED = 1 << 20
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Program:
    """A child to keep running. `stop_rank`: higher ones are ended first, those of one rank together.

    `renews`: it is ended and started anew when this process gets RENEW_SIGNAL, since it reads something at its start alone.
    """

    name: str
    command: Sequence[str]
    environ: dict[str, str]
    pass_fds: tuple[int, ...] = ()
    stop_rank: int = 1
    stop_s: float = STOP_WORKER_S
    renews: bool = False


@dataclass(slots=True)
class Child:
    """A program and its present process, if any. Instants are monotonic seconds."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    delay_s: float = 0.0
    due_at: float | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


def next_delay_s(last_delay_s: float, ran_s: float) -> float:
    """The wait before the next start: none after a long healthy run, else doubling from 0.2 s to 30 s."""
    if ran_s >= HEALTHY_AFTER_S:
        return 0.0
    return min(max(BACKOFF_FIRST_S, last_delay_s * 2), BACKOFF_MOST_S)


@dataclass(slots=True)
class Supervisor:
    """Keeps programs running until a stop signal comes. Use from the main thread, inside `signals()`."""

    children: list[Child] = field(default_factory=list)
    stopping: bool = False
    renewing: bool = False
    _wake: tuple[int, int] = (-1, -1)
    _leash: tuple[int, int] = (-1, -1)
    _watched: dict[int, Callable[[], None]] = field(default_factory=dict)

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Turns stop signals and the end of children into wake-ups of `wait`; puts everything back afterwards."""
        self._wake, self._leash = os.pipe(), os.pipe()
        os.set_blocking(self._wake[0], False)
        os.set_blocking(self._wake[1], False)
        # A signal that was ignored (nohup) stays ignored.
        heeded = [number for number in STOP_SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, self._on_stop) for number in heeded}
        before[RENEW_SIGNAL] = signal.signal(RENEW_SIGNAL, self._on_renew)
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        wakeup_before = signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            for descriptor in (*self._wake, *self._leash):
                os.close(descriptor)

    def _on_stop(self, number: int, _frame: object) -> None:
        if self.stopping:  # asked twice: somebody is in a hurry
            for child in self.children:
                if child.process is not None and child.is_running:
                    child.process.kill()
        self.stopping = True

    def _on_renew(self, _number: int, _frame: object) -> None:
        self.renewing = True

    def watch(self, descriptor: int, on_readable: Callable[[], None]) -> None:
        """Calls `on_readable` once, when `descriptor` has something to read."""
        self._watched[descriptor] = on_readable

    def wait(self, timeout_s: float | None) -> None:
        """Sleeps until a signal, a watched descriptor or the timeout."""
        readable, _, _ = select.select([self._wake[0], *self._watched], [], [], timeout_s)
        for descriptor in readable:
            if descriptor == self._wake[0]:
                os.read(descriptor, 4096)
            else:
                self._watched.pop(descriptor)()

    def start(self, program: Program) -> Child:
        """Starts `program` and keeps it; `run` will restart it."""
        child = Child(program)
        self.children.append(child)
        self._spawn(child)
        return child

    def plan(self, program: Program, after_s: float) -> None:
        """Has `run` start `program` after a while, and keep it."""
        self.children.append(Child(program, due_at=time.monotonic() + after_s))

    def _spawn(self, child: Child) -> None:
        child.due_at, child.started_at = None, time.monotonic()
        child.process = self._popen(child.program)
        log.info("child.started", child=child.program.name, pid=child.process.pid)

    def _popen(self, program: Program) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        command, pass_fds = list(program.command), program.pass_fds
        if not sys.platform.startswith("linux"):
            command = [sys.executable, "-P", "-m", "coordinator.leash", str(self._leash[0]), *command]
            pass_fds = (*pass_fds, self._leash[0])
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            env=program.environ,
            pass_fds=pass_fds,
            start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the others in order
            preexec_fn=lambda: set_death_signal(parent),  # noqa: PLW1509 - this process has one thread
        )

    def run_once(self, program: Program) -> int | None:
        """Runs `program` to its end: its exit code, or None if a stop signal came first (it is ended then)."""
        child = Child(program)
        child.process = self._popen(program)
        while child.is_running and not self.stopping:
            self.wait(None)
        if child.is_running:
            _end([child])
            return None
        return child.process.returncode

    def run(self) -> None:
        """Restarts what ends, until a stop signal comes."""
        while not self.stopping:
            if self.renewing:
                self._renew()
            now = time.monotonic()
            for child in self.children:
                if child.due_at is None and not child.is_running:
                    self._plan_restart(child, now)
                if child.due_at is not None and child.due_at <= now:
                    self._spawn(child)
            due = [child.due_at for child in self.children if child.due_at is not None]
            self.wait(max(0.0, min(due) - time.monotonic()) if due else None)

    def _renew(self) -> None:
        """Asks those that must start anew to end; `run` starts them again as soon as they have, and nothing that they hold here is closed."""
        self.renewing = False
        for child in self.children:
            if child.program.renews and child.process is not None and child.is_running:
                log.info("child.renewed", child=child.program.name)
                child.process.terminate()

    def _plan_restart(self, child: Child, now: float) -> None:
        child.delay_s = next_delay_s(child.delay_s, now - child.started_at)
        child.due_at = now + child.delay_s
        code = child.process.returncode if child.process is not None else None
        log.warning("child.ended", child=child.program.name, code=code, restart_in_s=round(child.delay_s, 1))

    def stop(self) -> None:
        """Ends every child, those of the highest rank first; returns when none is left."""
        for rank in sorted({child.program.stop_rank for child in self.children}, reverse=True):
            _end([child for child in self.children if child.program.stop_rank == rank])
        self.children.clear()


def _end(children: Sequence[Child]) -> None:
    """Asks these to end, waits as long as each may take, then insists."""
    running = [(child, child.process) for child in children if child.process is not None and child.is_running]
    for _, process in running:
        process.terminate()
    asked_at = time.monotonic()
    for child, process in running:
        try:
            process.wait(max(0.1, asked_at + child.program.stop_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("child.killed", child=child.program.name)
            process.kill()
            process.wait()


def serve(settings: Settings, environ: Mapping[str, str], *, demo: bool, on_ready: Callable[[str], None]) -> int:
    """Runs a whole network on this machine until SIGTERM or SIGINT; the exit code of `chorus serve`.

    Children get `environ` with `settings` in place of its own CHORUS_ variables. `on_ready` hears the address once pages are answered.
    Raises CannotServe when the data directory is in use, the port is taken or a program is missing; nothing is left running then.
    """
    prepare_data_directory(settings.data)
    lock = DataLock(settings.data)
    try:
        lock.acquire()
        if not settings.redis_url:
            find_valkey()
        raise_file_limit()
        with closing(bind(settings.host, settings.port)) as listener, _socket_directory() as directory:
            network = Network(_completed(settings, directory), environ, listener, directory, on_ready)
            return network.run(demo=demo)
    finally:
        lock.release()


@contextmanager
def _socket_directory() -> Iterator[Path]:
    directory = make_socket_directory()
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _completed(settings: Settings, directory: Path) -> Settings:
    """What the children are told: the private Valkey's address, the key from its file, the data directory from the root."""
    return replace(
        settings,
        data=settings.data.resolve(),
        redis_url=settings.redis_url or valkey_url(directory),
        secret_key=settings.secret_key or read_or_make_secret_key(settings.data),
    )


@dataclass(frozen=True, slots=True)
class Network:
    """The programs of one network on this machine."""

    settings: Settings
    environ: Mapping[str, str]
    listener: socket.socket
    directory: Path
    on_ready: Callable[[str], None]

    def run(self, *, demo: bool) -> int:
        """Starts everything in order, keeps it running until a stop signal, ends it in the opposite order; the exit code."""
        supervisor = Supervisor()
        with supervisor.signals():
            try:
                self._start_valkey(supervisor)
                go = self._start_web(supervisor)
                if code := self._prepare(supervisor, demo=demo):
                    log.error("prepare.failed", code=code)
                    return 1
                os.close(go)
                self._plan_workers(supervisor)
                supervisor.run()
            finally:
                supervisor.stop()
        log.info("serve.ended")
        return 0

    def _start_valkey(self, supervisor: Supervisor) -> None:
        """Starts the private Valkey, if it is to be private, and waits until it answers. Raises CannotServe if it does not."""
        if self.settings.redis_url != valkey_url(self.directory):
            return
        program = Program("valkey", valkey_command(self.directory), {"PATH": os.defpath, "LC_ALL": "C"}, stop_rank=0, stop_s=STOP_VALKEY_S)
        child = supervisor.start(program)
        deadline = time.monotonic() + VALKEY_START_S
        while not supervisor.stopping and not _accepts(self.directory / SOCKET_FILE):
            if not child.is_running or time.monotonic() > deadline:
                raise CannotServe(
                    f"The private Valkey ({program.command[0]}) did not start. Its last words: {last_words(self.directory)!r}"
                )
            supervisor.wait(0.02)

    def _prepare(self, supervisor: Supervisor, *, demo: bool) -> int | None:
        if supervisor.stopping:
            return None
        arguments = ["--address", address(self.settings, self.listener), *(["--demo"] if demo else [])]
        return supervisor.run_once(self._chorus("prepare", *arguments))

    def _start_web(self, supervisor: Supervisor) -> int:
        """Starts the web process, which loads its code while the data are prepared. It opens once the descriptor returned is closed."""
        self.listener.set_inheritable(True)
        ready_read, ready_write = os.pipe()  # these stay open for restarts; the kernel closes them with this process
        go_read, go_write = os.pipe()
        supervisor.watch(ready_read, lambda: self.on_ready(address(self.settings, self.listener)))
        descriptors = (self.listener.fileno(), go_read, ready_write)
        names = ("--fd", "--go-fd", "--ready-fd")
        arguments = [word for name, descriptor in zip(names, descriptors, strict=True) for word in (name, str(descriptor))]
        supervisor.start(replace(self._chorus("web", *arguments), pass_fds=descriptors, stop_rank=2, stop_s=STOP_WEB_S, renews=True))
        return go_write

    def _plan_workers(self, supervisor: Supervisor) -> None:
        for queue in ("short", "long"):
            supervisor.plan(replace(self._chorus("worker", "--queue", queue), name=f"worker {queue}", renews=True), WORKERS_AFTER_S)

    def _chorus(self, command: str, *arguments: str) -> Program:
        """A `chorus` command as a child that reads the same settings."""
        environ = {name: value for name, value in self.environ.items() if not name.startswith(PREFIX)} | to_environ(self.settings)
        return Program(command, [sys.executable, "-P", "-m", "coordinator.cli", command, *arguments], environ)


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def address(settings: Settings, listener: socket.socket) -> str:
    """Where people find this network: the base URL if it is set, else the listening address, with a name for "every network"."""
    if settings.base_url:
        return f"{settings.base_url}/"
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - compared, not bound
    return f"http://{shown}:{port}/"


def bind(host: str, port: int) -> socket.socket:
    """A listening TCP socket, bound once here: children inherit it, so that a restart of the web process loses no connection.

    (A second listener with SO_REUSEPORT would reset the connections queued on it when it closes.) Raises CannotServe.
    """
    try:
        family, _, _, _, sockaddr = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(sockaddr[:2], family=family, backlog=LISTEN_BACKLOG)
    except OSError as fault:
        raise CannotServe(_why_not_bound(host, port, fault)) from None


def _why_not_bound(host: str, port: int, fault: OSError) -> str:
    match fault.errno:
        case errno.EADDRINUSE:
            return f"Port {port} on {host} is taken by another program: choose another with --port (make: PORT={port + 1})."
        case errno.EACCES:
            return f"Port {port} needs more rights than this user has: choose one from 1024 up with --port."
        case _:
            return f"Cannot listen on {host} port {port}: {fault.strerror}."


def raise_file_limit() -> None:
    """As many open files, and so sockets, as this system lets us have without asking; children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, FILES_WANTED)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # macOS has a lower limit than it says
        log.warning("files.limit_stays", limit=soft)
