"""pytest_says keeps what is the same each time."""

from __future__ import annotations

from examples.operations.pytest_child import pytest_says, stable


def test_counts_and_failures_are_told_without_times() -> None:
    tests = "def test_a():\n    assert 1 == 2\n\ndef test_b():\n    pass\n"
    assert pytest_says(tests) == ["FAILED test_a - assert 1 == 2", "1 failed, 1 passed"]
    assert pytest_says(tests, "-k", "b") == ["1 passed, 1 deselected"]


def test_a_conftest_and_settings_are_used() -> None:
    conftest = "import pytest\n\n@pytest.fixture\ndef cents():\n    return 840\n"
    tests = "def test_a(cents):\n    assert cents == 840\n"
    assert pytest_says(tests, conftest=conftest, ini="python_functions = check_*") == ["no tests ran"]
    assert pytest_says(tests, conftest=conftest) == ["1 passed"]


def test_the_progress_of_a_single_error_is_no_failure() -> None:
    said = pytest_says("def test_a(nowhere):\n    pass\n")
    assert said == ["ERROR test_a", "1 error"]


def test_a_run_without_a_summary_is_told_by_its_exit_code_and_stacks() -> None:
    stack = 'Timeout!\n  File "/tmp/x/test_shop.py", line 3 in move\n  File "/usr/lib/threading.py", line 1 in run\n'
    assert stable("", stack, 1) == ["exit code 1", "  in move"]
