"""A shop that waits for two carriers, and a thread that waits for new rates: something to look into."""

from __future__ import annotations

import asyncio
import ctypes
import sys
import threading

CARRIERS = ("slow", "steady")


# region shop
async def ask(carrier: str, called: set[str]) -> None:
    """Wait for the answer of *carrier*, which never comes."""
    called.add(carrier)
    if len(called) == len(CARRIERS):
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: print("ready", flush=True))
    await no_answer()


async def no_answer() -> None:
    """Stands for a connection on which nothing arrives."""
    await asyncio.get_running_loop().create_future()


async def shop() -> None:
    """Ask every carrier, each in a task with its name."""
    called: set[str] = set()
    async with asyncio.TaskGroup() as group:
        for carrier in CARRIERS:
            group.create_task(ask(carrier, called), name=carrier)


# endregion shop


def let_others_look() -> None:
    """Allow processes of this user to read this one, where Linux lets only its ancestors (Yama, scope 1)."""
    if sys.platform == "linux":
        set_ptracer, anyone = 0x59616D61, ctypes.c_ulong(-1)
        ctypes.CDLL(None).prctl(set_ptracer, anyone, 0, 0, 0)


def main() -> None:
    """Run until the process is ended."""
    let_others_look()
    rates = threading.Event()
    threading.Thread(target=rates.wait, name="refresh", daemon=True).start()
    asyncio.run(shop())


if __name__ == "__main__":
    main()
