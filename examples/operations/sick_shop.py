"""A shop that falls ill in a way of your choice, for practising: ``python -m examples.operations.sick_shop KIND``.

It prints ``ready PID URL`` when it is in the state that KIND names, and then works off one round for each line of
its stdin, and answers each with ``done``.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable

from examples.operations.leak_report import LeakWatch
from examples.operations.whats_running import ReportServer, report, report_on_signal
from examples.task_thread_and_valuetask.busy_shop import let_others_look

ROUND = 50  # requests in a round


# region slots
class Slots:
    """The connections to one carrier: at most *size* at once."""

    def __init__(self, size: int) -> None:
        self._free = asyncio.Semaphore(size)
        self.waiting = 0

    async def take(self) -> None:
        self.waiting += 1
        await self._free.acquire()
        self.waiting -= 1

    def give_back(self) -> None:
        self._free.release()


async def quote(slots: Slots, grams: int) -> int:
    await slots.take()
    if grams > 30_000:
        raise ValueError("too heavy")  # the slot is lost
    await asyncio.sleep(0)  # asks the carrier
    slots.give_back()
    return 840


# endregion slots


class Shop:
    """What a round of requests does to each kind of shop."""

    def __init__(self, ready: Callable[[], None]) -> None:
        self.ready = ready
        self.kept: list[object] = []
        self.answers: list[str] = []
        self.rates: dict[int, bytes] = {}
        self.never = asyncio.Event()
        self.mails: asyncio.Queue[str] = asyncio.Queue()  # no bound

    # region hangs
    async def lost_slots(self) -> None:
        """Two requests fail, and take their slots with them."""
        slots = Slots(2)
        heavy = [quote(slots, 31_000) for _ in range(2)]
        await asyncio.gather(*heavy, return_exceptions=True)
        for number in range(5):
            self.start(quote(slots, 500), f"quote-{number}")
        while slots.waiting < 5:  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def no_deadline(self) -> None:
        """The carrier accepts the connection, and never answers."""
        carrier = socket.create_server(("127.0.0.1", 0), backlog=5)
        self.kept.append(carrier)
        host, port = carrier.getsockname()
        connected = asyncio.Semaphore(0)

        async def ask() -> bytes:
            reader, writer = await asyncio.open_connection(host, port)
            self.kept.append(writer)
            connected.release()
            return await reader.readline()

        for number in range(5):
            self.start(ask(), f"quote-{number}")
        for _ in range(5):
            await connected.acquire()

    async def two_locks(self) -> None:
        """Two moves between depots take the locks in opposite order."""
        north, south = asyncio.Lock(), asyncio.Lock()

        async def move(source: asyncio.Lock, target: asyncio.Lock) -> None:
            async with source:
                await asyncio.sleep(0)
                async with target:
                    pass

        self.start(move(north, south), "there")
        self.start(move(south, north), "back")
        for _ in range(3):
            await asyncio.sleep(0)

    # endregion hangs

    # region blocks
    async def blocking_call(self) -> None:
        """A library waits for an answer in the loop's own thread."""
        server = socket.create_server(("127.0.0.1", 0))
        carrier = socket.create_connection(server.getsockname())
        self.kept += [server, carrier]
        self.ready()
        carrier.recv(1)

    async def computing(self) -> None:
        """One request ranks parcels without end."""
        parcels = 0
        self.ready()
        while True:
            parcels += 1

    async def polling(self) -> None:
        """A task asks again and again instead of waiting."""

        async def poll() -> None:
            while not self.answers:  # noqa: ASYNC110
                await asyncio.sleep(0)

        self.start(poll(), "poll-mails")

    async def spinning_thread(self) -> None:
        """A thread asks again and again; the loop still answers."""

        def refresh() -> None:
            while not self.answers:
                pass

        threading.Thread(target=refresh, name="refresh", daemon=True).start()

    # endregion blocks

    # region grows
    async def cache(self) -> None:
        """Rates are remembered for ever."""
        for _ in range(ROUND):
            self.rates[len(self.rates)] = b"r" * 100_000

    async def tasks(self) -> None:
        """Mails are sent by tasks that wait for a server that is gone."""

        async def send_mail(text: bytearray) -> None:
            await self.never.wait()
            text.clear()

        for number in range(ROUND):
            self.start(send_mail(bytearray(b"m" * 100_000)), f"mail-{number}")
        await asyncio.sleep(0)

    async def queue(self) -> None:
        """Orders come faster than one worker packs them."""
        for number in range(ROUND):
            self.mails.put_nowait(f"{number}" * 50_000)

    async def sockets(self) -> None:
        """The carrier has hung up; the shop does not close its end."""
        with socket.create_server(("127.0.0.1", 0), backlog=ROUND) as server:
            for _ in range(ROUND):
                self.kept.append(socket.create_connection(server.getsockname()))
                server.accept()[0].close()

    async def files(self) -> None:
        """Each label is written to a file that nobody closes."""
        for number in range(ROUND):
            self.kept.append(os.open(f"/tmp/label-{os.getpid()}-{number}", os.O_CREAT | os.O_RDWR))
            os.unlink(f"/tmp/label-{os.getpid()}-{number}")

    async def threads(self) -> None:
        """Each round starts threads that wait for ever."""
        wait = threading.Event().wait
        for _ in range(ROUND):
            threading.Thread(target=wait, daemon=True).start()

    # endregion grows

    def start(self, work: Awaitable[object], name: str) -> None:
        self.kept.append(asyncio.create_task(work, name=name))  # type: ignore[arg-type]


BEFORE_READY = ("lost_slots", "no_deadline", "two_locks", "polling", "spinning_thread")
NEVER_BACK = ("blocking_call", "computing")
BY_ROUNDS = ("cache", "tasks", "queue", "sockets", "files", "threads")
KINDS = BEFORE_READY + NEVER_BACK + BY_ROUNDS


async def lines() -> asyncio.StreamReader:
    """Stdin, line by line, without a thread."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def run(kind: str) -> None:
    """Fall ill, say so, and serve rounds."""
    loop = asyncio.get_running_loop()
    # region prepared
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
    report_on_signal(signal.SIGUSR2, loop)
    watch = LeakWatch(loop)
    routes: dict[str, Callable[[], str]] = {
        "/running": lambda: report(loop),
        "/leaks": watch,
        "/leaks/stop": watch.stop,
    }
    with ReportServer(routes) as reports:
        # endregion prepared
        def ready() -> None:
            print(f"ready {os.getpid()} {reports.url}", flush=True)

        work: Callable[[], Awaitable[None]] = getattr(Shop(ready), kind)
        asked = await lines()
        if kind not in BY_ROUNDS:
            await work()  # those that never come back say that they are ready themselves
        ready()
        while await asked.readline():
            await work()
            print("done", flush=True)


def main() -> None:
    """Serve until stdin ends, or a signal comes."""
    if len(sys.argv) != 2 or sys.argv[1] not in KINDS:
        sys.exit(f"usage: python -m examples.operations.sick_shop {'|'.join(KINDS)}")
    let_others_look()
    asyncio.run(run(sys.argv[1]))


if __name__ == "__main__":
    main()
