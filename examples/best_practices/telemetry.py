"""Telemetry of concurrent code: loop lag, queues, pools, locks and outcomes, for any client library.

Everything measures through :class:`Gauge` and :class:`Histogram`, which the metrics of ``prometheus_client`` satisfy as
they are; :func:`prometheus` makes them.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Literal, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

P = ParamSpec("P")
T = TypeVar("T")


# region protocols
class Gauge(Protocol):
    """A number that goes up and down; safe to use from any thread."""

    def inc(self, amount: float = 1) -> None: ...

    def dec(self, amount: float = 1) -> None: ...

    def set(self, value: float) -> None: ...


class Histogram(Protocol):
    """Counts observations by size; safe to use from any thread."""

    def observe(self, amount: float) -> None: ...


# endregion protocols


# region loop
class LoopSampler:
    """Observes how late its loop wakes it; counts tasks and threads.

    While the loop is blocked, nothing is observed: for that moment
    there is :meth:`silence`, to be read from another thread.
    """

    def __init__(
        self,
        lag: Histogram,
        tasks: Gauge,
        threads: Gauge,
        *,
        interval: float = 0.25,
    ) -> None:
        self.lag, self.tasks, self.threads = lag, tasks, threads
        self.interval = interval
        self._beat = time.monotonic()

    async def run(self) -> None:
        """Sample until cancelled."""
        self._beat = time.monotonic()
        while True:
            due = self._beat + self.interval
            await asyncio.sleep(self.interval)
            self._beat = time.monotonic()
            self.lag.observe(self._beat - due)
            self.tasks.set(len(asyncio.all_tasks()))
            self.threads.set(threading.active_count())

    def silence(self) -> float:
        """Seconds since the last beat; above *interval*: lag, now."""
        return time.monotonic() - self._beat


# endregion loop


# region queue
class AgedQueue(asyncio.Queue[T]):
    """A queue that knows how long its items wait."""

    def __init__(self, maxsize: int, waited: Histogram) -> None:
        self._since: deque[float] = deque()
        self._waited = waited
        super().__init__(maxsize)

    def _put(self, item: T) -> None:
        super()._put(item)
        self._since.append(time.monotonic())

    def _get(self) -> T:
        self._waited.observe(time.monotonic() - self._since.popleft())
        return super()._get()

    def oldest(self) -> float:
        """Age of the next item, 0 if there is none; any thread."""
        try:
            return time.monotonic() - self._since[0]
        except IndexError:  # no "if": it may be taken in between
            return 0.0


# endregion queue


# region pool
class MeasuredPool(Executor):
    """Counts the calls of a thread *pool* that run and that wait for a worker."""

    def __init__(
        self,
        pool: Executor,
        busy: Gauge,
        waiting: Gauge,
    ) -> None:
        self._pool = pool
        self._busy, self._waiting = busy, waiting

    def submit(
        self,
        fn: Callable[P, T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Future[T]:
        """Run ``fn(*args, **kwargs)`` in the pool."""
        started = threading.Event()

        def run() -> T:
            started.set()
            self._waiting.dec()
            self._busy.inc()
            try:
                return fn(*args, **kwargs)
            finally:
                self._busy.dec()

        def ended(_: Future[T]) -> None:
            if not started.is_set():  # cancelled, or the pool broke
                self._waiting.dec()

        self._waiting.inc()
        try:
            call = self._pool.submit(run)
        except BaseException:
            self._waiting.dec()
            raise
        call.add_done_callback(ended)
        return call

    def shutdown(
        self,
        wait: bool = True,
        *,
        cancel_futures: bool = False,
    ) -> None:
        """Shut the pool down."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)


# endregion pool


class PlainLock(Protocol):
    """What a :class:`threading.Lock` and an :class:`threading.RLock` have."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...

    def release(self) -> None: ...


# region locks
class TimedLock:
    """A thread lock that observes each wait, those in vain too."""

    def __init__(
        self,
        waited: Histogram,
        lock: PlainLock | None = None,
    ) -> None:
        self._waited = waited
        self._lock = threading.Lock() if lock is None else lock

    def acquire(
        self,
        blocking: bool = True,
        timeout: float = -1,
    ) -> bool:
        """Take it, as :meth:`threading.Lock.acquire` does."""
        start = time.monotonic()
        try:
            return self._lock.acquire(blocking, timeout)
        finally:
            self._waited.observe(time.monotonic() - start)

    def release(self) -> None:
        """Give it back."""
        self._lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class TimedAsyncLock(asyncio.Lock):
    """The same for tasks; a wait that is cancelled is observed too."""

    def __init__(self, waited: Histogram) -> None:
        super().__init__()
        self._waited = waited

    async def acquire(self) -> Literal[True]:
        """Take it."""
        start = time.monotonic()
        try:
            return await super().acquire()
        finally:
            self._waited.observe(time.monotonic() - start)


# endregion locks


# region outcomes
class Shed(Exception):
    """The service refused a request because it has too many."""


class Outcomes:
    """Time in the system of each request, by how it ended."""

    def __init__(
        self,
        seconds: Callable[[str], Histogram],
        inside: Gauge,
    ) -> None:
        self._seconds, self._inside = seconds, inside

    @contextmanager
    def measure(self, since: float | None = None) -> Iterator[None]:
        """From *since* (a ``time.monotonic``), or now, to the end."""
        start = time.monotonic() if since is None else since
        outcome = "failed"
        self._inside.inc()
        try:
            yield
            outcome = "answered"
        except TimeoutError:
            outcome = "timed_out"
            raise
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        except Shed:
            outcome = "shed"
            raise
        finally:
            self._inside.dec()
            took = time.monotonic() - start
            self._seconds(outcome).observe(took)


# endregion outcomes


# region prometheus
@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics of a service; those with a label are functions of it."""

    lag: Histogram
    tasks: Gauge
    threads: Gauge
    queue_wait: Histogram
    busy: Gauge
    waiting: Gauge
    lock_wait: Callable[[str], Histogram]
    seconds: Callable[[str], Histogram]
    inside: Gauge


def prometheus(registry: CollectorRegistry) -> Metrics:
    """Make the metrics in *registry*."""
    import prometheus_client as client

    short = (0.01, 0.05, 0.25, 1, 5)  # seconds; +Inf is added
    long = (0.1, 0.5, 1, 2, 5, 10, 30)  # has the time limits in it

    def gauge(name: str, text: str) -> client.Gauge:
        return client.Gauge(name, text, registry=registry)

    def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> client.Histogram:
        return client.Histogram(name, text, labels, buckets=buckets, registry=registry)

    return Metrics(
        lag=histogram("loop_lag_seconds", "how late a beat is", short),
        tasks=gauge("tasks", "unfinished tasks of the loop"),
        threads=gauge("threads", "threads that Python knows"),
        queue_wait=histogram("queue_wait_seconds", "from put to get", long),
        busy=gauge("pool_busy", "calls that run"),
        waiting=gauge("pool_waiting", "calls without a worker"),
        lock_wait=histogram("lock_wait_seconds", "wait for a lock", short, "lock").labels,
        seconds=histogram("request_seconds", "time in the system", long, "outcome").labels,
        inside=gauge("requests_inside", "requests under way"),
    )


def age_gauge(name: str, age: Callable[[], float], registry: CollectorRegistry) -> None:
    """A gauge that calls *age* when it is read, in the thread that reads."""
    import prometheus_client as client

    client.Gauge(name, "seconds", registry=registry).set_function(age)


# endregion prometheus
