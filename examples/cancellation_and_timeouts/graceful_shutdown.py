"""A quote service over TCP that drains on SIGTERM or SIGINT.

Run it from the root of the repository:
``python -m examples.cancellation_and_timeouts.graceful_shutdown``

Its port and the requests that it accepts go to stdout, its log to stderr.
Exit code 0: all accepted requests were answered.  1: some were cut off.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from asyncio import FIRST_COMPLETED, StreamReader, StreamWriter
from typing import Any

CLEANUP = 1.0  # seconds for cancelled requests to say so and hang up


# region service
class QuoteService:
    """Answers ``quote GRAMS``, and knows what is in flight."""

    def __init__(self, work: float) -> None:
        self.work = work
        self.draining = False
        self.drained = self.cut_off = 0
        self.idle: set[asyncio.Task[None]] = set()
        self.busy: set[asyncio.Task[None]] = set()

    def connected(
        self,
        reader: StreamReader,
        writer: StreamWriter,
    ) -> None:
        """Start a task that the service can wait for and cancel."""

        def hang_up(task: asyncio.Task[None]) -> None:
            self.idle.discard(task)
            self.busy.discard(task)
            writer.close()

        task = asyncio.create_task(self.converse(reader, writer))
        self.idle.add(task)
        task.add_done_callback(hang_up)

    async def converse(
        self,
        reader: StreamReader,
        writer: StreamWriter,
    ) -> None:
        """Answer request after request; none more once draining."""
        task = asyncio.current_task()
        assert task is not None
        try:
            while not self.draining and (line := await reader.readline()):
                self.idle.discard(task)
                self.busy.add(task)
                request = line.decode("latin-1").strip()
                print("accepted", request, flush=True)
                reply = await self.answer(line, reader)
                self.busy.discard(task)
                self.idle.add(task)
                writer.write(reply)
                self.drained += self.draining
                await writer.drain()
        except asyncio.CancelledError:
            if task in self.busy:
                self.cut_off += 1
                writer.write(b"busy, retry\n")
            raise
        except (OSError, ValueError) as error:  # hung up; endless line
            logging.warning("connection lost: %s", error)

    async def answer(self, line: bytes, reader: StreamReader) -> bytes:
        """Price a parcel; the sleep stands for the carrier."""
        words = line.split()
        if words == [b"quote"]:  # the scales are slow: weight follows
            words += (await reader.readline()).split()
        match words:
            case [b"quote", grams] if grams.isdigit():
                await asyncio.sleep(self.work)
                kilograms = -(-int(grams) // 1000)
                return b"swift %d\n" % (kilograms * 990)
        return b"usage: quote GRAMS\n"

    # endregion service

    # region drain
    async def drain(
        self,
        grace: float,
        hurry: asyncio.Future[None],
    ) -> None:
        """Let requests finish for *grace* seconds; cancel the rest."""
        self.draining = True
        for task in self.idle:
            task.cancel()
        answered = asyncio.gather(*self.busy, return_exceptions=True)
        first: list[asyncio.Future[Any]] = [answered, hurry]
        await asyncio.wait(first, timeout=grace, return_when=FIRST_COMPLETED)
        for task in self.busy:
            task.cancel()
        if left := self.idle | self.busy:
            await asyncio.wait(left, timeout=CLEANUP)

    # endregion drain


# region serve
async def serve(work: float, grace: float) -> int:
    """Serve until a signal arrives, drain, return the exit code."""
    loop = asyncio.get_running_loop()
    stop, hurry = loop.create_future(), loop.create_future()

    def on_signal() -> None:
        """First signal: stop.  Second signal: no more grace."""
        if not stop.done():
            stop.set_result(None)
        elif not hurry.done():
            hurry.set_result(None)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    service = QuoteService(work)
    server = await asyncio.start_server(service.connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print("listening on port", port, flush=True)
    await stop
    server.close()  # from here on, new clients are refused
    logging.info("stopped accepting: %d in flight", len(service.busy))
    await service.drain(grace, hurry)
    done, cut = service.drained, service.cut_off
    logging.info("%d drained, %d cancelled", done, cut)
    return 1 if cut else 0


# endregion serve


def main() -> int:
    parser = argparse.ArgumentParser(description="Quote service that drains.")
    parser.add_argument("--work", type=float, default=0.2, help="seconds a request")
    parser.add_argument("--grace", type=float, default=20.0, help="seconds to drain")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    return asyncio.run(serve(**vars(parser.parse_args())))


if __name__ == "__main__":
    raise SystemExit(main())
