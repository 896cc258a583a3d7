"""A patient is examined from outside, and does not outlive the block."""

from __future__ import annotations

import signal
import sys

import pytest

from examples.operations.bedside import patient

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_it_is_killed_at_the_end_also_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), patient("lost_slots") as shop:
        raise ZeroDivisionError
    assert shop.process.returncode == -signal.SIGKILL


def test_it_answers_a_signal_line_by_line_up_to_the_last_one() -> None:
    with patient("two_locks") as shop:
        said = shop.ask(signal.SIGUSR2)
        assert said[0].endswith(" tasks")
        assert said == [line for line in said if "end of report" not in line]


def test_a_command_gets_the_process_id_and_a_sleeper_falls_asleep() -> None:
    with patient("two_locks") as shop:
        assert shop.shell("echo PID") == str(shop.pid)
        state = "cat /proc/PID/task/*/status | grep ^State | sort -u"
        assert shop.until(state, "State:\tS (sleeping)")


def test_waiting_for_a_state_ends_when_the_process_has_ended() -> None:
    with patient("two_locks") as shop:
        shop.process.kill()
        shop.process.wait(60)
        with pytest.raises(AssertionError):
            shop.until("echo waits", "never")


@pytest.mark.parametrize(("kind", "thread"), [("computing", "main thread"), ("spinning_thread", "another thread")])
def test_the_thread_that_burns_is_named(kind: str, thread: str) -> None:
    with patient(kind) as shop:
        assert shop.busy(ticks=5) == thread
