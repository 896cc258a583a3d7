"""Four thin shells around one protocol: in memory, a thread's socket, asyncio's streams, and any loop that AnyIO knows.

Each sends what the protocol says, feeds it what came, and returns its events; none parses a byte.
Who opened the connection closes it.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterable, Sequence

import anyio
from anyio.abc import ByteStream

from .quote_protocol import Event, QuoteProtocol


# region memory
def requests(protocol: QuoteProtocol, parcels: Sequence[int]) -> bytes:
    return b"".join(protocol.ask(grams) for grams in parcels)


def ask_in_memory(
    parcels: Sequence[int],
    chunks: Iterable[bytes],
) -> list[Event]:
    """What a carrier that answers in *chunks* says."""
    protocol, events = QuoteProtocol(), list[Event]()
    requests(protocol, parcels)
    coming = iter(chunks)
    while protocol.waiting:
        if event := protocol.next_event():
            events.append(event)
        else:
            protocol.receive(next(coming, b""))
    return events


# endregion memory


# region thread
def ask_in_thread(
    link: socket.socket,
    parcels: Sequence[int],
    seconds: float = 30.0,
) -> list[Event]:
    """Block this thread, for *seconds* at most."""
    protocol, events = QuoteProtocol(), list[Event]()
    deadline = time.monotonic() + seconds
    link.settimeout(seconds)
    link.sendall(requests(protocol, parcels))
    while protocol.waiting:
        if event := protocol.next_event():
            events.append(event)
        else:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{protocol.waiting} missing")
            link.settimeout(left)
            protocol.receive(link.recv(4096))
    return events


# endregion thread


# region task
async def ask_in_task(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    parcels: Sequence[int],
) -> list[Event]:
    """On asyncio; the caller sets the deadline."""
    protocol, events = QuoteProtocol(), list[Event]()
    writer.write(requests(protocol, parcels))
    await writer.drain()
    while protocol.waiting:
        if event := protocol.next_event():
            events.append(event)
        else:
            protocol.receive(await reader.read(4096))
    return events


# endregion task


# region anyio
async def ask_anywhere(
    stream: ByteStream,
    parcels: Sequence[int],
) -> list[Event]:
    """On asyncio or Trio; the caller sets the deadline."""
    protocol, events = QuoteProtocol(), list[Event]()
    await stream.send(requests(protocol, parcels))
    while protocol.waiting:
        if event := protocol.next_event():
            events.append(event)
        else:
            try:
                protocol.receive(await stream.receive())
            except anyio.EndOfStream:
                protocol.receive(b"")
    return events


# endregion anyio
