"""What ``/metrics`` says of one application: a number for each place at which it can wait, and for how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from collections import Counter as Tally
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from examples.best_practices.telemetry import MeasuredPool
from examples.quotes.client import NoConnection
from examples.quotes.parts import Settings

SHORT = (0.01, 0.05, 0.25, 1.0, 5.0)
"""Buckets of what is near 0 when all is well."""

REQUEST = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Buckets of a request; the deadline is one of them, so that a share "in time" can be read."""

LEFT = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Buckets of what is left of a deadline; the first holds those that ran out."""


def outcome(status: int) -> str:
    """What an answer with this *status* is to its client; a few words, so that few series come of it."""
    if status < 400:
        return "answered"
    if status in (429, 503):
        return "refused"
    return "rejected" if status < 500 else "failed"


# region line
class Line:
    """Who waits to be let in and who is at work; how long the first in line has waited."""

    def __init__(self) -> None:
        self._since: dict[object, float] = {}  # in the order of arrival
        self.working = 0

    @contextlib.asynccontextmanager
    async def through(self, admission: AbstractAsyncContextManager[None]) -> AsyncIterator[None]:
        """Be let in by *admission*, counted on the way."""
        async with contextlib.AsyncExitStack() as stack:
            me = object()
            self._since[me] = time.monotonic()
            try:
                await stack.enter_async_context(admission)
            finally:
                del self._since[me]
            self.working += 1
            try:
                yield
            finally:
                self.working -= 1

    def __len__(self) -> int:
        return len(self._since)

    def oldest(self) -> float:
        """Seconds that the first in line has waited; 0 if there is none."""
        first = next(iter(self._since.values()), None)
        return 0.0 if first is None else time.monotonic() - first


# endregion line


# region alive
class Alive(Collector):
    """Tasks by coroutine and threads by pool, counted when they are read, in the loop that serves.

    Never by their own names: ``Task-4711`` would be a series for each task.
    """

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The families without samples: a registry asks when there is no loop yet."""
        yield GaugeMetricFamily("tasks", "unfinished, by coroutine", labels=["kind"])
        yield GaugeMetricFamily("threads", "alive, by pool", labels=["kind"])

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Both families, now."""
        tasks, threads = self.describe()
        coroutines = Tally(_coroutine(task) for task in asyncio.all_tasks())
        pools = Tally(re.sub(r"[-_]\d.*", "", thread.name) for thread in threading.enumerate())
        for family, counts in ((tasks, coroutines), (threads, pools)):
            for kind, count in counts.items():
                family.add_metric([kind], count)
            yield family


def _coroutine(task: asyncio.Task[object]) -> str:
    return str(getattr(task.get_coro(), "__qualname__", "unknown"))


# endregion alive


# region metrics
class Metrics:
    """The metrics of one application, in a registry of its own."""

    def __init__(self, settings: Settings) -> None:
        self.registry = CollectorRegistry()
        self.line = Line()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=self.registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, registry=self.registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(name, text, labels, buckets=buckets, registry=self.registry)

        self.requests = counter("requests", "answered", "route", "status")
        self.seconds = histogram("request_seconds", "from arrival to answer", REQUEST, "route", "outcome")
        self.inside = gauge("requests_inside", "under way")
        gauge("requests_working", "let in").set_function(lambda: self.line.working)
        gauge("requests_waiting", "in line to be let in").set_function(lambda: len(self.line))
        gauge("requests_waiting_oldest_seconds", "of the first in line").set_function(self.line.oldest)
        self.left = histogram("deadline_left_seconds", "when the carriers are through", LEFT)
        self.lag = gauge("loop_lag_worst_seconds", "the latest that a timer ran")
        self.lags = histogram("loop_lag_seconds", "how late a timer ran", SHORT)
        self.carrier_calls = counter("carrier_calls", "ended", "carrier", "outcome")
        self.carrier_inside = gauge("carrier_calls_inside", "under way, or waiting for a connection")
        self.busy = gauge("executor_busy", "calls that run", "pool")
        self.queued = gauge("executor_waiting", "calls without a thread", "pool")
        self.accepted = counter("orders_accepted", "new ones, on disk")
        self.tries = counter("booking_tries", "ended", "outcome")
        self.pending = gauge("orders_pending", "accepted and not booked")
        self.oldest = gauge("orders_oldest_seconds", "age of the oldest that is not booked")
        self.draining = gauge("draining", "1 once the end has begun")
        limit = gauge("limit", "what the numbers above are held to", "of")
        for name in ("at_once", "waiting", "connections", "backlog", "deadline"):
            limit.labels(name).set(getattr(settings, name))
        self.registry.register(Alive())
        ProcessCollector(registry=self.registry)  # process_open_fds, on Linux

    # endregion metrics

    @contextlib.contextmanager
    def carrier_call(self, carrier: str) -> Iterator[None]:
        """Count a call of *carrier* by its end; ``cut_off`` is the deadline's doing, or a client's that left."""
        ended = "failed"
        try:
            with self.carrier_inside.track_inprogress():
                yield
            ended = "answered"
        except asyncio.CancelledError:
            ended = "cut_off"
            raise
        except NoConnection:
            ended = "no_connection"
            raise
        finally:
            self.carrier_calls.labels(carrier, ended).inc()

    def measured(self, name: str, pool: ThreadPoolExecutor) -> MeasuredPool:
        """The *pool*, counting its calls that run and those that wait."""
        return MeasuredPool(pool, self.busy.labels(name), self.queued.labels(name))

    def tried(self, ended: str) -> None:
        """Count a try to book an order."""
        self.tries.labels(ended).inc()

    async def watch(self, every: float = 0.01) -> None:
        """Watch the loop: all others wait as long as a timer is late."""
        worst = 0.0
        while True:
            due = time.monotonic() + every
            await asyncio.sleep(every)
            late = time.monotonic() - due
            worst = max(worst, late)
            self.lag.set(worst)
            self.lags.observe(late)
