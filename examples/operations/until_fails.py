"""Run pytest again and again, each run with another seed for what a test run leaves to chance, until one fails.

``python -m examples.operations.until_fails 200 tests/test_shop.py``: the seed that it prints repeats the run, by
``--only SEED``.  A seed decides the order of the tests, the hash seed and the switch interval; *--busy* keeps cores
busy with children meanwhile.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest


# region plugin
def pytest_configure() -> None:
    """In the child: a seed decides how often threads change."""
    chance = random.Random(os.environ["UNTIL_FAILS_SEED"])
    sys.setswitchinterval(10 ** chance.uniform(-6, -2))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the child: it decides the order of the tests as well."""
    random.Random(os.environ["UNTIL_FAILS_SEED"]).shuffle(items)


# endregion plugin


# region run
def run(seed: int, arguments: Sequence[str]) -> bool:
    """Whether pytest passes with *seed*; the same for a seed each time."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", __spec__.name, *arguments],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PYTHONHASHSEED": str(seed),
            "UNTIL_FAILS_SEED": str(seed),
        },
        capture_output=True,
        check=False,
    )
    if ran.returncode > 1:  # no tests, or wrong arguments; a signal is below 0
        raise RuntimeError(f"pytest ended with exit code {ran.returncode}")
    return ran.returncode == 0


def until_fails(runs: int, arguments: Sequence[str]) -> int | None:
    """The first seed below *runs* that fails."""
    return next((s for s in range(runs) if not run(s, arguments)), None)


@contextmanager
def busy(cores: int) -> Iterator[None]:
    """Children that compute for nothing, so that threads are late."""
    with ExitStack() as stack:
        for _ in range(cores):
            spin = [sys.executable, "-c", "while True: pass"]
            child = stack.enter_context(subprocess.Popen(spin))
            stack.callback(child.kill)
        yield


# endregion run


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=int)
    parser.add_argument("--only", type=int, help="repeat the run of this seed")
    parser.add_argument("--busy", type=int, default=0, help="cores to keep busy")
    options, arguments = parser.parse_known_args(given)
    with busy(options.busy):
        if options.only is not None:
            failed = None if run(options.only, arguments) else options.only
        else:
            failed = until_fails(options.runs, arguments)
    print(f"{options.runs} runs passed" if failed is None else f"failed with seed {failed}")
    return 0 if failed is None else 1


if __name__ == "__main__":
    sys.exit(main())
