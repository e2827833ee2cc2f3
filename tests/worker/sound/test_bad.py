"""Every kind of bad file is refused by its own code, through the very child that the worker starts, within its processor time."""

from __future__ import annotations

import resource

import pytest

from coordinator.domain.voice_note import Refusal, SoundRefused
from tests.worker.sound.bad import BAD, png, with_cover
from worker.sound.child import LIMITS
from worker.sound.parent import process_sound

MOST_CPU_S = LIMITS.cpu_s + 1  # the kernel ends the child there; beside other tests one file takes several times what it takes alone
KINDS = 60


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("name", BAD)
async def test_process_bad_file_is_refused_by_its_code_within_its_time(name: str) -> None:
    make, code = BAD[name]
    data = make()
    before = children_cpu_s()

    with pytest.raises(SoundRefused) as fault:
        await process_sound(data)

    assert fault.value.code is code
    assert children_cpu_s() - before <= MOST_CPU_S


async def test_process_cover_that_would_fill_the_memory_is_never_opened() -> None:
    before = children_cpu_s()

    processed = await process_sound(with_cover(png(20_000, 20_000)))

    assert 4_900 <= processed.sound.duration_ms <= 5_200
    assert children_cpu_s() - before <= MOST_CPU_S


def test_bad_files_are_of_enough_kinds_and_ask_for_every_refusal() -> None:
    assert len(BAD) >= KINDS
    assert {code for _, code in BAD.values()} == set(Refusal) - {Refusal.CRASHED}
