"""``tariff``: one load in a process, however many threads ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from examples.thread_safe_collections import tariff


def test_a_process_loads_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(tariff.rate, ["swift"] * 50))
    assert got == [(990, 1)] * 50
    assert tariff.rate("steady") == (840, 1)
