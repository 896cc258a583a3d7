"""The report groups tasks and threads by where they wait; it comes by a signal and over HTTP."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import urllib.error
from pathlib import Path
from urllib.request import urlopen

import pytest

from examples.operations import whats_running
from examples.operations.whats_running import ReportServer, chain, grouped, report, report_on_signal


async def inner(event: asyncio.Event) -> None:
    await event.wait()


async def outer(event: asyncio.Event) -> None:
    await inner(event)


def test_a_chain_goes_down_to_the_innermost_await() -> None:
    async def main() -> list[str]:
        event = asyncio.Event()
        task = asyncio.create_task(outer(event))
        await asyncio.sleep(0)
        found = [call.split()[0] for call in chain(task)]
        event.set()
        await task
        assert list(chain(task)) == []  # it has ended
        return found

    assert asyncio.run(main()) == ["outer", "inner", "Event.wait"]


def test_those_that_wait_in_one_place_share_a_line_and_the_largest_group_is_first() -> None:
    waits = [("lonely", ["b"]), *((f"quote-{n}", ["a", "c"]) for n in range(5)), ("new", [])]
    assert list(grouped(waits)) == [
        "  5 x quote-0, quote-1, quote-2, ...: a > c",
        "  1 x new: not started",
        "  1 x lonely: b",
    ]


def test_a_report_has_tasks_and_threads_by_name_and_not_the_one_that_asks() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="refresh")
    thread.start()

    async def main() -> str:
        event = asyncio.Event()
        task = asyncio.create_task(outer(event), name="quote")
        await asyncio.sleep(0)
        said = report(asyncio.get_running_loop())
        event.set()
        await task
        return said

    try:
        said = asyncio.run(main())
    finally:
        stop.set()
        thread.join()
    assert "quote: outer" in said
    assert "refresh: " in said
    assert "MainThread" not in said
    assert said.endswith(whats_running.END)


def test_a_signal_writes_the_report_with_the_interrupted_line(tmp_path: Path) -> None:
    async def main(fd: int) -> None:
        report_on_signal(signal.SIGUSR2, asyncio.get_running_loop(), fd)
        signal.raise_signal(signal.SIGUSR2)

    before = signal.getsignal(signal.SIGUSR2)
    said = tmp_path / "said"
    with said.open("wb") as file:
        try:
            asyncio.run(main(file.fileno()))
        finally:
            signal.signal(signal.SIGUSR2, before)
    assert "MainThread: " in said.read_text()
    assert "main test_whats_running.py:" in said.read_text()


def test_a_long_report_is_written_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []

    def short(fd: int, data: bytes) -> int:
        written.append(data[:10])
        return len(data[:10])

    async def main() -> None:
        report_on_signal(signal.SIGUSR2, asyncio.get_running_loop())
        monkeypatch.setattr(os, "write", short)
        signal.raise_signal(signal.SIGUSR2)
        monkeypatch.undo()

    before = signal.getsignal(signal.SIGUSR2)
    try:
        asyncio.run(main())
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert b"".join(written).decode().endswith(f"{whats_running.END}\n")


def test_the_server_answers_known_paths_and_names_them_otherwise() -> None:
    with ReportServer({"/running": lambda: "all well"}) as server:
        with urlopen(f"{server.url}/running", timeout=60) as answer:
            assert answer.read() == b"all well\n"
        with pytest.raises(urllib.error.HTTPError, match="404") as caught:
            urlopen(f"{server.url}/other", timeout=60)
        with caught.value as error:
            assert error.read() == b"there are: /running\n"
