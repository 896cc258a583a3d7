"""A map of rates in a store that processes share: one operation where threads would take a lock."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Protocol


# region contract
class RateStore(Protocol):
    """Each method is one step, whichever process calls it."""

    def get(self, key: str) -> int | None: ...

    def put(self, key: str, value: int) -> None: ...

    def add(self, key: str, amount: int) -> int:
        """Add, and return the sum."""

    def get_or_add(self, key: str, value: int) -> int:
        """The value that is there; *value* if there was none."""

    def read(self, key: str) -> tuple[int, int]:
        """Value and version; 0 and 0 if there is none."""

    def replace(self, key: str, value: int, version: int) -> bool:
        """Write, unless the version is no longer *version*."""

    def move(self, source: str, target: str, amount: int) -> None:
        """Both or neither; ``ValueError`` if there is less."""

    def claim(self, name: str, owner: str, seconds: float) -> bool:
        """Have *name* alone, for some seconds at most."""

    def release(self, name: str, owner: str) -> bool:
        """Give it back; False if somebody else has it by now."""

    def close(self) -> None: ...


# endregion contract

SCHEMA = """
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS rates (
        key TEXT PRIMARY KEY,
        value INTEGER NOT NULL,
        version INTEGER NOT NULL DEFAULT 1
    );
    CREATE TABLE IF NOT EXISTS claims (
        name TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        until REAL NOT NULL
    );
    COMMIT;
"""


# region sqlite
class SqliteStore:
    """For processes of one machine; one object for each thread."""

    def __init__(
        self,
        path: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._db = sqlite3.connect(
            path,
            timeout=60,  # how long a writer waits for another
            isolation_level=None,  # each statement by itself
        )
        self._db.executescript(SCHEMA)
        self._clock = clock

    def add(self, key: str, amount: int) -> int:
        upsert = """
            INSERT INTO rates (key, value) VALUES (?, ?)
            ON CONFLICT (key) DO UPDATE SET
                value = value + excluded.value,
                version = version + 1
            RETURNING value"""
        return self._rows(upsert, key, amount)[0][0]

    def get_or_add(self, key: str, value: int) -> int:
        insert = """
            INSERT INTO rates (key, value) VALUES (?, ?)
            ON CONFLICT (key) DO UPDATE SET value = value
            RETURNING value"""  # DO NOTHING would return no row
        return self._rows(insert, key, value)[0][0]

    def replace(self, key: str, value: int, version: int) -> bool:
        update = """
            UPDATE rates SET value = ?, version = version + 1
            WHERE key = ? AND version = ?
            RETURNING key"""
        return bool(self._rows(update, value, key, version))

    # endregion sqlite

    # region transaction
    def move(self, source: str, target: str, amount: int) -> None:
        with self._transaction():
            if self.read(source)[0] < amount:
                raise ValueError("too little")
            self.add(source, -amount)
            self.add(target, amount)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")  # the write lock, now
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.rollback()
            raise

    # endregion transaction

    # region claim
    def claim(self, name: str, owner: str, seconds: float) -> bool:
        upsert = """
            INSERT INTO claims VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET
                owner = excluded.owner, until = excluded.until
            WHERE until <= ?
            RETURNING owner"""
        now = self._clock()
        until = now + seconds
        return bool(self._rows(upsert, name, owner, until, now))

    def release(self, name: str, owner: str) -> bool:
        delete = """
            DELETE FROM claims WHERE name = ? AND owner = ?
            RETURNING name"""
        return bool(self._rows(delete, name, owner))

    # endregion claim

    def get(self, key: str) -> int | None:
        """The value, or None."""
        value, version = self.read(key)
        return value if version else None

    def put(self, key: str, value: int) -> None:
        """Write, whatever is there."""
        upsert = """
            INSERT INTO rates (key, value) VALUES (?, ?)
            ON CONFLICT (key) DO UPDATE SET
                value = excluded.value, version = version + 1"""
        self._rows(upsert, key, value)

    def read(self, key: str) -> tuple[int, int]:
        """Value and version; 0 and 0 if there is none."""
        rows = self._rows("SELECT value, version FROM rates WHERE key = ?", key)
        return (rows[0][0], rows[0][1]) if rows else (0, 0)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _rows(self, statement: str, *values: object) -> list[tuple[int, ...]]:
        return self._db.execute(statement, values).fetchall()
