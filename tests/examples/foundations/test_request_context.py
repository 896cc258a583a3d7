"""The context variable that worker processes import."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from contextvars import copy_context
from multiprocessing import get_context

from examples.foundations.request_context import request, seen


def handle(name: str) -> str:
    """Set the request, then ask a fresh process what it sees."""
    request.set(name)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(seen).result()


def test_the_value_stays_in_its_context() -> None:
    """What a copy of the context sets, the test does not see."""
    context = copy_context()
    context.run(request.set, "A1")
    assert context.run(seen) == "A1"
    assert seen() == "-"


def test_a_spawned_process_starts_with_the_default() -> None:
    """Nothing crosses into a process that was not forked."""
    assert copy_context().run(handle, "A1") == "-"
