"""small_sockets: a socket wakes the loop, and nothing stays registered."""

from __future__ import annotations

import socket

import pytest

from examples.foundations.small_loop import create_task, run
from examples.foundations.small_sockets import SocketLoop, main


def test_a_readable_socket_resumes_its_task() -> None:
    """Two tasks wait for two sockets; the answers come in the other order."""
    loop, order = SocketLoop(), list[bytes]()

    async def receive(sock: socket.socket) -> None:
        order.append(await loop.receive(sock))

    async def scenario() -> None:
        swift, steady = socket.socketpair(), socket.socketpair()
        tasks = [create_task(receive(pair[0])) for pair in (swift, steady)]
        steady[1].send(b"840")
        await tasks[1]
        swift[1].send(b"990")
        await tasks[0]
        for sock in (*swift, *steady):
            sock.close()

    with loop.selector:
        run(scenario(), loop)
        assert len(loop.selector.get_map()) == 0
    assert order == [b"840", b"990"]


def test_main(capsys: pytest.CaptureFixture[str]) -> None:
    """The program prints what the page shows."""
    loop = SocketLoop()
    with loop.selector:
        run(main(loop), loop)
    assert capsys.readouterr().out == "other tasks run, answered: False\nreceived b'990 cents'\n"
