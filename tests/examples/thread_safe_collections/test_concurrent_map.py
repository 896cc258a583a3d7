"""``ConcurrentMap``: compound operations are one step, failures change nothing, and re-entry is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from examples.thread_safe_collections.concurrent_map import ConcurrentMap

SOON = 0.05


def test_a_missing_value_is_made_once_and_shared() -> None:
    made: list[list[int]] = []

    def make() -> list[int]:
        made.append([])
        return made[-1]

    manifests: ConcurrentMap[str, list[int]] = ConcurrentMap()
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: manifests.get_or_add("swift", make), range(100)))
    assert len(made) == 1
    assert all(each is made[0] for each in got)


def test_nobody_comes_between_the_check_and_the_act() -> None:
    manifests: ConcurrentMap[str, int] = ConcurrentMap()
    inside, go_on = threading.Event(), threading.Event()

    def make() -> int:
        inside.set()
        assert go_on.wait(60)
        return 1

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(manifests.get_or_add, "swift", make)
        assert inside.wait(60)
        second = pool.submit(manifests.get_or_add, "swift", lambda: 2)
        assert not wait([second], SOON).done
        go_on.set()
        assert (first.result(60), second.result(60)) == (1, 1)


@pytest.mark.parametrize("way", ["add_or_update", "update", "replace", "pop"])
def test_nobody_comes_between_a_change_and_its_result(way: str) -> None:
    sold: ConcurrentMap[str, int] = ConcurrentMap()
    sold.get_or_add("swift", lambda: 1)
    inside, go_on = threading.Event(), threading.Event()

    def slowly(count: int) -> int:
        inside.set()
        assert go_on.wait(60)
        return count + 1

    others: dict[str, Callable[[], object]] = {
        "add_or_update": lambda: sold.add_or_update("swift", 1, lambda count: count + 1),
        "update": lambda: sold.update("swift", lambda count: count + 1),
        "replace": lambda: sold.replace("swift", 2, 3),
        "pop": lambda: sold.pop("swift"),
    }
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sold.add_or_update, "swift", 1, slowly)
        assert inside.wait(60)
        second = pool.submit(others[way])
        assert not wait([second], SOON).done
        go_on.set()
        assert first.result(60) == 2
        assert second.result(60) == {"add_or_update": 3, "update": 3, "replace": True, "pop": 2}[way]
    assert sold.snapshot() == ({} if way == "pop" else {"swift": 3})


def test_no_update_is_lost() -> None:
    sold: ConcurrentMap[str, int] = ConcurrentMap()

    def sell(_: int) -> None:
        for _ in range(250):
            sold.add_or_update("swift", 1, lambda count: count + 1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sell, range(4)))
    assert sold.get("swift") == 1000
    assert sold.update("swift", lambda count: count - 1) == 999


def test_update_of_a_missing_key_raises() -> None:
    sold: ConcurrentMap[str, int] = ConcurrentMap()
    with pytest.raises(KeyError):
        sold.update("swift", lambda count: count + 1)
    assert sold.snapshot() == {}


def test_replace_compares_first() -> None:
    rates: ConcurrentMap[str, int] = ConcurrentMap()
    assert not rates.replace("swift", 990, 840)
    rates.get_or_add("swift", lambda: 990)
    assert not rates.replace("swift", 610, 840)
    assert rates.replace("swift", 990, 840)
    assert rates.get("swift") == 840


def test_only_one_caller_gets_what_is_popped() -> None:
    parcels: ConcurrentMap[int, str] = ConcurrentMap()
    parcels.get_or_add(1, lambda: "parcel")
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: parcels.pop(1), range(20)))
    assert got.count("parcel") == 1
    assert got.count(None) == 19


def test_a_failure_changes_nothing_and_frees_the_map() -> None:
    rates: ConcurrentMap[str, int] = ConcurrentMap()
    rates.get_or_add("swift", lambda: 990)

    def fail(_: int) -> int:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        rates.add_or_update("swift", 0, fail)
    with pytest.raises(ConnectionError):
        rates.get_or_add("slow", lambda: fail(0))
    assert rates.snapshot() == {"swift": 990}


def test_a_function_that_uses_its_map_is_refused() -> None:
    rates: ConcurrentMap[str, int] = ConcurrentMap()
    with pytest.raises(RuntimeError, match="inside the same map"):
        rates.get_or_add("swift", lambda: rates.get("steady") or 0)
    assert rates.get_or_add("swift", lambda: 990) == 990


def test_a_snapshot_is_a_copy() -> None:
    rates: ConcurrentMap[str, int] = ConcurrentMap()
    rates.get_or_add("swift", lambda: 990)
    seen = rates.snapshot()
    rates.update("swift", lambda _: 840)
    assert seen == {"swift": 990}
