"""``ThreadSingleFlight``: one call for many threads, failures are not kept, and nobody waits for itself."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait

import pytest

from examples.thread_safe_collections.thread_single_flight import ThreadSingleFlight

SOON = 0.05


class Zone(str):
    """A zone that says when it was looked up and found among the calls under way."""

    asked: threading.Event | None = None

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Zone) and other.asked is not None:
            other.asked.set()
        return str(self) == str(other)


def asking(zone: str) -> Zone:
    """A key for a second caller; its event is set under the cache's lock, so the call cannot end unseen."""
    key = Zone(zone)
    key.asked = threading.Event()
    return key


class Rates:
    """A source that answers when the test lets it, and raises *failure* at its first call."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure
        self.calls: list[str] = []
        self.inside, self.go_on = threading.Event(), threading.Event()

    def load(self, zone: str) -> int:
        self.calls.append(zone)
        number = len(self.calls)
        self.inside.set()
        assert self.go_on.wait(60)
        if self.failure is not None and number == 1:
            raise self.failure
        return 840


def test_threads_that_ask_at_once_share_one_call() -> None:
    rates = Rates()
    cache = ThreadSingleFlight(rates.load)
    with ThreadPoolExecutor(8) as pool:
        got = [pool.submit(cache.get, "domestic") for _ in range(8)]
        assert rates.inside.wait(60)
        assert not wait(got, SOON).done
        rates.go_on.set()
        assert [each.result(60) for each in got] == [840] * 8
    assert cache.get("domestic") == 840
    assert rates.calls == ["domestic"]


class Meeting(str):
    """A zone whose every look-up waits for that of another thread, until one has waited in vain."""

    both_look: threading.Barrier

    def __hash__(self) -> int:
        with contextlib.suppress(threading.BrokenBarrierError):
            self.both_look.wait(SOON)
        return str.__hash__(self)

    __eq__ = str.__eq__


def test_nobody_looks_while_another_decides_to_load() -> None:
    rates = Rates()
    rates.go_on.set()
    cache, zone = ThreadSingleFlight(rates.load), Meeting("domestic")
    zone.both_look = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        got = [pool.submit(cache.get, zone) for _ in range(2)]
        assert [each.result(60) for each in got] == [840, 840]
    assert rates.calls == ["domestic"]


def test_keys_do_not_wait_for_each_other() -> None:
    rates = Rates()
    cache = ThreadSingleFlight(rates.load)
    with ThreadPoolExecutor(2) as pool:
        got = [pool.submit(cache.get, zone) for zone in ("domestic", "island")]
        rates.go_on.set()
        assert [each.result(60) for each in got] == [840, 840]
    assert sorted(rates.calls) == ["domestic", "island"]


def test_a_failure_reaches_all_who_wait_and_is_not_kept() -> None:
    rates = Rates(ConnectionError("swift is down"))
    cache = ThreadSingleFlight(rates.load)
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(cache.get, Zone("domestic"))
        assert rates.inside.wait(60)
        second = asking("domestic")
        waiter = pool.submit(cache.get, second)
        assert second.asked is not None
        assert second.asked.wait(60)
        rates.go_on.set()
        for each in (leader, waiter):
            with pytest.raises(ConnectionError, match="swift is down"):
                each.result(60)
    assert rates.calls == ["domestic"]
    assert cache.get(Zone("domestic")) == 840


def test_a_waiter_that_gives_up_leaves_the_call_to_the_others() -> None:
    rates = Rates()
    cache = ThreadSingleFlight(rates.load)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(cache.get, "domestic")
        assert rates.inside.wait(60)
        with pytest.raises(TimeoutError):
            cache.get("domestic", timeout=0.01)
        rates.go_on.set()
        assert leader.result(60) == 840
    assert cache.get("domestic", timeout=0) == 840
    assert rates.calls == ["domestic"]


def test_a_load_that_asks_for_its_own_key_is_refused() -> None:
    cache: ThreadSingleFlight[str, int] = ThreadSingleFlight(lambda zone: cache.get(zone))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="loading 'domestic' asks for 'domestic'"):
            cache.get("domestic")


def test_a_load_may_ask_for_another_key() -> None:
    cache: ThreadSingleFlight[int, int] = ThreadSingleFlight(lambda n: cache.get(n - 1) + 10 if n else 990)
    assert cache.get(3) == 1020


def test_an_interrupt_ends_the_call_and_not_the_waiting_threads() -> None:
    rates = Rates(KeyboardInterrupt())
    cache = ThreadSingleFlight(rates.load)
    interrupted: list[str] = []

    def lead() -> None:
        try:
            cache.get(Zone("domestic"))
        except KeyboardInterrupt:
            interrupted.append("leader")

    leader = threading.Thread(target=lead)
    leader.start()
    assert rates.inside.wait(60)
    with ThreadPoolExecutor(1) as pool:
        second = asking("domestic")
        waiter = pool.submit(cache.get, second)
        assert second.asked is not None
        assert second.asked.wait(60)
        rates.go_on.set()
        with pytest.raises(CancelledError):
            waiter.result(60)
    leader.join(60)
    assert interrupted == ["leader"]
    assert cache.get(Zone("domestic")) == 840
