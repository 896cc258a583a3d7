"""Write the locks from the groups of ``pyproject.toml``: every Python, every hash, no host."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = {
    "build": "requirements.txt",
    "test": "requirements-test.txt",
    "examples": "requirements-examples.txt",
    "browser": "requirements-browser.txt",
}


def command(group: str) -> list[str]:
    """The call of uv that locks *group*; what another group shares with ``build`` is locked alike."""
    call = [
        "uv",
        "pip",
        "compile",
        "pyproject.toml",
        "--group",
        group,
        "--universal",
        "--python-version",
        "3.11",
    ]
    call += ["--upgrade", "--generate-hashes", "--no-emit-index-url", "--no-header", "--quiet"]
    if group != "build":
        call += ["--constraints", LOCKS["build"]]
    return [*call, "--output-file", LOCKS[group]]


def main() -> int:
    """Lock each group; returns the exit status of the first call that fails."""
    for group, lock in LOCKS.items():
        print(f"lock: {lock}", flush=True)
        status = subprocess.run([sys.executable, "-m", *command(group)], cwd=ROOT, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
