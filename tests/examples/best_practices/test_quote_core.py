"""The core decides on values alone, and imports nothing that waits."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from examples.best_practices import quote_core
from examples.best_practices.quote_core import best, worth_asking
from examples.quotes import CarrierError, Quote


@pytest.mark.parametrize(
    ("budget", "asked"),
    [(0.5, []), (1, ["swift"]), (2, ["swift", "steady"]), (99, ["swift", "steady", "slow"])],
)
def test_only_those_are_asked_that_can_answer_in_time(budget: float, asked: list[str]) -> None:
    assert worth_asking({"steady": 2, "swift": 1, "slow": 30}, budget) == asked


def test_the_cheapest_that_can_be_paid_wins_and_errors_lose() -> None:
    answers: list[Quote | Exception] = [
        CarrierError("no"),
        Quote(990, "swift"),
        Quote(840, "steady"),
        Quote(2001, "dear"),
    ]
    assert best(answers, 2000) == Quote(840, "steady")
    assert best(answers[:1] + answers[3:], 2000) is None
    assert best([], 2000) is None


def test_the_core_neither_loops_nor_waits() -> None:
    tree = ast.parse(Path(quote_core.__file__).read_text("utf-8"))
    nodes = list(ast.walk(tree))
    assert not [n for n in nodes if isinstance(n, ast.AsyncFunctionDef | ast.Await)]
    imported = {name.name for n in nodes if isinstance(n, ast.Import) for name in n.names}
    imported |= {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module}
    assert imported == {"__future__", "collections.abc", "examples.quotes"}
