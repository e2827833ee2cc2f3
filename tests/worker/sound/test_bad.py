"""Every kind of bad file is refused by its own code, through the very child that the worker starts, for little processor time."""

from __future__ import annotations

import resource
from collections.abc import Awaitable, Callable
from math import inf

import pytest

from coordinator.domain.voice_note import Refusal, SoundRefused
from tests.worker.sound.bad import BAD, png, with_cover
from worker.sound.parent import process_sound

MOST_CPU_S = 3.0
ATTEMPTS = 3  # beside other tests a processor counts for one file what it counts for several alone: the least of them is what it costs
KINDS = 60


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def least_cpu_s(ask: Callable[[], Awaitable[None]]) -> float:
    """What the children of one attempt cost, the least of up to three."""
    spent = []
    while len(spent) < ATTEMPTS and min(spent, default=inf) > MOST_CPU_S:
        before = children_cpu_s()
        await ask()
        spent.append(children_cpu_s() - before)
    return min(spent)


@pytest.mark.parametrize("name", BAD)
async def test_process_bad_file_is_refused_by_its_code_at_little_cost(name: str) -> None:
    make, code = BAD[name]
    data = make()

    async def refuse() -> None:
        with pytest.raises(SoundRefused) as fault:
            await process_sound(data)
        assert fault.value.code is code

    assert await least_cpu_s(refuse) <= MOST_CPU_S


async def test_process_cover_that_would_fill_the_memory_is_never_opened() -> None:
    data = with_cover(png(20_000, 20_000))

    async def read() -> None:
        processed = await process_sound(data)
        assert 4_900 <= processed.sound.duration_ms <= 5_200

    assert await least_cpu_s(read) <= MOST_CPU_S


def test_bad_files_are_of_enough_kinds_and_ask_for_every_refusal() -> None:
    assert len(BAD) >= KINDS
    assert {code for _, code in BAD.values()} == set(Refusal) - {Refusal.CRASHED}
