"""A sample that starts processes has to survive being saved in a file."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from main_guard import unguarded
from page_shape import problems

CONTEXT = 'import multiprocessing\nspawn = multiprocessing.get_context("spawn")\n'


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (CONTEXT + "with spawn.Pool(1) as pool:\n    print(pool.apply(len, ([],)))\n", 3),
        (CONTEXT + "worker = spawn.Process(target=print)\nworker.start()\n", 3),
        (CONTEXT + "def main():\n    spawn.Manager()\nprint()\nmain()\n", 6),
        (CONTEXT + 'def main():\n    spawn.Manager()\nif __name__ == "__main__":\n    main()\n', None),
        (CONTEXT + "class Mine(ProcessPoolExecutor):\n    pass\nMine(1, spawn)\n", 5),
        (CONTEXT + "worker = spawn.Process(target=print)\n", None),  # it is never started
        ('import multiprocessing\nmultiprocessing.get_context("fork").Pool(1)\n', None),
        (CONTEXT + ">>> this is no module\n", None),
    ],
)
def test_only_what_would_run_in_each_process_again_needs_a_guard(source: str, line: int | None) -> None:
    assert unguarded(source) == line


def test_a_page_is_told_the_line() -> None:
    sample = f"```{{testcode}} pool\n:requires: trio\n{CONTEXT}\nspawn.Pool(1)\n```\n"
    (problem,) = problems(PurePosixPath("overview.md"), f"# Title\n\n{sample}")
    assert (problem.line, "__main__" in problem.message) == (8, True)
    fixed = sample.replace("spawn.Pool(1)", 'if __name__ == "__main__":\n    spawn.Pool(1)')
    assert problems(PurePosixPath("overview.md"), f"# Title\n\n{fixed}") == []
