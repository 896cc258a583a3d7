"""A service that drains on SIGTERM, ends when a task that it needs has ended, and says by its exit code which it was.

Run it from the root of the repository: ``python -m examples.best_practices.service``, and send it SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import logging
import signal
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from examples.best_practices.background import Background

log = logging.getLogger(__name__)

# region serve
COMPLETE, CUT_OFF, BROKEN = 0, 1, 70  # exit codes
Start = Callable[[], Coroutine[Any, Any, object]]


async def serve(
    stop: asyncio.Event,
    requests: Background,
    required: Mapping[str, Start],
) -> int:
    """Until *stop*, or until a *required* task ends: the exit code.

    *requests* refuses from then on, and is drained within its
    limits.  The service does not go on without a required task,
    whether it failed, was cancelled, or returned.
    """
    tasks = [asyncio.create_task(start(), name=name)
             for name, start in required.items()]  # fmt: skip
    stopping = asyncio.create_task(stop.wait())
    ended: list[asyncio.Task[object]] = []
    try:
        async with requests:  # leaving it is the drain
            await asyncio.wait(
                [stopping, *tasks],
                return_when=asyncio.FIRST_COMPLETED,
            )
            ended = [task for task in tasks if task.done()]
            for task in ended:
                error = None if task.cancelled() else task.exception()
                log.critical("%s has ended: %r", task.get_name(), error)
    finally:
        for task in (stopping, *tasks):
            task.cancel()
        await asyncio.wait([stopping, *tasks], timeout=requests.cleanup)
    if ended:
        return BROKEN
    return CUT_OFF if requests.cut_off else COMPLETE


# endregion serve


# region main
async def main(
    grace: float,
    cleanup: float,
    order: float,
    stuck: bool,
) -> int:
    """Serve one order of *order* seconds until SIGTERM comes."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    requests = Background(limit=100, grace=grace, cleanup=cleanup)

    def on_sigterm() -> None:
        # The last resort: stacks of all threads, then exit code 1.
        alarm = grace + 3 * cleanup
        faulthandler.dump_traceback_later(alarm, exit=True)
        stop.set()

    async def poll_rates() -> None:
        await stop.wait()
        if stuck:
            time.sleep(3600)  # noqa: ASYNC251
        await asyncio.sleep(3600)

    loop.add_signal_handler(signal.SIGTERM, on_sigterm)
    requests.start("order", asyncio.sleep(order))
    print("serving", flush=True)
    code = await serve(stop, requests, {"rates": poll_rates})
    print("counts", dict(requests.counts))
    return code


# endregion main


def run() -> int:
    """Parse the command line, and serve."""
    parser = argparse.ArgumentParser(description="Service that drains.")
    parser.add_argument("--grace", type=float, default=20.0)
    parser.add_argument("--cleanup", type=float, default=1.0)
    parser.add_argument("--order", type=float, default=0.0, help="seconds")
    parser.add_argument("--stuck", action="store_true", help="block the loop at SIGTERM")
    return asyncio.run(main(**vars(parser.parse_args())))


if __name__ == "__main__":
    raise SystemExit(run())
