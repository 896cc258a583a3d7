"""The limit holds, and a type checker sees through the decorator."""

from __future__ import annotations

import asyncio
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.limited import limited

ROOT = Path(__file__).resolve().parents[3]
MISUSES = """\
from examples.best_practices.limited import limited


@limited(20)
async def ask(carrier: str, grams: int) -> int:
    return grams


async def forgets() -> None:
    ask("swift", 900)
    await ask("swift", "900")
"""


@limited(20)
async def ask(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "quote"


def test_a_call_within_its_time_gives_its_result() -> None:
    with virtual_clock():
        assert asyncio.run(ask(19)) == "quote"


def test_a_call_beyond_its_time_is_cancelled() -> None:
    with virtual_clock(), pytest.raises(TimeoutError):
        asyncio.run(ask(21))


def test_it_stays_a_coroutine_function_of_its_name() -> None:
    assert inspect.iscoroutinefunction(ask)
    assert ask.__name__ == "ask"


def test_mypy_reports_a_forgotten_await_and_a_wrong_argument(tmp_path: Path) -> None:
    (tmp_path / "misuses.py").write_text(MISUSES, "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [*command, str(tmp_path / "misuses.py")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert re.findall(r"misuses\.py:(\d+): error: .*\[([\w-]+)\]", done.stdout) == [
        ("10", "unused-coroutine"),
        ("11", "arg-type"),
    ]
