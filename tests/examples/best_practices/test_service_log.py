"""service_log: what a slow handler holds up, what is dropped, whose id a line has, how work ended."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.service_log import Front, event, request_id, through_queue


class Slow(logging.Handler):
    """Writes when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.writing, self.go_on = threading.Event(), threading.Event()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.writing.set()
        assert self.go_on.wait(60)
        self.records.append(record)

    @property
    def lines(self) -> list[str]:
        return [record.getMessage() for record in self.records]


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    log = logging.getLogger("test-service-log")
    log.setLevel(logging.INFO)
    log.propagate = False
    yield log
    assert not [handler for handler in log.handlers if isinstance(handler, Front | Slow)]


def test_a_slow_handler_does_not_hold_up_who_logs(log: logging.Logger) -> None:
    slow = Slow()
    with through_queue(log, slow):
        log.info("first")
        log.info("second")
        assert slow.lines == []
        slow.go_on.set()
    assert slow.lines == ["first", "second"]


def test_a_full_queue_drops_counts_and_tells(log: logging.Logger) -> None:
    slow = Slow()
    with through_queue(log, slow, size=2) as front:
        log.info("0")
        assert slow.writing.wait(60)  # it has left the queue
        for number in range(1, 6):
            log.info("%d", number)
        assert front.dropped == 3
        slow.go_on.set()
    assert slow.lines == ["0", "1", "2", "3 lines did not fit into the log"]


def test_it_stops_although_the_queue_is_full(log: logging.Logger) -> None:
    slow = Slow()
    context = through_queue(log, slow, size=1)
    context.__enter__()
    log.info("0")
    assert slow.writing.wait(60)
    log.info("1")
    stopping = threading.Thread(target=context.__exit__, args=(None, None, None))
    stopping.start()
    slow.go_on.set()
    stopping.join(60)
    assert slow.lines == ["0", "1"]


def test_request_and_task_are_those_of_who_logs(log: logging.Logger) -> None:
    slow = Slow()
    slow.go_on.set()

    async def handle(name: str) -> None:
        request_id.set(name)
        await asyncio.sleep(0)
        log.info("asks")
        await asyncio.to_thread(log.info, "in a thread")

    async def main() -> None:
        await asyncio.create_task(handle("A1"), name="quote-A1")

    with through_queue(log, slow):
        asyncio.run(main())
        log.info("end")
    seen = [(record.__dict__["request"], record.__dict__["taskName"]) for record in slow.records]
    assert seen == [("A1", "quote-A1"), ("A1", None), ("-", None)]


def ends(log: logging.Logger, seconds: float, limit: float, error: Exception | None = None) -> list[dict[str, object]]:
    """The events of work of *seconds*."""
    handler = Slow()
    handler.go_on.set()
    log.addHandler(handler)

    async def main() -> None:
        async with asyncio.timeout(limit):
            with event(log, "quote", carrier="slow") as more:
                await asyncio.sleep(seconds)
                more["cents"] = 840
                if error is not None:
                    raise error

    try:
        with virtual_clock():
            asyncio.run(main())
    except (TimeoutError, OSError):
        pass
    log.removeHandler(handler)
    return [json.loads(line) for line in handler.lines]


def test_each_end_has_its_line_and_its_duration(log: logging.Logger) -> None:
    base = {"event": "quote", "carrier": "slow"}
    started = {**base, "what": "started"}
    assert ends(log, 2, 30) == [started, {**base, "what": "finished", "seconds": 2.0, "cents": 840}]
    assert ends(log, 60, 30) == [started, {**base, "what": "cancelled", "seconds": 30.0}]
    failed = {**base, "what": "failed", "seconds": 2.0, "cents": 840, "error": "OSError('no route')"}
    assert ends(log, 2, 30, OSError("no route")) == [started, failed]


def test_a_field_that_json_does_not_know_hides_no_error(log: logging.Logger) -> None:
    handler = Slow()
    handler.go_on.set()
    log.addHandler(handler)

    def quote() -> None:
        with event(log, "quote") as more:
            more["carriers"] = {"swift"}
            raise OSError("no route")

    with pytest.raises(OSError, match="no route"):
        quote()
    log.removeHandler(handler)
    assert json.loads(handler.lines[-1])["carriers"] == "{'swift'}"
