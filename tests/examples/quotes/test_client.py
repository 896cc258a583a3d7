"""The client's one exception says what happened; a call that is cancelled gives its connection back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from examples.quotes import CarrierError, Parcel, Quote, carrier_servers
from examples.quotes.carrier_servers import Carriers, LocalCarrier
from examples.quotes.client import CarrierClient

PARCEL = Parcel(1200)
ALL = [
    LocalCarrier("swift", cents=990),
    LocalCarrier("broken", failures=1_000),
    LocalCarrier("full", limit=0),
    LocalCarrier("mad", nonsense=True),
    LocalCarrier("dead", hangs=True),
]


@pytest.fixture(scope="module")
def carriers() -> Iterator[Carriers]:
    with carrier_servers.running(ALL) as running:
        yield running


def ask(url: str, carrier: str, seconds: float = 60.0) -> Quote:
    async def main() -> Quote:
        client = CarrierClient(url, seconds=seconds)
        try:
            return await client.quote(carrier, PARCEL)
        finally:
            await client.aclose()

    return asyncio.run(main())


def test_a_quote(carriers: Carriers) -> None:
    assert ask(carriers.url, "swift") == Quote(1980, "swift")


@pytest.mark.parametrize(
    ("carrier", "message"),
    [
        ("broken", "broken: answered 500: out of order"),
        ("full", "full: answered 429: more than 0 calls at once"),
        ("mad", 'mad: answered nonsense: {"price":"cheap"}'),
        ("nobody", "nobody: answered 404: no such carrier"),
    ],
)
def test_an_answer_that_is_no_quote(carriers: Carriers, carrier: str, message: str) -> None:
    with pytest.raises(CarrierError) as caught:
        ask(carriers.url, carrier)
    assert str(caught.value) == message


def test_no_answer(carriers: Carriers) -> None:
    with pytest.raises(CarrierError, match=r"dead: no answer in time"):
        ask(carriers.url, "dead", seconds=0.05)


def test_nobody_there() -> None:
    with pytest.raises(CarrierError, match=r"swift: ConnectError: "):
        ask("http://127.0.0.1:1", "swift")


def test_a_cancelled_call_gives_its_connection_back(carriers: Carriers) -> None:
    async def main() -> Quote:
        client = CarrierClient(carriers.url, connections=1, seconds=60)
        try:
            before = carriers["dead"].calls
            call = asyncio.create_task(client.quote("dead", PARCEL))
            while carriers["dead"].calls == before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            call.cancel()
            await asyncio.wait([call])
            assert call.cancelled()
            return await client.quote("swift", PARCEL)
        finally:
            await client.aclose()

    assert asyncio.run(main()).cents == 1980


def test_no_free_connection(carriers: Carriers) -> None:
    async def main() -> None:
        client = CarrierClient(carriers.url, connections=1, seconds=0.2)
        try:
            async with asyncio.TaskGroup() as group:
                both = [group.create_task(attempt(client)) for _ in range(2)]
            assert {task.result() for task in both} == {"dead: no answer in time", "dead: no free connection"}
        finally:
            await client.aclose()

    async def attempt(client: CarrierClient) -> str:
        with pytest.raises(CarrierError) as caught:
            await client.quote("dead", PARCEL)
        return str(caught.value)

    asyncio.run(main())


def test_a_key_books_once_and_mails_are_taken(carriers: Carriers) -> None:
    async def main() -> list[str]:
        client = CarrierClient(carriers.url)
        try:
            carriers.mail_failures = 1
            with pytest.raises(CarrierError, match="mail: answered 500: mailbox full"):
                await client.mail("lost")
            await client.mail("order 1 is booked")
            return [await client.book("swift", key) for key in ("a", "a", "b")]
        finally:
            await client.aclose()

    assert asyncio.run(main()) == ["swift-1", "swift-1", "swift-2"]
    assert carriers.mails == ["order 1 is booked"]
