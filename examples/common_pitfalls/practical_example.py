"""A mail follows each booking: started and forgotten, or in a task group of the application."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from examples.quotes import CarrierError
from examples.quotes.carrier_servers import Carriers
from examples.quotes.client import CarrierClient
from examples.quotes.experiment import Change, Figures, main
from examples.quotes.load import Load, Outcome, Request
from examples.quotes.parts import Parts, Send, Settings

log = logging.getLogger(__name__)
Mails = Callable[[CarrierClient, Settings], AbstractAsyncContextManager[Send]]


# region before
@contextlib.asynccontextmanager
async def forgotten(client: CarrierClient, settings: Settings) -> AsyncIterator[Send]:
    """Start each mail, and keep nothing of it."""

    def send(text: str) -> None:
        asyncio.create_task(client.mail(text))  # noqa: RUF006

    yield send


# endregion before


# region after
@contextlib.asynccontextmanager
async def owned(client: CarrierClient, settings: Settings) -> AsyncIterator[Send]:
    """Start each mail in a group, which the application ends with."""

    async def mail(text: str) -> None:
        try:
            async with asyncio.timeout(settings.drain_seconds):
                await client.mail(text)
        except (CarrierError, TimeoutError) as error:
            log.error("not mailed: %s: %s", text, str(error) or "too late")

    async with asyncio.TaskGroup() as group:

        def send(text: str) -> None:
            group.create_task(mail(text))

        yield send


# endregion after


# region forced
@dataclass(frozen=True, slots=True)
class AtTheLastMoment:
    """*mails* of which each is started as the application ends: so late can a booking be."""

    mails: Mails

    @contextlib.asynccontextmanager
    async def __call__(self, client: CarrierClient, settings: Settings) -> AsyncIterator[Send]:
        texts: list[str] = []
        async with self.mails(client, settings) as send:
            yield texts.append
            for text in texts:
                send(text)


# endregion forced


# region change
def orders(number: int) -> Request:
    """A new order each."""
    key = {"Idempotency-Key": f"basket {number}"}
    return Request("/orders", "POST", key, {"grams": 1200})


def missing(outcome: Outcome, carriers: Carriers) -> Figures:
    """Mails that should have followed a booking."""
    booked = sum(len(each.bookings) for each in carriers.by_name.values())
    return {"missing": booked - len(carriers.mails)}


CHANGE = Change(
    name="mails have an owner",
    before=Parts(mails=forgotten),
    after=Parts(mails=owned),
    load=Load(orders, count=40, rate=20),
    mail_delay=0.5,  # the mail server takes its time
    rows=("sent", "answered", "booked", "mails", "missing", "p50"),
    meanings={"booked": "orders booked", "missing": "of these, without a mail"},
    more=missing,
)
# endregion change

if __name__ == "__main__":
    main(CHANGE)
