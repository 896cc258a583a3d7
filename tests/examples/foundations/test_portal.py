"""portal: results, exceptions and cancellation cross the thread; stopping leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Iterator

import pytest

from examples.foundations.portal import Portal

BOUND = 30.0  # seconds; every wait ends far sooner, or the test fails


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


async def price(cents: int) -> int:
    await asyncio.sleep(0)
    return cents


async def refuse() -> None:
    raise ConnectionError("refused")


class Gate:
    """A call that waits in the loop until it is let go or cancelled."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.outcome = ""
        self.ended = threading.Event()

    async def wait(self) -> str:
        self.go = asyncio.Event()
        self.entered.set()
        try:
            await self.go.wait()
            self.outcome = "went"
        except asyncio.CancelledError:
            self.outcome = "cancelled"
            raise
        finally:
            self.ended.set()
        return self.outcome


def test_results_and_exceptions_come_back() -> None:
    """By call() at once, by submit() in a future."""
    with Portal() as portal:
        assert portal.call(price, 840) == 840
        assert portal.submit(price, 990).result(BOUND) == 990
        with pytest.raises(ConnectionError, match="refused"):
            portal.call(refuse)


def test_all_calls_run_on_one_loop_in_one_other_thread() -> None:
    """Locks and connections of one call are good for the next."""

    async def where() -> tuple[int, int]:
        return id(asyncio.get_running_loop()), threading.get_ident()

    with Portal() as portal:
        first, second = portal.call(where), portal.call(where)
    assert first == second
    assert first[1] != threading.get_ident()


def test_the_context_of_the_submitter_is_copied() -> None:
    """Context variables are seen in the loop's thread."""
    order = contextvars.ContextVar[str]("order")

    async def get() -> str:
        return order.get()

    order.set("A-17")
    with Portal() as portal:
        assert portal.call(get) == "A-17"


def test_a_timeout_cancels_the_call() -> None:
    """The caller gets TimeoutError, the coroutine CancelledError."""
    gate = Gate()
    with Portal() as portal:
        with pytest.raises(TimeoutError):
            portal.call(gate.wait, timeout=0.01)
        if gate.entered.is_set():
            assert gate.ended.wait(BOUND)
    assert gate.outcome in ("cancelled", "")  # "": before its first step


def test_cancelling_a_future_cancels_its_task() -> None:
    """As for run_coroutine_threadsafe."""
    gate = Gate()
    with Portal() as portal:
        future = portal.submit(gate.wait)
        assert gate.entered.wait(BOUND)
        assert future.cancel()
        assert gate.ended.wait(BOUND)
    assert gate.outcome == "cancelled"


def test_leaving_the_block_waits_for_what_was_submitted() -> None:
    """And for the tasks that those calls started."""
    done: list[str] = []

    async def later() -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        done.append("later")

    async def start() -> None:
        done.append("start")
        tasks.append(asyncio.create_task(later()))

    tasks: list[asyncio.Task[None]] = []
    with Portal() as portal:
        portal.submit(start)
    assert done == ["start", "later"]


def test_an_exception_in_the_block_cancels_the_rest() -> None:
    """Nobody will ask for the results any more."""
    gate = Gate()

    def shop() -> None:
        with Portal() as portal:
            portal.submit(gate.wait)
            assert gate.entered.wait(BOUND)
            raise KeyError

    with pytest.raises(KeyError):
        shop()
    assert gate.outcome == "cancelled"


def test_it_is_open_only_inside_the_block() -> None:
    """A refused submit leaves no coroutine behind (warnings are errors here)."""
    portal = Portal()
    with pytest.raises(RuntimeError, match="not open"):
        portal.submit(price, 840)
    with portal:
        portal.stop()
        with pytest.raises(RuntimeError, match="not open"):
            portal.submit(price, 840)
        portal.stop()  # does nothing


def test_a_second_stop_can_cancel_what_the_first_waits_for() -> None:
    """stop() waits in one thread; stop(cancel=True) in another ends the wait."""
    gate = Gate()
    with Portal() as portal:
        portal.submit(gate.wait)
        assert gate.entered.wait(BOUND)
        patient = threading.Thread(target=portal.stop)
        patient.start()
        portal.stop(cancel=True)
        patient.join(BOUND)
        assert not patient.is_alive()
    assert gate.outcome == "cancelled"


def test_call_from_its_own_thread_raises() -> None:
    """Instead of waiting for ever."""
    with Portal() as portal:

        async def deadlock() -> int:
            return portal.call(price, 840)

        with pytest.raises(RuntimeError, match="would wait for itself"):
            portal.call(deadlock)


def test_many_threads_submit_at_once() -> None:
    """Every result goes to its own caller."""
    results: dict[int, int] = {}

    with Portal() as portal:
        barrier = threading.Barrier(8)

        def shop(cents: int) -> None:
            barrier.wait(BOUND)
            results[cents] = portal.call(price, cents)

        threads = [threading.Thread(target=shop, args=(cents,)) for cents in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(BOUND)
    assert results == {cents: cents for cents in range(8)}


def test_a_loop_that_does_not_start_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of the thread is raised where the block is entered."""

    def fail() -> None:
        raise OSError("too many open files")

    monkeypatch.setattr(asyncio.events, "new_event_loop", fail)
    with pytest.raises(OSError, match="too many open files"), Portal():
        pytest.fail("the block ran")
