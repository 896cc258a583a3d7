"""Rows run in children: one that crashes or hangs costs its own row only."""

from __future__ import annotations

import json
import platform
import sys

import pytest

from examples.thread_safe_collections import stress

CHILD = """
import json, os, sys, time
for key in sys.argv[1:]:
    if key == "abort":
        os.abort()
    if key == "leave":
        sys.exit(3)
    if key == "hang":
        time.sleep(600)
    print(json.dumps({"key": key, "operations": 8, "violations": 0, "exceptions": {}}), flush=True)
"""
FINE = {"operations": 8, "violations": 0, "exceptions": {}}


def survived(*rows: str, patience: float = 60) -> dict[str, stress.Found]:
    command = [sys.executable, "-S", "-c", CHILD]
    return dict(stress.survive(command, rows, patience))


def test_a_crash_costs_its_own_row_only() -> None:
    found = survived("append", "abort", "pop", "leave", "get")
    assert list(found) == ["append", "abort", "pop", "leave", "get"]
    assert found["append"] == found["pop"] == found["get"] == FINE
    assert found["abort"] == {"crash": "SIGABRT"}
    assert found["leave"] == {"crash": "exit code 3"}


def test_a_row_that_does_not_end_is_ended() -> None:
    found = survived("hang", "hang", patience=0.2)
    assert found == {"hang": {"crash": "no end within 0.2 s"}}


def test_rows_are_found_by_name_and_measured_in_a_child() -> None:
    found = stress.measure(0, ["list_append", "iter_serialized"])
    assert found["version"] == platform.python_version()
    assert found["build"] in ("gil", "free-threaded")
    assert found["rows"]["list_append"] == {"operations": 8000, "violations": 0, "exceptions": {}}
    assert (found["rows"]["iter_serialized"] is None) == (sys.version_info < (3, 15))


def test_the_child_prints_a_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    stress.serve(0, ["list_append", "list_pop"])
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["key"] for line in said] == ["list_append", "list_pop"]


def test_the_program_prints_text_or_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {
        "list_append": FINE,
        "dict_set": {"operations": 8, "violations": 2, "exceptions": {"KeyError": 1}},
        "ordered_set": {"crash": "SIGSEGV"},
        "iter_serialized": None,
    }
    monkeypatch.setattr(stress, "measure", lambda seconds, keys: {"rows": rows})
    monkeypatch.setattr(sys, "argv", ["stress"])
    stress.main()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["list_append", "0", "of", "8"],
        ["dict_set", "2", "of", "8", "KeyError"],
        ["ordered_set", "crash:", "SIGSEGV"],
        ["iter_serialized", "absent"],
    ]
    monkeypatch.setattr(sys, "argv", ["stress", "--json"])
    stress.main()
    assert json.loads(capsys.readouterr().out) == {"rows": rows}
