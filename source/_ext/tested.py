"""Remember that ``make test`` passed, so that ``make check`` does not do the same once more.

``python source/_ext/tested.py note`` writes down what the tests ran on; ``holds`` exits with 0 as long as nothing of
that has changed.  A run of some pages only, or under another interpreter, is not noted.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from produce import ROOT, VARIABLES, fingerprint

INPUTS = ("source", "examples", "tests", "Makefile", "pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")
NARROWING = ("PAGES", "INTERPRETER", "ACCEPT")
"""Variables under which ``make test`` is not the whole test."""


def _now() -> str:
    settings = [sys.version, *(f"{name}={os.environ.get(name, '')}" for name in VARIABLES)]
    locks = sorted(path.name for path in ROOT.glob("requirements*.txt"))
    hidden = sorted(str(path.relative_to(ROOT)) for path in (ROOT / ".github").rglob("*.yml"))
    return fingerprint(ROOT, settings, [*INPUTS, *locks, *hidden, ".readthedocs.yaml"])


def _narrowed() -> bool:
    return any(os.environ.get(name) for name in NARROWING)


def note(build: Path) -> None:
    """Write down in *build* that everything passed, as it is now."""
    if not _narrowed():
        (build / "tested.fingerprint").write_text(_now())


def holds(build: Path) -> bool:
    """Whether what *build* notes is what is there now."""
    noted = build / "tested.fingerprint"
    return not _narrowed() and noted.is_file() and noted.read_text() == _now()


def main(arguments: list[str] | None = None) -> int:
    """Note, or say whether it holds; returns the exit status."""
    parser = argparse.ArgumentParser(prog="tested", description=__doc__)
    parser.add_argument("what", choices=("note", "holds"))
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of the outputs (build)")
    options = parser.parse_args(arguments)
    if options.what == "note":
        note(options.build)
        return 0
    if not holds(options.build):
        return 1
    print("tested: nothing has changed since make test passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
