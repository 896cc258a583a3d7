"""A block that asks for it has what its tasks and threads did in its result, on the clock of its page."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from concurrent_doctest import supervise
from concurrent_doctest.plan import Block, Document, Group, Plan


def record(source: str, *, clock: str = "virtual", kind: str = "testcode") -> list[dict[str, Any]]:
    """The events of one block that passes."""
    block = Block("page.md", 10, kind, textwrap.dedent(source), record=True)
    document = Document("page", "page.md", (Group("default", (block,)),), clock=clock)
    (result,) = supervise.run(Plan((document,)), jobs=1, progress=lambda result: None)
    (found,) = result.results
    assert (found.outcome, found.report) == ("passed", "")
    return found.events


def lane(events: list[dict[str, Any]], name: str) -> list[tuple[float, str, str]]:
    """What the task or thread *name* did, with the time and what it waited for."""
    return [(event["at"], event["what"], event["on"]) for event in events if event["name"] == name]


def test_the_steps_of_tasks_are_recorded_with_virtual_times() -> None:
    events = record(
        """
        import asyncio
        async def ask(seconds):
            await asyncio.sleep(seconds)
        async def main():
            async with asyncio.TaskGroup() as group:
                group.create_task(ask(30), name="slow")
                group.create_task(ask(5), name="swift")
        asyncio.run(main())
        """
    )
    for name, seconds in (("slow", 30.0), ("swift", 5.0)):
        assert lane(events, name) == [
            (0.0, "created", ""),
            (0.0, "running", ""),
            (0.0, "waiting", "sleep"),
            (seconds, "running", ""),
            (seconds, "done", ""),
        ]
    waiting = [event for event in events if event["what"] == "waiting" and event["name"] == "slow"]
    assert [event["where"] for event in waiting] == ["page.md:13"]
    assert len({event["lane"] for event in events if event["kind"] == "task"}) == 3


def test_each_end_of_a_task_has_its_word() -> None:
    events = record(
        """
        import asyncio
        async def fails():
            raise ValueError
        async def main():
            failing = asyncio.create_task(fails(), name="failing")
            waiting = asyncio.create_task(asyncio.sleep(30), name="late")
            await asyncio.wait([failing])
            waiting.cancel()
            await asyncio.gather(failing, waiting, return_exceptions=True)
        asyncio.run(main())
        """
    )
    assert lane(events, "failing")[-1] == (0.0, "failed", "ValueError")
    assert lane(events, "late")[-1] == (0.0, "cancelled", "")


@pytest.mark.parametrize(
    ("wait", "name"),
    [
        ("await lock.acquire()", "Lock.acquire"),
        ("await asyncio.Queue().get()", "Queue.get"),
        ("await asyncio.Event().wait()", "Event.wait"),
        ("await other", "task other"),
        ("await asyncio.get_running_loop().create_future()", "Future"),
    ],
)
def test_a_wait_is_named_by_what_the_page_calls(wait: str, name: str) -> None:
    events = record(
        f"""
        import asyncio
        async def main():
            lock = asyncio.Lock()
            await lock.acquire()
            other = asyncio.create_task(asyncio.sleep(30), name="other")
            async def waits():
                {wait}
            task = asyncio.create_task(waits(), name="waits")
            await asyncio.wait([task], timeout=1)
            task.cancel()
            await asyncio.wait([task, other])
        asyncio.run(main())
        """
    )
    assert (0.0, "waiting", name) in lane(events, "waits")


def test_prompts_are_recorded_as_well() -> None:
    events = record(
        """\
        >>> import asyncio
        >>> task = asyncio.create_task(asyncio.sleep(30), name="slow")
        >>> await task
        """,
        kind="doctest",
    )
    assert lane(events, "slow")[-1] == (30.0, "done", "")


def test_threads_are_recorded_with_what_they_wait_for() -> None:
    events = record(
        """
        import threading
        go = threading.Event()
        thread = threading.Thread(target=go.wait, name="worker")
        thread.start()
        go.set()
        thread.join()
        """,
        clock="real",
    )
    worker = [(what, on) for _, what, on in lane(events, "worker")]
    assert worker[0] == ("created", "")
    assert worker[1] == ("running", "")
    assert ("waiting", "Event.wait") in worker
    assert worker[-1] == ("done", "")
    assert ("waiting", "Thread.join") in [(what, on) for _, what, on in lane(events, "MainThread")]


def test_recording_leaves_an_unreferenced_task_to_the_collector() -> None:
    record(
        """
        import asyncio, gc, weakref
        async def main():
            async def waits():
                await asyncio.get_running_loop().create_future()
            task = asyncio.create_task(waits())
            await asyncio.sleep(0)
            alive = weakref.ref(task)
            task._log_destroy_pending = False
            del task
            gc.collect()
            assert alive() is None
        asyncio.run(main())
        """
    )


def test_a_block_that_does_not_ask_has_no_events() -> None:
    block = Block("page.md", 10, "testcode", "import asyncio\nasyncio.run(asyncio.sleep(0))\n")
    document = Document("page", "page.md", (Group("default", (block,)),))
    (result,) = supervise.run(Plan((document,)), jobs=1, progress=lambda result: None)
    assert [found.events for found in result.results] == [[]]
