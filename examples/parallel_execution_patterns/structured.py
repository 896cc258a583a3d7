"""One rule, three libraries: a block that starts work does not end before that work has ended.

Each function asks three carriers in a group of its own.  *refuse* makes one of them fail; without it the caller
gives up once all three are waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import anyio
import trio

Note = Callable[[str], None]
CARRIERS = ("swift", "steady", "slow")


# region asyncio
async def with_asyncio(note: Note, refuse: bool) -> None:
    asked = asyncio.Barrier(4)

    async def ask(carrier: str) -> None:
        try:
            await asked.wait()
            if refuse and carrier == "swift":
                raise ConnectionError(carrier)
            await asyncio.Event().wait()
        finally:
            note(f"{carrier} ended")

    async def shop() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for carrier in CARRIERS:
                    group.create_task(ask(carrier))
        finally:
            note("group left")

    shopping = asyncio.create_task(shop())
    await asked.wait()
    if not refuse:
        shopping.cancel()
    await shopping


# endregion asyncio


# region anyio
async def with_anyio(note: Note, refuse: bool) -> None:
    asked = 0
    all_asked = anyio.Event()

    async def ask(carrier: str) -> None:
        nonlocal asked
        try:
            asked += 1
            if asked == len(CARRIERS):
                all_asked.set()
            await all_asked.wait()
            if refuse and carrier == "swift":
                raise ConnectionError(carrier)
            await anyio.sleep_forever()
        finally:
            note(f"{carrier} ended")

    with anyio.CancelScope() as scope:
        try:
            async with anyio.create_task_group() as group:
                for carrier in CARRIERS:
                    group.start_soon(ask, carrier)
                await all_asked.wait()
                if not refuse:
                    scope.cancel()
        finally:
            note("group left")


# endregion anyio


# region trio
async def with_trio(note: Note, refuse: bool) -> None:
    asked = 0
    all_asked = trio.Event()

    async def ask(carrier: str) -> None:
        nonlocal asked
        try:
            asked += 1
            if asked == len(CARRIERS):
                all_asked.set()
            await all_asked.wait()
            if refuse and carrier == "swift":
                raise ConnectionError(carrier)
            await trio.sleep_forever()
        finally:
            note(f"{carrier} ended")

    with trio.CancelScope() as scope:
        try:
            async with trio.open_nursery() as nursery:
                for carrier in CARRIERS:
                    nursery.start_soon(ask, carrier)
                await all_asked.wait()
                if not refuse:
                    scope.cancel()
        finally:
            note("group left")


# endregion trio


def on_asyncio(note: Note, refuse: bool) -> None:
    """Run it on asyncio."""
    asyncio.run(with_asyncio(note, refuse))


def on_anyio(note: Note, refuse: bool) -> None:
    """Run it on AnyIO, over asyncio."""
    anyio.run(with_anyio, note, refuse)


def on_trio(note: Note, refuse: bool) -> None:
    """Run it on Trio."""
    trio.run(with_trio, note, refuse)


LIBRARIES = {"asyncio": on_asyncio, "AnyIO": on_anyio, "Trio": on_trio}


# region main
def trace(run: Callable[[Note, bool], None], refuse: bool) -> str:
    """What happened, the carriers in the order of their names."""
    notes: list[str] = []
    try:
        run(notes.append, refuse)
        outcome = "no error"
    except ExceptionGroup as group:
        outcome = f"{type(group).__name__} of {group.exceptions!r}"
    except asyncio.CancelledError:
        outcome = "CancelledError"
    *ended, last = notes
    return "\n  ".join([", ".join(sorted(ended)), last, outcome])


def main() -> None:
    for refuse in True, False:
        print("one refuses:" if refuse else "the caller gives up:")
        for name, run in LIBRARIES.items():
            print(f"{name}\n  {trace(run, refuse)}")


# endregion main


if __name__ == "__main__":
    main()
