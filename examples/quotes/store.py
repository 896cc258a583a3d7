"""Orders on disk: accepted once for each key, and not lost by a crash."""

from __future__ import annotations

import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples.quotes import Parcel

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY,
    key TEXT UNIQUE,
    grams INTEGER NOT NULL,
    zone TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    booking TEXT,
    accepted REAL NOT NULL
)
"""

_COLUMNS = "id, key, grams, zone, state, booking"


@dataclass(frozen=True, slots=True)
class Order:
    """What the store knows of an order; *state* is pending, claimed or booked."""

    id: int
    key: str | None
    parcel: Parcel
    state: str
    booking: str | None


class KeyReused(Exception):
    """The key came again with another parcel: a mistake of the client that must not be answered with the old order."""


# region store
class OrderStore:
    """Orders in one SQLite file, for the threads of one process.

    One connection, behind one lock.  SQLite lets one writer in at a
    time anyway; with a connection for each thread, the others would
    wait in ``busy_timeout``, which polls and can fail, and nobody
    could close the connections of threads that come and go.

    ``synchronous=FULL`` makes a commit wait until the disk has it.
    In WAL mode, ``NORMAL`` would survive a crash of the process but
    could lose accepted orders when the machine loses its power.
    """

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(_SCHEMA)
            # A process that ended in the middle of a booking left it claimed.
            self._db.execute("UPDATE orders SET state = 'pending' WHERE state = 'claimed'")
        except BaseException:
            self._db.close()
            raise

    def accept(self, key: str | None, parcel: Parcel) -> tuple[int, bool]:
        """The order of *key*, and whether it is new; on disk when this returns.

        The insert and the question whether there is one are one
        statement.  A *key* of None is always a new order.
        """
        new = self._run(
            "INSERT INTO orders (key, grams, zone, accepted) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (key) DO NOTHING RETURNING id",
            key, parcel.grams, parcel.zone, time.time(),
        )  # fmt: skip
        if new:
            return new[0][0], True
        ((number, grams, zone),) = self._run("SELECT id, grams, zone FROM orders WHERE key = ?", key)
        if Parcel(grams, zone) != parcel:
            raise KeyReused(f"key {key!r} belongs to a parcel of {grams} g, zone {zone}")
        return number, False

    def claim(self) -> Order | None:
        """Take the oldest pending order, for one caller alone."""
        rows = self._run(
            "UPDATE orders SET state = 'claimed' WHERE id = "
            "(SELECT min(id) FROM orders WHERE state = 'pending') "
            f"RETURNING {_COLUMNS}"
        )
        return _order(rows[0]) if rows else None

    def finish(self, number: int, booking: str) -> None:
        """Record the *booking* of a claimed order."""
        self._run("UPDATE orders SET state = 'booked', booking = ? WHERE id = ?", booking, number)

    def release(self, number: int) -> None:
        """Give a claimed order back, to be claimed again."""
        self._run("UPDATE orders SET state = 'pending' WHERE id = ? AND state = 'claimed'", number)

    # endregion store

    def get(self, number: int) -> Order | None:
        """The order with this id."""
        rows = self._run(f"SELECT {_COLUMNS} FROM orders WHERE id = ?", number)
        return _order(rows[0]) if rows else None

    def pending(self) -> int:
        """How many orders are accepted and not booked."""
        ((count,),) = self._run("SELECT count(*) FROM orders WHERE state != 'booked'")
        return int(count)

    def backlog(self) -> tuple[int, float]:
        """How many orders are accepted and not booked, and how many seconds ago the oldest was accepted.

        By the wall clock, because it is to be true of the next process as well.
        """
        ((count, first),) = self._run("SELECT count(*), min(accepted) FROM orders WHERE state != 'booked'")
        return int(count), max(0.0, time.time() - first) if count else 0.0

    def count(self) -> int:
        """How many orders were ever accepted."""
        ((count,),) = self._run("SELECT count(*) FROM orders")
        return int(count)

    def _run(self, statement: str, *values: object) -> list[Any]:
        with self._lock:  # each statement commits: isolation_level=None
            return self._db.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the file; calls that are under way end first."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> OrderStore:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _order(row: tuple[int, str | None, int, str, str, str | None]) -> Order:
    number, key, grams, zone, state, booking = row
    return Order(number, key, Parcel(grams, zone), state, booking)
