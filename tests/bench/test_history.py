"""The bench's memory: what a run leaves, and what the next one finds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import history
from tests.bench.figures import Figure

NOW = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)


def line_of(value: float) -> str:
    return history.make_line([Figure("page: home", value, "ms", 0.5, "constant body")], NOW, 0.26)


def test_history_of_two_runs_answers_with_the_last(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    for value in (9.0, 12.0):
        history.append(line_of(value), path)

    assert history.ratios_of(history.read_last(path)) == {"page: home": 24.0}


def test_history_before_the_first_run_is_empty(tmp_path: Path) -> None:
    assert history.ratios_of(history.read_last(tmp_path / "history.jsonl")) == {}


def test_line_of_a_run_names_day_machine_and_figures_and_nothing_else() -> None:
    run = json.loads(line_of(9.12345))

    assert run.keys() == {"date", "cpus", "python", "load_before", "figures"}
    assert (run["date"], run["load_before"]) == ("2027-01-04", 0.3)
    assert run["figures"] == {"page: home": {"value": 9.123, "unit": "ms", "floor": 0.5, "ratio": 18.25}}
