"""One deadline, three libraries: asyncio cancels once, AnyIO and Trio until the scope is left.

Each function swallows the first cancellation, makes a second call and cleans up with an await.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import anyio
import trio

Note = Callable[[str], None]


# region asyncio
async def with_asyncio(note: Note) -> None:
    try:
        async with asyncio.timeout(0.02):
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                note("first call: cancelled, swallowed")
            try:
                await asyncio.sleep(0.01)
                note("second call: answered")
            finally:
                note("cleanup: starts")
                async with asyncio.timeout(5):
                    await asyncio.sleep(0.01)
                    note("cleanup: done")
    except TimeoutError:
        note("TimeoutError")
    else:
        note("no error")


# endregion asyncio


# region anyio
async def with_anyio(note: Note, shield: bool) -> None:
    try:
        with anyio.fail_after(0.02):
            try:
                await anyio.sleep(30)
            except anyio.get_cancelled_exc_class():
                note("first call: cancelled, swallowed")
            try:
                await anyio.sleep(0.01)
                note("second call: answered")
            finally:
                note("cleanup: starts")
                with anyio.move_on_after(5, shield=shield):
                    await anyio.sleep(0.01)
                    note("cleanup: done")
    except TimeoutError:
        note("TimeoutError")
    else:
        note("no error")


# endregion anyio


# region trio
async def with_trio(note: Note, shield: bool) -> None:
    try:
        with trio.fail_after(0.02):
            try:
                await trio.sleep(30)
            except trio.Cancelled:
                note("first call: cancelled, swallowed")
            try:
                await trio.sleep(0.01)
                note("second call: answered")
            finally:
                note("cleanup: starts")
                with trio.move_on_after(5, shield=shield):
                    await trio.sleep(0.01)
                    note("cleanup: done")
    except trio.TooSlowError:
        note("TooSlowError")
    else:
        note("no error")


# endregion trio


# region main
def main() -> None:
    def note(line: str) -> None:
        print("  " + line)

    print("asyncio")
    asyncio.run(with_asyncio(note))
    for shield in False, True:
        suffix = ", shielded cleanup" if shield else ""
        print("AnyIO" + suffix)
        anyio.run(with_anyio, note, shield)
        print("Trio" + suffix)
        trio.run(with_trio, note, shield)


# endregion main


if __name__ == "__main__":
    main()
