"""An event loop in a thread of its own, for code that is not async."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Self, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Async = Callable[[*Ts], Coroutine[Any, Any, T]]


# region submit
class Portal:
    """One loop in one thread; any other thread may use it."""

    def submit(self, func: Async[*Ts, T], *args: *Ts) -> Future[T]:
        """Start ``func(*args)`` in the loop; return at once."""
        with self._lock:
            if not self._open:
                raise RuntimeError("the portal is not open")
            call, loop = func(*args), self._loop
            return asyncio.run_coroutine_threadsafe(call, loop)

    def call(
        self,
        func: Async[*Ts, T],
        *args: *Ts,
        timeout: float | None = None,
    ) -> T:
        """Return its result; cancel it when the wait ends early."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("would wait for itself: use await")
        future = self.submit(func, *args)
        try:
            return future.result(timeout)
        finally:
            future.cancel()  # does nothing to one that is done

    # endregion submit

    # region stop
    def __init__(self) -> None:
        self._lock = threading.Lock()  # no submit() behind stop()
        self._open = False
        self._ready = Future[asyncio.AbstractEventLoop]()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        self._loop = self._ready.result()
        self._open = True
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        self.stop(cancel=kind is not None)

    def stop(self, cancel: bool = False) -> None:
        """Accept no more, wait for the rest, end the thread."""
        with self._lock:
            self._open = False
            with contextlib.suppress(RuntimeError):  # has stopped
                self._loop.call_soon_threadsafe(self._end, cancel)
        self._thread.join()

    def _end(self, cancel: bool) -> None:
        self._stopping.set()
        if cancel:
            for task in asyncio.all_tasks() - {self._main_task}:
                task.cancel()

    async def _main(self) -> None:
        self._stopping = asyncio.Event()
        self._main_task = asyncio.current_task()
        self._ready.set_result(asyncio.get_running_loop())
        await self._stopping.wait()
        while rest := asyncio.all_tasks() - {self._main_task}:
            await asyncio.wait(rest)

    def _serve(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._main())
        except Exception as error:
            self._ready.set_exception(error)  # did not start

    # endregion stop
