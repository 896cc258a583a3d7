"""The quote service is started as a child, stopped by signals, and watched from outside."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULE = "examples.cancellation_and_timeouts.graceful_shutdown"
BOUND = 30.0  # no wait of a test is longer
STEADY = {"work": 0.5, "grace": 20.0}  # requests fit into the grace period
STUCK = {"work": 60.0, "grace": 0.1}  # they do not
PATIENT = {"work": 60.0, "grace": 60.0}  # they would, in a minute


class Service:
    """A running child, its port, and what it writes."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        assert child.stdout is not None
        assert child.stderr is not None
        self.child, self.stdout, self.stderr = child, child.stdout, child.stderr
        self.port = 0

    async def wait_for_port(self) -> None:
        words = (await self.stdout.readline()).split()
        assert words[:3] == [b"listening", b"on", b"port"]
        self.port = int(words[3])

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, grams: int) -> asyncio.Task[bytes]:
        """Send a request, wait until the service says that it has it, read on until it hangs up."""
        reader, writer = await self.connect()
        writer.write(b"quote %d\n" % grams)
        assert await self.stdout.readline() == b"accepted quote %d\n" % grams

        async def read() -> bytes:
            try:
                return await reader.read()
            finally:
                writer.close()

        return asyncio.create_task(read())

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the first signal; return how many requests were in flight when it was handled."""
        self.child.send_signal(number)
        line = await self.stderr.readline()
        assert line.startswith(b"stopped accepting: ")
        assert line.endswith(b" in flight\n")
        return int(line.split()[2])

    async def finish(self) -> tuple[str, int]:
        """What else it logged, and its exit code."""
        log = (await self.stderr.read()).decode()
        return log, await self.child.wait()


@asynccontextmanager
async def service(work: float, grace: float) -> AsyncIterator[Service]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MODULE, f"--work={work}", f"--grace={grace}",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(BOUND):
            running = Service(child)
            await running.wait_for_port()
            yield running
    finally:
        if child.returncode is None:
            child.kill()
        await child.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_are_answered(number: signal.Signals) -> None:
    async def scenario() -> None:
        async with service(**STEADY) as quotes:
            light, heavy = await quotes.ask(900), await quotes.ask(1200)
            in_flight = await quotes.stop(number)
            with pytest.raises(ConnectionRefusedError):
                await quotes.connect()
            assert await light == b"swift 990\n"
            assert await heavy == b"swift 1980\n"
            # However slow the machine: what was in flight at the signal is what was drained.
            assert await quotes.finish() == (f"{in_flight} drained, 0 cancelled\n", 0)

    asyncio.run(scenario())


def test_a_request_that_was_begun_before_the_signal_is_finished_after_it() -> None:
    async def scenario() -> None:
        async with service(work=0.0, grace=60.0) as quotes:
            reader, writer = await quotes.connect()
            writer.write(b"quote\n")  # the weight follows
            assert await quotes.stdout.readline() == b"accepted quote\n"
            assert await quotes.stop() == 1
            writer.write(b"1200\n")
            assert await reader.read() == b"swift 1980\n"
            writer.close()
            assert await quotes.finish() == ("1 drained, 0 cancelled\n", 0)

    asyncio.run(scenario())


def test_what_does_not_fit_is_cut_off_and_told() -> None:
    async def scenario() -> None:
        async with service(**STUCK) as quotes:
            light, heavy = await quotes.ask(900), await quotes.ask(1200)
            assert await quotes.stop() == 2
            assert await light == await heavy == b"busy, retry\n"
            assert await quotes.finish() == ("0 drained, 2 cancelled\n", 1)

    asyncio.run(scenario())


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_the_grace_period(second: signal.Signals) -> None:
    async def scenario() -> None:
        async with service(**PATIENT) as quotes:
            request = await quotes.ask(1200)
            assert await quotes.stop() == 1
            quotes.child.send_signal(second)
            assert await request == b"busy, retry\n"
            assert await quotes.finish() == ("0 drained, 1 cancelled\n", 1)

    asyncio.run(scenario())


def test_idle_clients_do_not_hold_up_the_shutdown() -> None:
    async def scenario() -> None:
        async with service(work=0.0, grace=60.0) as quotes:
            reader, writer = await quotes.connect()
            for line, reply in [(b"quote 2001\n", b"swift 2970\n"), (b"label\n", b"usage: quote GRAMS\n")]:
                writer.write(line)
                assert await quotes.stdout.readline() == b"accepted " + line
                assert await reader.readline() == reply
            assert await quotes.stop() == 0
            assert await reader.read() == b""
            writer.close()
            assert await quotes.finish() == ("0 drained, 0 cancelled\n", 0)

    asyncio.run(scenario())


def test_idle_clients_are_hung_up_while_busy_ones_are_still_served() -> None:
    async def scenario() -> None:
        async with service(work=0.0, grace=60.0) as quotes:
            idle, idle_writer = await quotes.connect()
            idle_writer.write(b"quote 900\n")
            assert await quotes.stdout.readline() == b"accepted quote 900\n"
            assert await idle.readline() == b"swift 990\n"
            busy, busy_writer = await quotes.connect()
            busy_writer.write(b"quote\n")  # busy until the weight follows
            assert await quotes.stdout.readline() == b"accepted quote\n"
            assert await quotes.stop() == 1
            assert await idle.read() == b""
            idle_writer.close()
            busy_writer.write(b"1200\n")
            assert await busy.read() == b"swift 1980\n"
            busy_writer.close()
            assert await quotes.finish() == ("1 drained, 0 cancelled\n", 0)

    asyncio.run(scenario())


def test_a_client_that_goes_away_while_it_is_served_is_no_failure() -> None:
    async def scenario() -> None:
        async with service(**STUCK | {"grace": 60.0, "work": 0.2}) as quotes:
            _, writer = await quotes.connect()
            writer.write(b"quote 1200\n")
            assert await quotes.stdout.readline() == b"accepted quote 1200\n"
            writer.transport.abort()
            in_flight = await quotes.stop()
            log, code = await quotes.finish()
            assert log.endswith(f"{in_flight} drained, 0 cancelled\n")
            assert code == 0

    asyncio.run(scenario())
