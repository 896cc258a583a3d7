"""What the executor of a cluster does that a pool does not: the scenes, by what they print."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import psutil  # type: ignore[import-untyped]
import pytest

from examples.io_bound_vs_cpu_bound_work.carrier_desk import Desk, book
from examples.io_bound_vs_cpu_bound_work.cluster_contract import SCENES, one_thread, until


def lines(scene: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What *scene* prints."""
    SCENES[scene]()
    return capsys.readouterr().out.splitlines()


def test_equal_calls_are_one_call_unless_impure(capsys: pytest.CaptureFixture[str]) -> None:
    """Three equal calls run once by default, and three times with pure=False; some keywords are Dask's own."""
    assert lines("pure", capsys) == [
        "{} submit: 1 map: 1",
        "{'pure': False} submit: 3 map: 3",
        "keywords that arrive: {'order': 7}",
    ]


def test_cancel_of_a_running_call(capsys: pytest.CaptureFixture[str]) -> None:
    """The pool refuses, the cluster agrees; both workers go on."""
    assert lines("cancel", capsys) == [
        "ThreadPoolExecutor",
        "  running: True",
        "  cancel:  False",
        "  worker:  label 1 is on the parcel",
        "  caller:  label 1",
        "ClientExecutor",
        "  running: False",
        "  cancel:  True",
        "  worker:  label 1 is on the parcel",
        "  caller:  cancelled",
    ]


def test_a_dropped_future_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    """Waiting or running; unless it was told to be kept."""
    assert lines("dropped", capsys) == [
        "known: ['first', 'second', 'third']",
        "known: ['first', 'third']",
        "known: ['third']",
        "first: label 1 is on the parcel",
        "known: []",
    ]


def test_what_can_be_sent(capsys: pytest.CaptureFixture[str]) -> None:
    """A lock travels to neither, a lambda to a cluster; a result that cannot travel is an error or, there, nothing."""
    assert lines("crossing", capsys) == [
        "ProcessPoolExecutor",
        "  error:  ValueError: no weight, in __get_result()",
        "  lock:   TypeError: cannot pickle '_thread.lock' object, in dumps()",
        "ClientExecutor",
        "  error:  ValueError: no weight, in price()",
        "  lock:   TypeError: Could not serialize object of type LLGExpr, in serialize()",
        "  lambda: 840",
        "a lock as the result",
        "  pool:     TypeError: cannot pickle '_thread.lock' object, in __get_result()",
        "  client:   TypeError: Could not serialize object of type lock, in serialization_error_loads()",
        "  executor: nothing within 1 s",
    ]


def test_a_large_argument_is_warned_of_once_scattered_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    """12 MB in a call warn; a scattered object does not."""
    assert lines("large", capsys) == ["Sending large graph of size 11.44 MiB.", "{12000000}", "warnings: 0"]


def test_a_cluster_in_this_process_listens_on_this_machine_only() -> None:
    """Left to its defaults, such a worker has a web server on all interfaces."""
    before = set(listening())
    with one_thread():
        opened = set(listening()) - before
    assert {host for host, _ in opened} == {"127.0.0.1"}


def listening() -> list[tuple[str, int]]:
    """Where this process listens for TCP."""
    connections = psutil.Process().net_connections("tcp")
    return [(each.laddr.ip, each.laddr.port) for each in connections if each.status == psutil.CONN_LISTEN]


def test_the_executor_holds_its_calls() -> None:
    """Nobody holds their futures, and both calls run: the one that runs at once, and the one that waits for it."""
    with Desk() as desk, one_thread() as client:
        executor = client.get_executor(pure=False)
        for order in ("first", "second"):
            executor.submit(book, desk.port, order)
        for order in ("first", "second"):
            call = desk.take()
            assert call.order == order
            call.answer("label")
        assert until(client, set()) == []


def test_what_the_executor_refuses_or_ignores() -> None:
    """Arguments of a pool that the executor of a cluster does not take; and a call that is done stays done."""
    with one_thread() as client:
        executor = client.get_executor(pure=False)
        assert list(executor.map(abs, [-840], chunksize=8)) == [840]
        with pytest.raises(TypeError, match="buffersize"):
            executor.map(abs, [-840], buffersize=8)
        future = executor.submit(abs, -840)
        assert future.result(timeout=60) == 840
        assert not future.cancel()
        with pytest.raises(TypeError, match="cancel_futures"):
            executor.shutdown(cancel_futures=True)
