"""Orders are accepted once for each key, taken by one worker each, and survive what ends the process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from examples.quotes import Parcel
from examples.quotes.store import KeyReused, OrderStore

PARCEL = Parcel(1200)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.db"


@pytest.fixture
def store(path: Path) -> Iterator[OrderStore]:
    with OrderStore(path) as opened:
        yield opened


def test_a_key_is_accepted_once(store: OrderStore) -> None:
    assert store.accept("a", PARCEL) == (1, True)
    assert store.accept("a", PARCEL) == (1, False)
    assert store.accept("b", PARCEL) == (2, True)
    assert store.count() == 2


def test_a_key_is_accepted_once_by_many_threads(store: OrderStore) -> None:
    together = threading.Barrier(8)

    def accept(_: int) -> tuple[int, bool]:
        together.wait()
        return store.accept("a", PARCEL)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(accept, range(8)))
    assert {number for number, _ in answers} == {1}
    assert sum(new for _, new in answers) == 1


def test_a_key_does_not_come_again_with_another_parcel(store: OrderStore) -> None:
    store.accept("a", PARCEL)
    with pytest.raises(KeyReused, match="1200 g, zone domestic"):
        store.accept("a", Parcel(1200, "world"))
    assert store.count() == 1


def test_without_a_key_each_is_a_new_order(store: OrderStore) -> None:
    assert [store.accept(None, PARCEL)[0] for _ in range(3)] == [1, 2, 3]


def test_accepted_is_on_disk(store: OrderStore, path: Path) -> None:
    store.accept("a", PARCEL)
    with OrderStore(path) as another:
        assert another.count() == 1


def test_an_order_is_claimed_by_one_worker(store: OrderStore) -> None:
    for key in "abcd":
        store.accept(key, PARCEL)
    together = threading.Barrier(8)

    def claim(_: int) -> int | None:
        together.wait()
        order = store.claim()
        return order.id if order else None

    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(claim, range(8)))
    assert sorted(filter(None, claimed)) == [1, 2, 3, 4]
    assert store.pending() == 4


def test_a_released_order_is_claimed_again_and_a_finished_one_is_not(store: OrderStore) -> None:
    store.accept("a", PARCEL)
    order = store.claim()
    assert order
    assert (order.key, order.parcel, order.state) == ("a", PARCEL, "claimed")
    assert store.claim() is None
    store.release(order.id)
    assert store.claim() == order
    store.finish(order.id, "swift-1")
    store.release(order.id)
    assert store.claim() is None
    assert store.pending() == 0
    booked = store.get(1)
    assert booked
    assert (booked.state, booked.booking) == ("booked", "swift-1")
    assert store.get(7) is None


def test_what_was_claimed_when_the_process_ended_is_pending_again(store: OrderStore, path: Path) -> None:
    store.accept("a", PARCEL)
    store.claim()
    with OrderStore(path) as another:  # the next process
        assert another.claim()


def test_a_path_that_can_not_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="unable to open database file"):
        OrderStore(tmp_path / "none" / "orders.db")


def test_the_backlog_has_a_length_and_an_age(store: OrderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("examples.quotes.store.time.time", lambda: now)
    assert store.backlog() == (0, 0.0)
    store.accept("a", PARCEL)
    now += 60
    store.accept("b", PARCEL)
    assert store.claim()  # is not booked yet
    assert store.backlog() == (2, 60.0)
    store.finish(1, "swift-1")
    assert store.backlog() == (1, 0.0)
    now -= 3600  # the wall clock was set back
    assert store.backlog() == (1, 0.0)
