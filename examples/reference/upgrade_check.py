"""Find code about concurrency that an upgrade of Python breaks: ``python upgrade_check.py 3.15 src tests``.

It reads sources and runs nothing, so it may run on any Python from 3.11 on, whatever the version it checks for.
Names are followed through ``import asyncio as aio`` and ``from asyncio import wait_for``; what is reached through a
variable is not seen.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# region rules
NAMES = {
    "asyncio.get_child_watcher": ("3.14", "delete it"),
    "asyncio.set_child_watcher": ("3.14", "delete it"),
    "asyncio.ThreadedChildWatcher": ("3.14", "delete it"),
    "asyncio.set_event_loop_policy": ("3.16", "loop_factory="),
    "asyncio.get_event_loop_policy": ("3.16", "loop_factory="),
    "asyncio.iscoroutinefunction": ("3.16", "use inspect's"),
    "asyncio.get_event_loop": ("3.14", "asyncio.run"),
    "profile.Profile": ("3.17", "cProfile"),
    "_xxsubinterpreters.create": ("3.13", "concurrent.interpreters"),
}
POSITIONAL = {
    "threading.RLock": (0, "3.15", "no arguments"),
    "sqlite3.connect": (1, "3.15", "keywords after the path"),
}
START_METHOD = {
    "multiprocessing.Process": "get_context()",
    "multiprocessing.Pool": "get_context()",
    "multiprocessing.Queue": "get_context()",
    "concurrent.futures.ProcessPoolExecutor": "mp_context=",
}
# endregion rules


@dataclass(frozen=True, order=True)
class Finding:
    """A place that changes with *version*, and what to write there."""

    line: int
    version: str
    name: str
    advice: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.name}, {self.version}: {self.advice}"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _imported(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for, as a dotted name."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                own = alias.asname or alias.name.partition(".")[0]
                names[own] = alias.name if alias.asname else own
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The dotted name of an expression such as ``asyncio.Queue``, or nothing."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute) and (owner := _dotted(node.value, names)):
        return f"{owner}.{node.attr}"
    return ""


def _all(tree: ast.AST) -> Iterator[Finding]:
    names = _imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            name = _dotted(node, names)
            if name in NAMES:
                yield Finding(node.lineno, NAMES[name][0], name, NAMES[name][1])
        elif isinstance(node, ast.Call):
            name = _dotted(node.func, names)
            if name in POSITIONAL and len(node.args) > POSITIONAL[name][0]:
                yield Finding(node.lineno, *POSITIONAL[name][1:2], name, POSITIONAL[name][2])
            chosen = len(node.args) > 1 or any(word.arg == "mp_context" for word in node.keywords)
            if name in START_METHOD and not (chosen and name.startswith("concurrent")):
                yield Finding(node.lineno, "3.14", name, START_METHOD[name])


def check(source: str, to: str) -> list[Finding]:
    """What in *source* breaks, or runs differently, on the way to version *to*."""
    found = set(_all(ast.parse(source)))
    return sorted(finding for finding in found if _number(finding.version) <= _number(to))


def main(to: str, *paths: str) -> int:
    """Print the findings in all files of *paths*; 1 if there are any, or a file that could not be checked."""
    files = [
        file for path in paths for file in ([Path(path)] if path.endswith(".py") else sorted(Path(path).rglob("*.py")))
    ]
    count = unread = 0
    for file in files:
        try:
            findings = check(file.read_text("utf-8"), to)
        except (SyntaxError, ValueError) as error:  # a template, or not UTF-8
            print(f"{file}: not checked: {type(error).__name__}")
            unread += 1
            continue
        for finding in findings:
            print(f"{file}: {finding}")
            count += 1
    print(f"{count} findings for {to}")
    return 1 if count or unread else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
