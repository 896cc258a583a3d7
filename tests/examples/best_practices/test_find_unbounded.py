"""Queues and pools without a bound are found, those with one are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.best_practices import find_unbounded
from examples.best_practices.find_unbounded import main, unbounded


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("asyncio.Queue()", "Queue without maxsize"),
        ("queue.Queue(0)", "Queue: 0 is no bound"),
        ("PriorityQueue(maxsize=0)", "PriorityQueue: 0 is no bound"),
        ("context.JoinableQueue()", "JoinableQueue without maxsize"),
        ("asyncio.Queue(-1)", "Queue: -1 is no bound"),
        ("queue.SimpleQueue()", "SimpleQueue has no bound"),
        ("ThreadPoolExecutor(thread_name_prefix='carrier')", "ThreadPoolExecutor without max_workers"),
        ("ProcessPoolExecutor(None)", "ProcessPoolExecutor: None is no bound"),
    ],
)
def test_without_a_bound(source: str, reason: str) -> None:
    assert list(unbounded(f"\nx = {source}\n")) == [(2, reason)]


@pytest.mark.parametrize(
    "source", ["Queue(20)", "Queue(maxsize=BOUND)", "ThreadPoolExecutor(8)", "places[0]()", "len(x)"]
)
def test_with_a_bound(source: str) -> None:
    assert list(unbounded(source)) == []


def test_the_programs_of_this_folder_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(find_unbounded.__file__).parent
    assert main([str(path) for path in sorted(folder.glob("*.py"))]) == 0
    assert capsys.readouterr().out == ""


def test_the_program_names_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.py").write_text("import queue\norders = queue.Queue()\n")
    assert main([str(tmp_path / "shop.py")]) == 1
    assert capsys.readouterr().out == f"{tmp_path / 'shop.py'}:2: Queue without maxsize\n"
