"""How long does a newcomer wait for the first page, against a Python that only imports SQLAlchemy and Starlette?

From the start of `chorus serve --demo`, as `make demo` runs it when everything is installed, to the last byte of `/en/`: on a data
directory that does not exist yet, and on the one that the first start made.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure, Promise
from tests.bench.network import ROOT, run_network

ROUNDS = 3
MUST = Promise("must", 4)
FLOOR_PROGRAM = "import sqlalchemy, starlette"


def measure() -> list[Figure]:
    """First and second start, in seconds."""
    rounds = [_round() for _ in range(ROUNDS)]
    first_s, floor_s, second_s = (median(column) for column in zip(*rounds, strict=True))
    name = f"python: {FLOOR_PROGRAM}"
    return [
        Figure("start: demo, first time", first_s, "s", floor_s, name, MUST),
        Figure("start: demo, again", second_s, "s", floor_s, name, MUST),
    ]


def _round() -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as parent:
        data = Path(parent) / "data"
        return _start(data), _floor(), _start(data)


def _start(data: Path) -> float:
    with run_network(data) as network:
        return network.started_s


def _floor() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", FLOOR_PROGRAM], check=True, cwd=ROOT)
    return time.perf_counter() - began
