"""Take orders on stdin, book them with a carrier, and lose none of them to SIGKILL, at whichever step it comes.

``python -m examples.operations.durable_orders ORDERS CARRIER`` reads lines ``KEY GRAMS`` and answers ``accepted KEY
ID`` or ``refused ...``; ORDERS is the file of the store, CARRIER that of the carrier, which here is a file, too.  The
end of the input means: book what is there, and end.  SIGTERM means: finish the booking in hand, and end.

``--kill-at POINT`` makes it kill itself there; :mod:`examples.operations.kill_points` goes through all points.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sqlite3
import stat
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from examples.quotes import Parcel
from examples.quotes.store import KeyReused, OrderStore

Reached = Callable[[str], object]

# region points
POINTS = {
    "starting": "the store is not open yet",
    "recovered": "what was claimed is pending again",
    "order-read": "nothing is done yet",
    "order-written": "the order is in a transaction, without its commit",
    "order-committed": "the client has no reply",
    "replied": "the client knows",
    "claim-written": "the claim is in a transaction, without its commit",
    "claimed": "the carrier knows nothing",
    "carrier-booked": "the carrier has booked, and nothing of it is recorded",
    "record-written": "the booking is in a transaction, without its commit",
    "recorded": "all is done",
    "draining": "SIGTERM has come while the carrier was asked",
    "drained": "all is closed",
}
"""Where it can be killed, in the order of a life."""


def killing(at: str | None) -> Reached:
    """What is called at each point: ends the process at *at*, as SIGKILL from outside would."""

    def reached(point: str) -> None:
        assert point in POINTS
        if point == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


# endregion points


# region store
class WatchedStore(OrderStore):
    """The store of the service, in which a process can be killed between a change and its commit."""

    INSIDE = (
        ("INSERT", "order-written"),
        ("UPDATE orders SET state = 'claimed'", "claim-written"),
        ("UPDATE orders SET state = 'booked'", "record-written"),
    )

    def __init__(self, path: Path | str, reached: Reached) -> None:
        self._reached = reached
        super().__init__(path)

    def _run(self, statement: str, *values: object) -> list[Any]:
        for start, point in self.INSIDE:
            if statement.startswith(start):
                with self._lock, self._transaction():
                    rows = self._db.execute(statement, values).fetchall()
                    self._reached(point)
                return rows
        return super()._run(statement, *values)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


# endregion store


# region carrier
class Carrier(Protocol):
    """Books a parcel, once for each *key*."""

    def book(self, key: str) -> str: ...


class CarrierOnDisk:
    """The other company: what it has booked outlives us, and it counts how often it was asked."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("CREATE TABLE IF NOT EXISTS bookings (id INTEGER PRIMARY KEY, key TEXT UNIQUE)")
        self._db.execute("CREATE TABLE IF NOT EXISTS calls (key TEXT)")

    def book(self, key: str) -> str:
        """The booking of *key*: a new one, or the one that it has."""
        self._db.execute("INSERT INTO calls VALUES (?)", (key,))
        self._db.execute("INSERT INTO bookings (key) VALUES (?) ON CONFLICT DO NOTHING", (key,))
        ((number,),) = self._db.execute("SELECT id FROM bookings WHERE key = ?", (key,))
        return f"swift-{number}"

    def close(self) -> None:
        """Close the file."""
        self._db.close()


# endregion carrier


# region orders
class DurableOrders:
    """The two paths of an order; what each step leaves on disk is enough to go on from."""

    def __init__(self, store: OrderStore, carrier: Carrier, say: Callable[[str], None], reached: Reached) -> None:
        self.store, self.carrier, self.say, self.reached = store, carrier, say, reached

    def accept(self, key: str, parcel: Parcel) -> None:
        """Commit, then reply.  Without a reply the client asks again, under its key."""
        self.reached("order-read")
        number, _ = self.store.accept(key, parcel)
        self.reached("order-committed")
        self.say(f"accepted {key} {number}")
        self.reached("replied")

    def book_one(self) -> bool:
        """Claim, book, record.  Killed in between, the order is booked again, under its key, which books it once."""
        order = self.store.claim()
        if order is None:
            return False
        self.reached("claimed")
        booking = self.carrier.book(f"order-{order.id}")
        self.reached("carrier-booked")
        self.store.finish(order.id, booking)
        self.reached("recorded")
        return True


# endregion orders


# region broken
class RepliesFirst(DurableOrders):
    """Broken: the reply is faster than the disk."""

    def accept(self, key: str, parcel: Parcel) -> None:
        self.say(f"accepted {key} 1")
        self.store.accept(key, parcel)


class RecordsFirst(DurableOrders):
    """Broken: recorded as booked before the carrier knows of it."""

    def book_one(self) -> bool:
        order = self.store.claim()
        if order is None:
            return False
        self.store.finish(order.id, "swift")
        self.reached("recorded")
        self.carrier.book(f"order-{order.id}")
        return True


