"""Run pytest on the text of a test file, in a process of its own, and keep the lines that are the same each time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path


# region says
def pytest_says(
    tests: str,
    *options: str,
    plugins: str = "",
    ini: str = "",
    conftest: str = "",
) -> list[str]:
    """What failed, and the counts; times and paths are left out.

    Only *plugins* are loaded, whatever else is installed.
    """
    command = [sys.executable, "-m", "pytest", "-q", "--tb=no"]
    for plugin in ["no:cacheprovider", *plugins.split()]:
        command += ["-p", plugin]
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "pytest.ini": f"[pytest]\n{ini}",
            "conftest.py": conftest,
            "test_shop.py": tests,
        }
        for name, text in files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        ran = subprocess.run(
            [*command, *options],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                "CI": "true",  # pytest then cuts no line of its summary
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    return stable(ran.stdout, ran.stderr, ran.returncode)


# endregion says


def stable(out: str, err: str, code: int) -> list[str]:
    """The summary of a run, or the names of the tests that a time limit found."""
    # "E   [100%]" is the progress of a file with one error
    summary = re.compile(r"(FAILED|ERROR|E)(?! +\[ *\d+%\]) +(?:test_shop\.py::)?(.*)")
    found = [" ".join(match.groups()) for match in map(summary.fullmatch, out.splitlines()) if match]
    counts = re.search(r"^(\d+ \w+.*|no tests ran) in [\d.]+s", out, re.MULTILINE)
    if counts:
        return [*found, counts.group(1)]
    stacks = re.findall(r'File ".*test_shop\.py", line \d+ in (\w+)', err)
    return [f"exit code {code}", *(f"  in {name}" for name in stacks)]
