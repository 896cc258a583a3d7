"""A swallowed cancellation is gone in asyncio; in AnyIO and Trio it comes back until the scope is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import anyio
import pytest
import trio
import trio.testing

from concurrent_doctest.virtual_clock import virtual_clock
from examples.cancellation_and_timeouts.edge_and_level import main, with_anyio, with_asyncio, with_trio

Run = Callable[[bool], list[str]]


def on_anyio(shield: bool) -> list[str]:
    trace: list[str] = []
    anyio.run(with_anyio, trace.append, shield)
    return trace


def on_trio(shield: bool) -> list[str]:
    trace: list[str] = []
    clock = trio.testing.MockClock(autojump_threshold=0)
    trio.run(with_trio, trace.append, shield, clock=clock)
    return trace


LEVEL = pytest.mark.parametrize(
    ("run", "error"), [(on_anyio, "TimeoutError"), (on_trio, "TooSlowError")], ids=["anyio", "trio"]
)


def test_asyncio_cancels_once_and_forgets_the_deadline() -> None:
    trace: list[str] = []
    with virtual_clock():
        asyncio.run(with_asyncio(trace.append))
    assert trace == [
        "first call: cancelled, swallowed",
        "second call: answered",
        "cleanup: starts",
        "cleanup: done",
        "no error",
    ]


@LEVEL
def test_a_level_cancels_the_second_call_and_the_cleanup(run: Run, error: str) -> None:
    assert run(False) == ["first call: cancelled, swallowed", "cleanup: starts", error]


@LEVEL
def test_a_shield_lets_the_cleanup_await(run: Run, error: str) -> None:
    assert run(True) == ["first call: cancelled, swallowed", "cleanup: starts", "cleanup: done", error]


def test_main_shows_asyncio_and_both_levels(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    titles = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert titles == ["asyncio", "AnyIO", "Trio", "AnyIO, shielded cleanup", "Trio, shielded cleanup"]
