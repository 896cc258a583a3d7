"""The one HTTP client towards the carriers: one pool of connections, a limit on each wait, one exception."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import httpx

from examples.quotes import CarrierError, Parcel, Quote


class NoConnection(CarrierError):
    """All connections were in use for too long: the limit is ours, and no carrier was asked."""


def _unwatched(carrier: str) -> AbstractContextManager[object]:
    return contextlib.nullcontext()


# region client
class CarrierClient:
    """Asks carriers over at most *connections* connections, and waits *seconds* for each answer.

    To be made in a running loop and closed in it.  Whatever a call
    ends with is a :exc:`~examples.quotes.CarrierError` that says so;
    a cancelled one is cancelled, and gives its connection back.
    Each call runs within *watch* of its carrier, for metrics.
    """

    def __init__(
        self,
        url: str,
        *,
        connections: int = 100,
        seconds: float = 30.0,
        watch: Callable[[str], AbstractContextManager[object]] = _unwatched,
    ) -> None:
        self._watch = watch
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        timeout = httpx.Timeout(seconds, connect=min(5.0, seconds))
        self._http = httpx.AsyncClient(base_url=url, limits=limits, timeout=timeout, trust_env=False)

    async def warm_up(self) -> None:
        """Open a connection: what the first call imports and sets up would come out of a customer's deadline."""
        with contextlib.suppress(CarrierError), _told("carriers"):
            await self._http.get("/", timeout=1.0)

    async def quote(self, carrier: str, parcel: Parcel) -> Quote:
        """The price of *carrier* for *parcel*."""
        with self._watch(carrier):
            with _told(carrier):
                answer = await self._http.get(f"/{carrier}/quote", params={"grams": parcel.grams, "zone": parcel.zone})
            match _checked(carrier, answer, 200):
                case {"cents": int(cents)} if cents > 0:
                    return Quote(cents, carrier)
            raise CarrierError(f"{carrier}: answered nonsense: {answer.text[:80]}")

    async def book(self, carrier: str, key: str) -> str:
        """Book with *carrier*; once for each *key*, however often it is called."""
        with self._watch(carrier):
            with _told(carrier):
                answer = await self._http.post(f"/{carrier}/bookings", headers={"Idempotency-Key": key})
            match _checked(carrier, answer, 201):
                case {"booking": str(booking)}:
                    return booking
            raise CarrierError(f"{carrier}: answered nonsense: {answer.text[:80]}")

    async def mail(self, text: str) -> None:
        """Send a mail to a customer."""
        with _told("mail"):
            answer = await self._http.post("/mail", content=text)
        if answer.status_code != 202:
            raise CarrierError(f"mail: answered {answer.status_code}: {answer.text[:80]}")

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()


# endregion client


@contextlib.contextmanager
def _told(carrier: str) -> Iterator[None]:
    """Turn what the transport raises into what the shop can act on."""
    try:
        yield
    except httpx.PoolTimeout as error:
        raise NoConnection(f"{carrier}: no free connection") from error
    except httpx.TimeoutException as error:
        raise CarrierError(f"{carrier}: no answer in time") from error
    except httpx.HTTPError as error:
        raise CarrierError(f"{carrier}: {type(error).__name__}: {error}") from error


def _checked(carrier: str, answer: httpx.Response, status: int) -> object:
    """The JSON of an *answer* with this *status*."""
    if answer.status_code != status:
        raise CarrierError(f"{carrier}: answered {answer.status_code}: {answer.text[:80]}")
    try:
        return answer.json()
    except ValueError as error:
        raise CarrierError(f"{carrier}: answered no JSON") from error