class NewKeyEachTime(DurableOrders):
    """Broken: each try has a key of its own, so the carrier takes it for another parcel."""

    def book_one(self) -> bool:
        order = self.store.claim()
        if order is None:
            return False
        booking = self.carrier.book(str(uuid.uuid4()))
        self.reached("carrier-booked")
        self.store.finish(order.id, booking)
        return True


# endregion broken

VARIANTS = {each.__name__: each for each in (DurableOrders, RepliesFirst, RecordsFirst, NewKeyEachTime)}


class HeldUp:
    """A carrier that answers when the end has begun: a slow one, for the points of the drain."""

    def __init__(self, carrier: Carrier, say: Callable[[str], None]) -> None:
        self._carrier, self._say = carrier, say
        self.answers = threading.Event()

    def book(self, key: str) -> str:
        self._say(f"asking {key}")
        self.answers.wait()
        return self._carrier.book(key)


def say(line: str) -> None:
    """Write one line to stdout, with no buffer in between; a client that has gone is told nothing."""
    with contextlib.suppress(BrokenPipeError):
        os.write(1, f"{line}\n".encode())


def parsed(line: str) -> tuple[str, Parcel]:
    """The key and the parcel of a line; :exc:`ValueError` says what is wrong with it."""
    words = line.split()
    if len(words) != 2:
        raise ValueError(f"{line.strip()[:40]!r}: a line is KEY GRAMS")
    key, grams = words
    if len(key) > 100:
        raise ValueError(f"the key {key[:20]!r}... is longer than 100 characters")
    if not (grams.isascii() and grams.isdigit() and len(grams) < 6 and 1 <= int(grams) <= 30_000):
        raise ValueError(f"{key}: grams is {grams[:20]!r}: a whole number from 1 to 30000")
    return key, Parcel(int(grams))


# region serve
async def serve(orders: DurableOrders, reader: asyncio.StreamReader, answers: threading.Event | None) -> None:
    """Accept and book until the input ends or SIGTERM comes."""
    loop, stop, due = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    no_more = False
    if orders.store.pending():  # left by a process before
        due.set()

    async def accept_all() -> None:
        nonlocal no_more
        while line := await line_of(reader):
            try:
                key, parcel = parsed(line)
                await asyncio.to_thread(orders.accept, key, parcel)
            except (ValueError, KeyReused) as error:
                say(f"refused {error}")
            due.set()
        no_more = True
        due.set()

    async def book_all() -> None:
        while not stop.is_set():
            await due.wait()
            due.clear()
            while not stop.is_set() and await asyncio.to_thread(orders.book_one):
                pass
            if no_more and not due.is_set():
                return

    def on_sigterm() -> None:
        orders.reached("draining")
        accepting.cancel()  # the order in hand is committed or not; its client may have to ask again
        stop.set()
        due.set()
        if answers:
            answers.set()

    async with asyncio.TaskGroup() as group:
        accepting = group.create_task(accept_all())
        group.create_task(book_all())
        loop.add_signal_handler(signal.SIGTERM, on_sigterm)


# endregion serve


async def line_of(reader: asyncio.StreamReader) -> str:
    """The next line; empty at the end."""
    while True:
        try:
            return (await reader.readline()).decode(errors="replace")
        except ValueError:
            say("refused a line of more than 64 KiB")


async def run(options: argparse.Namespace) -> None:
    """Open what there is, recover, serve, and close."""
    reached = killing(options.kill_at)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    reached("starting")
    with (
        contextlib.closing(CarrierOnDisk(options.carrier)) as carrier,
        WatchedStore(options.orders, reached) as store,  # what was claimed is pending again
    ):
        reached("recovered")
        held = HeldUp(carrier, say) if options.hold_up else None
        orders = VARIANTS[options.variant](store, held or carrier, say, reached)
        await serve(orders, reader, held.answers if held else None)
    reached("drained")


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, and serve; the exit status."""
    parser = argparse.ArgumentParser(prog="durable_orders", description=__doc__)
    parser.add_argument("orders", type=Path, help="file of the orders")
    parser.add_argument("carrier", type=Path, help="file of the carrier")
    parser.add_argument("--kill-at", choices=POINTS, metavar="POINT", help=", ".join(POINTS))
    parser.add_argument("--hold-up", action="store_true", help="the carrier answers when the end has begun")
    parser.add_argument("--variant", choices=VARIANTS, default="DurableOrders", help="one of the broken ones")
    options = parser.parse_args(arguments)
    kind = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        parser.error("stdin is no pipe: printf 'KEY GRAMS' | python -m examples.operations.durable_orders ...")
    status = 0
    try:
        asyncio.run(run(options))
    except* sqlite3.Error as errors:
        print(f"durable_orders: {options.orders} or {options.carrier}: {errors.exceptions[0]}", file=sys.stderr)
        status = 2
    return status


if __name__ == "__main__":
    raise SystemExit(main())
