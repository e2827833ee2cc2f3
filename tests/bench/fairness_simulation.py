"""Who pays for forty quarters of shared moments, and who is left out of them?

    python -m tests.bench.fairness_simulation

Each quarter the network keeps one action at the start that a rule puts first; what it cost whom is carried over eight quarters, as in
DESIGN §4. `worst first` is the product's own ranking; `cover first` asks for the most groups before it looks at who pays.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from coordinator.domain.availability import Reach, read_availability_text
from coordinator.domain.burden import BURDEN_NOT_BORNE
from coordinator.domain.cover import sum_groups
from coordinator.domain.fairness import CARRIED_QUARTERS, KeptAction, carried
from coordinator.domain.quarters import Quarter, parse_quarter
from coordinator.domain.question import Candidate, Invitee, Question
from coordinator.domain.resolver import resolve
from coordinator.domain.starts import Grid, zone_pieces
from coordinator.domain.weighing import weigh

DEMO = Path(__file__).parents[2] / "demo" / "groups.csv"
FIRST = parse_quarter("2027-Q1")
QUARTERS = 40
DURATION_MINUTES = 60
ZONE_ID = "Africa/Nairobi"  # in which the demo network's quarters turn

Rule = Callable[[Question], Candidate]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `never`: groups that bore no action at all; `longest_absence`: quarters in a row that one group bore none.

    `gini`: of the groups' summed burdens, 0 when all paid alike. `most_carried`, `least_carried`: the extremes of the balance over all
    quarters. `mean_cover`: groups that bore an action, on average.
    """

    never: int
    longest_absence: int
    gini: float
    most_carried: float
    least_carried: float
    mean_cover: float


def worst_first(question: Question) -> Candidate:
    """The product's ranking."""
    return resolve(replace(question, limit=1)).candidates[0]


def cover_first(question: Question) -> Candidate:
    """Most required groups, most groups, then least worst, least burden, earliest: what was tried and dropped."""
    grid = Grid.of(question)
    sums = sum_groups(question, grid, zone_pieces(question.groups, grid.first, grid.end))
    best = np.lexsort((sums.burden, sums.worst, -sums.borne, -sums.required))[0]
    return weigh(question, grid.start_at(best))


RULES: Mapping[str, Rule] = {"worst first": worst_first, "cover first": cover_first}


def simulate(groups: Sequence[Invitee], rule: Rule, quarters: int = QUARTERS, first: Quarter = FIRST) -> Outcome:
    """One kept action in each quarter, at the start that `rule` puts first."""
    kept: deque[KeptAction] = deque(maxlen=CARRIED_QUARTERS)
    burdens: list[list[int]] = []
    balances: list[float] = []
    for number in range(quarters):
        quarter = first.shifted(number)
        balance = carried(kept, quarter)
        rows = rule(_question(groups, quarter, balance)).groups
        kept.append(KeptAction(quarter, {row.name: row.burden for row in rows}))
        burdens.append([row.burden for row in rows])
        balances += carried(kept, quarter).values()
    return _sum_up(np.array(burdens), balances)


def _question(groups: Sequence[Invitee], quarter: Quarter, balance: Mapping[str, float]) -> Question:
    invited = tuple(replace(group, carried=balance.get(group.name, 0.0)) for group in groups)
    return Question(*quarter.bounds(ZONE_ID), DURATION_MINUTES, invited)


def _sum_up(burdens: np.ndarray, balances: Sequence[float]) -> Outcome:
    """`burdens`: quarters × groups."""
    borne = burdens < BURDEN_NOT_BORNE
    return Outcome(
        never=int((~borne.any(axis=0)).sum()),
        longest_absence=max((_longest_run(~column) for column in borne.T), default=0),
        gini=gini(burdens.sum(axis=0)),
        most_carried=max(balances),
        least_carried=min(balances),
        mean_cover=float(borne.sum(axis=1).mean()),
    )


def _longest_run(absent: np.ndarray) -> int:
    longest = run = 0
    for each in absent:
        run = run + 1 if each else 0
        longest = max(longest, run)
    return longest


def gini(values: np.ndarray) -> float:
    """Gini's coefficient of these sums: half the mean absolute difference of all pairs over the mean."""
    total = float(values.sum())
    ranks = np.arange(1, values.size + 1)
    return float((2 * ranks - values.size - 1) @ np.sort(values)) / (values.size * total) if total else 0.0


def demo_network(reach: Reach = Reach.WAKING) -> tuple[Invitee, ...]:
    """The groups of the demo."""
    with DEMO.open(encoding="utf-8", newline="") as table:
        return tuple(
            Invitee(row["name"], row["zone"], read_availability_text(row["availability"], row["quiet"], row["blocked"], reach=reach))
            for row in csv.DictReader(table)
        )


def main() -> None:
    """Prints both."""
    print(f"{QUARTERS} quarters of the demo network, one action of {DURATION_MINUTES} minutes in each")
    print(f"{'':12} never took part   longest absence   Gini   carried, most and least   mean cover")
    for name, rule in RULES.items():
        print(f"{name:12} {tell(simulate(demo_network(), rule))}")


def tell(outcome: Outcome) -> str:
    """One line of the table."""
    return (
        f"{outcome.never:15d}   {outcome.longest_absence:15d}  {outcome.gini:5.3f}   "
        f"{outcome.most_carried:+12.1f} {outcome.least_carried:+11.1f}   {outcome.mean_cover:10.1f}"
    )


if __name__ == "__main__":
    main()
