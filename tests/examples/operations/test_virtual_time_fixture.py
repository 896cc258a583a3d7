"""An hour takes no time under either plugin, and a hang is told."""

from __future__ import annotations

import pytest

from examples.operations.pytest_child import pytest_says

TESTS = """
import asyncio, time

async def test_an_hour():
    start = time.monotonic()
    await asyncio.sleep(3600)
    assert time.monotonic() - start == 3600

async def test_hangs():
    await asyncio.Event().wait()
"""


@pytest.mark.parametrize(
    ("plugin", "ini", "fixture"),
    [
        ("pytest_asyncio.plugin", "asyncio_mode = auto", "virtual_time"),
        ("anyio.pytest_plugin", "anyio_mode = auto", "anyio_backend"),
    ],
)
def test_time_is_virtual(plugin: str, ini: str, fixture: str) -> None:
    pytest.importorskip(plugin.partition(".")[0])
    conftest = f"from examples.operations.virtual_time_fixture import {fixture}\n"
    failed, counts = pytest_says(TESTS, plugins=plugin, ini=ini, conftest=conftest)
    assert "test_hangs - concurrent_doctest.virtual_clock.VirtualDeadlock" in failed
    assert counts == "1 failed, 1 passed"
