"""The workers of ``life-cycles`` can be imported by a child, and end as the page says."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from examples.task_thread_and_valuetask import workers


def test_a_worker_waits_until_it_may_go_and_a_refusal_is_exit_code_1(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, go = context.Event(), context.Event()
    waiting = context.Process(target=workers.wait, args=(ready, go))
    failing = context.Process(target=workers.refuse, args=(str(tmp_path / "log"),))
    waiting.start()
    failing.start()
    assert ready.wait(30)
    assert waiting.is_alive()
    go.set()
    waiting.join(30)
    failing.join(30)
    assert (waiting.exitcode, failing.exitcode) == (0, 1)
    assert "ValueError: label too long" in (tmp_path / "log").read_text()
