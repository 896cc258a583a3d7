"""Each wait of the service is a number that moves with it, and comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import generate_latest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.quotes import CarrierError
from examples.quotes.client import NoConnection
from examples.quotes.inputs import Refusal
from examples.quotes.metrics import Line, Metrics, outcome
from examples.quotes.parts import Bounded, Settings


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(Settings())


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


@pytest.mark.parametrize(
    ("status", "said"),
    [(200, "answered"), (201, "answered"), (422, "rejected"), (429, "refused"), (503, "refused"), (500, "failed")],
)
def test_outcome(status: int, said: str) -> None:
    assert outcome(status) == said


def test_the_line_has_a_length_and_an_age() -> None:
    async def main() -> None:
        line, admit = Line(), Bounded(Settings(at_once=1, waiting=2))
        end = asyncio.Event()

        async def request() -> None:
            async with line.through(admit()):
                await end.wait()

        assert (line.working, len(line), line.oldest()) == (0, 0, 0.0)
        requests = [asyncio.create_task(request()) for _ in range(3)]
        await asyncio.sleep(5)
        assert (line.working, len(line), line.oldest()) == (1, 2, 5.0)
        with pytest.raises(Refusal):
            await request()
        assert (line.working, len(line)) == (1, 2)
        requests[1].cancel()  # leaves the line
        await asyncio.wait(requests[1:2])
        assert (line.working, len(line), line.oldest()) == (1, 1, 5.0)
        end.set()
        await asyncio.wait(requests)
        assert (line.working, len(line), line.oldest()) == (0, 0, 0.0)

    with virtual_clock():
        asyncio.run(main())


def test_a_request_that_fails_leaves_the_line() -> None:
    @contextlib.asynccontextmanager
    async def open_door() -> AsyncIterator[None]:
        yield

    async def main() -> None:
        line = Line()
        with pytest.raises(ZeroDivisionError):
            async with line.through(open_door()):
                _ = 1 / 0
        assert (line.working, len(line)) == (0, 0)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (None, "answered"),
        (CarrierError("no"), "failed"),
        (NoConnection("none"), "no_connection"),
        (asyncio.CancelledError(), "cut_off"),
    ],
)
def test_a_call_is_counted_by_its_end(metrics: Metrics, error: BaseException | None, ended: str) -> None:
    with contextlib.suppress(CarrierError, asyncio.CancelledError), metrics.carrier_call("swift"):
        assert value(metrics, "carrier_calls_inside") == 1
        if error:
            raise error
    assert value(metrics, "carrier_calls_inside") == 0
    assert value(metrics, "carrier_calls_total", carrier="swift", outcome=ended) == 1


def test_tasks_are_counted_by_coroutine_and_threads_by_pool(metrics: Metrics) -> None:
    async def refresh() -> None:
        await asyncio.sleep(3600)

    async def main() -> None:
        tasks = [asyncio.create_task(refresh(), name=f"refresh {number}") for number in range(3)]
        with ThreadPoolExecutor(2, "depots") as pool:
            pool.submit(int).result()
            text = generate_latest(metrics.registry).decode()
            kind = f"{refresh.__qualname__}"
            assert f'tasks{{kind="{kind}"}} 3.0' in text
            assert 'threads{kind="depots"}' in text
            assert "refresh 0" not in text
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    asyncio.run(main())


def test_limits_are_told(metrics: Metrics) -> None:
    assert value(metrics, "limit", of="connections") == Settings().connections


def test_lag_is_counted() -> None:
    async def main(metrics: Metrics) -> None:
        watching = asyncio.create_task(metrics.watch(10))
        await asyncio.sleep(25)
        watching.cancel()
        await asyncio.wait([watching])

    metrics = Metrics(Settings())
    with virtual_clock():
        asyncio.run(main(metrics))
    assert value(metrics, "loop_lag_seconds_count") == 2
    assert value(metrics, "loop_lag_seconds_bucket", le="0.01") == 2
