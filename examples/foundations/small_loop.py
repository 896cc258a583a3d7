"""An event loop small enough to read: what ``await`` waits for, who resumes it, and when.

Its names are asyncio's, so that the same program runs on both.
Left out: cancellation, context variables, and calls from other threads.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar, cast

Callback = Callable[[], object]
T = TypeVar("T")
Coro = Coroutine[Any, None, T]


# region loop
class Loop:
    def __init__(self) -> None:
        self.ready: deque[Callback] = deque()
        self.timers: list[tuple[float, int, Callback]] = []
        self.tie = itertools.count()  # same time: first come

    def call_soon(self, callback: Callback) -> None:
        self.ready.append(callback)

    def call_later(self, delay: float, callback: Callback) -> None:
        timer = time.monotonic() + delay, next(self.tie), callback
        heapq.heappush(self.timers, timer)

    def run_once(self) -> None:
        """One turn: wait, collect what is due, run all of it."""
        if self.ready:
            self.wait(0)
        elif self.timers:
            self.wait(max(0, self.timers[0][0] - time.monotonic()))
        else:
            self.wait(None)
        while self.timers and self.timers[0][0] <= time.monotonic():
            self.ready.append(heapq.heappop(self.timers)[2])
        for _ in range(len(self.ready)):  # not what these add
            self.ready.popleft()()

    def wait(self, timeout: float | None) -> None:
        if timeout is None:
            raise RuntimeError("nothing is left that could wake us")
        time.sleep(timeout)


running = Loop()  # run() sets it
# endregion loop


# region future
class Future(Generic[T]):
    def __init__(self) -> None:
        self.is_done = False
        self.value: T | None = None
        self.error: BaseException | None = None
        self.callbacks: list[Callback] = []

    def set_result(self, value: T) -> None:
        self.value = value
        self._finish()

    def set_exception(self, error: BaseException) -> None:
        self.error = error
        self._finish()

    def _finish(self) -> None:
        self.is_done = True
        for callback in self.callbacks:
            running.call_soon(callback)

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return cast(T, self.value)

    def __await__(self) -> Generator[Future[T], None, T]:
        if not self.is_done:
            yield self  # to whoever calls send()
        return self.result()


# endregion future


# region task
class Task(Future[T]):
    def __init__(self, coro: Coro[T]) -> None:
        super().__init__()
        self.coro = coro
        running.call_soon(self.step)

    def step(self, error: Exception | None = None) -> None:
        """Run the coroutine to the next yield below it."""
        try:
            waits_for = self._resume(error)
        except StopIteration as stop:
            self.set_result(stop.value)
        except Exception as failure:
            self.set_exception(failure)
        else:
            if isinstance(waits_for, Future):
                waits_for.callbacks.append(self.step)
            else:
                bad = RuntimeError(f"got bad yield: {waits_for!r}")
                running.call_soon(lambda: self.step(bad))

    def _resume(self, error: Exception | None) -> object:
        if error is None:
            return self.coro.send(None)
        return self.coro.throw(error)


# endregion task


# region run
async def sleep(delay: float) -> None:
    future = Future[None]()
    running.call_later(delay, lambda: future.set_result(None))
    await future


def create_task(coro: Coro[T]) -> Task[T]:
    return Task(coro)


def run(coro: Coro[T], loop: Loop | None = None) -> T:
    global running
    running = loop or Loop()
    main = Task(coro)
    while not main.is_done:
        running.run_once()
    return main.result()


# endregion run
