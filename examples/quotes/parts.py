"""The parts of the service that a bounded change replaces, each with its production-safe default."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from examples.quotes import CarrierError, Parcel, Quote
from examples.quotes.client import CarrierClient
from examples.quotes.deadline import Deadline
from examples.quotes.inputs import Refusal
from examples.quotes.labels import render
from examples.quotes.store import OrderStore

log = logging.getLogger(__name__)


# region settings
@dataclass(frozen=True, slots=True)
class Settings:
    """What bounds the service; times are in seconds."""

    carriers_url: str = ""
    database: Path | str = ":memory:"
    carriers: tuple[str, ...] = ("swift", "steady")
    depots: tuple[str, ...] = ("east", "north", "south", "west")
    connections: int = 100  # towards the carriers
    carrier_seconds: float = 30.0  # for one call of a carrier
    deadline: float = 2.0  # for a request of a customer
    rate_seconds: float = 60.0  # a rate is kept; 0 keeps none
    rates: int = 10_000  # kept at most
    at_once: int = 64  # requests that are worked on
    waiting: int = 64  # and that wait for that, at most
    batch_at_once: int = 20  # calls of a batch
    backlog: int = 1_000  # orders accepted and not yet booked
    booking_at_once: int = 4
    retry_seconds: float = 1.0  # after a booking that failed
    drain_seconds: float = 5.0  # for bookings and mails at the end
    label_rounds: int = 20_000  # what a label costs to render
    stock_seconds: float = 0.01  # to read the stock of a depot


# endregion settings


# region gather
@dataclass(frozen=True, slots=True)
class Gathered:
    """What carriers said: *quotes*, and why the others have none."""

    quotes: tuple[Quote, ...]
    failures: dict[str, str] = field(default_factory=dict)


async def gather_at_once(
    client: CarrierClient, carriers: Sequence[str], parcel: Parcel, deadline: Deadline
) -> Gathered:
    """Ask all at once; what has not come by the *deadline* has failed."""
    failures: dict[str, str] = {}

    async def ask(carrier: str) -> Quote | None:
        try:
            async with deadline.timeout():
                return await client.quote(carrier, parcel)
        except TimeoutError:
            failures[carrier] = f"{carrier}: no answer by the deadline"
        except CarrierError as error:
            failures[carrier] = str(error)
        return None

    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(ask(carrier)) for carrier in carriers]
    return Gathered(tuple(quote for task in asked if (quote := task.result())), failures)


# endregion gather

Load = Callable[[], Awaitable[Gathered]]


class Rates(Protocol):
    """Where rates come from."""

    async def get(self, key: object, load: Load) -> Gathered: ...

    async def aclose(self) -> None: ...


# region rates
class SharedRates:
    """Keeps complete answers; one call for all who ask for a key meanwhile.

    The call is nobody's in particular: a caller that is cancelled leaves it to the others.
    """

    def __init__(self, settings: Settings) -> None:
        self._seconds, self._size = settings.rate_seconds, settings.rates
        self._kept: dict[object, tuple[float, Gathered]] = {}
        self._calls: dict[object, asyncio.Task[Gathered]] = {}

    async def get(self, key: object, load: Load) -> Gathered:
        """The answer for *key*, by *load* if there is none."""
        kept = self._kept.get(key)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        call = self._calls.get(key)
        if call is None:
            call = self._calls[key] = asyncio.create_task(self._load(key, load))
        return await asyncio.shield(call)

    async def _load(self, key: object, load: Load) -> Gathered:
        try:
            answer = await load()
        finally:
            del self._calls[key]
        if not answer.failures and self._seconds:
            self._kept.pop(key, None)
            self._kept[key] = time.monotonic() + self._seconds, answer
            if len(self._kept) > self._size:
                del self._kept[next(iter(self._kept))]  # the oldest
        return answer

    async def aclose(self) -> None:
        """Cancel the calls that are under way, and wait for their end."""
        for call in self._calls.values():
            call.cancel()
        await asyncio.gather(*self._calls.values(), return_exceptions=True)


# endregion rates

Ask = Callable[[Parcel], Awaitable[Quote]]


# region batch
async def batch_of_workers(ask: Ask, parcels: Sequence[Parcel], at_once: int) -> list[Quote | CarrierError]:
    """Ask for each of *parcels*, *at_once* at a time; answers in their order."""
    answers: list[Quote | CarrierError] = [CarrierError("not asked")] * len(parcels)
    numbered = iter(enumerate(parcels))

    async def work() -> None:
        for number, parcel in numbered:
            try:
                answers[number] = await ask(parcel)
            except CarrierError as error:
                answers[number] = error

    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, len(parcels))):
            group.create_task(work())
    return answers


# endregion batch

Accept = Callable[[str, Parcel], Awaitable[tuple[int, bool]]]


# region accept
def accept_on_disk(store: OrderStore) -> Accept:
    """One atomic insert of key and order, on disk before the answer."""

    async def accept(key: str, parcel: Parcel) -> tuple[int, bool]:
        return await asyncio.to_thread(store.accept, key, parcel)

    return accept


# endregion accept


# region admission
class Bounded:
    """So many requests at once and so many in line; the others are refused now, while a retry elsewhere helps."""

    def __init__(self, settings: Settings) -> None:
        self._places = asyncio.Semaphore(settings.at_once)
        self._most, self.inside = settings.at_once + settings.waiting, 0

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[None]:
        if self.inside >= self._most:
            raise Refusal(503, "too many requests", "try again later", retry_after=1)
        self.inside += 1
        try:
            async with self._places:
                yield
        finally:
            self.inside -= 1


# endregion admission

Render = Callable[[Parcel], Awaitable[str]]


# region labels
@contextlib.asynccontextmanager
async def labels_in_processes(settings: Settings) -> AsyncIterator[Render]:
    """Render in two processes, so that the loop answers meanwhile."""
    pool = ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))  # started at the first label
    loop = asyncio.get_running_loop()

    async def rendered(parcel: Parcel) -> str:
        return await loop.run_in_executor(pool, render, parcel, settings.label_rounds)

    try:
        yield rendered
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)


# endregion labels

Send = Callable[[str], None]


# region mails
@contextlib.asynccontextmanager
async def owned_mails(client: CarrierClient, settings: Settings) -> AsyncIterator[Send]:
    """Start mails that the application owns: it waits for them at its end, and logs those that fail."""
    sending: set[asyncio.Task[None]] = set()

    async def send(text: str) -> None:
        try:
            await client.mail(text)
        except CarrierError as error:
            log.error("mail not sent: %s: %s", text, error)

    def start(text: str) -> None:
        task = asyncio.create_task(send(text))
        sending.add(task)
        task.add_done_callback(sending.discard)

    try:
        yield start
    finally:
        if sending:
            _, late = await asyncio.wait(sending, timeout=settings.drain_seconds)
            for task in late:
                task.cancel()
            if late:
                log.error("%d mails not sent by the end", len(late))
                await asyncio.wait(late)


# endregion mails


# region depots
class Depots:
    """Stock of each depot, behind its lock; a report holds the locks of all that it names."""

    def __init__(self, settings: Settings) -> None:
        self._locks = {name: threading.Lock() for name in settings.depots}
        self._seconds = settings.stock_seconds

    def report(self, names: Iterable[str], seconds: float) -> dict[str, int]:
        """Read the stock of all *names* at one moment; :exc:`TimeoutError` after *seconds*.  For worker threads."""
        end, stock = time.monotonic() + seconds, {}
        with contextlib.ExitStack() as held:
            for name in names:
                if not self._locks[name].acquire(timeout=max(0.0, end - time.monotonic())):
                    raise TimeoutError(f"depot {name} is in use")
                held.callback(self._locks[name].release)
                time.sleep(self._seconds)  # the disk
                stock[name] = 100 * len(name)
        return stock


def in_sorted_order(names: Sequence[str]) -> Iterable[str]:
    """One order of locks for all: no two reports can wait for each other."""
    return sorted(names)


# endregion depots


# region parts
@dataclass(frozen=True, slots=True)
class Parts:
    """How the service does it.  For a process of its own, each is a function or a class of a module."""

    gather: Callable[[CarrierClient, Sequence[str], Parcel, Deadline], Awaitable[Gathered]] = gather_at_once
    rates: Callable[[Settings], Rates] = SharedRates
    batch: Callable[[Ask, Sequence[Parcel], int], Awaitable[list[Quote | CarrierError]]] = batch_of_workers
    accept: Callable[[OrderStore], Accept] = accept_on_disk
    admission: Callable[[Settings], Callable[[], AbstractAsyncContextManager[None]]] = Bounded
    labels: Callable[[Settings], AbstractAsyncContextManager[Render]] = labels_in_processes
    mails: Callable[[CarrierClient, Settings], AbstractAsyncContextManager[Send]] = owned_mails
    lock_order: Callable[[Sequence[str]], Iterable[str]] = in_sorted_order


# endregion parts
