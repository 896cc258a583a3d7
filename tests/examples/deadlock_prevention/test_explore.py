"""explore: every order is run, deadlocks and lost updates are found, and correct programs pass in all orders."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from examples.deadlock_prevention.explore import Jobs, Lock, World, explore, following

Program = Callable[[World], tuple[Jobs, Callable[[], None]]]


def two_locks(in_order: bool) -> Program:
    def program(world: World) -> tuple[Jobs, Callable[[], None]]:
        north, south = world.lock("north"), world.lock("south")

        def there() -> None:
            with north, south:
                pass

        def back() -> None:
            first, second = (north, south) if in_order else (south, north)
            with first, second:
                pass

        return {"there": there, "back": back}, lambda: None

    return program


def counter(locked: bool) -> Program:
    def program(world: World) -> tuple[Jobs, Callable[[], None]]:
        sold, lock = [0], world.lock("sold")

        def sell() -> None:
            if locked:
                with lock:
                    read_and_write()
            else:
                read_and_write()

        def read_and_write() -> None:
            read = sold[0]
            world.step("writes")
            sold[0] = read + 1

        def check() -> None:
            assert sold[0] == 2, f"sold {sold[0]}"

        return {"north": sell, "south": sell}, check

    return program


def test_opposite_order_deadlocks_in_some_orders_only() -> None:
    runs = list(explore(two_locks(in_order=False)))
    hung = [run for run in runs if run.deadlocked]
    assert 0 < len(hung) < len(runs)
    for run in hung:
        assert sorted(run.steps) == ["back takes south", "there takes north"]
        assert run.errors == []


def test_one_order_never_deadlocks() -> None:
    runs = list(explore(two_locks(in_order=True)))
    assert len(runs) > 1
    assert not any(run.deadlocked or run.errors for run in runs)


def test_a_lost_update_is_found_and_a_lock_prevents_it() -> None:
    lost = [run for run in explore(counter(locked=False)) if run.errors]
    assert {str(run.errors[0]).partition("\n")[0] for run in lost} == {"sold 1"}
    assert [run for run in explore(counter(locked=True)) if run.errors or run.deadlocked] == []


def test_every_order_is_run() -> None:
    def program(world: World) -> tuple[Jobs, Callable[[], None]]:
        order: list[str] = []

        def job(name: str) -> Callable[[], None]:
            def work() -> None:
                for number in range(2):
                    world.step(f"does {number}")

            return work

        return {name: job(name) for name in ("a", "b")}, lambda: order.clear()

    orders = [tuple(run.steps) for run in explore(program)]
    assert len(set(orders)) == 6  # two steps of each: 4 over 2


def test_an_error_of_a_job_is_kept_and_the_others_end() -> None:
    def program(world: World) -> tuple[Jobs, Callable[[], None]]:
        lock = world.lock("rates")

        def fail() -> None:
            with lock:
                raise ConnectionError("swift")

        def work() -> None:
            with lock:
                pass

        return {"fail": fail, "work": work}, lambda: None

    runs = list(explore(program))
    assert all([repr(error) for error in run.errors] == ["ConnectionError('swift')"] for run in runs)
    assert not any(run.deadlocked for run in runs)


@pytest.mark.parametrize("error", [AssertionError("lost"), KeyError("swift")])
def test_a_check_may_raise_any_exception(error: Exception) -> None:
    def check() -> None:
        raise error

    (run,) = explore(lambda world: ({"sell": lambda: None}, check))
    assert run.errors == [error]


def test_a_ring_of_three_is_found_among_all_orders() -> None:
    def program(world: World) -> tuple[Jobs, Callable[[], None]]:
        locks = [world.lock(name) for name in ("north", "south", "west")]

        def job(number: int) -> Callable[[], None]:
            def move() -> None:
                with locks[number], locks[(number + 1) % 3]:
                    pass

            return move

        return {lock.name: job(number) for number, lock in enumerate(locks)}, lambda: None

    runs = list(explore(program))
    hung = [run for run in runs if run.deadlocked]
    assert 0 < len(hung) < len(runs)
    assert {tuple(sorted(run.steps)) for run in hung} == {("north takes north", "south takes south", "west takes west")}
    assert len({tuple(run.steps) for run in runs if not run.deadlocked}) > 6


def test_three_jobs_of_one_step_have_ninety_orders() -> None:
    def program(world: World) -> tuple[Jobs, Callable[[], None]]:
        return {name: lambda: world.step("writes") for name in "abc"}, lambda: None

    runs = list(explore(program))
    assert len(runs) == 90  # six turns, two of each: 6! / 2! ** 3
    assert all(len(run.steps) == 3 for run in runs)


def test_a_job_that_cleans_up_under_a_lock_can_be_abandoned() -> None:
    def program(world: World) -> tuple[Jobs, Callable[[], None]]:
        north, south = world.lock("north"), world.lock("south")

        def move(first: Lock, second: Lock) -> None:
            try:
                with first, second:
                    pass
            finally:
                with first:
                    pass

        return {"there": lambda: move(north, south), "back": lambda: move(south, north)}, lambda: None

    before = threading.active_count()
    runs = list(explore(program))
    assert any(run.deadlocked for run in runs)
    assert not any(run.errors for run in runs)
    assert threading.active_count() == before


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    assert any(run.deadlocked for run in explore(two_locks(in_order=False)))
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("choices", "schedule"),
    [([], None), ([(0, 1)], None), ([(0, 2), (0, 1)], [1]), ([(1, 2), (0, 3)], [1, 1]), ([(1, 2), (2, 3)], None)],
)
def test_schedules_follow_each_other_depth_first(choices: list[tuple[int, int]], schedule: list[int] | None) -> None:
    assert following(choices) == schedule
