"""The desk: a call waits until it is answered, and says which process makes it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from examples.io_bound_vs_cpu_bound_work.carrier_desk import BOUND, Desk, book


def test_a_call_waits_for_its_label() -> None:
    """The caller has not returned when the desk takes its call, and returns the label that it is given."""
    with Desk() as desk, ThreadPoolExecutor(1) as pool:
        future = pool.submit(book, desk.port, "order 7")
        call = desk.take()
        assert (call.order, call.pid) == ("order 7", os.getpid())
        assert not future.done()
        assert call.answer("label 1") == "label 1 is on the parcel"
        assert future.result(timeout=BOUND) == "label 1"


def test_calls_are_taken_one_by_one() -> None:
    """Two callers are two calls, each with an answer of its own."""
    with Desk() as desk, ThreadPoolExecutor(2) as pool:
        futures = {order: pool.submit(book, desk.port, order) for order in ("a", "b")}
        for call in [desk.take(), desk.take()]:
            call.answer(f"label for {call.order}")
        labels = {order: future.result(timeout=BOUND) for order, future in futures.items()}
    assert labels == {"a": "label for a", "b": "label for b"}
