"""Which files of the project a program rests on: those that it imports, and those that they import.

Read from the sources, because a program may end before it has imported everything, or be killed.

Standard library only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def project_files(file: Path, root: Path) -> set[Path]:
    """*file* and every file below *root* that it imports, directly or not; a file that can't be read has no imports."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting += [module for module in _imported(path, root) if module not in found]
    return found


def _imported(file: Path, root: Path) -> Iterator[Path]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    # The package that relative imports start from; also that of an __init__.py is its folder.
    package = file.parent.relative_to(root).parts if file.is_relative_to(root) else ()
    yield from _files(package, root)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield from _files(tuple(name.name.split(".")), root)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = (*start, *(node.module.split(".") if node.module else ()))
            for name in node.names:
                yield from _files((*module, name.name), root)


def _files(parts: tuple[str, ...], root: Path) -> Iterator[Path]:
    """The files that importing the module *parts* runs: its packages' and its own."""
    for length in range(1, len(parts) + 1):
        path = root.joinpath(*parts[:length])
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                yield file
