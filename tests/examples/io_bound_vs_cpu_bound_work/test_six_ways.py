"""Every way gives the same answers, in the order of the items; no time is asserted."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.io_bound_vs_cpu_bound_work import jobs, six_ways
from examples.io_bound_vs_cpu_bound_work.carrier_server import carrier

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A carrier that answers."""
    with carrier() as number:
        yield number


def test_all_ways_return_the_same_answers_in_the_same_order(port: int) -> None:
    got = six_ways.answers(port, size=0.01)
    assert list(got) == ["fetch", "rank", "literals", "digest"]
    assert got["rank"] == got["literals"]
    for kind, ways in got.items():
        assert list(ways) == list(six_ways.available())
        for name, answers in ways.items():
            assert len(answers) == 8, (kind, name)
            assert answers == ways["sequential"], (kind, name)
    # 500 g, 1.5 kg, ... 7.5 kg: each started kilogram costs 840 cents.
    assert got["fetch"]["sequential"] == [840 * kilograms for kilograms in range(1, 9)]


def test_the_ways_are_those_of_the_interpreter() -> None:
    ways = ["sequential", "threads", "asyncio", "processes", "subinterpreters"]
    assert list(six_ways.available()) == (ways if sys.version_info >= (3, 14) else ways[:-1])


def test_measuring_gives_seconds_for_each_way_and_kind() -> None:
    figures = six_ways.measure(rounds=1, size=0.01)
    assert {kind: item["jobs"] for kind, item in figures.items()} == dict.fromkeys(
        ["fetch", "rank", "literals", "digest"], 8
    )
    for kind, item in figures.items():
        assert list(item["ways"]) == list(six_ways.SHARING if kind == "literals" else six_ways.available())
        assert item["workers"] >= 1
        for taken in item["ways"].values():
            assert taken["work"] >= 0
            assert taken["start"] >= 0


def test_a_job_that_is_compiled_again_does_the_same() -> None:
    again = six_ways.compiled_now(jobs.rank_literals)
    assert again is not jobs.rank_literals
    assert again(2_000) == jobs.rank_literals(2_000)


def test_the_connection_of_a_task_is_closed_when_no_price_comes(port: int) -> None:
    with pytest.raises(ValueError, match="invalid literal"):  # and no ResourceWarning, which is an error here
        asyncio.run(six_ways.fetch_async((port, 0.0, "heavy")))  # type: ignore[arg-type]


def test_the_program_tells_of_every_way() -> None:
    command = [sys.executable, "-m", "examples.io_bound_vs_cpu_bound_work.six_ways"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert ran.stderr == ""
    assert all(name in ran.stdout for name in six_ways.available())
