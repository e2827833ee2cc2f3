"""How does a program end with its parent where Linux's death signal is missing?

    python -m coordinator.leash FD program arguments…

runs the program and kills it when the pipe FD, whose other end the parent alone holds, closes. The kernel closes it however the parent
dies. Standard library only, since one of these stands beside each child.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

POLL_S = 0.5  # how often the program itself is looked at; its parent is noticed at once


def main(arguments: list[str]) -> int:
    """Runs until the program ends (its exit code) or the pipe closes (1)."""
    pipe = int(arguments[0])
    os.set_inheritable(pipe, False)
    process = subprocess.Popen(arguments[1:], close_fds=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: process.send_signal(received))
    while process.poll() is None:
        ready, _, _ = select.select([pipe], [], [], POLL_S)
        if ready and not os.read(pipe, 1):
            process.kill()
            process.wait()
            return 1
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
