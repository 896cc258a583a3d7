"""producers: what arrives, and what the other side sees of an end."""

from __future__ import annotations

import multiprocessing

import pytest

from examples.deadlock_prevention import producers

SPAWN = multiprocessing.get_context("spawn")


def test_a_large_label_arrives_when_it_is_taken_before_the_join() -> None:
    labels = SPAWN.Queue()
    worker = SPAWN.Process(target=producers.put_labels, args=(labels,))
    worker.start()
    assert len(labels.get(timeout=60)) == 500_000
    worker.join(60)
    assert worker.exitcode == 0
    labels.close()
    labels.join_thread()


def test_the_end_of_a_pipe_tells_that_its_writer_died() -> None:
    receiving, sending = SPAWN.Pipe(duplex=False)
    worker = SPAWN.Process(target=producers.send_and_die, args=(sending,))
    worker.start()
    sending.close()
    assert receiving.recv() == "A1"
    with pytest.raises(EOFError):
        receiving.recv()
    worker.join(60)
    assert worker.exitcode == 1
    receiving.close()


def test_a_worker_that_died_has_put_nothing() -> None:
    labels = SPAWN.Queue()
    worker = SPAWN.Process(target=producers.die_before_put, args=(labels,))
    worker.start()
    worker.join(60)
    assert worker.exitcode == 1
    assert labels.empty()
    labels.close()
    labels.join_thread()
