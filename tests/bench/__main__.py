"""`make bench`: which figures does Chorus have on this machine, and which had it the last time?

Prints a table, keeps the run as a line of `history.jsonl`. Nothing that was timed decides anything: whatever comes out, the exit code is 0.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import (
    bench_fairness,
    bench_idle,
    bench_mirror,
    bench_pages,
    bench_resolver,
    bench_sound,
    bench_start,
    bench_translate,
    bench_voice,
    bench_weight,
    history,
)
from tests.bench.figures import Figure, tell
from tests.bench.network import run_network


def main() -> None:
    load_before = os.getloadavg()[0]
    last = history.read_last()
    figures = measure()
    print(tell(figures, history.ratios_of(last)))
    print(_surroundings(load_before, last["date"] if last is not None else None))
    try:
        history.append(history.make_line(figures, datetime.now(UTC), load_before))
    except OSError as fault:
        print(f"not kept: {fault.strerror}", file=sys.stderr)


def measure() -> list[Figure]:
    """Everything, one after the other: the machine is to do one thing at a time."""
    _say("measuring resolver …")
    figures = bench_resolver.measure()
    _say("playing forty quarters …")
    figures += bench_fairness.measure()
    _say("measuring start …")
    figures += bench_start.measure()
    _say("measuring drafts …")
    drafts = bench_translate.measure()
    if not drafts:
        _say("no drafts: there is no Apertium here")
    figures += drafts
    _say("measuring sound …")
    figures += bench_sound.measure()
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as parent, run_network(Path(parent) / "data") as network:
        _say("measuring memory …")
        figures += bench_idle.measure(network)
        _say("measuring pages …")
        figures += bench_pages.measure(network)
        figures += bench_idle.measure(network, "after those pages")
        _say("measuring the mirror …")
        figures += bench_mirror.measure(network, Path(parent) / "data")
        _say("measuring a voice …")
        figures += bench_voice.measure(network, Path(parent) / "data")
        _say("measuring weight …")
        weight = bench_weight.measure(network)
    if not weight:
        _say("no weight: there is no Chromium here")
    return figures + weight


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _surroundings(load_before: float, last_on: str | None) -> str:
    busy = " The machine was busy: only ratios say something." if load_before > (os.cpu_count() or 1) / 2 else ""
    compared = f"compared with {last_on}" if last_on is not None else "the first run kept here"
    return f"{os.cpu_count()} CPUs, load {load_before:.1f} before, {compared}.{busy}"


if __name__ == "__main__":
    main()
