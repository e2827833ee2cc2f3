"""How long does it take to resolve a network, against numpy summing a matrix of the same size?

    python tests/bench/bench_resolver.py [groups …]

For the demo network over a quarter, in a fresh process and in this one, and for generated networks of the sizes given (default 60 and
10,000 groups with windows of their own in up to 400 zones; JSON read and written): milliseconds, and ratios to numpy summing a uint8 array
over its first axis with dtype uint16, once of 10,000 groups, once of the network's own size, in the same run and in turns. CPU time,
medians; nothing here decides a test.
"""

from __future__ import annotations

import csv
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # a plain script, also where the package is not installed

import numpy as np  # noqa: E402  # after the path is set

from coordinator.domain.availability import DAYS, Reach, read_availability_text  # noqa: E402  # after the path is set
from coordinator.domain.question import Invitee, Question  # noqa: E402  # after the path is set
from coordinator.domain.resolver import resolve  # noqa: E402  # after the path is set
from coordinator.domain.zones import current_zone_ids  # noqa: E402  # after the path is set
from coordinator.formats.resolve_file import answer  # noqa: E402  # after the path is set
from tests.bench.figures import Figure, Promise, short, take_in_turns, tell  # noqa: E402  # after the path is set

START_AT = datetime(2027, 1, 1, tzinfo=UTC)
END_AT = datetime(2027, 4, 1, tzinfo=UTC)
STARTS = 92 * 96
FLOOR_GROUPS = 10_000
SIZES = (60, 10_000)
ROUNDS = 7
COLD_ROUNDS = 3
MUST = Promise("must", 50)
SEED = 20270101


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    print(tell(measure(sizes), {}))
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, numpy's own matrices included")


def measure(sizes: Sequence[int] = SIZES) -> list[Figure]:
    """The demo network in a fresh process and in this one, then generated files; milliseconds of CPU time."""
    demo = demo_question()
    figures = [
        compare("resolve: demo network, fresh process", len(demo.groups), cold_ms, rounds=COLD_ROUNDS),
        compare("resolve: demo network", len(demo.groups), lambda: timed(lambda: resolve(demo)), promise=MUST),
    ]
    for size in sizes:
        text = json.dumps(generated_question(size))
        rounds = ROUNDS if size < 1000 else 3
        figures.append(compare(f"resolve: file of {size} groups", size, partial(timed, partial(answer, text)), rounds=rounds))
    return figures


def compare(name: str, group_count: int, task: Callable[[], float], *, rounds: int = ROUNDS, promise: Promise | None = None) -> Figure:
    """The task's median beside the two sums, taken in turns."""
    own, large = (np.ones((rows, STARTS), np.uint8) for rows in (group_count, FLOOR_GROUPS))
    taken = take_in_turns(
        {
            "task": task,
            "own": lambda: timed(lambda: own.sum(axis=0, dtype=np.uint16)),
            "large": lambda: timed(lambda: large.sum(axis=0, dtype=np.uint16)),
        },
        rounds,
    )
    note = f"{short(taken['task'] / taken['own'])} × numpy sum of {group_count} groups"
    return Figure(name, taken["task"], "ms", taken["large"], f"numpy sum of {FLOOR_GROUPS:,} groups", promise, note)


def cold_ms() -> float:
    """The demo network resolved for the first time in a process, zone rules read on the way."""
    program = "from tests.bench.bench_resolver import demo_question, resolve, timed; q = demo_question(); print(timed(lambda: resolve(q)))"
    done = subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, capture_output=True, text=True)
    return float(done.stdout)


def timed(task: Callable[[], object]) -> float:
    """Milliseconds of this process's CPU time."""
    began = time.process_time()
    task()
    return (time.process_time() - began) * 1000


def demo_question() -> Question:
    with (ROOT / "demo" / "groups.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    groups = [
        Invitee(row["name"], row["zone"], read_availability_text(row["availability"], row["quiet"], row["blocked"], reach=Reach.WAKING))
        for row in rows
    ]
    return Question(START_AT, END_AT, 60, tuple(groups))


def generated_question(size: int) -> dict[str, Any]:
    draw = random.Random(SEED)
    zones = draw.sample(current_zone_ids(), 400)
    return {
        "range": {"start": START_AT.isoformat(), "end": END_AT.isoformat()},
        "slot_minutes": 15,
        "duration_minutes": 60,
        "groups": [generated_group(draw, f"group {i}", zones[i % len(zones)]) for i in range(size)],
    }


def generated_group(draw: random.Random, name: str, zone_id: str) -> dict[str, Any]:
    def window() -> dict[str, Any]:
        start = draw.randrange(8 * 60, 20 * 60)
        end = start + draw.randrange(120, 239)
        return {"days": draw.sample(DAYS, 4), "from": f"{start // 60:02d}:{start % 60:02d}", "to": f"{end // 60:02d}:{end % 60:02d}"}

    return {
        "name": name,
        "zone": zone_id,
        "windows": [window(), window()],
        "quiet": [{"from": "23:00", "to": "06:30"}],
        "blocked": [f"2027-02-{draw.randrange(1, 29):02d}"],
    }


if __name__ == "__main__":
    main()
