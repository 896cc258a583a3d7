"""Work that may be delivered twice and is done once: the key and the effect are one transaction."""

from __future__ import annotations

import sqlite3
from pathlib import Path

# region book
TABLE = """CREATE TABLE IF NOT EXISTS labels (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    grams INTEGER NOT NULL
)"""


class KeyReused(Exception):
    """The key came before, with another parcel: a bug."""


def connect(path: Path | str) -> sqlite3.Connection:
    """A connection for one thread; transactions begin explicitly."""
    db = sqlite3.connect(path, timeout=60, isolation_level=None)
    db.execute(TABLE)
    return db


def book(db: sqlite3.Connection, key: str, grams: int) -> int:
    """The label's number: of a new label, or of the one with *key*."""
    with db:  # commits, or rolls back when something is raised
        db.execute("BEGIN IMMEDIATE")  # one writer at a time
        known = db.execute(
            "SELECT number, grams FROM labels WHERE key = ?",
            [key],
        ).fetchone()
        if known is None:
            insert = "INSERT INTO labels (key, grams) VALUES (?, ?)"
            known = db.execute(insert, [key, grams]).lastrowid, grams
        number, booked = known
        if booked != grams:
            raise KeyReused(f"{key}: {booked} g, and now {grams} g")
        return int(number)


# endregion book
