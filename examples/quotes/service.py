"""The service: quotes and orders over HTTP, with each wait, queue and body bounded, and nothing lost at its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.quotes import Parcel, Quote, inputs
from examples.quotes.booking import Booking
from examples.quotes.client import CarrierClient
from examples.quotes.deadline import Deadline
from examples.quotes.inputs import Refusal
from examples.quotes.metrics import Metrics, outcome
from examples.quotes.parts import Depots, Gathered, Parts, Settings
from examples.quotes.store import KeyReused, OrderStore

log = logging.getLogger(__name__)
Endpoint = Callable[[Request], Awaitable[Response]]


# region service
class Service:
    """What the endpoints share; made in the loop that serves."""

    client: CarrierClient
    store: OrderStore
    booking: Booking

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self.settings, self.parts = settings, parts
        self.metrics = Metrics(settings)

    @contextlib.asynccontextmanager
    async def run(self, app: Starlette) -> AsyncIterator[None]:
        """The lifespan.  Ends in the opposite order: first the workers, then what they use."""
        settings, parts = self.settings, self.parts
        async with contextlib.AsyncExitStack() as stack:
            self.store = stack.enter_context(OrderStore(settings.database))
            self.client = CarrierClient(
                settings.carriers_url,
                connections=settings.connections,
                seconds=settings.carrier_seconds,
                watch=self.metrics.carrier_call,
            )
            stack.push_async_callback(self.client.aclose)
            await self.client.warm_up()
            self.threads = self.metrics.measured("depots", ThreadPoolExecutor(16, "depots"))
            stack.callback(self.threads.shutdown)  # reports end by the deadline
            self.rates = parts.rates(settings)
            stack.push_async_callback(self.rates.aclose)
            self.accept, self.admit = parts.accept(self.store), parts.admission(settings)
            self.depots = Depots(settings)
            self.render = await stack.enter_async_context(parts.labels(settings))
            send = await stack.enter_async_context(parts.mails(self.client, settings))
            self.booking = Booking(settings, self.client, self.store, send, self.metrics.tried)
            stack.push_async_callback(self._end, asyncio.create_task(self.metrics.watch()), 0.0)
            stack.push_async_callback(self._end, asyncio.create_task(self.booking.run()), settings.drain_seconds)
            try:
                yield
            finally:
                app.state.draining = True
                self.booking.stop()

    async def _end(self, task: asyncio.Task[None], seconds: float) -> None:
        """Give *task* so long to end; then cancel it, and wait for that."""
        await asyncio.wait([task], timeout=seconds)
        task.cancel()
        await asyncio.wait([task])

    async def gather(self, parcel: Parcel) -> Gathered:
        """What the carriers ask for *parcel*: known, or asked within the deadline."""
        settings = self.settings

        async def load() -> Gathered:
            deadline = Deadline.after(settings.deadline)
            try:
                return await self.parts.gather(self.client, settings.carriers, parcel, deadline)
            finally:
                self.metrics.left.observe(deadline.remaining())

        return await self.rates.get((-(-parcel.grams // 1000), parcel.zone), load)

    # endregion service

    # region endpoints
    async def quote(self, request: Request) -> Response:
        """``GET /quote?grams=&zone=``: the cheapest."""
        parcel = inputs.parcel_of(request.query_params)
        async with self.metrics.line.through(self.admit()):
            gathered = await self.gather(parcel)
        if not gathered.quotes:
            reasons = "; ".join(gathered.failures.values())
            raise Refusal(502, f"no carrier has a quote: {reasons}", "try again later", retry_after=1)
        best = min(gathered.quotes)
        return JSONResponse({"carrier": best.carrier, "cents": best.cents, "failed": gathered.failures})

    async def order(self, request: Request) -> Response:
        """``POST /orders``: accepted once for each Idempotency-Key."""
        key = inputs.key_of(request)
        parcel = inputs.parcel_of(await inputs.json_of(request))
        if request.app.state.draining:
            raise Refusal(503, "the service is draining", "another instance takes orders", retry_after=1)
        async with self.metrics.line.through(self.admit()):
            if await asyncio.to_thread(self.store.pending) >= self.settings.backlog:
                raise Refusal(503, "too many orders wait for their booking", "try again later", retry_after=10)
            try:
                number, new = await self.accept(key, parcel)
            except KeyReused as error:
                raise Refusal(409, str(error), "a new key for each new order") from error
            self.metrics.accepted.inc(new)
        self.booking.wake()
        return JSONResponse({"id": number}, 201 if new else 200, {"Location": f"/orders/{number}"})

    async def show(self, request: Request) -> Response:
        """``GET /orders/{id}``."""
        number = inputs.order_of(request)
        order = await asyncio.to_thread(self.store.get, number)
        if order is None:
            raise Refusal(404, f"there is no order {number}", "the id from POST /orders")
        return JSONResponse({"id": order.id, "state": order.state, "booking": order.booking})

    async def batch(self, request: Request) -> Response:
        """``POST /quotes``: one carrier's price for each of many parcels."""
        content = await inputs.json_of(request)
        parcels = inputs.parcels_of(content)
        carrier = inputs.carrier_of(content, self.settings.carriers)

        async def ask(parcel: Parcel) -> Quote:
            return await self.client.quote(carrier, parcel)

        async with self.metrics.line.through(self.admit()):
            answers = await self.parts.batch(ask, parcels, self.settings.batch_at_once)
        return JSONResponse(
            [{"cents": each.cents} if isinstance(each, Quote) else {"error": str(each)} for each in answers]
        )

    async def labels(self, request: Request) -> Response:
        """``GET /labels?count=&grams=&zone=``."""
        count, parcel = inputs.count_of(request), inputs.parcel_of(request.query_params)
        async with self.metrics.line.through(self.admit()):
            return JSONResponse([await self.render(parcel) for _ in range(count)])

    async def report(self, request: Request) -> Response:
        """``GET /report?depots=``: the stock of all of them at one moment."""
        names = inputs.depots_of(request, self.settings.depots)
        seconds, loop = self.settings.deadline, asyncio.get_running_loop()
        async with self.metrics.line.through(self.admit()):
            try:
                stock = await loop.run_in_executor(
                    self.threads, self.depots.report, self.parts.lock_order(names), seconds
                )
            except TimeoutError as error:
                raise Refusal(504, str(error), "try again later", retry_after=1) from error
        return JSONResponse(stock)

    # endregion endpoints

    async def health(self, request: Request) -> Response:
        """``GET /health``: the loop runs."""
        return JSONResponse({"status": "alive"})

    async def ready(self, request: Request) -> Response:
        """``GET /ready``: 503 while draining."""
        if request.app.state.draining:
            raise Refusal(503, "the service is draining", "another instance takes orders", retry_after=1)
        return JSONResponse({"status": "ready"})

    async def show_metrics(self, request: Request) -> Response:
        """``GET /metrics``."""
        pending, oldest = await asyncio.to_thread(self.store.backlog)
        self.metrics.pending.set(pending)
        self.metrics.oldest.set(oldest)
        self.metrics.draining.set(request.app.state.draining)
        return Response(generate_latest(self.metrics.registry), media_type="text/plain; version=0.0.4")

    def counted(self, endpoint: Endpoint) -> Endpoint:
        """*endpoint*, counted by its status."""
        route = endpoint.__name__

        async def counting(request: Request) -> Response:
            status, arrived = 500, time.monotonic()
            try:
                with self.metrics.inside.track_inprogress():
                    response = await endpoint(request)
                status = response.status_code
                return response
            except Refusal as refusal:
                status = refusal.status
                raise
            except Exception:  # told here, the connection stays open
                log.exception("%s failed", route)
                return JSONResponse({"error": "a mistake of ours; it is in the log", "allowed": "try again"}, 500)
            finally:
                self.metrics.requests.labels(route, str(status)).inc()
                self.metrics.seconds.labels(route, outcome(status)).observe(time.monotonic() - arrived)

        return counting


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    allowed = "GET /quote, POST /quotes, POST /orders, GET /orders/ID, GET /labels, GET /report"
    return JSONResponse({"error": error.detail, "allowed": allowed}, error.status_code, error.headers)


# region app
def create_app(settings: Settings, parts: Parts | None = None) -> Starlette:
    """The application, to be served by one process."""
    service = Service(settings, parts or Parts())
    counted = service.counted
    app = Starlette(
        routes=[
            Route("/quote", counted(service.quote)),
            Route("/quotes", counted(service.batch), methods=["POST"]),
            Route("/orders", counted(service.order), methods=["POST"]),
            Route("/orders/{number}", counted(service.show)),
            Route("/labels", counted(service.labels)),
            Route("/report", counted(service.report)),
            Route("/health", service.health),
            Route("/ready", service.ready),
            Route("/metrics", service.show_metrics),
        ],
        exception_handlers={Refusal: inputs.refuse, HTTPException: _http_error},
        lifespan=service.run,
    )
    app.state.service, app.state.draining = service, False
    return app


# endregion app
