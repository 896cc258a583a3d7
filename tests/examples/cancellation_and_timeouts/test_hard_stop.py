"""run_with_deadline: results, failures, deadlines, under each start method that does not fork the caller."""

from __future__ import annotations

import multiprocessing
import os
import socket
import threading

import pytest

from examples.cancellation_and_timeouts.hard_stop import ask_forever, main, pack, price, run_with_deadline

BOUND = 60.0  # seconds; no wait comes near it, or the test fails
METHODS = [method for method in multiprocessing.get_all_start_methods() if method != "fork"]


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> str:
    """Give the name of a start method."""
    return str(request.param)


def test_the_result_comes_back(method: str) -> None:
    """A job within its deadline returns its result."""
    assert run_with_deadline(price, 2500, deadline=BOUND, start_method=method) == 1260


def test_the_exception_comes_back(method: str) -> None:
    """An exception of the job is raised in the caller."""
    with pytest.raises(TypeError):
        run_with_deadline(price, "heavy", deadline=BOUND, start_method=method)  # type: ignore[arg-type]


def test_a_loop_without_end_is_killed(method: str) -> None:
    """A job that never pauses ends at its deadline, and no child is left."""
    with pytest.raises(TimeoutError, match=r"pack killed after 0\.2 s"):
        run_with_deadline(pack, deadline=0.2, start_method=method)
    assert multiprocessing.active_children() == []


def test_a_blocked_system_call_is_killed(method: str) -> None:
    """The other side of a blocked connection sees it end: the process that held it is gone."""
    with socket.create_server(("127.0.0.1", 0)) as carrier:
        carrier.settimeout(BOUND)
        failures: list[BaseException] = []

        def call() -> None:
            try:
                run_with_deadline(ask_forever, carrier.getsockname()[1], deadline=10.0, start_method=method)
            except BaseException as error:
                failures.append(error)

        caller = threading.Thread(target=call)
        caller.start()
        connection, _ = carrier.accept()
        with connection:
            connection.settimeout(BOUND)
            assert connection.recv(1) == b""
        caller.join(BOUND)
    assert [type(error) for error in failures] == [TimeoutError]


def test_a_child_that_dies_is_reported_at_once(method: str) -> None:
    """A child that ends without an answer gives its exit code, long before the deadline."""
    with pytest.raises(RuntimeError, match="_exit died, exit code 3"):
        run_with_deadline(os._exit, 3, deadline=BOUND, start_method=method)


def test_main(capsys: pytest.CaptureFixture[str]) -> None:
    """The program prints what the page shows."""
    main()
    assert capsys.readouterr().out.splitlines() == [
        "1260",
        "TimeoutError: pack killed after 0.5 s",
        "shutdown(wait=False, cancel_futures=True)",
        "  running.cancel(): False",
        "  queued: cancelled",
        "  running.done(): False",
        "  running: call ended",
        "kill_workers",
        "  running.cancel(): False",
        "  queued: cancelled",
        "  carrier sees: b''",
        "  running: BrokenProcessPool",
    ]
