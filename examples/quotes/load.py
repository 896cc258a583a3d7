"""An open-loop load generator: requests are due at fixed times, whether or not earlier ones have been answered.

A request's latency counts from when it was due.  A generator that waits for an answer before it sends the next
request sends less while the service is slow, and so leaves out what its slowness would have cost (coordinated
omission).

``python -m examples.quotes.load --url http://127.0.0.1:8000 --rate 50 --seconds 5``
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx


# region request
@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; *json* becomes the body."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    json: Any = None


def quotes(number: int) -> Request:
    """Request *number* of the usual load: a price, of 30 weights in turn."""
    return Request(f"/quote?grams={1000 * (number % 30 + 1)}")


@dataclass(frozen=True, slots=True)
class Load:
    """*count* requests, *rate* a second; all at once where *rate* is infinite."""

    request: Callable[[int], Request] = quotes
    count: int = 100
    rate: float = math.inf
    timeout: float = 30.0  # for each answer


# endregion request


# region outcome
@dataclass(slots=True)
class Outcome:
    """What became of the requests; latencies are in seconds, of those that were answered."""

    statuses: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    bodies: list[tuple[Request, int, Any]] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """Answers that say yes."""
        return sum(count for status, count in self.statuses.items() if status.startswith("2"))

    @property
    def refused(self) -> int:
        """Answers that say: not now."""
        return self.statuses["429"] + self.statuses["503"]

    @property
    def failed(self) -> int:
        """All others, those without an answer too."""
        return self.statuses.total() - self.answered - self.refused

    def percentile(self, share: float) -> float:
        """The latency that *share* of the answered requests did not exceed, nearest rank; 0 if there are none."""
        ordered = sorted(self.latencies)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0

    def figures(self) -> dict[str, Any]:
        """For JSON; times in milliseconds."""
        return {
            "sent": self.statuses.total(),
            "answered": self.answered,
            "refused": self.refused,
            "failed": self.failed,
            "p50": round(1000 * self.percentile(0.50), 1),
            "p99": round(1000 * self.percentile(0.99), 1),
            "slowest": round(1000 * self.percentile(1.0), 1),
            "statuses": dict(sorted(self.statuses.items())),
        }


# endregion outcome


# region run
async def run(url: str, load: Load) -> Outcome:
    """Send *load* to the service at *url*, and wait for all answers.

    There is no limit of connections on this side: a request that
    waited here would be late by the generator's fault.
    """
    outcome, loop = Outcome(), asyncio.get_running_loop()
    no_limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=load.timeout, limits=no_limits, trust_env=False) as http:

        async def send(number: int, due: float) -> None:
            request = load.request(number)
            try:
                answer = await http.request(request.method, request.path, headers=request.headers, json=request.json)
            except httpx.HTTPError as error:
                outcome.statuses[type(error).__name__] += 1
                return
            outcome.statuses[str(answer.status_code)] += 1
            if answer.is_success:
                outcome.latencies.append(loop.time() - due)
            try:
                body = answer.json()
            except ValueError:
                body = None
            outcome.bodies.append((request, answer.status_code, body))

        with contextlib.suppress(httpx.HTTPError):
            await http.get("/health")  # what is imported at the first call costs no request its time
        start = loop.time()
        async with asyncio.TaskGroup() as group:
            for number in range(load.count):
                due = start + number / load.rate
                if (wait := due - loop.time()) > 0:
                    await asyncio.sleep(wait)
                group.create_task(send(number, due))
    return outcome


# endregion run


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and below a million")
    return number


async def _there(url: str) -> str | None:
    """Why nobody can be reached at *url*; None if somebody is there."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            await http.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{type(error).__name__}: {error}"
    return None


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, and run; the exit status."""
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--url", required=True, help="of the service, such as http://127.0.0.1:8000")
    parser.add_argument("--rate", type=_positive, default=50.0, help="requests a second")
    parser.add_argument("--seconds", type=_positive, default=5.0, help="how long")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    if problem := asyncio.run(_there(f"{options.url}/health")):
        print(f"load: no service at {options.url}: {problem}", file=sys.stderr)
        return 2
    count = max(1, round(options.rate * options.seconds))
    began = time.perf_counter()
    figures = asyncio.run(run(options.url, Load(count=count, rate=options.rate))).figures()
    figures["seconds"] = round(time.perf_counter() - began, 2)
    if options.json:
        print(json.dumps(figures))
    else:
        print("{sent} sent: {answered} answered, {refused} refused, {failed} failed".format_map(figures))
        print("p50 {p50} ms, p99 {p99} ms, slowest {slowest} ms".format_map(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
