"""``OwnedThread`` stops and joins its thread, raises its error, and says where one that hangs is."""

from __future__ import annotations

import threading

import pytest

from examples.best_practices.owned_thread import OwnedThread, StillRunning


def test_it_is_told_to_stop_and_joined() -> None:
    seen: list[str] = []

    def poll(stop: threading.Event) -> None:
        seen.append(threading.current_thread().name)
        stop.wait(60)
        seen.append("ended")

    with OwnedThread("rates", poll):
        pass
    assert seen == ["rates", "ended"]


def test_its_error_is_raised_where_it_is_owned() -> None:
    def poll(stop: threading.Event) -> None:
        raise ConnectionError("no rates")

    with pytest.raises(ConnectionError, match="no rates"), OwnedThread("rates", poll):
        pass


def test_the_error_of_the_block_is_kept_and_that_of_the_thread_noted() -> None:
    def poll(stop: threading.Event) -> None:
        raise ConnectionError("no rates")

    with pytest.raises(KeyError) as caught, OwnedThread("rates", poll):
        raise KeyError("order")
    assert caught.value.__notes__ == ["rates as well: ConnectionError('no rates')"]


def test_one_that_does_not_stop_is_reported_with_its_stack() -> None:
    let_go = threading.Event()
    inside = threading.Event()

    def hangs_at_the_carrier(stop: threading.Event) -> None:
        inside.set()
        let_go.wait(60)

    owned = OwnedThread("rates", hangs_at_the_carrier, limit=0.01)
    with pytest.raises(StillRunning, match=r"(?s)rates:.*hangs_at_the_carrier"), owned:
        assert inside.wait(60)
    let_go.set()
    owned.close(60)
