"""``KeyedLocks`` keeps no lock that nobody uses; ``StripedLocks`` takes several without a deadlock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import pytest

from examples.thread_safe_collections.keyed_locks import KeyedLocks, StripedLocks

SOON = 0.05


def test_the_same_key_waits_and_another_does_not() -> None:
    locks: KeyedLocks[str] = KeyedLocks()

    def hold(key: str) -> str:
        with locks.hold(key):
            return key

    with ThreadPoolExecutor(2) as pool:
        with locks.hold("swift"):
            assert pool.submit(hold, "steady").result(60) == "steady"
            same = pool.submit(hold, "swift")
            assert not wait([same], SOON).done
        assert same.result(60) == "swift"
    assert len(locks) == 0


def test_no_lock_stays_behind() -> None:
    locks: KeyedLocks[int] = KeyedLocks()
    for order in range(1000):
        with locks.hold(order):
            assert len(locks) == 1
    assert len(locks) == 0


class Asking(str):
    """A key that says when it was found among those in use, while the table is still locked."""

    found: threading.Event

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __eq__(self, other: object) -> bool:
        self.found.set()
        return str(self) == str(other)


def test_a_lock_stays_the_same_while_somebody_waits_for_it() -> None:
    locks: KeyedLocks[str] = KeyedLocks()
    key = Asking("swift")
    key.found = threading.Event()
    inside, go_on = threading.Event(), threading.Event()

    def second() -> None:
        with locks.hold(key):
            inside.set()
            assert go_on.wait(60)

    with ThreadPoolExecutor(1) as pool:
        with locks.hold("swift"):
            waiting = pool.submit(second)
            assert key.found.wait(60)
        assert inside.wait(60)  # the first holder is gone
        with pytest.raises(TimeoutError), locks.hold("swift", timeout=0.01):
            pass
        go_on.set()
        waiting.result(60)
    assert len(locks) == 0


def test_a_failure_in_the_block_frees_the_lock() -> None:
    locks: KeyedLocks[str] = KeyedLocks()
    with pytest.raises(ConnectionError), locks.hold("swift"):
        raise ConnectionError
    with locks.hold("swift", timeout=0):
        pass
    assert len(locks) == 0


def test_a_wait_that_times_out_leaves_nothing_behind() -> None:
    locks: KeyedLocks[str] = KeyedLocks()
    with locks.hold("swift"):
        with pytest.raises(TimeoutError, match="'swift' is locked"), locks.hold("swift", timeout=0.01):
            pass
        assert len(locks) == 1
    assert len(locks) == 0


def test_stripes_are_few_and_a_key_keeps_its_own() -> None:
    locks = StripedLocks(8)
    assert {locks.stripe(order) for order in range(1000)} == set(range(8))
    assert locks.stripe("swift") == locks.stripe("swift")


def test_two_keys_of_one_stripe_wait_for_each_other() -> None:
    locks = StripedLocks(8)

    def hold(key: int) -> int:
        with locks.hold(key):
            return key

    with ThreadPoolExecutor(2) as pool:
        with locks.hold(1):
            assert pool.submit(hold, 2).result(60) == 2
            other = pool.submit(hold, 9)
            assert not wait([other], SOON).done
        assert other.result(60) == 9


@pytest.mark.parametrize("keys", [(1, 2, 5), (2, 1), (5, 2, 1, 2)])
def test_several_keys_take_each_lock_once_in_ascending_order(
    keys: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    locks, order = StripedLocks(4), list[int]()

    @contextmanager
    def told(stripe: int) -> Iterator[None]:
        order.append(stripe)
        yield
        order.append(-stripe)

    monkeypatch.setattr(locks, "_locks", [told(stripe) for stripe in range(4)])
    with locks.hold(*keys):
        assert order == [1, 2]
    assert order == [1, 2, -2, -1]


def test_stripes_are_free_after_a_failure() -> None:
    locks = StripedLocks(2)
    with pytest.raises(ConnectionError), locks.hold(0, 1):
        raise ConnectionError
    with locks.hold(1, 0):
        pass
