"""Whoever shares what, the counts are the same; how long they take is not tested."""

from __future__ import annotations

import json
import platform
import sys
import threading
from collections import Counter

import pytest

from examples.thread_safe_collections import sharing_costs
from examples.thread_safe_collections.sharing_costs import COUNTING, Owner, OwnThenMerge, Striped, count

ORDERS = ["swift", "steady", "swift", "slow"] * 25


@pytest.mark.parametrize("way", COUNTING)
@pytest.mark.parametrize("threads", [1, 4])
def test_no_order_is_lost(way: str, threads: int) -> None:
    total, seconds = count(COUNTING[way](), [ORDERS] * threads)
    assert total == Counter(ORDERS * threads)
    assert seconds > 0


@pytest.mark.parametrize("way", COUNTING)
def test_a_way_leaves_no_thread_behind(way: str) -> None:
    before = threading.enumerate()
    count(COUNTING[way](), [ORDERS, []])
    assert threading.enumerate() == before


def test_an_error_in_a_thread_is_raised() -> None:
    class Fails(OwnThenMerge):
        def work(self, carriers: object) -> None:
            raise ConnectionError("swift is down")

    with pytest.raises(ConnectionError, match="swift is down"):
        count(Fails(), [ORDERS, ORDERS])


def test_stripes_keep_a_key_in_one_part() -> None:
    way = Striped(4)
    count(way, [ORDERS] * 4)
    assert sum("swift" in counts for _, counts in way.parts) == 1
    assert sum(len(counts) for _, counts in way.parts) == 3


def test_an_owner_gets_batches_and_the_rest() -> None:
    way = Owner(batch=30)
    way.work(ORDERS)
    assert way.total() == Counter(ORDERS)


def test_reading_takes_time_whoever_reads() -> None:
    assert sharing_costs.reading(2, 10, shared=True) > 0
    assert sharing_costs.reading(2, 10, shared=False) > 0


def test_a_run_is_as_long_as_asked_for_and_ends_early_when_it_is_slow() -> None:
    fast, slow = list[int](), list[int]()

    def fast_run(rounds: int) -> float:
        fast.append(rounds)
        return rounds * 1e-5  # 10 microseconds for each

    def slow_run(rounds: int) -> float:
        slow.append(rounds)
        return 60.0

    assert sharing_costs.per_operation(fast_run, 2, 0.05) == pytest.approx(5000)
    assert fast == [200, 5000] + [5000] * sharing_costs.REPEATS
    sharing_costs.per_operation(slow_run, 1, 0.05)
    assert slow == [200, 200, 200]


def test_json_has_each_way(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sharing_costs, "THREADS", (1, 2))
    monkeypatch.setattr(sharing_costs, "MOST", 200)
    monkeypatch.setattr(sys, "argv", ["sharing_costs", "--aim", "0.0001", "--json"])
    sharing_costs.main()
    found = json.loads(capsys.readouterr().out)
    assert found["version"] == platform.python_version()
    assert list(found["counting"]) == list(COUNTING)
    assert [list(times) for times in found["reading"].values()] == [["1", "2"], ["1", "2"]]
    assert all(ns > 0 for ns in found["single"].values())


def test_text_has_a_line_for_each(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = {"single": {"lock": 40.0}, "counting": {"one lock": {"1": 225.0}}, "reading": {"shared": {"1": 60.0}}}
    monkeypatch.setattr(sharing_costs, "measure", lambda aim: found)
    monkeypatch.setattr(sys, "argv", ["sharing_costs"])
    sharing_costs.main()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["lock", "40", "ns"], ["one", "lock", "1:", "225", "ns"], ["shared", "1:", "60", "ns"]]
