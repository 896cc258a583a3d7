"""What a browser gets: one archive of the runner and of the manual's programs, and Pyodide's own files.

Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from . import judge

HERE = Path(__file__).resolve().parent
EXTENSIONS = HERE.parent
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
"""The files of Pyodide that a page loads."""

ABOUT = "package.json"
"""Says where they come from, and under which licence."""

RUNNER = (
    "__init__",
    "execute",
    "holders",
    "leaks",
    "plan",
    "printed",
    "program",
    "recording",
    "virtual_clock",
    "waiting",
)
"""What ``in_browser.py`` needs of the runner, directly or by one of these."""

EPOCH = (1980, 1, 1, 0, 0, 0)


def _members(root: Path, packages: list[str]) -> Iterator[tuple[str, Path]]:
    yield "in_browser.py", HERE / "in_browser.py"
    for name in RUNNER:
        yield f"concurrent_doctest/{name}.py", EXTENSIONS / f"concurrent_doctest/{name}.py"
    for package in packages:
        for file in (root / package).rglob("*.py"):
            behind = (file, *judge.imported_by(file, root))
            if not any(judge.of_file(each, root) for each in behind):
                yield str(file.relative_to(root)), file


def archive(root: Path, packages: list[str], target: Path) -> str:
    """Write to *target* the runner, and of *packages* below *root* each module that runs in a browser.

    :returns: a hash of what it holds; the same content gives the same bytes.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, file in sorted(_members(root, packages)):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            zipped.writestr(entry, file.read_bytes())
    return hashlib.sha256(target.read_bytes()).hexdigest()[:12]


def copy_pyodide(package: Path, target: Path) -> int:
    """Put into *target* what pages load of the npm *package*; returns how many bytes that is."""
    target.mkdir(parents=True, exist_ok=True)
    for name in (*PYODIDE, ABOUT):
        source, copy = package / name, target / name
        if not copy.is_file() or copy.read_bytes() != source.read_bytes():
            shutil.copyfile(source, copy)
    info = json.loads((package / "pyodide-lock.json").read_text("utf-8"))["info"]
    (target / "lock.json").write_text(json.dumps({"info": info, "packages": {}}, sort_keys=True) + "\n", "utf-8")
    return sum((target / name).stat().st_size for name in PYODIDE)
