"""The virtual clock: exact durations, no waiting, deadlocks proven, and nothing left behind."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from concurrent_doctest.virtual_clock import EPOCH, NotVirtual, VirtualDeadlock, virtual_clock


def test_timers_fire_in_order_and_at_their_exact_time() -> None:
    seen: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        start = time.monotonic()
        await asyncio.sleep(seconds)
        seen.append((name, round(time.monotonic() - start, 9)))

    async def main() -> None:
        await asyncio.gather(sleeper("hour", 3600), sleeper("tenth", 0.1), sleeper("minute", 60))

    with virtual_clock():
        asyncio.run(main())
    assert seen == [("tenth", 0.1), ("minute", 60.0), ("hour", 3600.0)]


def test_a_timeout_of_a_minute_ends_an_hour_of_sleep() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        start = loop.time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await asyncio.sleep(3600)
        return loop.time() - start

    with virtual_clock():
        assert asyncio.run(main()) == 60.0


def test_all_clocks_of_the_time_module_advance_together() -> None:
    with virtual_clock():
        wall, monotonic, counter = time.time(), time.monotonic_ns(), time.perf_counter()
        assert wall == EPOCH
        time.sleep(2.5)
        assert time.time() - wall == 2.5
        assert time.monotonic_ns() - monotonic == 2_500_000_000
        assert time.perf_counter() - counter == 2.5


def test_blocking_code_holds_up_the_loop() -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        start = loop.time()
        fired: list[float] = []
        loop.call_later(1, lambda: fired.append(loop.time() - start))
        await asyncio.sleep(0.5)
        time.sleep(3)
        await asyncio.sleep(0.1)
        return fired

    with virtual_clock():
        assert asyncio.run(main()) == [3.5]


def test_a_loop_that_nothing_can_wake_is_a_deadlock_that_names_the_task() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with virtual_clock(), pytest.raises(VirtualDeadlock, match=r"(?s)nothing is ready.*coro=<.*main\(\)"):
        asyncio.run(main())


async def _reader() -> None:
    asyncio.get_running_loop().add_reader(0, print)


REAL: dict[str, tuple[Callable[[], object], str]] = {
    "thread": (lambda: threading.Thread(target=int).start(), "threads"),
    "pool": (lambda: ThreadPoolExecutor().submit(int), "threads"),
    "to_thread": (lambda: asyncio.run(asyncio.to_thread(int)), "threads"),
    "socket": (socket.socket, "sockets"),
    "connection": (lambda: asyncio.run(asyncio.open_connection("127.0.0.1", 9)), "sockets"),
    "unix connection": (lambda: asyncio.run(asyncio.open_unix_connection("/nowhere")), "sockets"),
    "reader": (lambda: asyncio.run(_reader()), "sockets"),
    "subprocess": (lambda: subprocess.run(["true"], check=False), "child processes"),
    "forked process": (lambda: multiprocessing.get_context("fork").Process().start(), "child processes"),
    "spawned process": (lambda: multiprocessing.get_context("spawn").Process().start(), "child processes"),
    "subprocess of a loop": (lambda: asyncio.run(asyncio.create_subprocess_exec("true")), "child processes"),
    "shell of a loop": (lambda: asyncio.run(asyncio.create_subprocess_shell("true")), "child processes"),
}


@pytest.mark.parametrize("name", REAL)
def test_what_takes_real_time_is_refused_with_what_to_do(name: str) -> None:
    use, what = REAL[name]
    with virtual_clock(), pytest.raises(NotVirtual, match=f"{what} take real time: set 'clock: real' for this page"):
        use()


def test_the_real_clocks_and_loops_come_back() -> None:
    before = time.monotonic, time.sleep, asyncio.new_event_loop
    with pytest.raises(ZeroDivisionError), virtual_clock():
        raise ZeroDivisionError
    assert (time.monotonic, time.sleep, asyncio.new_event_loop) == before


def test_a_negative_sleep_is_refused_as_by_the_real_one() -> None:
    with virtual_clock(), pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)
