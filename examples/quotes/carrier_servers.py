"""Carriers over HTTP on this machine: slow, failing, overloaded or hanging, as a test or an experiment needs them.

``GET /NAME/quote?grams=1200&zone=domestic`` is a price, ``POST /NAME/bookings`` with an ``Idempotency-Key`` books a
parcel once for each key, and ``POST /mail`` takes a mail to a customer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from examples.quotes.serving import in_thread


# region carrier
@dataclass(slots=True)
class LocalCarrier:
    """One carrier: answers after *delay* seconds with *cents* for each started kilogram.

    Its first *failures* calls get a 500.  Above *limit* calls at once it answers 429.  While *hangs*, calls get no
    answer until the server ends; while *nonsense*, they get one that is no quote.  What it has seen is in its counts.
    """

    name: str
    delay: float = 0.0
    cents: int = 990
    failures: int = 0
    limit: int | None = None
    hangs: bool = False
    nonsense: bool = False
    calls: int = field(default=0, init=False)
    refused: int = field(default=0, init=False)
    open: int = field(default=0, init=False)
    most_at_once: int = field(default=0, init=False)
    bookings: dict[str, str] = field(default_factory=dict, init=False)

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count a call, and those that are open with it."""
        self.calls += 1
        self.open += 1
        self.most_at_once = max(self.most_at_once, self.open)
        try:
            yield
        finally:
            self.open -= 1


# endregion carrier

SWIFT = LocalCarrier("swift", delay=0.05, cents=990)
STEADY = LocalCarrier("steady", delay=0.20, cents=840)


class Carriers:
    """All carriers of one server, by name; made anew for each server, so that counts start at 0."""

    def __init__(self, carriers: Sequence[LocalCarrier]) -> None:
        self.by_name = {
            each.name: LocalCarrier(
                each.name, each.delay, each.cents, each.failures, each.limit, each.hangs, each.nonsense
            )
            for each in carriers
        }
        self.mails: list[str] = []
        self.mail_delay, self.mail_failures = 0.0, 0
        self.url = ""
        self._ending: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __getitem__(self, name: str) -> LocalCarrier:
        return self.by_name[name]

    @property
    def calls(self) -> int:
        """Calls of all carriers together."""
        return sum(each.calls for each in self.by_name.values())

    # region app
    def app(self) -> Starlette:
        """The carriers as an ASGI application."""
        routes = [
            Route("/mail", self._mail, methods=["POST"]),
            Route("/{name}/quote", self._quote),
            Route("/{name}/bookings", self._book, methods=["POST"]),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        yield

    def release(self) -> None:
        """Let the calls that hang end; for any thread."""
        assert self._loop
        assert self._ending
        self._loop.call_soon_threadsafe(self._ending.set)

    async def _call(self, carrier: LocalCarrier) -> Response | None:
        """What any call goes through: None if it may be answered."""
        assert self._ending
        if carrier.limit is not None and carrier.open > carrier.limit:
            carrier.refused += 1
            return PlainTextResponse(f"more than {carrier.limit} calls at once", 429)
        if carrier.failures:
            carrier.failures -= 1
            return PlainTextResponse("out of order", 500)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if carrier.hangs else carrier.delay):
                await self._ending.wait()
                return PlainTextResponse("closing", 503)
        return None

    async def _quote(self, request: Request) -> Response:
        carrier = self.by_name.get(request.path_params["name"])
        if carrier is None:
            return PlainTextResponse("no such carrier", 404)
        with carrier.counted():
            if refusal := await self._call(carrier):
                return refusal
            if carrier.nonsense:
                return JSONResponse({"price": "cheap"})
            kilograms = -(-int(request.query_params["grams"]) // 1000)
            return JSONResponse({"cents": carrier.cents * kilograms})

    async def _book(self, request: Request) -> Response:
        carrier = self.by_name.get(request.path_params["name"])
        if carrier is None:
            return PlainTextResponse("no such carrier", 404)
        key = request.headers.get("idempotency-key")
        if key is None:
            return PlainTextResponse("Idempotency-Key is missing", 400)
        with carrier.counted():
            if refusal := await self._call(carrier):
                return refusal
            number = carrier.bookings.setdefault(key, f"{carrier.name}-{len(carrier.bookings) + 1}")
            return JSONResponse({"booking": number}, 201)

    # endregion app

    async def _mail(self, request: Request) -> Response:
        text = (await request.body()).decode("utf-8", "replace")
        await asyncio.sleep(self.mail_delay)
        if await request.is_disconnected():
            return PlainTextResponse("the sender has hung up", 400)  # nobody reads it
        if self.mail_failures:
            self.mail_failures -= 1
            return PlainTextResponse("mailbox full", 500)
        self.mails.append(text)
        return PlainTextResponse("accepted", 202)


@contextlib.contextmanager
def running(carriers: Sequence[LocalCarrier] = (SWIFT, STEADY)) -> Iterator[Carriers]:
    """Serve *carriers* in a thread; gives them with their counts, at ``.url``."""
    local = Carriers(carriers)
    with in_thread(local.app()) as served:
        local.url = served.url
        try:
            yield local
        finally:
            local.release()
