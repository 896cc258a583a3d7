"""Each shell hands over the same events, fails in the same way, and keeps to its deadline."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any

import anyio
import pytest
import trio
from anyio.abc import SocketStream
from trio.testing import MockClock

from examples.best_practices.protocol_shells import ask_anywhere, ask_in_memory, ask_in_task, ask_in_thread
from examples.best_practices.quote_protocol import Event, Priced, ProtocolError, Refused

PARCELS = (1500, 40_000)
ANSWERS = b"PRICE 1 990\nREFUSED 2 too heavy\n"
EVENTS = [Priced(1, 990), Refused(2, "too heavy")]
REQUESTS = b"QUOTE 1 1500 domestic\nQUOTE 2 40000 domestic\n"


@contextmanager
def carrier(answers: bytes, *, ends: bool) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Our end of a connection and the carrier's, which has already answered."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answers)
        if ends:
            theirs.shutdown(socket.SHUT_WR)
        yield ours, theirs


def in_memory(ours: socket.socket, parcels: Sequence[int]) -> list[Event]:
    ours.settimeout(0)
    try:
        got = ours.recv(4096)
    except BlockingIOError:
        got = b""
    ours.sendall(REQUESTS)
    return ask_in_memory(parcels, [got[:7], got[7:]])


def in_task(ours: socket.socket, parcels: Sequence[int]) -> list[Event]:
    async def main() -> list[Event]:
        reader, writer = await asyncio.open_connection(sock=ours.dup())
        try:
            async with asyncio.timeout(60):
                return await ask_in_task(reader, writer, parcels)
        finally:
            writer.close()
            await writer.wait_closed()

    return asyncio.run(main())


def anywhere(backend: str) -> Callable[[socket.socket, Sequence[int]], list[Event]]:
    def run(ours: socket.socket, parcels: Sequence[int]) -> list[Event]:
        async def main() -> list[Event]:
            with anyio.fail_after(60):
                async with await SocketStream.from_socket(ours.dup()) as stream:
                    return await ask_anywhere(stream, parcels)

        return anyio.run(main, backend=backend)

    return run


SHELLS = {
    "memory": in_memory,
    "thread": ask_in_thread,
    "task": in_task,
    "anyio on asyncio": anywhere("asyncio"),
    "anyio on trio": anywhere("trio"),
}
shells = pytest.mark.parametrize("ask", SHELLS.values(), ids=SHELLS)
Shell = Callable[[socket.socket, Sequence[int]], list[Event]]


@shells
def test_a_shell_asks_and_returns_the_events(ask: Shell) -> None:
    with carrier(ANSWERS, ends=False) as (ours, theirs):
        assert ask(ours, PARCELS) == EVENTS
        assert theirs.recv(4096) == REQUESTS


@shells
@pytest.mark.parametrize(
    ("answers", "message"), [(b"PRICE 1 990\nPRI", "ended, 1 answers missing"), (b"SORRY\n", "nobody asked")]
)
def test_a_shell_passes_on_what_the_protocol_refuses(ask: Shell, answers: bytes, message: str) -> None:
    with carrier(answers, ends=True) as (ours, _), pytest.raises(ProtocolError, match=message):
        ask(ours, PARCELS)


def test_a_thread_gives_up_at_its_deadline() -> None:
    for answers in (b"", b"PRICE 1 990\n"):
        with carrier(answers, ends=False) as (ours, _), pytest.raises(TimeoutError):
            ask_in_thread(ours, PARCELS, seconds=0.05)


def test_a_thread_that_is_late_before_it_reads_gives_up() -> None:
    with carrier(b"", ends=False) as (ours, _), pytest.raises(TimeoutError, match="2 missing"):
        ask_in_thread(ours, PARCELS, seconds=0)


class Silent:
    """A stream that takes everything and never answers."""

    def __init__(self, wait: Callable[[], Awaitable[object]]) -> None:
        self.sent, self._wait = b"", wait

    async def send(self, data: bytes) -> None:
        self.sent += data

    async def receive(self) -> bytes:
        await self._wait()
        raise AssertionError("nobody answers")


def test_a_task_is_cancelled_at_the_callers_deadline() -> None:
    async def main() -> None:
        silent: Any = Silent(trio.sleep_forever)
        start = trio.current_time()
        with pytest.raises(TimeoutError):
            with anyio.fail_after(30):
                await ask_anywhere(silent, PARCELS)
        assert trio.current_time() - start == 30
        assert silent.sent == REQUESTS

    anyio.run(main, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})


def test_answers_that_come_while_a_shell_reads_are_all_seen() -> None:
    with carrier(b"", ends=False) as (ours, theirs):

        def answer() -> None:
            assert theirs.recv(4096) == REQUESTS
            for byte in ANSWERS:
                theirs.sendall(bytes([byte]))

        thread = Thread(target=answer)
        thread.start()
        assert ask_in_thread(ours, PARCELS) == EVENTS
        thread.join(60)
