"""Books accepted orders with a carrier; the store is the queue, so that what is not booked today is booked tomorrow."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from examples.quotes import CarrierError
from examples.quotes.client import CarrierClient
from examples.quotes.parts import Send, Settings
from examples.quotes.store import Order, OrderStore

log = logging.getLogger(__name__)


# region booking
class Booking:
    """Workers that book pending orders until told to stop.

    An order goes to the carrier under the key ``order-ID``: tried again after a timeout or a crash, it is the same
    booking.  What a worker can't book it releases, and waits before it takes another.  *tried* is told how each try
    ended: booked, failed, or cut_off by the end of the service.
    """

    def __init__(
        self,
        settings: Settings,
        client: CarrierClient,
        store: OrderStore,
        send: Send,
        tried: Callable[[str], object] = lambda ended: None,
    ) -> None:
        self._tried = tried
        self._settings, self._client, self._store, self._send = settings, client, store, send
        self._due, self._stop = asyncio.Event(), asyncio.Event()

    def wake(self) -> None:
        """There is an order."""
        self._due.set()

    def stop(self) -> None:
        """Take no further order; those in hand are finished."""
        self._stop.set()
        self._due.set()

    async def run(self) -> None:
        """Book until stopped."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._settings.booking_at_once):
                group.create_task(self._work())

    async def _work(self) -> None:
        while not self._stop.is_set():
            self._due.clear()
            order = await asyncio.to_thread(self._store.claim)
            if order is None:
                await self._due.wait()
            elif not await self._book(order):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._settings.retry_seconds):
                        await self._stop.wait()

    async def _book(self, order: Order) -> bool:
        booked, ended = False, "failed"
        try:
            booking = await self._client.book(self._settings.carriers[0], f"order-{order.id}")
            await asyncio.to_thread(self._store.finish, order.id, booking)
            booked, ended = True, "booked"
        except asyncio.CancelledError:
            ended = "cut_off"
            raise
        except CarrierError as error:
            log.warning("order %d is not booked yet: %s", order.id, error)
        finally:
            self._tried(ended)
            if not booked:  # also when cancelled; and quick: one row
                self._store.release(order.id)
        if booked:
            self._send(f"order {order.id} is booked: {booking}")
        return booked


# endregion booking
