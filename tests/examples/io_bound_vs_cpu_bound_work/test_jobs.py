"""jobs: each does its work, and those that ask a carrier wait for its answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from examples.io_bound_vs_cpu_bound_work import jobs
from examples.io_bound_vs_cpu_bound_work.carrier_server import carrier


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A carrier that answers."""
    with carrier() as number:
        yield number


def test_a_quote_is_for_each_started_kilogram(port: int) -> None:
    assert [jobs.fetch((port, 0.0, grams)) for grams in (1, 1000, 1001)] == [840, 840, 1680]


def test_a_request_that_the_carrier_cannot_read_gets_no_price(port: int) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        jobs.fetch((port, 0.0, "heavy"))  # type: ignore[arg-type]


def test_the_carrier_answers_others_while_one_waits(port: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(jobs.arrive, (port, 2))  # answered when a second has come
        assert jobs.fetch((port, 0.0, 500)) == 840
        assert not slow.done()
        assert jobs.arrive((port, 2)) == slow.result(30) == 2


def test_workers_meet_only_when_all_have_come(port: int) -> None:
    with ThreadPoolExecutor(3) as pool:
        early = [pool.submit(jobs.arrive, (port, 3)) for _ in range(2)]
        assert jobs.arrive((port, 3)) == 3
        assert [call.result(30) for call in early] == [3, 3]


def test_rank_finds_the_dearest_parcel_and_the_first_of_equals() -> None:
    def cents(number: int) -> int:
        return 420 * -(-(number * 7919 % 30_000) // 1000) + number % 7

    for parcels in (1, 2_000, 2_001):
        prices = [cents(number) for number in range(parcels)]
        best = (max(prices), -prices.index(max(prices)))
        assert jobs.rank_literals(parcels) == best
        assert jobs.rank(f"[{parcels}, 7919, 30000, 420, 1000]") == best


def test_digest_hashes_so_many_labels() -> None:
    assert len(jobs.LABEL) == 2**20
    assert jobs.digest(0) == hashlib.sha256().hexdigest()
    assert jobs.digest(2) == hashlib.sha256(jobs.LABEL * 2).hexdigest()
