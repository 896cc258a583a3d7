"""The small loop with sockets: it waits in select() where the loop without sockets sleeps."""

from __future__ import annotations

import selectors
import socket
from functools import partial

from examples.foundations.small_loop import (
    Future,
    Loop,
    create_task,
    run,
    sleep,
)


# region sockets
class SocketLoop(Loop):
    def __init__(self) -> None:
        super().__init__()
        self.selector = selectors.DefaultSelector()

    def wait(self, timeout: float | None) -> None:
        for key, _ in self.selector.select(timeout):
            self.selector.unregister(key.fileobj)  # once only
            self.ready.append(key.data)

    async def receive(self, sock: socket.socket) -> bytes:
        future = Future[None]()
        wake = partial(future.set_result, None)
        self.selector.register(sock, selectors.EVENT_READ, wake)
        await future
        return sock.recv(100)


async def main(loop: SocketLoop) -> None:
    shop, carrier = socket.socketpair()
    with shop, carrier:
        answer = create_task(loop.receive(shop))
        await sleep(0.01)
        print("other tasks run, answered:", answer.is_done)
        carrier.send(b"990 cents")
        print("received", await answer)


if __name__ == "__main__":
    loop = SocketLoop()
    with loop.selector:
        run(main(loop), loop)
# endregion sockets
