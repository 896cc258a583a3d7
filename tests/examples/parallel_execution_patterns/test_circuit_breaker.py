"""Closed, open, half-open: and back in every way, cancellation included."""

from __future__ import annotations

import asyncio

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.parallel_execution_patterns.circuit_breaker import CircuitBreaker, CircuitOpen


class Service:
    """Raises *error* while there is one; counts its calls."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls = 0

    async def call(self) -> str:
        self.calls += 1
        error = self.error
        await asyncio.sleep(1)
        if error:
            raise error
        return "answer"


def opened() -> tuple[Service, CircuitBreaker]:
    return Service(ConnectionError()), CircuitBreaker(2, 30.0, (ConnectionError,))


async def fail(service: Service, breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        with pytest.raises(ConnectionError):
            await breaker.call(service.call)


def test_it_opens_after_failures_in_a_row_and_refuses_at_once() -> None:
    async def main() -> None:
        service, breaker = opened()
        await fail(service, breaker, 1)
        assert breaker.state.value == "closed"
        await fail(service, breaker, 1)
        assert breaker.state.value == "open"
        with pytest.raises(CircuitOpen, match=r"open, retry after 30\.0 s") as caught:
            await breaker.call(service.call)
        assert caught.value.retry_after == 30.0
        assert service.calls == 2

    with virtual_clock():
        asyncio.run(main())


def test_a_success_in_between_starts_the_count_anew() -> None:
    async def main() -> None:
        service, breaker = opened()
        await fail(service, breaker, 1)
        service.error = None
        assert await breaker.call(service.call) == "answer"
        service.error = ConnectionError()
        await fail(service, breaker, 1)
        assert breaker.state.value == "closed"

    with virtual_clock():
        asyncio.run(main())


def test_one_call_tries_and_closes_it() -> None:
    async def main() -> None:
        service, breaker = opened()
        await fail(service, breaker, 2)
        service.error = None
        await asyncio.sleep(30)
        trial = asyncio.create_task(breaker.call(service.call))
        await asyncio.sleep(0)
        assert breaker.state.value == "half-open"
        with pytest.raises(CircuitOpen):
            await breaker.call(service.call)
        assert await trial == "answer"
        assert breaker.state.value == "closed"
        assert service.calls == 3

    with virtual_clock():
        asyncio.run(main())


def test_a_failed_try_opens_it_again() -> None:
    async def main() -> None:
        service, breaker = opened()
        await fail(service, breaker, 2)
        await asyncio.sleep(30)
        await fail(service, breaker, 1)
        assert breaker.state.value == "open"
        with pytest.raises(CircuitOpen):
            await breaker.call(service.call)

    with virtual_clock():
        asyncio.run(main())


@pytest.mark.parametrize("cancel", [True, False])
def test_a_try_that_taught_nothing_lets_the_next_call_try(cancel: bool) -> None:
    async def main() -> None:
        service, breaker = opened()
        await fail(service, breaker, 2)
        await asyncio.sleep(30)
        service.error = ValueError()
        trial = asyncio.create_task(breaker.call(service.call))
        await asyncio.sleep(0.5)
        if cancel:
            trial.cancel()
        await asyncio.wait([trial])
        assert trial.cancelled() is cancel
        assert cancel or isinstance(trial.exception(), ValueError)
        assert breaker.state.value == "open"
        service.error = None
        assert await breaker.call(service.call) == "answer"
        assert breaker.state.value == "closed"

    with virtual_clock():
        asyncio.run(main())


def test_an_error_that_does_not_count_leaves_it_closed() -> None:
    async def main() -> None:
        service, breaker = opened()
        service.error = ValueError("no such zone")
        for _ in range(5):
            with pytest.raises(ValueError, match="no such zone"):
                await breaker.call(service.call)
        assert breaker.state.value == "closed"

    with virtual_clock():
        asyncio.run(main())


def test_a_late_success_of_an_old_call_does_not_close_it() -> None:
    async def main() -> None:
        service, breaker = opened()
        service.error = None
        old = asyncio.create_task(breaker.call(service.call))
        await asyncio.sleep(0)
        service.error = ConnectionError()
        failing = [asyncio.create_task(breaker.call(service.call)) for _ in range(2)]
        await asyncio.wait([old, *failing])
        assert await old == "answer"
        assert breaker.state.value == "open"

    with virtual_clock():
        asyncio.run(main())


@pytest.mark.parametrize("inside", [True, False])
def test_only_a_timeout_inside_the_call_counts(inside: bool) -> None:
    async def hang() -> None:
        await asyncio.sleep(3_600)

    async def hang_with_a_timeout() -> None:
        async with asyncio.timeout(5):
            await hang()

    async def main() -> None:
        breaker = CircuitBreaker(2, 30.0, (TimeoutError,))
        for _ in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(10):
                    await breaker.call(hang_with_a_timeout if inside else hang)
        assert breaker.state.value == ("open" if inside else "closed")

    with virtual_clock():
        asyncio.run(main())


def test_a_late_failure_of_an_old_call_does_not_keep_the_try_from_closing_it() -> None:
    async def main() -> None:
        service, breaker = opened()
        fails = asyncio.Event()

        async def late() -> None:
            await fails.wait()
            raise ConnectionError

        old = asyncio.create_task(breaker.call(late))
        await asyncio.sleep(0)
        await fail(service, breaker, 2)
        await asyncio.sleep(30)
        service.error = None
        trial = asyncio.create_task(breaker.call(service.call))
        await asyncio.sleep(0.5)
        fails.set()
        await asyncio.wait([old])
        assert await trial == "answer"
        assert breaker.state.value == "closed"

    with virtual_clock():
        asyncio.run(main())
