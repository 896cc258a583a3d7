"""``Offload`` returns what a call returns, and holds its place until the thread has ended."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from examples.best_practices.offload import Offload


def test_results_and_errors_come_back() -> None:
    async def case(pool: ThreadPoolExecutor) -> None:
        offload = Offload(pool, limit=1)
        assert await offload(int, "990") == 990
        with pytest.raises(ValueError, match="invalid literal"):
            await offload(int, "x")
        assert await offload(int, "840") == 840

    with ThreadPoolExecutor(1) as pool:
        asyncio.run(case(pool))


def test_the_place_of_a_caller_that_gave_up_is_held_until_its_thread_ends() -> None:
    async def case(pool: ThreadPoolExecutor) -> None:
        offload = Offload(pool, limit=1)
        inside, let_go = threading.Event(), threading.Event()

        def blocks() -> None:
            inside.set()
            let_go.wait(60)

        given_up = asyncio.create_task(offload(blocks))
        await asyncio.to_thread(inside.wait, 60)
        given_up.cancel()
        await asyncio.wait([given_up])
        following = asyncio.create_task(offload(int, "990"))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not following.done()
        assert pool._work_queue.qsize() == 0
        let_go.set()
        assert await following == 990

    with ThreadPoolExecutor(2) as pool:
        asyncio.run(case(pool))


def test_a_pool_that_is_shut_down_costs_no_place() -> None:
    async def case(pool: ThreadPoolExecutor) -> None:
        offload = Offload(pool, limit=1)
        for _ in range(3):
            with pytest.raises(RuntimeError, match="after shutdown"):
                await offload(int, "990")

    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    asyncio.run(case(pool))
