"""The bench's table and turns; what it measures is nobody's test."""

from __future__ import annotations

from tests.bench.figures import Figure, Promise, short, take_in_turns, tell

FIGURE = Figure("page: home", 9.0, "ms", 0.5, "constant body", Promise("goal", 10), "6 ms of CPU")


def test_turns_of_two_tasks_alternate_and_change_their_first() -> None:
    order: list[str] = []

    def task(name: str, value: float) -> float:
        order.append(name)
        return value

    taken = take_in_turns({"own": lambda: task("own", len(order)), "floor": lambda: task("floor", 7)}, 3)

    assert order == ["own", "floor", "floor", "own", "own", "floor"]
    assert taken == {"own": 3, "floor": 7}  # the middle one of 0, 3 and 4


def test_table_with_an_earlier_run_says_both_ratios() -> None:
    heading, row = tell([FIGURE], {"page: home": 17.06}).splitlines()

    assert heading.split("  ")[0] == "figure"
    assert [cell for cell in row.split("  ") if cell] == [
        "page: home", "9 ms", "0.5 ms, constant body", "was 17.1, now 18", "goal ≤ 10 ms: held; 6 ms of CPU",
    ]  # fmt: skip


def test_table_without_an_earlier_run_says_this_ratio_alone() -> None:
    slow = Figure("page: home", 11.0, "ms", 0.5, "constant body", Promise("goal", 10))

    row = tell([slow], {"another figure": 2.0}).splitlines()[1]

    assert row.endswith("now 22  goal ≤ 10 ms: missed")
    assert "was" not in row


def test_short_number_never_has_an_exponent() -> None:
    assert [short(number) for number in (0.0634, 1.236, 41.26, 279.4, 2253.4)] == ["0.0634", "1.24", "41.3", "279", "2,253"]
