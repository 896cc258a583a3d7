"""The plugin fails what leaves something, under both plugins, and leaves the rest alone."""

from __future__ import annotations

import pytest

from examples.operations.pytest_child import pytest_says

TESTS = """
import asyncio, pytest, threading

go_on = threading.Event()

def start():
    threading.Thread(target=go_on.wait, name="refresh", daemon=True).start()

async def test_clean():
    await asyncio.create_task(asyncio.sleep(0))

def test_clean_too():
    pass

async def test_task():
    test_task.kept = asyncio.create_task(asyncio.sleep(60), name="ask")

@pytest.mark.leaves("refresh")
def test_allowed():
    start()

def test_thread():
    start()
"""
PLUGIN = 'pytest_plugins = ["examples.operations.leak_fixture"]\n'
ASYNCIO = "import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"


@pytest.mark.parametrize(
    ("plugin", "ini"),
    [("pytest_asyncio.plugin", "asyncio_mode = auto"), ("anyio.pytest_plugin", "anyio_mode = auto")],
)
def test_each_leak_is_found(plugin: str, ini: str) -> None:
    pytest.importorskip(plugin.partition(".")[0])
    said = pytest_says(TESTS, "--tb=short", plugins=plugin, ini=ini, conftest=PLUGIN + ASYNCIO)
    assert [line for line in said if "left behind" not in line] == [
        "E task ask",
        "E thread refresh",
        "5 passed, 2 errors",
    ]
