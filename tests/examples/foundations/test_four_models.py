"""Each model runs where the table says, and changes the rates that the table says."""

from __future__ import annotations

import sys
from os import getpid
from threading import get_ident

import pytest

from examples.foundations import four_models
from examples.foundations.four_models import main, report, reprice


@pytest.fixture(autouse=True)
def rates(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Give each test rates of its own."""
    mine = {"swift": 990}
    monkeypatch.setattr(four_models, "rates", mine)
    return mine


def rows(text: str) -> dict[str, list[str]]:
    """Read the table back, by model."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines()]
    return {model: cells for model, *cells in lines[1:]}


def test_a_call_here_changes_the_rates_here(rates: dict[str, int]) -> None:
    assert reprice() == (getpid(), get_ident())
    assert rates == {"swift": 1}


@pytest.mark.parametrize(
    ("place", "cents", "cells"),
    [
        ((getpid(), get_ident()), 1, ["same", "same", "shared"]),
        ((getpid(), -1), 1, ["same", "other", "shared"]),
        ((getpid(), get_ident()), 990, ["same", "same", "a copy"]),
        ((-1, get_ident()), 990, ["other", "other", "a copy"]),
    ],
)
def test_a_row_tells_the_place_and_the_memory_and_resets_the_rates(
    place: tuple[int, int],
    cents: int,
    cells: list[str],
    rates: dict[str, int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    rates["swift"] = cents
    report("task", place)
    assert [cell.strip() for cell in capsys.readouterr().out.split("|")] == ["task", *cells]
    assert rates == {"swift": 990}


def test_tasks_and_threads_share_while_the_others_copy(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    expected = {
        "task": ["same", "same", "shared"],
        "thread": ["same", "other", "shared"],
        "process": ["other", "other", "a copy"],
    }
    if sys.version_info >= (3, 14):
        expected["subinterpreter"] = ["same", "same", "a copy"]
    assert rows(capsys.readouterr().out) == expected
