"""A fork server that has imported what its workers need."""

from __future__ import annotations

import argparse
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

# region module
LOADED_BY = os.getpid()
"""The process that ran the import of this module."""


def imported_by() -> str:
    """Who imported this module: this worker, or its fork server."""
    return "worker" if os.getpid() == LOADED_BY else "fork server"


# endregion module


# region main
def main() -> None:
    """Preload before the first worker, or too late."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--too-late", action="store_true")
    too_late = parser.parse_args().too_late

    # by its full name: workers know this file as __main__ otherwise
    from examples.parallel_execution_patterns import preloaded

    context = multiprocessing.get_context("forkserver")
    if too_late:  # the first worker starts the server
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            pool.submit(len, "first").result(60)
    context.set_forkserver_preload([preloaded.__name__])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        print(pool.submit(preloaded.imported_by).result(60))


# endregion main


if __name__ == "__main__":
    main()
