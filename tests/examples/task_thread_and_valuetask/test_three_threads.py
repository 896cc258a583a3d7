"""The three threads end when they are told to."""

from __future__ import annotations

import threading

from examples.task_thread_and_valuetask import three_threads


def test_the_three_threads_end() -> None:
    before = threading.active_count()
    three_threads.main(seconds=0)
    assert threading.active_count() == before
