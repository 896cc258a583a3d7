"""A task group for pools: calls that stand or fall together, and none left behind."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


# region group
class PoolGroup:
    """Calls on a pool that stand or fall together.

    The block submits, and does no work: leaving it waits for all
    calls.  Then the first failure, or an error in the block, cancels
    what has not started and calls *stop*, which asks what runs to end.
    """

    def __init__(
        self,
        pool: Executor,
        stop: Callable[[], object] = lambda: None,
    ) -> None:
        self._pool, self._stop = pool, stop
        self._open: set[Future[Any]] = set()
        self._ended: SimpleQueue[Future[Any]] = SimpleQueue()
        self._errors: list[BaseException] = []

    def submit(
        self,
        job: Callable[P, T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Future[T]:
        call = self._pool.submit(job, *args, **kwargs)
        self._open.add(call)
        call.add_done_callback(self._ended.put)
        return call

    def __enter__(self) -> PoolGroup:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is not None:
                self._fail(error)
            self._wait()
        except BaseException as interrupt:  # Ctrl-C while waiting
            self._fail(interrupt)
            self._wait()
            raise
        if error is not None and not isinstance(error, Exception):
            return  # Ctrl-C in the block goes on as it is
        if self._errors:
            message = "calls of a pool failed"
            raise BaseExceptionGroup(message, self._errors) from None

    def _wait(self) -> None:
        while self._open:
            call = self._ended.get()
            self._open.discard(call)
            if not call.cancelled() and (error := call.exception()):
                self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._errors.append(error)
        if len(self._errors) == 1:
            for call in self._open:
                call.cancel()
            self._stop()


# endregion group
