"""Each of the four places is caught, counted and logged, and nothing else is."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from examples.best_practices.surfacing import Surfacing, install


@pytest.fixture
def surfacing() -> Iterator[Surfacing]:
    installed = install()
    try:
        yield installed
    finally:
        installed.uninstall()


def fails() -> None:
    raise ConnectionError("no rates")


async def fails_later() -> None:
    fails()


def lost(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{r.getMessage()}: {r.exc_info[1]!r}" for r in caplog.records if r.exc_info]


def test_a_callback_and_a_task_that_nobody_asks(surfacing: Surfacing, caplog: pytest.LogCaptureFixture) -> None:
    async def case() -> None:
        surfacing.watch_loop()
        asyncio.get_running_loop().call_soon(fails)
        task = asyncio.create_task(fails_later())
        await asyncio.wait([task])
        del task
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(case())
    assert surfacing.counts == {"loop": 2}
    callback, task = lost(caplog)
    assert callback.startswith("lost in loop: Exception in callback fails()")
    assert task == "lost in loop: Task exception was never retrieved: ConnectionError('no rates')"


def test_a_thread(surfacing: Surfacing, caplog: pytest.LogCaptureFixture) -> None:
    thread = threading.Thread(target=fails, name="rates")
    thread.start()
    thread.join()
    assert surfacing.counts == {"thread": 1}
    assert lost(caplog) == ["lost in thread: rates: ConnectionError('no rates')"]


def test_a_thread_that_exits_has_lost_nothing(surfacing: Surfacing) -> None:
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    assert surfacing.counts == {}


def test_a_destructor(surfacing: Surfacing, caplog: pytest.LogCaptureFixture) -> None:
    class Connection:
        def __del__(self) -> None:
            fails()

    Connection()
    gc.collect()
    assert surfacing.counts == {"unraisable": 1}
    (line,) = lost(caplog)
    assert line.startswith("lost in unraisable: ")
    assert line.endswith(": ConnectionError('no rates')")


def test_a_future_of_a_pool(surfacing: Surfacing, caplog: pytest.LogCaptureFixture) -> None:
    with ThreadPoolExecutor(1) as pool:
        surfacing.watch(pool.submit(fails))
        surfacing.watch(pool.submit(int))
    assert surfacing.counts == {"future": 1}
    assert lost(caplog) == ["lost in future: Future: ConnectionError('no rates')"]


def test_a_task_that_is_watched_is_counted_once_and_a_cancelled_one_never(surfacing: Surfacing) -> None:
    async def case() -> None:
        surfacing.watch_loop()
        failed = surfacing.watch(asyncio.create_task(fails_later()))
        cancelled = surfacing.watch(asyncio.create_task(asyncio.sleep(60)))
        await asyncio.wait([failed])
        cancelled.cancel()
        await asyncio.wait([cancelled])
        del failed
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(case())
    assert surfacing.counts == {"future": 1}


def test_the_hooks_are_put_back() -> None:
    before = threading.excepthook, sys.unraisablehook
    install().uninstall()
    assert (threading.excepthook, sys.unraisablehook) == before
