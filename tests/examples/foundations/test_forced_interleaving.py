"""interleave: the same interleaving each time, and what it reports."""

from __future__ import annotations

import sys
import threading

import pytest

from examples.foundations.forced_interleaving import interleave


class Shelf:
    """A counter that several threads change."""

    def __init__(self) -> None:
        """Ten parcels, and a lock for those who want it."""
        self.free = 10
        self.lock = threading.Lock()

    def sell(self) -> None:
        """Broken: read, subtract, write."""
        self.free -= 1

    def sell_locked(self) -> None:
        """Fixed: nobody else in between."""
        with self.lock:
            self.free -= 1


def test_an_update_is_lost_every_time() -> None:
    """Fifty of fifty, in unmodified code."""
    for _ in range(50):
        shelf = Shelf()
        assert interleave(shelf.sell, "STORE_ATTR", shelf.sell)
        assert shelf.free == 9


def test_nothing_is_lost_when_stopped_before_the_read() -> None:
    """The place matters: in front of the read, the other thread does no harm."""
    free = 10

    def sell() -> None:
        nonlocal free
        free -= 1

    assert interleave(sell, "LOAD_DEREF free", sell)
    assert free == 8
    assert interleave(sell, "STORE_DEREF free", sell)
    assert free == 7


def test_a_lock_keeps_the_other_thread_out() -> None:
    """The second thread has not ended when patience has, and nothing is lost."""
    shelf = Shelf()
    assert not interleave(shelf.sell_locked, "STORE_ATTR free", shelf.sell_locked, patience=0.01)
    assert shelf.free == 8


def test_the_argument_tells_two_stores_apart() -> None:
    """An opcode with its argument stops at that one only."""
    shelf = Shelf()
    seen: list[tuple[int, bool]] = []

    def move() -> None:
        shelf.free = 5
        shelf.moved = True  # type: ignore[attr-defined]

    def look() -> None:
        seen.append((shelf.free, hasattr(shelf, "moved")))

    interleave(move, "STORE_ATTR moved", look)
    assert seen == [(5, False)]


def test_an_opcode_that_is_not_there() -> None:
    """The error shows what is there."""
    with pytest.raises(ValueError, match=r"(?s)no DELETE_NAME here:.*STORE_ATTR"):
        interleave(Shelf().sell, "DELETE_NAME", Shelf().sell)


@pytest.mark.parametrize("failing", ["first", "second"])
def test_exceptions_reach_the_caller(failing: str) -> None:
    """Neither thread fails in silence, and none is left waiting."""
    shelf = Shelf()

    def fail() -> None:
        shelf.free = 0
        raise LookupError(failing)

    pair = (fail, shelf.sell) if failing == "first" else (shelf.sell, fail)
    with pytest.raises(LookupError, match=failing):
        interleave(pair[0], "STORE_ATTR", pair[1])


def test_an_opcode_that_is_never_reached() -> None:
    """The second runs after the first, and the caller hears that nothing was forced."""
    log: list[str] = []

    def first() -> None:
        if log:
            log[0] = "never"

    with pytest.raises(RuntimeError, match="STORE_SUBSCR was never reached"):
        interleave(first, "STORE_SUBSCR", lambda: log.append("second"))
    assert log == ["second"]


def test_the_tracer_is_gone_afterwards() -> None:
    """It was set in the first thread only."""
    before = sys.gettrace()
    interleave(Shelf().sell, "STORE_ATTR", Shelf().sell)
    assert sys.gettrace() is before
