"""One key is one label: delivered twice, torn half-way, or asked for by several threads at once."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from examples.best_practices.idempotent import KeyReused, book, connect


def test_a_second_delivery_gets_the_first_label() -> None:
    with closing(connect(":memory:")) as db:
        assert [book(db, "order 17", 900), book(db, "order 18", 900), book(db, "order 17", 900)] == [1, 2, 1]


def test_a_key_with_another_parcel_is_a_bug() -> None:
    with closing(connect(":memory:")) as db:
        book(db, "order 17", 900)
        with pytest.raises(KeyReused, match="order 17: 900 g, and now 1200 g"):
            book(db, "order 17", 1200)
        assert not db.in_transaction
        assert book(db, "order 17", 900) == 1


def test_a_crash_inside_leaves_neither_key_nor_label() -> None:
    def crash(connection: sqlite3.Connection) -> None:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO labels (key, grams) VALUES ('order 17', 900)")
            raise ValueError("crash")

    with closing(connect(":memory:")) as db:
        with pytest.raises(ValueError, match="crash"):
            crash(db)
        assert db.execute("SELECT count(*) FROM labels").fetchone() == (0,)
        assert book(db, "order 17", 900) == 1


def test_threads_that_ask_at_once_get_one_label(tmp_path: Path) -> None:
    together = threading.Barrier(4)
    connect(tmp_path / "labels").close()

    def deliver(_: int) -> int:
        with closing(connect(tmp_path / "labels")) as db:
            together.wait(60)
            return book(db, "order 17", 900)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(deliver, range(4))) == [1, 1, 1, 1]
