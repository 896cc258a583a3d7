"""interpreter_pool: its jobs, and the program on interpreters with and without subinterpreters."""

from __future__ import annotations

import queue
import sys
import threading

import pytest

from examples.parallel_execution_patterns import interpreter_pool
from examples.parallel_execution_patterns.interpreter_pool import load, price, search


@pytest.fixture(autouse=True)
def _no_rates() -> None:
    interpreter_pool.rates.clear()


def test_a_price_needs_a_worker_that_was_set_up() -> None:
    with pytest.raises(KeyError, match="swift"):
        price(500)
    load(990)
    assert [price(grams) for grams in (500, 2500)] == [990, 2970]
    with pytest.raises(ValueError, match="-1"):
        price(-1)


def test_a_search_ends_when_its_byte_is_set() -> None:
    stop, begun = bytearray(1), queue.Queue[str]()
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(search(memoryview(stop), begun)))
    thread.start()
    begun.get(timeout=60)
    stop[0] = 1
    thread.join(60)
    assert found == [True]


def test_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    interpreter_pool.main()
    lines = capsys.readouterr().out.splitlines()
    if sys.version_info < (3, 14):
        assert lines == ["cannot import name 'interpreters' from 'concurrent'"]
    else:
        assert lines == [
            "prices: [990, 2970] errors: [ValueError(-1)]",
            "taken of endless: 4",
            "cancel: False",
            "stopped: True",
            "rates of the main interpreter: {}",
        ]
