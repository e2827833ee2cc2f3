"""The plain answer to a question of shape `relay`: greedy by its definition, every start tried at each step.

Written from docs/resolve.md on nothing but datetime, pytz and the plain meaning of a minute (`oracle`), and sharing no code with the product.
A question may have `relay_most`, how many instants a relay may have, which the file format does not know.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from tests.domain import oracle

Json = dict[str, Any]
Burdens = dict[str, list[int]]


def answer(question: Json) -> Json:
    groups = question["groups"]
    starts = oracle.starts_of(question)
    burdens = {g["name"]: oracle.burden_by_start(g, question, starts) for g in groups}
    full = [i for i in range(len(starts)) if all(burdens[g["name"]][i] <= 1 for g in groups)]
    missing = [g["name"] for g in groups if all(b > 1 for b in burdens[g["name"]])]
    return {
        "feasible": bool(starts) and not missing,
        "ranges": [[oracle.iso(starts[a]), oracle.iso(starts[b])] for a, b in oracle.runs(full)],
        "count": len(full),
        "max_cover": len(groups) - len(missing),
        "missing": missing,
        "bound": bound(starts, burdens),
        "candidates": [candidate(question, starts, relay, burdens) for relay in relays(question, starts, burdens)],
    }


def bound(starts: list[datetime], burdens: Burdens) -> Json | None:
    most = max((sum(b[i] < 13 for b in burdens.values()) for i in range(len(starts))), default=0)
    if not most:
        return None
    includable = sum(any(b < 13 for b in each) for each in burdens.values())
    return {"least": math.ceil(includable / most), "factor": round(math.fsum(1 / k for k in range(1, most + 1)), 6)}


def relays(question: Json, starts: list[datetime], burdens: Burdens) -> list[list[int]]:
    """Each relay as the indices of its starts in order of time, best first."""
    apart = timedelta(hours=question.get("apart_hours", 20))
    carried = {g["name"]: g.get("carried", 0) for g in question["groups"]}
    taken: list[int] = []
    found: list[list[int]] = []
    for _ in range(question.get("limit", 3)):
        free = [i for i in range(len(starts)) if i not in taken and all(abs(starts[i] - starts[j]) >= apart for j in taken)]
        if not free:
            break
        chosen = greedy(free, starts, burdens, carried)[: question.get("relay_most")]
        taken += chosen
        relay = sorted(i for i in chosen if len(chosen) == 1 or i in followed(sorted(chosen), burdens).values())
        if relay not in found:
            found.append(relay)

    def rank(relay: list[int]) -> tuple[Any, ...]:
        follow = followed(relay, burdens)
        paid = {name: burdens[name][i] for name, i in follow.items()}
        included = [g for g in question["groups"] if paid[g["name"]] < 13]
        needed = sum(g.get("required", False) for g in included)
        return -needed, -len(included), len(relay), max((carried[n] + paid[n] for n in paid), default=0), sum(paid.values()), relay

    return sorted(found, key=rank)


def greedy(free: list[int], starts: list[datetime], burdens: Burdens, carried: dict[str, float]) -> list[int]:
    left = set(burdens)
    chosen: list[int] = []

    def rank(i: int) -> tuple[Any, ...]:
        added = [n for n in left if burdens[n][i] < 13]
        nearness = abs(starts[i] - starts[chosen[0]]) if chosen else timedelta()
        return -len(added), max((carried[n] + burdens[n][i] for n in added), default=0), sum(burdens[n][i] for n in added), nearness, i

    while True:
        best = min(range(len(starts)) if chosen else free, key=rank)
        added = {n for n in left if burdens[n][best] < 13}
        if chosen and not added:
            return chosen
        chosen.append(best)
        left -= added


def followed(relay: list[int], burdens: Burdens) -> dict[str, int]:
    return {name: min(relay, key=lambda i: (each[i], i)) for name, each in burdens.items()}


def candidate(question: Json, starts: list[datetime], relay: list[int], burdens: Burdens) -> Json:
    groups = question["groups"]
    follow = followed(relay, burdens)
    paid = [burdens[g["name"]][follow[g["name"]]] for g in groups]
    mean = sum(paid) / len(paid) if paid else 0
    return {
        "start": [oracle.iso(starts[i]) for i in relay],
        "covered": sum(b < 13 for b in paid),
        "missing": [g["name"] for g, b in zip(groups, paid, strict=True) if b == 13],
        "groups": [
            {
                **oracle.row(g, starts[follow[g["name"]]], b, g.get("carried", 0) + b - mean),
                "leg": oracle.iso(starts[follow[g["name"]]]),
            }
            for g, b in zip(groups, paid, strict=True)
        ],
    }
