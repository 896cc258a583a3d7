"""Logging of a concurrent service: through a bounded queue, with a request id, and with one event for each end."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from logging.handlers import QueueHandler, QueueListener

Records = queue.Queue[logging.LogRecord | None]

request_id: ContextVar[str] = ContextVar("request_id", default="-")


# region queue
class Front(QueueHandler):
    """Puts records into a bounded queue; drops those that do not fit.

    Takes request and task name where the code runs that logs.
    """

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self.dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        record = super().prepare(record)
        record.request = request_id.get()
        try:
            task = asyncio.current_task()
        except RuntimeError:  # no loop in this thread
            task = None
        record.taskName = task.get_name() if task else None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1  # emit() holds the handler's lock


class Back(QueueListener):
    """Hands the records to a slow handler, in its own thread."""

    def __init__(
        self,
        records: Records,
        *slow: logging.Handler,
        respect_handler_level: bool = False,  # dictConfig gives it
    ) -> None:
        super().__init__(
            records, *slow, respect_handler_level=respect_handler_level
        )  # fmt: skip
        self._records = records

    def enqueue_sentinel(self) -> None:
        self._records.put(None)  # put_nowait raises if it is full


@contextmanager
def through_queue(log: logging.Logger, slow: logging.Handler, size: int = 10_000) -> Iterator[Front]:
    """For the block *log* writes to *slow* through a queue."""
    records: Records = queue.Queue(size)
    front, back = Front(records), Back(records, slow)
    log.addHandler(front)
    back.start()
    try:
        yield front
    finally:
        log.removeHandler(front)
        back.stop()  # waits until what is queued is written
        if front.dropped:
            lost = f"{front.dropped} lines did not fit into the log"
            record = log.makeRecord(
                log.name, logging.ERROR, __file__, 0, lost, (), None
            )  # fmt: skip
            slow.handle(front.prepare(record))


# endregion queue


# region events
@contextmanager
def event(
    log: logging.Logger,
    name: str,
    **fields: object,
) -> Iterator[dict[str, object]]:
    """Log *name* when it starts, and how and after how long it ended.

    What the block puts into the dictionary is in the last line.
    """

    def line(what: str, **more: object) -> None:
        said = {"event": name, "what": what, **fields, **more}
        log.info("%s", json.dumps(said, default=repr))

    line("started")
    start, what, more = time.monotonic(), "failed", dict[str, object]()
    try:
        yield more
        what = "finished"
    except asyncio.CancelledError:
        what = "cancelled"
        raise
    except BaseException as error:
        more["error"] = repr(error)
        raise
    finally:
        seconds = round(time.monotonic() - start, 3)
        line(what, seconds=seconds, **more)


# endregion events
