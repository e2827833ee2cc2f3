"""How long does it take to resolve a network, against numpy summing a matrix of the same size?

    python tests/bench/bench_resolver.py [groups …]

For the demo network over a quarter, in a fresh process and in this one, also with every reason, and for `chorus resolve FILE` on generated networks of the sizes given
(default 60 and 10,000 groups with windows of their own in up to 400 zones): milliseconds of the command's own process less those of one that
answers nothing, and the most memory it held. Ratios are to numpy summing a uint8 array over its first axis with dtype uint16, once of 10,000
groups, once of the network's own size, in the same run and in turns. CPU time, medians; nothing here decides a test.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # a plain script, also where the package is not installed

import numpy as np  # noqa: E402  # after the path is set

from coordinator.domain.availability import DAYS, Reach, read_availability_text  # noqa: E402  # after the path is set
from coordinator.domain.offering import compare_shapes  # noqa: E402  # after the path is set
from coordinator.domain.question import Invitee, Question  # noqa: E402  # after the path is set
from coordinator.domain.reasons import Reason, explain  # noqa: E402  # after the path is set
from coordinator.domain.resolver import resolve  # noqa: E402  # after the path is set
from coordinator.domain.zones import current_zone_ids  # noqa: E402  # after the path is set
from tests.bench.figures import Figure, Promise, short, take_in_turns, tell  # noqa: E402  # after the path is set

START_AT = datetime(2027, 1, 1, tzinfo=UTC)
END_AT = datetime(2027, 4, 1, tzinfo=UTC)
STARTS = 92 * 96
FLOOR_GROUPS = 10_000
SIZES = (60, 10_000)
ROUNDS = 7
COLD_ROUNDS = 3
MUST = Promise("must", 50)
MUST_RATIOS = {10_000: 40}  # × the sum of 10,000 groups
GOAL_RATIOS = {60: 2, 10_000: 25}
MOST_MEMORY = Promise("must", 400)
EXPLAINED = Promise("must", 150)
SHAPES_MUST = Promise("must", 150)
SEED = 20270101
PROGRAM = "from coordinator.cli import main; main()"
TELL_PEAK = """
import atexit, re, sys
atexit.register(lambda: sys.stderr.write(re.search("VmHWM:[^0-9]*([0-9]+)", open("/proc/self/status").read())[1]))
"""  # the kernel's own count of a child's peak holds that of its parent, which keeps numpy's matrices
NOTHING = '{"cases": []}'


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    print(tell(measure(sizes), {}))


def measure(sizes: Sequence[int] = SIZES) -> list[Figure]:
    """The demo network in a fresh process and in this one, then generated files: milliseconds of CPU time, and megabytes."""
    demo = demo_question()
    figures = [
        compare("three shapes: demo network", len(demo.groups), lambda: timed(lambda: compare_shapes(demo)), promise=SHAPES_MUST),
        compare("resolve: demo network, fresh process", len(demo.groups), cold_ms, rounds=COLD_ROUNDS),
        compare("resolve: demo network", len(demo.groups), lambda: timed(lambda: resolve(demo)), promise=MUST),
        compare("explain: demo network", len(demo.groups), lambda: timed(lambda: explain_all(demo)), promise=EXPLAINED),
    ]
    for size in sizes:
        figures += command_figures(size)
    return figures


def command_figures(size: int) -> list[Figure]:
    """The whole command on a generated file: its time less start-up, and its peak of memory."""
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as directory:
        asked, nothing = Path(directory) / "asked.json", Path(directory) / "nothing.json"
        asked.write_text(json.dumps(generated_question(size)), encoding="utf-8")
        nothing.write_text(NOTHING, encoding="utf-8")
        run_command(asked)  # reads what the disk has not had in memory yet
        peaks = {path: median(peak_mb(path) for _ in range(COLD_ROUNDS)) for path in (asked, nothing)}
        figure = compare(f"resolve: file of {size} groups", size, lambda: run_command(asked) - run_command(nothing))
    memory = f"resolve: peak memory, file of {size} groups"
    return [promised(figure, size), Figure(memory, peaks[asked], "MB", peaks[nothing], "the command that answers nothing", MOST_MEMORY)]


def promised(figure: Figure, size: int) -> Figure:
    """The figure with what its ratio may be at most, in this run's milliseconds."""
    must, goal = MUST_RATIOS.get(size), GOAL_RATIOS.get(size)
    promise = Promise("must", must * figure.floor) if must is not None else None
    aim = f"{figure.note}; goal ≤ {goal} ×: {'held' if figure.ratio <= goal else 'missed'}" if goal is not None else figure.note
    return replace(figure, promise=promise, note=aim)


def run_command(path: Path) -> float:
    """Milliseconds of CPU time of one `chorus resolve`, in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, "resolve", str(path)], cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, "chorus resolve")
    return (used.ru_utime + used.ru_stime) * 1000


def peak_mb(path: Path) -> float:
    """The most megabytes in memory of one `chorus resolve`, in a process of its own."""
    command = [sys.executable, "-c", TELL_PEAK + PROGRAM, "resolve", str(path)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return int(done.stderr) * 1024 / 1_000_000


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


def explain_all(question: Question) -> list[Reason]:
    """The whole answer, and each group's own reason at each candidate; a page tells one group its own and others by their burden."""
    return [explain(question, group, candidate.start_at) for candidate in resolve(question).candidates for group in question.groups]


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
