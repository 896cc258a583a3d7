"""The check finds what each version breaks, through imports of any form, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.reference import upgrade_check
from examples.reference.upgrade_check import check

OLD = [
    ("import asyncio\nasyncio.get_event_loop()", "3.14", "asyncio.get_event_loop"),
    ("import asyncio as aio\naio.set_child_watcher(None)", "3.14", "asyncio.set_child_watcher"),
    ("from asyncio import iscoroutinefunction as ask\nask(print)", "3.16", "asyncio.iscoroutinefunction"),
    ("import threading\nthreading.RLock('rates')", "3.15", "threading.RLock"),
    ("import sqlite3\nsqlite3.connect('rates', 5)", "3.15", "sqlite3.connect"),
    ("import multiprocessing\nmultiprocessing.Pool(2)", "3.14", "multiprocessing.Pool"),
    (
        "from concurrent.futures import ProcessPoolExecutor\nProcessPoolExecutor(2)",
        "3.14",
        "concurrent.futures.ProcessPoolExecutor",
    ),
    (
        "import concurrent.futures\nconcurrent.futures.ProcessPoolExecutor()",
        "3.14",
        "concurrent.futures.ProcessPoolExecutor",
    ),
]


@pytest.mark.parametrize(("source", "version", "name"), OLD)
def test_it_finds_what_breaks_and_names_the_version(source: str, version: str, name: str) -> None:
    assert [(found.line, found.version, found.name) for found in check(source, "3.17")] == [(2, version, name)]


@pytest.mark.parametrize(("source", "version", "name"), OLD)
def test_it_is_silent_below_that_version(source: str, version: str, name: str) -> None:
    assert check(source, "3.12") == []


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio\nasyncio.run(main())",
        "import threading\nthreading.RLock()",
        "import sqlite3\nsqlite3.connect('rates', timeout=5)",
        "from concurrent.futures import ProcessPoolExecutor\nProcessPoolExecutor(2, spawn)",
        "from concurrent.futures import ProcessPoolExecutor\nProcessPoolExecutor(mp_context=spawn)",
        "import multiprocessing\nmultiprocessing.get_context('spawn').Pool()",
        "def get_event_loop(): ...\nget_event_loop()",
        "loop.get_event_loop()",
    ],
)
def test_it_is_silent_about_what_stays(source: str) -> None:
    assert check(source, "3.17") == []


def test_the_command_names_the_file_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.py").write_text("import threading\n\nlock = threading.RLock(1)\n")
    (tmp_path / "fine.py").write_text("import threading\n\nlock = threading.RLock()\n")
    assert upgrade_check.main("3.15", str(tmp_path)) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path / 'shop.py'}: line 3: threading.RLock, 3.15: no arguments",
        "1 findings for 3.15",
    ]
    assert upgrade_check.main("3.14", str(tmp_path / "shop.py")) == 0


def test_a_file_that_is_no_python_hides_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a_template.py").write_text("lock = {{ lock\n")
    (tmp_path / "b_latin.py").write_bytes(b"name = '\xe9'\n")
    (tmp_path / "shop.py").write_text("import threading\n\nlock = threading.RLock(1)\n")
    assert upgrade_check.main("3.15", str(tmp_path)) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path / 'a_template.py'}: not checked: SyntaxError",
        f"{tmp_path / 'b_latin.py'}: not checked: UnicodeDecodeError",
        f"{tmp_path / 'shop.py'}: line 3: threading.RLock, 3.15: no arguments",
        "1 findings for 3.15",
    ]
    (tmp_path / "shop.py").unlink()
    assert upgrade_check.main("3.15", str(tmp_path)) == 1
