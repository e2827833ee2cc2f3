"""Does the tree keep to DESIGN §3? Imports point down, rules do no I/O, tests stand alone, no machine leaks into the text.

Reads the source with `ast`; nothing is imported, so a cycle cannot hide behind the order of imports.
"""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("coordinator", "worker")

# Highest first. A name may be a package, or a module of `coordinator`. What stands in one row does not import each other, unless SIDEWAYS.
ROWS: tuple[tuple[str, ...], ...] = (
    (
        "cli",
        "app",
        "routes",
        "webserver",
        "supervisor",
        "embedded",
        "leash",
        "upkeep",
        "beginnings",
        "renewal",
        "demo",
        "demo_actions",
        "demo_mirror",
    ),
    ("pages", "api", "live", "worker"),
    ("edge",),
    ("services",),
    ("store", "formats", "i18n", "catalogs", "blobs", "shelves", "zone_rules", "redisbus", "translators", "calendars"),
    ("ports", "confined"),
    ("domain",),
    ("settings", "keys", "errors", "assets", "logs"),
)
SIDEWAYS = {
    **{(above, below): "composition roots are one program" for above in ROWS[0] for below in ROWS[0]},
    **{(above, below): "leaves" for above in ROWS[-1] for below in ROWS[-1]},
    ("blobs", "store"): "one of its two keepers of bytes keeps them in rows",
    ("shelves", "blobs"): "what a backup reads is what they keep",
    ("shelves", "store"): "as `blobs`",
    ("zone_rules", "store"): "as `blobs`: in files, or in rows",
    ("zone_rules", "formats"): "what it keeps is one of them",
    ("formats", "i18n"): "words for times and faults are sentences of a catalog",
    ("i18n", "catalogs"): "the catalogs are what i18n speaks from",
}

DOMAIN_OUTSIDE = {"numpy": None, "pytz": {"coordinator.domain.zones"}}
DOMAIN_FORBIDDEN = {"asyncio", "http", "io", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3", "ssl", "subprocess",
                    "tempfile", "threading", "time", "urllib", "zoneinfo"}  # fmt: skip
CLOCKS = {"now", "utcnow", "today"}
ENVIRONMENT_READERS = {"coordinator.settings", "coordinator.cli"}  # cli hands os.environ to `read_settings`, once
MEDIAN_LINES, MOST_LINES = 10, 60


@dataclass(frozen=True)
class Import:
    """One import statement of ours: who, whom (dotted), where, and whether it is deferred into a function."""

    importer: str
    imported: str
    line: int
    deferred: bool

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


@cache
def modules() -> dict[str, Path]:
    paths = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")) if "migrations" not in path.parts)
    return {_dotted(path): path for path in paths}


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def imports() -> tuple[Import, ...]:
    return tuple(found for name, path in modules().items() for found in _imports_of(name, path))


def _imports_of(name: str, path: Path) -> Iterator[Import]:
    inside_functions = {
        id(inner) for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for inner in ast.walk(node)
    }
    for node in ast.walk(tree(path)):
        for target in _targets(node):
            yield Import(name, target, node.lineno, id(node) in inside_functions)


