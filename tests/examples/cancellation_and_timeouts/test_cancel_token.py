"""The token is polled: by a loop that computes, or by a thread."""

from __future__ import annotations

import math
import threading
import time

import pytest

from examples.cancellation_and_timeouts.cancel_token import CancelToken, OperationCancelledError, main, rank

BOUND = 30  # seconds until a wait counts as a hang


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still; tests move its only item."""
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_a_fresh_token_lets_work_go_on() -> None:
    token = CancelToken()
    token.raise_if_cancelled()
    assert not token.cancelled
    assert rank(5, token) == 5


def test_cancel_is_for_good_and_may_be_repeated() -> None:
    token = CancelToken()
    token.cancel()
    token.cancel()
    assert token.cancelled
    with pytest.raises(OperationCancelledError):
        token.raise_if_cancelled()


def test_an_already_cancelled_token_stops_work_before_the_first_item() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(OperationCancelledError):
        rank(5, token)


def test_a_linked_token_follows_each_of_its_parents() -> None:
    for cancelled in range(2):
        parents = CancelToken(), CancelToken()
        linked = CancelToken(*parents)
        grandchild = CancelToken(linked)
        assert not grandchild.cancelled
        parents[cancelled].cancel()
        assert linked.cancelled
        assert grandchild.cancelled


def test_a_linked_token_leaves_its_parent_alone() -> None:
    parent = CancelToken()
    CancelToken(parent).cancel()
    assert not parent.cancelled


def test_cancel_after_cancels_at_the_deadline(clock: list[float]) -> None:
    token = CancelToken()
    token.cancel_after(2)
    clock[0] += 1.9
    assert not token.cancelled
    clock[0] += 0.1
    assert token.cancelled


def test_a_later_cancel_after_replaces_the_deadline(clock: list[float]) -> None:
    token = CancelToken()
    token.cancel_after(2)
    token.cancel_after(5)
    clock[0] += 4
    assert not token.cancelled
    token.cancel_after(math.inf)
    clock[0] += 1e9
    assert not token.cancelled


def test_a_deadline_that_has_passed_cannot_be_moved(clock: list[float]) -> None:
    token = CancelToken()
    token.cancel_after(2)
    clock[0] += 3
    token.cancel_after(60)  # nobody had polled in between
    assert token.cancelled


def test_the_deadline_of_a_parent_counts(clock: list[float]) -> None:
    parent = CancelToken()
    parent.cancel_after(2)
    linked = CancelToken(parent)
    clock[0] += 2
    assert linked.cancelled


def test_operation_cancelled_is_an_ordinary_exception() -> None:
    assert issubclass(OperationCancelledError, Exception)


def test_a_thread_sees_a_request_from_another_thread() -> None:
    token, polling = CancelToken(), threading.Event()
    outcomes: list[str] = []

    def work() -> None:
        try:
            while True:
                token.raise_if_cancelled()
                polling.set()
        except OperationCancelledError:
            outcomes.append("cancelled")

    worker = threading.Thread(target=work, daemon=True)  # a failed test must not hang the run
    worker.start()
    assert polling.wait(BOUND)
    token.cancel()
    worker.join(BOUND)
    assert not worker.is_alive()
    assert outcomes == ["cancelled"]


def test_the_program_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    assert capsys.readouterr().out == "100 parcels ranked\nthe request was cancelled with the shop\n"
