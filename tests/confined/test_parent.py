"""The parent of a child that reads a stranger's file: however the child ends, asyncio is left with nothing to complain of."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from typing import Any

import pytest

from coordinator.confined.parent import ask_child

PIPE_BYTES = 65_536
SOON = timedelta(seconds=0.5)

# What the child does, and whether it does so beyond its deadline. The file is larger than what its pipe holds, and not so large
# that the parent waits for the rest to be taken.
CHILDREN = [("import time; time.sleep(100)", True), ("", False), ("import sys; sys.stdin.buffer.read(10)", False)]


@pytest.mark.parametrize(("program", "is_late"), CHILDREN)
async def test_ask_child_ends_without_a_complaint_of_the_loop(program: str, is_late: bool) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))

    outcome = "heard"
    try:
        await ask_child(bytes(PIPE_BYTES + PIPE_BYTES // 2), (sys.executable, "-I", "-c", program), {}, SOON if is_late else 100 * SOON)
    except TimeoutError:
        outcome = "late"
    await asyncio.sleep(0)  # what the loop had still to say

    assert outcome == ("late" if is_late else "heard")
    assert complaints == []
