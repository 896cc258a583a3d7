"""Every way gives the same answers, in the order of the items; no time is asserted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from examples.io_bound_vs_cpu_bound_work import jobs, side_effects, six_ways
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


def test_workers_meet_only_when_all_have_come(port: int) -> None:
    with ThreadPoolExecutor(3) as pool:
        early = [pool.submit(jobs.arrive, (port, 3)) for _ in range(2)]
        assert jobs.arrive((port, 3)) == 3
        assert [call.result(30) for call in early] == [3, 3]


def test_an_unknown_request_gets_no_answer(port: int) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        jobs.fetch((port, 0.0, "heavy"))  # type: ignore[arg-type]


def test_rank_finds_the_dearest_parcel_and_the_first_of_equals() -> None:
    def cents(number: int) -> int:
        return 420 * -(-(number * 7919 % 30_000) // 1000) + number % 7

    best, number = jobs.rank("[2000, 7919, 30000, 420, 1000]")
    assert (best, number) == jobs.rank_literals(2_000)
    assert best == max(map(cents, range(2_000)))
    assert [cents(n) for n in range(2_000)].index(best) == -number


@pytest.mark.parametrize("name", list(six_ways.available()))
def test_side_effects_reach_the_caller_only_where_memory_is_shared(name: str) -> None:
    side_effects.seen.clear()
    with six_ways.available()[name](2) as run:
        assert run(side_effects.remember, [500, 2500]) == [840, 2520]
    shared = name in ("sequential", "threads", "asyncio")
    assert sorted(side_effects.seen) == ([500, 2500] if shared else [])


@pytest.mark.parametrize("name", list(six_ways.available()))
def test_an_error_reaches_the_caller(name: str) -> None:
    with six_ways.available()[name](1) as run, pytest.raises((ValueError, ExceptionGroup)) as caught:
        run(side_effects.refuse, [99_000])
    error = caught.value.exceptions[0] if isinstance(caught.value, ExceptionGroup) else caught.value
    assert isinstance(error, ValueError)
    assert str(error) == "99000 g is too heavy"
    assert isinstance(caught.value, ExceptionGroup) == (name == "asyncio")


@pytest.mark.parametrize("program", ["six_ways", "sharing"])
def test_the_program_tells_of_every_way(program: str) -> None:
    command = [sys.executable, "-m", f"examples.io_bound_vs_cpu_bound_work.{program}"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert ran.stderr == ""
    assert all(name in ran.stdout for name in six_ways.available())
