"""``CopyOnWriteMap``: a snapshot never changes, a change is seen whole, and a failed one is not seen at all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from examples.thread_safe_collections.copy_on_write import CopyOnWriteMap

SOON = 0.05


def test_a_reader_keeps_its_snapshot() -> None:
    rates = CopyOnWriteMap({"swift": 990})
    before = rates.current
    rates.change(lambda draft: draft.update(steady=840))
    assert dict(before) == {"swift": 990}
    assert dict(rates.current) == {"swift": 990, "steady": 840}


def test_a_change_is_invisible_until_it_is_complete() -> None:
    rates = CopyOnWriteMap({"swift": 990, "steady": 840})
    seen: list[int] = []

    def edit(draft: dict[str, int]) -> None:
        for carrier in draft:
            draft[carrier] += 100
            seen.append(sum(rates.current.values()))

    rates.change(edit)
    assert seen == [1830, 1830]
    assert sum(rates.current.values()) == 2030


def test_a_failed_change_publishes_nothing_and_the_next_one_works() -> None:
    rates = CopyOnWriteMap({"swift": 990})

    def fail(draft: dict[str, int]) -> None:
        draft.clear()
        raise ConnectionError

    with pytest.raises(ConnectionError):
        rates.change(fail)
    assert dict(rates.current) == {"swift": 990}
    rates.change(lambda draft: draft.pop("swift"))
    assert dict(rates.current) == {}


def test_a_second_writer_waits_and_loses_nothing_of_the_first() -> None:
    counts = CopyOnWriteMap({"swift": 0})
    inside, go_on = threading.Event(), threading.Event()

    def slowly(draft: dict[str, int]) -> None:
        inside.set()
        assert go_on.wait(60)
        draft["swift"] += 1

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(counts.change, slowly)
        assert inside.wait(60)
        second = pool.submit(counts.change, lambda draft: draft.update(swift=draft["swift"] + 1))
        assert not wait([second], SOON).done
        assert counts.current["swift"] == 0  # readers do not wait
        go_on.set()
        first.result(60)
        second.result(60)
    assert counts.current["swift"] == 2


def test_readers_cannot_write() -> None:
    rates = CopyOnWriteMap({"swift": 990})
    with pytest.raises(TypeError):
        rates.current["swift"] = 1  # type: ignore[index]


def test_the_values_it_was_made_from_are_copied() -> None:
    values = {"swift": 990}
    rates = CopyOnWriteMap(values)
    values["swift"] = 1
    assert rates.current["swift"] == 990
