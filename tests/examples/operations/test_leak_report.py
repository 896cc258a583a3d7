"""Two snapshots differ by what was left in between."""

from __future__ import annotations

import asyncio
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

from examples.operations.leak_report import LeakWatch, growth, kind, snapshot


async def mail(never: asyncio.Event) -> None:
    await never.wait()


def test_tasks_that_were_left_are_counted_by_coroutine() -> None:
    async def main() -> list[str]:
        loop, never = asyncio.get_running_loop(), asyncio.Event()
        before = snapshot(loop)
        tasks = [asyncio.create_task(mail(never)) for _ in range(7)]
        grown = list(growth(before, snapshot(loop)))
        assert list(growth(before, snapshot(loop), least=8)) == []
        never.set()
        await asyncio.gather(*tasks)
        assert list(growth(before, snapshot(loop))) == []
        return grown

    assert asyncio.run(main()) == ["tasks: +7 mail"]


def test_threads_are_counted_by_name_without_its_number() -> None:
    before, stop = snapshot(), threading.Event()
    threads = [threading.Thread(target=stop.wait, name=f"carrier-{n}") for n in range(3)]
    for thread in threads:
        thread.start()
    grown = list(growth(before, snapshot()))
    stop.set()
    for thread in threads:
        thread.join()
    assert grown == ["threads: +3 carrier-N"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_descriptors_are_counted_by_what_they_stand_for(tmp_path: Path) -> None:
    before = snapshot()
    label = tmp_path / "label"
    with label.open("w"), label.open():
        assert list(growth(before, snapshot())) == [f"files: +2 {kind(str(label))}"]
    assert list(growth(before, snapshot())) == []


def test_the_watch_takes_a_baseline_then_tells_which_line_keeps_memory() -> None:
    async def main() -> None:
        watch = LeakWatch(asyncio.get_running_loop())
        try:
            assert "baseline taken" in watch()
            assert watch() == "nothing has grown"
            kept = bytes(3_000_000)
            assert "memory: +2929 KiB in 1 blocks of test_leak_report.py" in watch()
            del kept
            assert watch() == "nothing has grown"
        finally:
            assert watch.stop() == "stopped"
        assert not tracemalloc.is_tracing()

    asyncio.run(main())
