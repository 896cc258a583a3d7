"""Serve an ASGI application under uvicorn on a free port of 127.0.0.1: in a thread, or in a process for its signals.

Each is a context manager that gives the address once the application has started, and after which nothing is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

GRACE = 10.0
"""Seconds for requests that are under way when the server is to end."""

STARTUP = 60.0
"""Seconds for a server to come up: a safety net."""


class NotServing(Exception):
    """The application did not start; its log says why."""


# region server
class Server(uvicorn.Server):
    """Says when it is up, and ends with an exit code, not by the signal that it was sent.

    A signal, or :meth:`end` from another thread, first sets ``app.state.draining``; the
    listening socket stays open for *lame_duck* seconds more, in which the application can refuse work and say by its
    readiness that it leaves.
    """

    def __init__(
        self, app: ASGIApp, *, grace: float = GRACE, lame_duck: float = 0.0, on_up: Callable[[], object] | None = None
    ) -> None:
        config = uvicorn.Config(
            app, lifespan="on", loop="asyncio", http="h11", ws="none", log_config=None, access_log=False,
            timeout_graceful_shutdown=max(1, round(grace)),
        )  # fmt: skip
        super().__init__(config)
        self.app, self.lame_duck, self.on_up = app, lame_duck, on_up
        self.up, self.leaving = threading.Event(), False
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.up.set()
        if self.on_up:
            self.on_up()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if cancelled := set(self.server_state.tasks):
            await asyncio.wait(cancelled, timeout=1)
        for _ in range(10):  # the last steps of the lifespan's task
            await asyncio.sleep(0)

    def _leave(self) -> None:
        if isinstance(self.app, Starlette):
            self.app.state.draining = True
        assert self.loop
        self.loop.call_later(self.lame_duck, setattr, self, "should_exit", True)

    def end(self) -> None:
        """Drain and end; for any thread."""
        with contextlib.suppress(RuntimeError):  # its loop has ended already
            assert self.loop
            self.loop.call_soon_threadsafe(self._leave)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal drains; a second one ends now, with exit code 1."""
        if self.leaving:
            self.should_exit = self.force_exit = True
        self.leaving = True
        self.end()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


# endregion server


def free_socket(port: int = 0) -> socket.socket:
    """A socket that listens on *port* of 127.0.0.1, or on a free one: clients that come early wait in its line."""
    # asyncio sets TCP_NODELAY only where the protocol is named; without it, answers come 40 ms late
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(2048)
    except BaseException:
        listening.close()
        raise
    return listening


def url_of(listening: socket.socket) -> str:
    """The address under which *listening* is reached."""
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=60, trust_env=False)


# region thread
@dataclass(frozen=True, slots=True)
class Served:
    """An application that is served by a thread of this process."""

    url: str
    server: Server

    def client(self) -> httpx.Client:
        """A client of it, to be closed: without proxies, and with a minute for each answer."""
        return _client(self.url)


@contextlib.contextmanager
def in_thread(app: ASGIApp, *, grace: float = GRACE) -> Iterator[Served]:
    """Serve *app* within the block; leaving it drains."""
    server = Server(app, grace=grace)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            server.run(sockets=[listening])
        except BaseException as error:  # uvicorn exits by SystemExit
            failed.append(error)
        finally:
            server.up.set()

    with free_socket() as listening:
        thread = threading.Thread(target=run, name="uvicorn")
        thread.start()
        try:
            if not server.up.wait(STARTUP) or failed:
                raise NotServing(f"uvicorn ended at its start: {failed}")
            yield Served(url_of(listening), server)
        finally:
            server.end()
            thread.join()


# endregion thread


# region process
@dataclass(frozen=True, slots=True)
class Child:
    """An application that is served by a process of its own."""

    url: str
    process: SpawnProcess

    def client(self) -> httpx.Client:
        """A client of it, to be closed: without proxies, and with a minute for each answer."""
        return _client(self.url)

    def terminate(self) -> None:
        """Send SIGTERM: the service drains and ends."""
        self.process.terminate()

    def wait(self) -> int | None:
        """The exit code, once it has ended; None after a minute."""
        self.process.join(STARTUP)
        return self.process.exitcode


def _serve(make: Callable[..., ASGIApp], arguments: tuple[Any, ...], up: Connection, options: dict[str, float]) -> None:
    """What the child runs."""

    def announce() -> None:
        up.send(url_of(listening))
        up.close()

    server = Server(make(*arguments), on_up=announce, **options)
    with free_socket() as listening:
        server.run(sockets=[listening])
    if server.force_exit:
        sys.exit(1)


@contextlib.contextmanager
def in_process(
    make: Callable[..., ASGIApp], *arguments: Any, grace: float = GRACE, lame_duck: float = 0.0
) -> Iterator[Child]:
    """Serve ``make(*arguments)`` in a fresh process; leaving the block ends it with SIGTERM.

    *make* and its *arguments* travel by :mod:`pickle`: a function of a module, and data.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    options = {"grace": grace, "lame_duck": lame_duck}
    process = context.Process(target=_serve, args=(make, arguments, theirs, options), name="service")
    with ours:
        with theirs:
            process.start()
        try:
            try:
                if not ours.poll(STARTUP):
                    raise NotServing("the child did not come up")
                url = ours.recv()
            except EOFError:
                process.join(STARTUP)
                raise NotServing(f"the child ended with exit code {process.exitcode}") from None
            yield Child(url, process)
        finally:
            process.terminate()
            process.join(STARTUP)
            if process.exitcode is None:
                process.kill()
                process.join()
            process.close()


# endregion process
