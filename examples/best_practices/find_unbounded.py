"""Find queues and pools without a bound in a source file; no rule of a linter does.

Run it from the root of the repository: ``python -m examples.best_practices.find_unbounded FILE ...``
Exit code 1: something was found.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

# region find
BOUND = {
    "Queue": "maxsize",
    "LifoQueue": "maxsize",
    "PriorityQueue": "maxsize",
    "JoinableQueue": "maxsize",
    "ThreadPoolExecutor": "max_workers",
    "ProcessPoolExecutor": "max_workers",
    "InterpreterPoolExecutor": "max_workers",
}
NO_BOUND = {"SimpleQueue"}


def unbounded(source: str) -> Iterator[tuple[int, str]]:
    """Line and reason of each call that makes one."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                pass
            case _:
                continue
        if name in NO_BOUND:
            yield node.lineno, f"{name} has no bound"
        if (option := BOUND.get(name)) is None:
            continue
        given = [*node.args[:1]]
        given += [k.value for k in node.keywords if k.arg == option]
        if not given:
            yield node.lineno, f"{name} without {option}"
        for value in given:
            try:
                bound = ast.literal_eval(value)
            except ValueError:
                continue  # known only when it runs
            if bound is None or (isinstance(bound, int) and bound <= 0):
                yield node.lineno, f"{name}: {bound} is no bound"


# endregion find


def main(names: list[str]) -> int:
    """Print what is found in the files *names*."""
    found = 0
    for name in names:
        for line, reason in sorted(unbounded(Path(name).read_text("utf-8"))):
            print(f"{name}:{line}: {reason}")
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
