"""crash_recovery: no item is lost with its worker, and the one that kills is found."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

import pytest

from examples.parallel_execution_patterns import crash_recovery
from examples.parallel_execution_patterns.crash_recovery import TooManyDeaths, WorkerDied, map_surviving
from examples.parallel_execution_patterns.map_reduce import Done, Failed, Outcome


class Death(BaseException):
    """What a job raises to break a `Fragile` pool."""


class Fragile(Executor):
    """Calls run in the order of their hand-out, when the pool is full; one that dies breaks all that are left."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.waiting: list[tuple[Callable[[], Any], Future[Any]]] = []
        self.broken = False

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.broken:
            raise BrokenExecutor("not usable anymore")
        future: Future[Any] = Future()
        self.waiting.append((lambda: fn(*args, **kwargs), future))
        if len(self.waiting) == self.workers:
            self.run()
        return future

    def run(self) -> None:
        while self.waiting:
            call, future = self.waiting.pop(0)
            if self.broken:
                future.set_exception(BrokenExecutor("terminated abruptly"))
                continue
            try:
                future.set_result(call())
            except Exception as error:
                future.set_exception(error)
            except Death:
                self.broken = True
                future.set_exception(BrokenExecutor("terminated abruptly"))


class Pools:
    """Makes pools, and remembers their sizes."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, workers: int) -> Fragile:
        self.sizes.append(workers)
        return Fragile(workers)


def by_item(outcomes: Iterator[Outcome[int, str]]) -> dict[int, str]:
    """What became of each item, as a word."""
    found: dict[int, str] = {}
    for outcome in outcomes:
        assert outcome.item not in found
        match outcome:
            case Done(item, text):
                found[item] = text
            case Failed(item, error):
                found[item] = type(error).__name__
    return found


def deadly(*poison: int) -> tuple[Callable[[int], str], list[int]]:
    """A job that some items kill, and the items it ran with."""
    ran: list[int] = []

    def job(item: int) -> str:
        ran.append(item)
        if item in poison:
            raise Death
        if item < 0:
            raise ValueError(item)
        return "done"

    return job, ran


def test_without_a_death_each_item_runs_once() -> None:
    job, ran = deadly()
    pools = Pools()
    assert by_item(map_surviving(pools, job, [1, 2, -3, 4], workers=2)) == {
        1: "done",
        2: "done",
        -3: "ValueError",
        4: "done",
    }
    assert ran == [1, 2, -3, 4]
    assert pools.sizes == [2]


def test_suspects_run_alone_and_only_the_poison_fails() -> None:
    job, ran = deadly(3)
    pools = Pools()
    found = by_item(map_surviving(pools, job, range(1, 7), workers=2))
    assert found == {1: "done", 2: "done", 3: "WorkerDied", 4: "done", 5: "done", 6: "done"}
    assert ran.count(3) == 2
    assert pools.sizes == [2, 1, 1, 2], "one pool for all, one for each suspect, and a new one for the rest"


def test_an_innocent_suspect_may_fail_in_its_own_way() -> None:
    job, _ = deadly(1)
    assert by_item(map_surviving(Pools(), job, [1, -2], workers=2)) == {1: "WorkerDied", -2: "ValueError"}


def test_the_death_is_the_cause_of_the_failure() -> None:
    job, _ = deadly(1)
    (outcome,) = map_surviving(Pools(), job, [1], workers=1)
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, WorkerDied)
    assert isinstance(outcome.error.__cause__, BrokenExecutor)


def test_what_broke_between_two_calls_loses_no_item() -> None:
    class BreaksLater(Pools):
        def __call__(self, workers: int) -> Fragile:
            pool = super().__call__(workers)
            pool.broken = len(self.sizes) == 1  # the first one broke while it was idle
            return pool

    job, _ = deadly()
    assert by_item(map_surviving(BreaksLater(), job, [1, 2, 3], workers=1)) == {1: "done", 2: "done", 3: "done"}


def test_too_many_deaths_end_it() -> None:
    job, ran = deadly(*range(100))
    outcomes = map_surviving(Pools(), job, range(100), workers=1, most_deaths=3)
    got: list[Outcome[int, str]] = []
    with pytest.raises(TooManyDeaths, match="4 items"):
        got.extend(outcomes)
    assert len(got) == 3
    assert ran == [0, 0, 1, 1, 2, 2, 3, 3]


def test_an_endless_input_is_taken_as_far_as_the_workers_reach() -> None:
    job, _ = deadly()
    items = itertools.count(1)
    outcomes = map_surviving(Pools(), job, items, workers=4)
    next(outcomes)
    outcomes.close()
    assert next(items) == 5


def test_the_program_survives_a_killed_process(capsys: pytest.CaptureFixture[str]) -> None:
    crash_recovery.main()
    assert capsys.readouterr().out.splitlines() == [
        "500 -> 500 g",
        "2500 -> 2500 g",
        "99000 -> WorkerDied('99000 killed its worker')",
        "-1 -> ValueError(-1)",
        "900 -> 900 g",
        "1200 -> 1200 g",
    ]
