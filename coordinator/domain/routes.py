"""By which way does a text get from one language into another, given the pairs that an engine serves? Directly, through one pivot, or not.

Tags are BCP 47. A pair that bears exactly the tags asked for comes first. Else a tag stands in for another of the same base language in the
same script: an engine's `pt` serves `pt-BR`, its `zh` serves `zh-Hans`. A script that is neither written nor customary (SCRIPTS) counts
as one of its own, so that `ar` never serves `ar-Latn`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

PIVOTS = ("en", "es")
# The script that a bare tag means, where a language is written in several (CLDR likely subtags).
SCRIPTS = {"az": "latn", "bs": "latn", "kk": "cyrl", "mn": "cyrl", "pa": "guru", "sr": "cyrl", "tg": "cyrl", "uz": "latn", "zh": "hans"}
SCRIPT_REGIONS = {("zh", "hk"): "hant", ("zh", "mo"): "hant", ("zh", "tw"): "hant"}


@dataclass(frozen=True, slots=True)
class Pair:
    """One direction that an engine serves or is asked for; BCP 47 tags as in languages.toml."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Route:
    """The pairs to ask for, in order, spelled as the engine spells them: one, or two by way of the pivot `via` (else empty)."""

    hops: tuple[Pair, ...]
    via: str = ""


class Parts(NamedTuple):
    """A tag, taken apart: lower case, empty where it says nothing."""

    base: str
    script: str
    region: str


def find_route(pairs: Collection[Pair], source: str, target: str, pivots: tuple[str, ...] = PIVOTS) -> Route | None:
    """The direct pair, else the way through the first pivot that serves; never a language onto itself, and None when there is no way."""
    if is_same_language(source, target):
        return None
    direct = find_pair(pairs, source, target)
    if direct is not None:
        return Route((direct,))
    ways = (_by_way_of(pairs, source, pivot, target) for pivot in pivots)
    return next((way for way in ways if way is not None), None)


def find_pair(pairs: Collection[Pair], source: str, target: str) -> Pair | None:
    """The pair that serves best: exact tags, then bare ones, then those of another region."""
    fitting = [pair for pair in pairs if is_same_language(pair.source, source) and is_same_language(pair.target, target)]
    return min(
        fitting, key=lambda pair: (_distance(pair.source, source) + _distance(pair.target, target), pair.source, pair.target), default=None
    )


def is_same_language(one: str, other: str) -> bool:
    """Whether two tags name one language in one script, whatever their regions."""
    first, second = take_apart(one), take_apart(other)
    return (first.base, first.script) == (second.base, second.script)


def take_apart(tag: str) -> Parts:
    """Base language, script (written or customary) and region of a tag."""
    base, *rest = tag.replace("_", "-").lower().split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), "")
    region = next((part for part in rest if len(part) in (2, 3) and part != script), "")
    return Parts(base, script or SCRIPT_REGIONS.get((base, region), SCRIPTS.get(base, "")), region)


def _by_way_of(pairs: Collection[Pair], source: str, pivot: str, target: str) -> Route | None:
    if is_same_language(source, pivot) or is_same_language(pivot, target):
        return None
    first, second = find_pair(pairs, source, pivot), find_pair(pairs, pivot, target)
    return Route((first, second), pivot) if first is not None and second is not None else None


def _distance(served: str, wanted: str) -> int:
    if served.replace("_", "-").lower() == wanted.replace("_", "-").lower():
        return 0
    return 2 if take_apart(served).region else 1
