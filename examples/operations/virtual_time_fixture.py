"""Fixtures that put an async test on a virtual clock, under AnyIO's plugin or under pytest-asyncio.

In ``conftest.py``: ``from examples.operations.virtual_time_fixture import anyio_backend``, or ``virtual_time``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock


# region fixtures
@pytest.fixture
def anyio_backend() -> Iterator[str]:
    """AnyIO makes its loop when it has this fixture's value."""
    with virtual_clock():
        yield "asyncio"


@pytest.fixture(autouse=True)
def virtual_time() -> Iterator[None]:
    """pytest-asyncio makes its loop after the autouse fixtures."""
    with virtual_clock():
        yield


# endregion fixtures
