"""What clients send, checked: each refusal says what is wrong and what is allowed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from examples.quotes import Parcel

GRAMS = range(1, 30_001)
ZONES = ("domestic", "europe", "world")
KEY_LENGTH, BODY_BYTES, BODY_SECONDS = 100, 65_536, 10.0
PARCELS, LABELS = 500, 100


# region refusal
class Refusal(Exception):
    """An answer that is no: a status, what is wrong, and what to do instead."""

    def __init__(self, status: int, error: str, allowed: str, retry_after: int | None = None) -> None:
        super().__init__(error)
        self.status, self.error, self.allowed = status, error, allowed
        self.retry_after = retry_after


async def refuse(request: Request, refusal: Exception) -> Response:
    """The answer that a :exc:`Refusal` becomes."""
    assert isinstance(refusal, Refusal)
    headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
    content = {"error": refusal.error, "allowed": refusal.allowed}
    return JSONResponse(content, refusal.status, headers)


# endregion refusal


# region parcel
def parcel_of(fields: Mapping[str, Any]) -> Parcel:
    """A parcel from a query or from JSON; *zone* may be left out."""
    allowed = f"a whole number from {GRAMS[0]} to {GRAMS[-1]}"
    if "grams" not in fields:
        raise Refusal(422, "grams is missing", allowed)
    given = fields["grams"]
    grams = int(given) if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 10 else given
    if type(grams) is not int or grams not in GRAMS:
        raise Refusal(422, f"grams is {_shown(given)}", allowed)
    zone = fields.get("zone", "domestic")
    if zone not in ZONES:
        raise Refusal(422, f"zone is {_shown(zone)}", f"one of {', '.join(ZONES)}")
    return Parcel(grams, zone)


def key_of(request: Request) -> str:
    """The idempotency key of an order."""
    key = request.headers.get("idempotency-key", "")
    if not 0 < len(key) <= KEY_LENGTH:
        raise Refusal(
            400,
            "Idempotency-Key is too long" if key else "Idempotency-Key is missing",
            f"a header of 1 to {KEY_LENGTH} characters, the same for each try of one order",
        )
    return key


async def json_of(request: Request) -> dict[str, Any]:
    """The body as a JSON object; no more of it is read than is allowed."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES:
                    raise Refusal(413, "the body is too large", f"at most {BODY_BYTES} bytes")
    except TimeoutError:
        raise Refusal(408, "the body did not come in time", f"within {BODY_SECONDS:g} s") from None
    except ClientDisconnect:  # nobody reads this answer
        raise Refusal(400, "the client hung up", "a whole body") from None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Refusal(400, "the body is no JSON object", 'such as {"grams": 1200, "zone": "domestic"}')
    return content


# endregion parcel


def parcels_of(content: Mapping[str, Any]) -> list[Parcel]:
    """The parcels of a batch."""
    parcels = content.get("parcels")
    if not isinstance(parcels, list) or not 0 < len(parcels) <= PARCELS:
        raise Refusal(422, "parcels is missing or of a wrong length", f"a list of 1 to {PARCELS} parcels")
    if not all(isinstance(each, dict) for each in parcels):
        raise Refusal(422, "a parcel is no object", 'such as {"grams": 1200, "zone": "domestic"}')
    return [parcel_of(each) for each in parcels]


def carrier_of(content: Mapping[str, Any], carriers: Sequence[str]) -> str:
    """The carrier that a batch is for."""
    carrier = content.get("carrier", carriers[0])
    if not isinstance(carrier, str) or carrier not in carriers:
        raise Refusal(422, f"carrier is {_shown(carrier)}", f"one of {', '.join(carriers)}")
    return carrier


def count_of(request: Request) -> int:
    """How many labels."""
    given = request.query_params.get("count", "1")
    if not (given.isascii() and given.isdigit() and len(given) < 10 and 0 < int(given) <= LABELS):
        raise Refusal(422, f"count is {_shown(given)}", f"a whole number from 1 to {LABELS}")
    return int(given)


def order_of(request: Request) -> int:
    """The id of an order; too many digits are no id."""
    given = request.path_params["number"]
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise Refusal(404, f"there is no order {_shown(given)}", "the id from POST /orders")
    return int(given)


def depots_of(request: Request, depots: Sequence[str]) -> list[str]:
    """The depots of a report, in the order of the customer."""
    names = request.query_params.get("depots", "").split(",")
    if len(set(names)) < len(names) or not set(names) <= set(depots):
        raise Refusal(422, f"depots is {_shown(','.join(names))}", f"each at most once: {', '.join(depots)}")
    return names


def _shown(value: object) -> str:
    return repr(value) if len(repr(value)) <= 40 else repr(value)[:37] + "..."
