"""preloaded: the fork server imports for its workers, if it is told before it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from examples.parallel_execution_patterns import preloaded

ROOT = Path(__file__).resolve().parents[3]


def test_this_process_imported_it_itself() -> None:
    assert preloaded.imported_by() == "worker"


@pytest.mark.parametrize(("options", "who"), [([], "fork server"), (["--too-late"], "worker")])
def test_the_program_says_who_imported(options: list[str], who: str) -> None:
    command = [sys.executable, preloaded.__file__, *options]
    paths = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, env=paths, capture_output=True, text=True, timeout=100, check=True)
    assert (ran.stdout, ran.stderr) == (f"{who}\n", "")
