"""A carrier on 127.0.0.1 that waits before it answers, in a process of its own.

``quote 0.1 2500`` is answered after 0.1 s, with a price.  ``meet 4`` is answered when four connections have asked.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


# region serve
async def serve() -> None:
    """Print the port, then answer until stdin is closed."""
    waiting: list[asyncio.StreamWriter] = []

    async def answer(
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        match (await reader.readline()).decode().split():
            case ["quote", seconds, grams]:
                await asyncio.sleep(float(seconds))
                kilograms = -(-int(grams) // 1000)
                await reply([writer], 840 * kilograms)
            case ["meet", expected]:
                waiting.append(writer)
                if len(waiting) == int(expected):
                    met, waiting[:] = waiting[:], []
                    await reply(met, len(met))
            case _:
                writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


async def reply(
    writers: list[asyncio.StreamWriter],
    number: int,
) -> None:
    """Write *number* to each of *writers*, and close it."""
    for writer in writers:
        writer.write(f"{number}\n".encode())
        writer.close()
    for writer in writers:
        await writer.wait_closed()


# endregion serve


@contextmanager
def carrier() -> Iterator[int]:
    """Run the server in a process of its own; gives its port, and ends it."""
    command = [sys.executable, "-P", __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        with server.stdin:
            yield int(server.stdout.readline())


if __name__ == "__main__":
    asyncio.run(serve())
