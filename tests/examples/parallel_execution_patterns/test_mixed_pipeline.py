"""``mixed_pipeline``: labels come in the order of their parcels, and a broken stage ends all of it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from examples.parallel_execution_patterns import mixed_pipeline
from examples.parallel_execution_patterns.mixed_pipeline import design, labels, main
from examples.quotes import Parcel, Quote


def test_the_program_prints_a_label_for_each_parcel(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("-")[1] for line in lines] == ["990", "4950", "1980", "2970"]


def test_labels_are_written_in_order(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        names = asyncio.run(labels([Parcel(1000 * kilos) for kilos in range(1, 20)], pool, tmp_path))
    assert [int(name.split("-")[1]) for name in names] == [990 * kilos for kilos in range(1, 20)]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert (tmp_path / names[0]).read_text("utf-8") == design(Quote(990, "swift"))


def test_a_stage_that_fails_in_its_thread_ends_all_of_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool, pytest.raises(ExceptionGroup) as failed:
        asyncio.run(labels([Parcel(1000)] * 50, pool, tmp_path / "no such folder"))
    assert failed.group_contains(FileNotFoundError)


def test_a_process_that_dies_ends_all_of_it(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=os._exit, initargs=(1,))
    with pool, pytest.raises(ExceptionGroup) as failed:
        asyncio.run(labels([Parcel(1000)] * 50, pool, tmp_path))
    assert failed.group_contains(BrokenProcessPool)


def test_cancelled_it_leaves_the_call_that_runs_to_its_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release, ended = threading.Event(), threading.Event()

    async def case() -> None:
        began, loop = asyncio.Event(), asyncio.get_running_loop()

        def waits(quote: Quote) -> str:
            loop.call_soon_threadsafe(began.set)
            assert release.wait(30)
            ended.set()
            return "late"

        monkeypatch.setattr(mixed_pipeline, "design", waits)
        run = asyncio.create_task(labels([Parcel(1000)] * 50, pool, tmp_path))
        await began.wait()
        run.cancel()
        await asyncio.wait([run])
        assert run.cancelled()
        assert not ended.is_set()
        assert len(asyncio.all_tasks()) == 1

    with ThreadPoolExecutor(1) as pool:
        try:
            asyncio.run(case())
        finally:
            release.set()
    assert ended.is_set()
    assert list(tmp_path.iterdir()) == []
