"""shared_counter: two processes, one update lost without the lock and none with it."""

from __future__ import annotations

import pytest

from examples.thread_safe_collections import shared_counter


def test_the_lock_keeps_both_updates(capsys: pytest.CaptureFixture[str]) -> None:
    shared_counter.main()
    assert capsys.readouterr().out == "broken: 1\nfixed: 2\n"
