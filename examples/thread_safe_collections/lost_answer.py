"""A network that carries a write to the store, and loses the answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


# region relay
def relay(listener: socket.socket, path: str) -> None:
    """Pass on what one client asks, until it has written."""
    with (
        listener,
        listener.accept()[0] as client,
        socket.socket(socket.AF_UNIX) as server,
    ):
        server.connect(path)
        while request := client.recv(65536):
            server.sendall(request)
            answer = server.recv(65536)
            if b"EXEC" in request or b"EVAL" in request:
                return  # carried out, and cut off
            client.sendall(answer)


# endregion relay


@contextlib.contextmanager
def losing(url: str) -> Iterator[str]:
    """The URL of a way to the server behind *url* that breaks at the first write."""
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    thread = threading.Thread(target=relay, args=(listener, url.removeprefix("unix://")))
    thread.start()
    try:
        yield f"valkey://{host}:{port}"
    finally:
        with contextlib.suppress(OSError), socket.create_connection((host, port)):
            pass  # ends a relay that nobody has come to
        thread.join()