def _targets(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            # `from coordinator.store import jobs` means the module coordinator.store.jobs, if there is one.
            for alias in names:
                yield f"{module}.{alias.name}" if f"{module}.{alias.name}" in modules() else module
        case ast.ImportFrom(level=level) if level > 0:
            yield "." * level


def place(module: str) -> str:
    """The name in ROWS that a module of ours belongs to; empty for the packages' own `__init__`."""
    parts = module.split(".")
    return parts[0] if parts[0] == "worker" else parts[1] if len(parts) > 1 else ""


def row(name: str) -> int:
    return next(i for i, names in enumerate(ROWS) if name in names)


def is_ours(module: str) -> bool:
    return module.split(".")[0] in PACKAGES


def test_tree_every_module_has_a_place() -> None:
    places = {name for names in ROWS for name in names}

    strangers = sorted(module for module in modules() if place(module) and place(module) not in places)

    assert strangers == [], "DESIGN §3 knows no such part; give it a row in ROWS and say why in the commit"


def test_imports_point_down_or_stay_inside_their_package() -> None:
    wrong = []
    for found in imports():
        if not is_ours(found.imported) or not (above := place(found.importer)) or not (below := place(found.imported)):
            continue
        if above == below or (above, below) in SIDEWAYS or row(above) < row(below):
            continue
        wrong.append(str(found))

    assert wrong == []


def test_imports_are_absolute() -> None:
    assert [str(found) for found in imports() if found.imported.startswith(".")] == []


def test_imports_deferred_say_why() -> None:
    """A reason stands on the line or the one above (a run of deferred imports shares one), unless it is for types only."""
    silent = []
    for name, path in modules().items():
        lines = path.read_text(encoding="utf-8").splitlines()
        deferred = {found.line for found in imports() if found.importer == name and found.deferred}
        silent += [f"{name}:{line}" for line in sorted(deferred) if not _has_reason(lines, line, deferred)]

    assert silent == []


def _has_reason(lines: list[str], line: int, deferred: set[int]) -> bool:
    while True:
        above = lines[line - 2].strip() if line > 1 else ""
        if "#" in lines[line - 1] or above.startswith("#"):
            return True
        if line - 1 not in deferred:
            return False
        line -= 1


def test_domain_imports_standard_library_pytz_and_numpy_only() -> None:
    wrong = []
    for found in imports():
        top = found.imported.split(".")[0]
        if place(found.importer) != "domain" or is_ours(found.imported):
            continue
        if top in DOMAIN_OUTSIDE:
            allowed = DOMAIN_OUTSIDE[top]
            fine = allowed is None or found.importer in allowed
        else:
            fine = top in sys.stdlib_module_names and top not in DOMAIN_FORBIDDEN
        if not fine:
            wrong.append(str(found))

    assert wrong == []


def test_pytz_stays_in_the_zones() -> None:
    """Zone rules have one door; `cli` and `worker` may only name the versions."""
    wrong = [str(f) for f in imports() if f.imported.split(".")[0] in {"pytz", "dateutil"} and f.importer != "coordinator.domain.zones"]

    assert wrong == []


def test_av_stays_in_the_sound_childs_process() -> None:
    """FFmpeg reads strangers' files only where nothing else can be done: what imports it is imported by `child` alone, and deferred there."""
    reading = {f.importer for f in imports() if f.imported.split(".")[0] == "av"}
    led_there = [f for f in imports() if f.imported in reading and f.importer not in reading | {"worker.sound.pipeline"}]
    led_there += [f for f in imports() if f.imported == "worker.sound.pipeline"]

    assert {name.rpartition(".")[0] for name in reading} == {"worker.sound"}
    assert [str(f) for f in led_there if f.importer != "worker.sound.child" or not (f.deferred or _is_for_types(f))] == []


def test_what_repeats_entries_stays_in_the_calendar_childs_process() -> None:
    """A stranger's calendar is read only where nothing else can be done."""
    reading = {f.importer for f in imports() if f.imported.split(".")[0] == "recurring_ical_events"}
    led_there = {(f.importer, f.deferred) for f in imports() if f.imported in reading}

    assert reading == {"coordinator.calendars.reading"}
    assert led_there == {("coordinator.calendars.child", True)}


def _is_for_types(found: Import) -> bool:
    """Whether the import stands under `if TYPE_CHECKING`."""
    return any(
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
        and node.lineno < found.line <= (node.end_lineno or 0)
        for node in ast.walk(tree(modules()[found.importer]))
    )


def test_domain_neither_waits_nor_reads_a_clock() -> None:
    wrong = []
    for name, path in modules().items():
        if place(name) != "domain":
            continue
        for node in ast.walk(tree(path)):
            waits = isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith)
            reads = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS and not _is_ours_call(node)
            )
            if waits or reads:
                wrong.append(f"{name}:{node.lineno}")

    assert wrong == []


def _is_ours_call(node: ast.Call) -> bool:
    """Whether `x.now()` is called on something other than the datetime classes."""
    assert isinstance(node.func, ast.Attribute)
    return not (isinstance(node.func.value, ast.Name) and node.func.value.id in {"datetime", "date", "dt"})


