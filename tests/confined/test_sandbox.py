"""Each layer of the sandbox alone, and all together: what a process can no longer do. A layer that this kernel lacks is skipped, and said."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coordinator.confined.sandbox import ARCHITECTURES, CALLS, Layer

PROGRAM = Path(__file__).parent / "confined.py"
Confine = Callable[[str], dict[str, Any]]


@pytest.fixture
def confine(tmp_path: Path) -> Iterator[Confine]:
    """Runs the program under the layers named, with a file that it could change and a socket that listens."""
    target = tmp_path / "target"
    for name in ("target", "other"):
        (tmp_path / name).write_bytes(b"words of another")
        (tmp_path / name).chmod(0o666)
    tmp_path.chmod(0o777)

    def run(which: str) -> dict[str, Any]:
        command = [sys.executable, "-B", str(PROGRAM), which, str(target), str(listener.getsockname()[1])]
        told = subprocess.run(command, check=True, capture_output=True, timeout=60)
        answer: dict[str, Any] = json.loads(told.stdout)
        if which not in {"all", "nothing"} and which not in answer["layers"]:
            pytest.skip(f"this kernel gives no {which}")
        return answer

    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield run


def done(answer: dict[str, Any]) -> set[str]:
    return {way for way, outcome in answer["tried"].items() if outcome == "done"}


def test_confined_by_nothing_can_do_all_of_it(confine: Confine) -> None:
    answer = confine("nothing")

    assert done(answer) >= set(answer["tried"]) - {"look into its parent", "take 2 GB"}


def test_confined_by_all_layers_can_do_none_of_it(confine: Confine) -> None:
    answer = confine("all")

    if set(answer["layers"]) != set(Layer):
        pytest.skip(f"this kernel gives only {answer['layers']}")
    assert done(answer) == set()


def test_confined_by_all_layers_as_somebody_else_than_root_is_the_same(confine: Confine, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the test above was that one already")
    interpreter = "/usr/bin/python3"  # root's own may lie where nobody else may look
    if not Path(interpreter).exists() or not _can_nobody_read(PROGRAM):
        pytest.skip("nobody may read this checkout, or there is no Python of the system's")

    told = subprocess.run(
        [interpreter, "-B", str(PROGRAM), "all", "/dev/null", "9"], check=True, capture_output=True, user="nobody", group="nogroup", cwd="/"
    )

    answer = json.loads(told.stdout)
    assert {Layer.LIMITS, Layer.USER} <= set(answer["layers"])
    assert not done(answer) & {"connect by TCP", "start a program", "take 2 GB"}


def _can_nobody_read(path: Path) -> bool:
    return subprocess.run(["cat", path], check=False, user="nobody", capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("layer", "impossible"),
    [
        (Layer.LIMITS, {"take 2 GB", "fill the pipe's file"}),
        (Layer.NAMESPACE, {"connect by TCP", "send by UDP"}),
        (Layer.LANDLOCK, {"read a file", "write a file", "list a directory", "remove a file", "connect by TCP", "start a program"}),
        (
            Layer.SECCOMP,
            {
                "connect by TCP",
                "send by UDP",
                "open a unix socket",
                "signal its parent",
                "start a program",
                "start a thread",
                "look into its parent",
                "touch a file",
                "change a file's mode",
            },
        ),
    ],
)
def test_confined_by_one_layer_alone_cannot_do_what_it_forbids(confine: Confine, layer: Layer, impossible: set[str]) -> None:
    answer = confine(layer.value)

    assert done(answer) & impossible == set()


def test_calls_have_a_number_of_their_own_on_each_machine() -> None:
    for column, _ in ARCHITECTURES.values():
        numbers = [numbers[column] for numbers in CALLS.values() if numbers[column] is not None]
        assert len(set(numbers)) == len(numbers)


def test_calls_are_those_of_this_machines_headers() -> None:
    """The kernel's own list, where a compiler's headers are installed."""
    headers = [Path("/usr/include") / f"{machine}-linux-gnu" / "asm" / "unistd_64.h" for machine in ("x86_64", "aarch64")]
    if not (header := next((path for path in headers if path.exists()), None)):
        pytest.skip("no kernel headers here")
    known = dict(line.removeprefix("#define __NR_").split() for line in header.read_text().splitlines() if line.startswith("#define __NR_"))
    column, _ = ARCHITECTURES[header.parts[3].removesuffix("-linux-gnu")]

    wrong = {name: numbers[column] for name, numbers in CALLS.items() if name in known and known[name] != str(numbers[column])}

    assert wrong == {}
