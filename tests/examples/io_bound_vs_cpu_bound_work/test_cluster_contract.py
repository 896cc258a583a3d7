"""What the executor of a cluster does that a pool does not: the scenes, by what they print."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import pytest

from examples.io_bound_vs_cpu_bound_work.beyond_one_machine import local_cluster
from examples.io_bound_vs_cpu_bound_work.cluster_contract import SCENES


def lines(scene: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What *scene* prints."""
    SCENES[scene]()
    return capsys.readouterr().out.splitlines()


def test_equal_calls_are_one_call_unless_impure(capsys: pytest.CaptureFixture[str]) -> None:
    """Three equal calls run once by default, and three times with pure=False."""
    assert lines("pure", capsys) == ["{} submit: 1 map: 1", "{'pure': False} submit: 3 map: 3"]


def test_cancel_of_a_running_call(capsys: pytest.CaptureFixture[str]) -> None:
    """The pool refuses, the cluster agrees; both workers go on."""
    assert lines("cancel", capsys) == [
        "pool: running() True, cancel() False",
        "  caller: TimeoutError",
        "  worker: label 1 is on the parcel",
        "cluster: running() False, cancel() True",
        "  caller: CancelledError",
        "  worker: label 1 is on the parcel",
    ]


def test_what_can_be_sent(capsys: pytest.CaptureFixture[str]) -> None:
    """A lambda travels to a cluster only, a lock to neither."""
    pool, pool_lambda, pool_lock, *cluster = lines("unpicklable", capsys)
    assert pool == "pool"
    assert "local object" in pool_lambda
    assert pool_lock == "  a lock:   TypeError: cannot pickle '_thread.lock' object"
    assert cluster == [
        "cluster",
        "  a lambda: 840",
        "  a lock:   TypeError: Could not serialize object of type LLGExpr",
    ]


def test_a_result_that_cannot_be_sent(capsys: pytest.CaptureFixture[str]) -> None:
    """The client raises; the executor's future never ends."""
    assert lines("unpicklable-result", capsys) == [
        "client:   Could not serialize object of type lock",
        "executor: never done",
    ]


def test_an_exception_and_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """The worker's frames are in the traceback from a cluster, and in the text of the cause from a pool."""
    assert lines("error", capsys) == [
        "pool: price() in the traceback: False",
        "  cause: _RemoteTraceback",
        "cluster: price() in the traceback: True",
        "  cause: NoneType",
    ]


def test_what_the_executor_refuses_or_ignores() -> None:
    """Arguments of a pool that the executor of a cluster does not take."""
    with local_cluster(1) as client:
        executor = client.get_executor(pure=False)
        assert list(executor.map(abs, [-840], chunksize=8)) == [840]
        with pytest.raises(TypeError, match="buffersize"):
            executor.map(abs, [-840], buffersize=8)
        with pytest.raises(TypeError, match="cancel_futures"):
            executor.shutdown(cancel_futures=True)
