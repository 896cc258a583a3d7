"""classify: what it says of calls that wait, compute, or hold the GIL."""

from __future__ import annotations

import ctypes
import sys
import sysconfig
import time
import zlib
from collections.abc import Callable

import pytest

from examples.io_bound_vs_cpu_bound_work.classify import Measured, main, measure, spare

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
HOLDS = "others can run" if FREE_THREADED else "holds the GIL"


def wait() -> None:
    """Wait, and let others run."""
    time.sleep(0.2)


def wait_with_the_gil() -> None:
    """Wait in C code that keeps the GIL."""
    ctypes.PyDLL(None).usleep(200_000)


def compute() -> None:
    """Compute in Python for a tenth of a second of processor time."""
    end = time.thread_time() + 0.1
    while time.thread_time() < end:
        pass


def compute_in_c() -> None:
    """Compute in C code that releases the GIL."""
    data = bytes(1 << 20)
    end = time.thread_time() + 0.1
    while time.thread_time() < end:
        zlib.crc32(data)


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        (wait, "waits, others can run"),
        (wait_with_the_gil, f"waits, {HOLDS}"),
        (compute, f"computes, {HOLDS}"),
        (compute_in_c, "computes, others can run"),
    ],
)
def test_real_calls(call: Callable[[], None], verdict: str) -> None:
    """Each kind of call is told apart, whatever else the machine does."""
    assert measure(call).verdict == verdict


def short_wait() -> None:
    """Wait for less than a beat."""
    time.sleep(0.0005)


def test_a_short_call_is_repeated_until_there_is_room_for_beats() -> None:
    """One such call alone would leave no beat, and seem to hold the GIL."""
    found = measure(short_wait)
    assert found.wall >= 0.1
    assert found.room > 0.1


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (Measured(wall=10, processor=0.1, room=0.95), "waits, others can run"),
        (Measured(wall=10, processor=9.9, room=0.95), "computes, others can run"),
        (Measured(wall=10, processor=9.9, room=0.0), "computes, holds the GIL"),
        (Measured(wall=10, processor=0.0, room=0.0), "waits, holds the GIL"),
    ],
)
def test_verdicts(found: Measured, verdict: str) -> None:
    """The verdict follows from the two shares."""
    assert found.verdict == verdict


def test_a_starved_computation_is_not_taken_for_a_wait() -> None:
    """Under a quota of 15 % of a core, a call that gets all of it computes."""
    starved = Measured(wall=10, processor=1.5, room=0.0, spare=0.15)
    assert starved.share == pytest.approx(1.0)
    assert starved.verdict == "computes, holds the GIL"
    assert Measured(wall=10, processor=1.5, room=0.9).verdict == "waits, others can run"


def test_the_spare_share_is_a_share() -> None:
    """It is above nothing, and not above one core."""
    assert 0 < spare(0.005) <= 1.01


def test_the_switch_interval_comes_back_after_an_error() -> None:
    """A call that raises leaves the interpreter as it was."""
    before = sys.getswitchinterval()
    with pytest.raises(ZeroDivisionError):
        measure(lambda: 1 // 0)
    assert sys.getswitchinterval() == before


def test_main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The command names the verdict first."""
    monkeypatch.setattr(sys, "argv", ["classify", "tests.examples.io_bound_vs_cpu_bound_work.test_classify:wait"])
    main()
    assert capsys.readouterr().out.startswith("waits, others can run: processor 0%")
