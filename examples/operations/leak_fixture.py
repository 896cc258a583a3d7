"""A pytest plugin that fails a test which leaves a task, a thread, a child process or an unawaited coroutine behind.

In ``conftest.py``: ``pytest_plugins = ["examples.operations.leak_fixture"]``.  A test that starts something on purpose
says so: ``@pytest.mark.leaves("refresh")`` allows threads whose names begin so.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator

import pytest

from examples.best_practices.no_leaks import Leaks, NoLeaks


# region fixtures
def pytest_configure(config: pytest.Config) -> None:
    text = "leaves(*names): threads that may be left"
    config.addinivalue_line("markers", text)


def watcher(request: pytest.FixtureRequest) -> NoLeaks:
    mark = request.node.get_closest_marker("leaves")
    return NoLeaks(allowed=("asyncio_", *(mark.args if mark else ())))


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    if inspect.iscoroutinefunction(request.function):
        request.getfixturevalue("nothing_left_in_loop")
        yield  # the other one watches, from inside of the loop
    else:
        with watcher(request):
            yield


@pytest.fixture
async def nothing_left_in_loop(
    request: pytest.FixtureRequest,
) -> AsyncIterator[None]:
    before = tasks()
    with watcher(request):
        yield
        left = sorted(task.get_name() for task in tasks() - before)
        if left:
            raise Leaks([f"task {name}" for name in left])


def tasks() -> set[asyncio.Task[object]]:
    """Those of tests; AnyIO's plugin has tasks of its own."""
    try:
        running = asyncio.all_tasks()
    except RuntimeError:
        return set()  # Trio, whose nurseries leave none
    own = {task for task in running if "TestRunner." in repr(task.get_coro())}
    return running - own - {asyncio.current_task()}


# endregion fixtures