def test_environment_has_one_reader() -> None:
    wrong = []
    for name, path in modules().items():
        for node in ast.walk(tree(path)):
            named = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
            if named and node.attr in {"environ", "getenv", "environb"} and name not in ENVIRONMENT_READERS:
                wrong.append(f"{name}:{node.lineno}")

    assert wrong == []


def test_modules_say_what_they_answer() -> None:
    silent = [name for name, path in modules().items() if path.name != "__init__.py" and not ast.get_docstring(tree(path))]

    assert silent == []


def test_functions_are_short(record_property: pytest.RecordProperty) -> None:
    """The median is the house's measure; the longest is a limit with a margin, so that one table-like function does not fail a run."""
    sizes = {
        f"{name}.{f.name}": (f.end_lineno or f.lineno) - f.lineno + 1 for name, path in modules().items() for f in _functions(tree(path))
    }
    if not sizes:
        pytest.skip("no functions yet")
    longest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    record_property("longest", longest)
    print(f"{len(sizes)} functions, median {statistics.median(sizes.values())} lines, longest {longest}")

    assert statistics.median(sizes.values()) < MEDIAN_LINES
    assert [item for item in longest if item[1] > MOST_LINES] == []


def _functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


# --- what is committed ------------------------------------------------------------------------------------------------------------------

# Written in parts, so that this file does not find itself.
LEAKS = {
    "a path of one machine": re.compile("|".join(("/wo" + "rk/", "/ro" + "ot/", "/ho" + r"me/\w+/", "/opt/" + "pypi", "/opt/" + "wheels"))),
    "the neighbour folder": re.compile(r"\.\./" + "shared"),
    "an index host": re.compile("py" + r"pi\.org|pythonhosted" + r"\.org|--(extra-)?index" + "-url|--find" + "-links"),
    "a private key": re.compile("BEGIN [A-Z ]*PRIVATE" + " KEY"),
}
ALLOWED = {
    ("scripts/lock", "an index host"),  # says `--no-emit-index-url`
}


def committed_texts() -> Iterator[tuple[str, str]]:
    """(name, text) of every tracked or soon-to-be-tracked file that is text."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=False, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in sorted(set(listed.stdout.split("\0")) - {""}):
        path = ROOT / name
        if path.is_file() and b"\0" not in (data := path.read_bytes()):
            yield name, data.decode("utf-8", errors="replace")


def test_committed_text_names_no_machine_index_or_neighbour() -> None:
    found = []
    for name, text in committed_texts():
        for what, pattern in LEAKS.items():
            if (name, what) not in ALLOWED and (hit := pattern.search(text)):
                found.append(f"{name}: {what}: {hit.group()!r}")

    assert found == []


def test_suppressions_name_their_rule_and_reason() -> None:
    """`# noqa: X - reason` and `# type: ignore[x]  # reason`, never bare."""
    noqa = re.compile(r"#\s*noqa(?!: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)* +[-–—(#:]?\s*\w)")
    ignore = re.compile(r"#\s*type:\s*ig" + r"nore(?!\[[\w, -]+\]\s+#\s*\w)")
    bare = []
    for name, text in committed_texts():
        if name.endswith(".py") and name != "tests/test_layers.py":
            bare += [f"{name}:{i}" for i, line in enumerate(text.splitlines(), 1) if noqa.search(line) or ignore.search(line)]

    assert bare == []


def test_runtime_lock_is_part_of_the_development_lock() -> None:
    pin = re.compile(r"^([a-z0-9][a-z0-9._-]*==\S+)", re.MULTILINE)
    run, dev = (set(pin.findall((ROOT / "locks" / name).read_text(encoding="utf-8"))) for name in ("run.txt", "dev.txt"))

    assert run - dev == set()


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_lock_pins_each_requirement_with_a_hash(name: str) -> None:
    text = (ROOT / "locks" / name).read_text(encoding="utf-8").replace("\\\n", " ")
    requirements = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    unpinned = [line[:60] for line in requirements if not re.match(r"[a-z0-9._-]+==\S+ .*--hash=sha256:", line)]

    assert requirements
    assert unpinned == []
