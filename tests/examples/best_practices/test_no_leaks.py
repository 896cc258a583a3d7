"""no_leaks: each kind of leak fails its block, by name; nothing else does."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import subprocess
import sys
import threading
import unittest
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from examples.best_practices.no_leaks import Leaks, NoLeaks


def found(body: Callable[[], object]) -> list[str]:
    """What is found after *body*."""
    with pytest.raises(Leaks) as caught, NoLeaks(grace=0):
        body()
    return caught.value.found


def found_async(body: Callable[[], Coroutine[Any, Any, object]]) -> list[str]:
    """The same in a loop."""

    async def main() -> None:
        async with NoLeaks():
            await body()

    with pytest.raises(Leaks) as caught:
        asyncio.run(main())
    return caught.value.found


def test_a_thread_that_runs_on() -> None:
    go_on = threading.Event()
    thread = threading.Thread(target=go_on.wait, args=[60], name="refresh")
    assert found(thread.start) == ["thread refresh"]
    go_on.set()
    thread.join(60)


def test_a_thread_that_is_about_to_end_has_its_time_and_one_that_is_allowed_may_stay() -> None:
    with NoLeaks(grace=60):
        threading.Thread(target=gc.get_count).start()
    go_on = threading.Event()
    with NoLeaks(allowed=("exporter",)):
        thread = threading.Thread(target=go_on.wait, args=[60], name="exporter-1")
        thread.start()
    go_on.set()
    thread.join(60)


def test_a_pool_without_shutdown() -> None:
    pools = [ThreadPoolExecutor(1, thread_name_prefix="carrier")]
    assert found(lambda: pools[0].submit(len, "abc").result(60)) == ["thread carrier_0"]
    pools[0].shutdown()


def test_an_error_in_a_thread() -> None:
    def body() -> None:
        thread = threading.Thread(target=divmod, args=[1, 0], name="price")
        thread.start()
        thread.join(60)

    (line,) = found(body)
    assert line.startswith("in price: ZeroDivisionError(")


def test_an_error_in_a_thread_that_ends_after_the_block() -> None:
    class Late(threading.Thread):
        def join(self, timeout: float | None = None) -> None:
            go_on.set()  # only the check joins it
            super().join(60)

    go_on = threading.Event()

    def fails() -> None:
        go_on.wait(60)
        raise OSError("no rates")

    assert found(Late(target=fails, name="late").start) == ["in late: OSError('no rates')"]


def test_a_coroutine_that_nobody_awaits() -> None:
    async def ask() -> None:
        """Never runs."""

    (line,) = found(ask)
    assert line.startswith("RuntimeWarning: coroutine ")
    assert line.endswith("ask' was never awaited")


def test_a_file_that_is_not_closed_also_in_a_cycle() -> None:
    def body() -> None:
        held: list[object] = [open(__file__)]  # noqa: SIM115
        held.append(held)

    (line,) = found(body)
    assert line.startswith("ResourceWarning: unclosed file")


def test_an_error_in_a_destructor() -> None:
    class Rate:
        def __del__(self) -> None:
            raise OSError("no rates")

    assert found(Rate) == ["OSError: no rates"]


def test_a_process_that_runs_on() -> None:
    spawn = multiprocessing.get_context("spawn")
    reader, writer = spawn.Pipe(duplex=False)
    child = spawn.Process(target=reader.poll, args=[60], name="worker")
    assert found(child.start) == ["process worker"]
    child.kill()
    child.join(60)
    child.close()
    reader.close()
    writer.close()


def test_a_task_that_is_not_awaited() -> None:
    kept = []

    async def body() -> None:
        kept.append(asyncio.create_task(asyncio.sleep(60), name="ask-slow"))

    assert found_async(body) == ["task ask-slow"]


def test_an_error_of_a_task_that_nobody_saw() -> None:
    async def body() -> None:
        async def fails() -> None:
            raise OSError("no answer")

        task = asyncio.create_task(fails())
        await asyncio.wait([task])

    assert found_async(body) == ["Task exception was never retrieved"]


def test_to_thread_leaves_threads_that_end_with_the_loop() -> None:
    async def main() -> None:
        async with NoLeaks():
            await asyncio.to_thread(len, "abc")
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(0))

    with NoLeaks():
        asyncio.run(main())


def test_the_error_of_the_block_is_not_hidden() -> None:
    kept = []

    async def main() -> None:
        async with NoLeaks():
            kept.append(asyncio.create_task(asyncio.sleep(60), name="ask-slow"))
            raise KeyError("rate")

    with pytest.raises(KeyError) as caught:
        asyncio.run(main())
    assert caught.value.__notes__ == ["left behind:\ntask ask-slow"]


def test_hooks_are_put_back() -> None:
    before = sys.unraisablehook, threading.excepthook
    with NoLeaks():
        assert sys.unraisablehook != before[0]
    assert (sys.unraisablehook, threading.excepthook) == before


def test_unittest() -> None:
    class Shop(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self) -> None:
            await self.enterAsyncContext(NoLeaks())

        async def test_leaks(self) -> None:
            self.task = asyncio.create_task(asyncio.sleep(60), name="ask-slow")

        async def test_is_clean(self) -> None:
            await asyncio.create_task(asyncio.sleep(0))

    tests = unittest.defaultTestLoader.loadTestsFromTestCase(Shop)
    result = unittest.TextTestRunner(stream=StringIO()).run(tests)
    assert result.testsRun == 2
    ((test, text),) = result.failures
    assert "test_leaks" in str(test)
    assert "task ask-slow" in text


def test_pytest(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pytest\nfrom examples.best_practices.no_leaks import no_leaks\n"
        "watch = pytest.fixture(autouse=True)(no_leaks)\n"
    )
    (tmp_path / "test_shop.py").write_text(
        "async def ask(): pass\ndef test_forgets():\n    ask()\ndef test_is_clean():\n    pass\n"
    )
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", tmp_path, tmp_path],
        env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert "RuntimeWarning: coroutine 'ask' was never awaited" in ran.stdout, ran.stdout + ran.stderr
    assert "2 passed, 1 error" in ran.stdout, ran.stdout
