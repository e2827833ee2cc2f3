"""Where are the figures of earlier runs? One JSON line a run in `history.jsonl`, with what is needed to judge it and nothing of the machine's own."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure

HISTORY = Path(__file__).with_name("history.jsonl")
DIGITS = 4


def make_line(figures: Iterable[Figure], now: datetime, load_before: float) -> str:
    """One run as a line of JSON. `load_before`: the machine's load average before the run, so that a restless run is known as one."""
    run = {
        "date": now.date().isoformat(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(load_before, 1),
        "figures": {
            figure.name: {
                "value": _rounded(figure.value),
                "unit": figure.unit,
                "floor": _rounded(figure.floor),
                "ratio": _rounded(figure.ratio),
            }
            for figure in figures
        },
    }
    return json.dumps(run, ensure_ascii=False)


def _rounded(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")


def read_last(path: Path = HISTORY) -> dict[str, Any] | None:
    """The last run that was kept; None before the first."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return json.loads(lines[-1]) if lines else None


def ratios_of(run: dict[str, Any] | None) -> dict[str, float]:
    """The ratios of a run by figure; none where there was no run."""
    return {name: kept["ratio"] for name, kept in run["figures"].items()} if run is not None else {}


def append(line: str, path: Path = HISTORY) -> None:
    """Keeps a run. Raises OSError where the checkout cannot be written."""
    with path.open("a", encoding="utf-8") as history:
        history.write(f"{line}\n")
