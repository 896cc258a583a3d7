"""Find samples that a reader cannot save in a file: they start processes, and have no main guard.

A process of ``spawn`` or ``forkserver`` imports the file that started it once more, and would start processes again
(https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods).  The runner does not
notice: what it runs is no file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Set

STARTS = frozenset({"Pool", "Manager", "ProcessPoolExecutor", "SharedMemoryManager"})
"""Names of calls that start processes, at once or with the first job; a ``Process`` waits for its ``start()``."""

METHODS = re.compile(r"""["'](spawn|forkserver)["']""")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.ClassDef, *_FUNCTIONS)


def _name(node: ast.expr) -> str:
    """The last part of a dotted name, or nothing."""
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _starts(node: ast.AST, names: Set[str]) -> bool:
    return any(isinstance(each, ast.Call) and _name(each.func) in names for each in ast.walk(node))


def _is_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node.test)
    )


def unguarded(source: str) -> int | None:
    """The line of *source*, from 1, whose statement would run again in each process that it starts; None if none would.

    A call of a function that starts processes counts as well.  Source that is no Python is nothing to judge here.
    """
    if not METHODS.search(source):
        return None
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    starts = {*STARTS, "Process"} if ".start()" in source else {*STARTS}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(_name(base) in starts for base in node.bases):
            starts.add(node.name)
    starters = {node.name for node in tree.body if isinstance(node, _FUNCTIONS) and _starts(node, starts)}
    for node in tree.body:
        if isinstance(node, _DEFINITIONS) or _is_guard(node):
            continue
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        if _starts(node, starts) or names & starters:
            return node.lineno
    return None
