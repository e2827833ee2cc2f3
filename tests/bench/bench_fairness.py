"""What do forty quarters of the demo network cost its groups, under the product's ranking and under cover first? Counted, not timed."""

from __future__ import annotations

from tests.bench.fairness_simulation import Outcome, cover_first, demo_network, simulate, worst_first
from tests.bench.figures import Figure

PEER = "cover first"


def measure() -> list[Figure]:
    """The outcomes of both rules side by side."""
    ours, peer = (simulate(demo_network(), rule) for rule in (worst_first, cover_first))
    return [
        _figure("groups that never took part", "groups", ours.never, peer.never, ours),
        _figure("longest absence", "quarters", ours.longest_absence, peer.longest_absence),
        _figure("Gini of burdens", "", ours.gini, peer.gini),
        _figure("most carried", "", ours.most_carried, peer.most_carried),
        _figure("mean cover", "groups", ours.mean_cover, peer.mean_cover),
    ]


def _figure(name: str, unit: str, value: float, peer: float, whole: Outcome | None = None) -> Figure:
    """A peer of 0 has no ratio, so that it stands for 1."""
    note = "" if whole is None else f"least carried {whole.least_carried:+.1f}"
    return Figure(f"fairness: {name}", value, unit, peer or 1, PEER, note=note)
