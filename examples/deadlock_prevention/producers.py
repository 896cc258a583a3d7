"""What worker processes do with a queue or a pipe: put much, put and die, send through a pipe and die."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue
from typing import Any


# region producers
def put_labels(labels: Queue[Any]) -> None:
    """Put a label that is larger than a pipe's buffer."""
    labels.put(b"label" * 100_000)


def die_before_put(labels: Queue[Any]) -> None:
    """End without a word, as a killed worker does."""
    os._exit(1)


def send_and_die(labels: Connection) -> None:
    """Send one label, and end in the middle of the work."""
    labels.send("A1")
    os._exit(1)


# endregion producers
