"""The guard says what the interpreter is, and finds a module that does not load."""

from __future__ import annotations

import sys
import sysconfig

import pytest

from examples.best_practices import build_guard


def here() -> str:
    return "free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") == 1 else "gil"


def test_the_right_build_is_no_problem() -> None:
    assert build_guard.problem(here()) is None


def test_the_wrong_build_is_named() -> None:
    other = {"gil": "free-threaded", "free-threaded": "gil"}[here()]
    assert build_guard.problem(other) == f"wanted {other}, this is {sys.executable}"


def test_a_free_threaded_build_with_its_gil_on_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: 1)
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: True, raising=False)
    assert build_guard.problem("free-threaded") == "the GIL is on: by PYTHON_GIL, -X gil or an import"
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert build_guard.problem("free-threaded") is None


def test_modules_are_imported_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_GIL", "1")  # is not handed on
    state = "GIL on" if here() == "gil" else "GIL off"
    found = dict(build_guard.imports(["json", "no_such_module"]))
    assert found == {"json": state, "no_such_module": "not imported"}


def test_the_exit_code_tells(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"gil": "free-threaded", "free-threaded": "gil"}[here()]
    assert build_guard.main([other]) == 2
    assert build_guard.main([here(), "json"]) == 0
    assert build_guard.main([here(), "no_such_module"]) == 1
    monkeypatch.setattr(build_guard, "problem", lambda wanted: None)
    monkeypatch.setattr(build_guard, "imports", lambda names: [("numpy", "GIL on")])
    assert build_guard.main(["free-threaded", "numpy"]) == 1
    assert build_guard.main(["gil", "numpy"]) == 0
    assert "numpy: GIL on" in capsys.readouterr().out
