"""A seed that fails fails again, and a run that can't be made is no failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.operations.until_fails import busy, main, run

ORDER = """
rates = {}

def test_is_empty():
    assert not rates

def test_remembers():
    rates["north"] = 840
"""


@pytest.fixture(autouse=True)
def _without_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def order(tmp_path: Path) -> list[str]:
    (tmp_path / "test_order.py").write_text(ORDER)
    return ["-p", "no:cacheprovider", str(tmp_path)]


def test_the_seed_that_fails_fails_again(order: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["30", *order]) == 1
    *_, seed = capsys.readouterr().out.split()
    assert not run(int(seed), order)
    assert main(["1", "--only", seed, *order]) == 1


def test_a_run_that_finds_no_tests_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="exit code 5"):
        run(0, [str(tmp_path)])


@pytest.mark.parametrize("body", ["import os; os.abort()", "import threading; threading.Event().wait()"])
def test_a_run_that_crashes_or_hangs_has_failed(body: str, tmp_path: Path) -> None:
    (tmp_path / "test_ends.py").write_text(f"def test_ends():\n    {body}\n")
    limit = ["-o", "faulthandler_timeout=0.1", "-o", "faulthandler_exit_on_timeout=true"]
    assert not run(0, ["-p", "no:cacheprovider", *limit, str(tmp_path)])


def test_green_runs_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_green.py").write_text("def test_green():\n    pass\n")
    assert main(["1", "-p", "no:cacheprovider", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 runs passed\n"


def test_busy_children_are_ended() -> None:
    with busy(1):
        pass
