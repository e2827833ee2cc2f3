"""Which child processes does this one have, and how does a test get one that pretends?"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path


def children(of: int | str = "self") -> set[int]:
    """The process ids of the children of all threads of a process."""
    found: set[int] = set()
    for task in Path(f"/proc/{of}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended meanwhile
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


def pretending(program: str) -> tuple[str, ...]:
    """The command of a child that is none of ours, and runs this."""
    lines = (
        "import os, struct, sys, time",
        "def tell(k, p, n=None): os.write(1, struct.pack('>cI', k, len(p) if n is None else n) + p)",
        program,
    )
    return (sys.executable, "-I", "-c", "\n".join(lines))
