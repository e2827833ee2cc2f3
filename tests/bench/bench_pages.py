"""How long does a reader wait for a page that is made from SQLite, against the same server answering as many constant bytes?

One reader, one kept-alive connection, gzip, loopback; the client's time. The process may keep a public page for a second: with a query in
its address a page is always made anew, and that is the figure to look at. Beside it, on Linux, the CPU time that the web process spent,
which a busy machine disturbs less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench.constant import run_constant
from tests.bench.figures import Figure, Promise, short, take_in_turns
from tests.bench.network import WEB, Client, Network

ROUNDS = 75
WARM_UP = 5
GOAL = Promise("goal", 10)
FLOOR = "constant body"
ANEW = "?anew=1"
NS_PER_MS = 1_000_000


def measure(network: Network) -> list[Figure]:
    """The pages of a running demo network, in ms."""
    cookie, desk = network.sign_in()
    action = f"/en/actions/{network.agreed_slug}"
    public = {
        "page: home, made anew": f"/en/{ANEW}",
        "page: home, as asked for": "/en/",
        "page: action, made anew": f"{action}{ANEW}",
        "page: action, as asked for": action,
        "page: calendar.ics": "/en/calendar.ics",
        "page: moment.json": f"/api/v1/actions/{network.agreed_slug}/moment.json",
    }
    promises: dict[str, Promise | None] = {**dict.fromkeys(public, GOAL), "page: desk": None}
    with run_constant() as floor_port, closing(Client(network.port, cookie)) as client, closing(Client(floor_port)) as floor:
        meter = CpuMeter(network.processes()[WEB].pid)
        taken = _take(client, floor, public | {"page: desk": desk}, meter)
    return [Figure(name, taken[name], "ms", taken[_floor_of(name)], FLOOR, promise, meter.told(name)) for name, promise in promises.items()]


def _take(client: Client, floor: Client, paths: Mapping[str, str], meter: CpuMeter) -> dict[str, float]:
    tasks: dict[str, Callable[[], float]] = {}
    for name, path in paths.items():
        size = len(client.get(path))
        tasks[name] = partial(meter.during, name, partial(client.time, path))
        tasks[_floor_of(name)] = partial(floor.time, f"/{size}")
    take_in_turns(tasks, WARM_UP)
    return take_in_turns(tasks, ROUNDS)


def _floor_of(name: str) -> str:
    return f"floor of {name}"


class CpuMeter:
    """The CPU time of a process and its threads while it answers, by what it is asked. Knows nothing where the system is not Linux."""

    def __init__(self, pid: int) -> None:
        self._threads = Path(f"/proc/{pid}/task")
        self._spent: dict[str, list[int]] = {}

    def during(self, name: str, task: Callable[[], float]) -> float:
        before_ns = self._read_ns()
        answer = task()
        self._spent.setdefault(name, []).append(self._read_ns() - before_ns)
        return answer

    def told(self, name: str) -> str:
        spent_ns = median(self._spent[name])
        return f"{short(spent_ns / NS_PER_MS)} ms of CPU" if spent_ns else ""

    def _read_ns(self) -> int:
        """Nanoseconds on a CPU so far (schedstat's first number), of all threads."""
        return sum(int(path.read_text().split()[0]) for path in self._threads.glob("*/schedstat"))
