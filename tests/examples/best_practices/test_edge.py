"""A request's deadline is the least of what the caller and the service allow, and is passed on as what is left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.edge import HEADER, Edge, TooLate


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with virtual_clock():
        yield


@pytest.mark.parametrize(
    ("headers", "left"),
    [({}, 19.8), ({HEADER: "5"}, 4.8), ({HEADER: "3600"}, 19.8), ({HEADER: "inf"}, 19.8), ({HEADER: "soon"}, 19.8)],
)
def test_the_earlier_of_the_two_limits_counts(headers: dict[str, str], left: float) -> None:
    async def case() -> None:
        edge = Edge(most=20, reserve=0.2)
        deadline = edge.deadline(headers)
        assert deadline.remaining() == pytest.approx(left)
        await asyncio.sleep(1)
        assert float(edge.headers(deadline)[HEADER]) == pytest.approx(left - 1)

    asyncio.run(case())


@pytest.mark.parametrize("left", ["0", "-5", "0.6", "nan"])
def test_a_request_that_comes_too_late_is_refused(left: str) -> None:
    async def case() -> None:
        with pytest.raises(TooLate):
            Edge(least=0.5, reserve=0.2).deadline({HEADER: left})

    asyncio.run(case())


def test_two_services_in_a_row_keep_the_first_deadline() -> None:
    async def case() -> None:
        edge = Edge(most=20, least=0.5, reserve=0.2)
        first = edge.deadline({HEADER: "10"})
        await asyncio.sleep(3)
        second = edge.deadline(edge.headers(first))
        assert second < first
        assert second.remaining() == pytest.approx(6.6)

    asyncio.run(case())
