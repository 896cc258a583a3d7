"""everywhere: finds each lost update, waits for no lock that is held, and tells a hang."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from examples.operations import interleave
from examples.operations.interleave import Calls, Case, Lock, everywhere


class Counter:
    def __init__(self, lock: Lock) -> None:
        self.lock, self.sold = lock, 0

    def plain(self) -> None:
        self.sold += 1

    def locked(self) -> None:
        with self.lock:
            self.sold += 1

    def twice(self) -> None:
        with self.lock:
            seen = self.sold
        with self.lock:
            self.sold = seen + 1


def cases(name: str) -> list[Case]:
    def program(new_lock: Callable[[], Lock]) -> Calls:
        counter = Counter(new_lock())

        def check() -> None:
            assert counter.sold == 2, f"{counter.sold} sold"

        call = getattr(counter, name)
        return call, call, check

    return list(everywhere(program))


@pytest.mark.parametrize("name", ["plain", "twice"])
def test_a_lost_update_is_found(name: str) -> None:
    found = {problem.splitlines()[0] for case in cases(name) for problem in case.problems}
    assert found == {"1 sold"}


def test_a_lock_holds_and_makes_the_second_call_wait() -> None:
    found = cases("locked")
    assert not any(case.problems for case in found)
    assert {case.overtaken for case in found} == {True, False}


def test_an_exception_of_either_call_is_a_problem() -> None:
    def program(new_lock: Callable[[], Lock]) -> Calls:
        def first() -> None:
            pass

        def second() -> None:
            raise ValueError("second")

        return first, second, lambda: None

    assert {tuple(case.problems) for case in everywhere(program)} == {("second",)}


def test_two_locks_in_opposite_order_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interleave, "NET", 0.05)

    def program(new_lock: Callable[[], Lock]) -> Calls:
        north, south = new_lock(), new_lock()

        def first() -> None:
            with north, south:
                pass

        def second() -> None:
            with south, north:
                pass

        return first, second, lambda: None

    found = {problem for case in everywhere(program) for problem in case.problems}
    assert found == {"a lock that nobody gives back"}
