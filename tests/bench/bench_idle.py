"""How much memory does a demo network hold while nothing happens, against as many Pythons that only import SQLAlchemy and Starlette?

RSS counts pages that processes share once for each of them; PSS (Linux) divides them, and is what the machine really gives.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median

import psutil

from tests.bench.figures import Figure, Promise
from tests.bench.network import SUPERVISOR, VALKEY, WEB, Network, end, hear, start

GOAL = Promise("goal", 250)
MB = 1_000_000
SAMPLES = 5
SAMPLE_S = 0.5
SETTLED_WITHIN = 0.005  # of the whole, over a second
SETTLE_S = 1.0
PATIENCE_S = 30.0
PROCESSES = {SUPERVISOR, VALKEY, WEB, "worker short", "worker long"}
FLOOR_PROGRAM = "import sqlalchemy, starlette; print('imported', flush=True); input()"

Memory = dict[str, tuple[float, float]]  # of each process: RSS and PSS in MB


def measure(network: Network, when: str = "idle") -> list[Figure]:
    """The network as it stands `when`: once for RSS and once for PSS, in MB."""
    _settle(network)
    samples = [_sample(network) for _ in range(SAMPLES)]
    taken = {name: (median(s[name][0] for s in samples), median(s[name][1] for s in samples)) for name in samples[0]}
    with _imported(sum(name not in (SUPERVISOR, VALKEY) for name in taken)) as pythons:
        floor = [_memory(python) for python in pythons]
    return [
        _figure(f"RSS {when}: web, workers, Valkey", taken, floor, 0, GOAL),
        _figure(f"PSS {when}: web, workers, Valkey", taken, floor, 1, None),
    ]


def _figure(name: str, taken: Memory, floor: Sequence[tuple[float, float]], column: int, promise: Promise | None) -> Figure:
    each = ", ".join(f"{process} {both[column]:.0f}" for process, both in sorted(taken.items()))
    total = sum(both[column] for process, both in taken.items() if process != SUPERVISOR)
    return Figure(name, total, "MB", sum(both[column] for both in floor), f"{len(floor)} bare Pythons", promise, each)


def _settle(network: Network) -> None:
    """Waits until every process is there and none of them grows, or for as long as anybody would."""
    deadline, last = time.monotonic() + PATIENCE_S, 0.0
    while time.monotonic() < deadline:
        memory = _read(network)
        total = sum(rss for rss, _ in memory.values())
        if memory.keys() >= PROCESSES and abs(total - last) < total * SETTLED_WITHIN:
            return
        last = total
        time.sleep(SETTLE_S)


def _sample(network: Network) -> Memory:
    time.sleep(SAMPLE_S)
    return _read(network)


def _read(network: Network) -> Memory:
    return {name: _memory(process) for name, process in network.processes().items()}


def _memory(process: psutil.Process) -> tuple[float, float]:
    full = process.memory_full_info()
    return full.rss / MB, getattr(full, "pss", full.rss) / MB  # other systems do not tell the second


@contextmanager
def _imported(count: int) -> Iterator[list[psutil.Process]]:
    """`count` Pythons at once that have imported the two libraries and wait."""
    with ExitStack() as stack:
        processes = [start([sys.executable, "-c", FLOOR_PROGRAM], stdin_open=True) for _ in range(count)]
        for process in processes:
            stack.callback(end, process)
        for process in processes:
            hear(process, re.compile("imported"))
        yield [psutil.Process(process.pid) for process in processes]
