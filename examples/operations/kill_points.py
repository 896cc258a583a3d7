"""Kill :mod:`examples.operations.durable_orders` at each of its points, start it again, and count what is lost.

The client is here: it sends each order again, under the same key, until it has a reply.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from examples.operations.durable_orders import POINTS

ROOT = Path(__file__).parents[2]
LIMIT = 60.0
"""Seconds for a life of the program: a safety net."""

# region cases
AT_START = ("starting", "recovered")
AT_END = ("draining", "drained")

CASES = [("carrier-booked", point) if point in AT_START else (point,) for point in POINTS]
CASES.append(("carrier-booked", "carrier-booked"))
"""The points at which the program is killed, one in each life; the life after them is not killed.

What is killed at its start has something to recover: the life before was killed in the middle of a booking.
"""
# endregion cases


@dataclass(frozen=True, slots=True)
class Seen:
    """What a case came to."""

    lives: tuple[str, ...]
    codes: tuple[int | None, ...]  # exit codes, one for each life
    on_disk: tuple[str, ...]  # states of the orders after the last kill
    at_carrier: int  # bookings then
    told: dict[str, int]  # what the client was told: key and id
    states: tuple[str, ...]  # of the orders in the end
    bookings: tuple[str, ...]  # their keys at the carrier
    calls: int

    @property
    def lost(self) -> int:
        """Orders that the client was promised, and that nobody booked."""
        return max(0, len(self.told) - len(self.bookings))

    @property
    def doubled(self) -> int:
        """Bookings too many."""
        return max(0, len(self.bookings) - len(self.told))


# region life
async def life(folder: Path, keys: Sequence[str], told: dict[str, int], options: Sequence[str]) -> int | None:
    """Run the program once as the client of *keys*, until it ends; its exit code.  *told* grows by the replies."""
    files = str(folder / "orders.db"), str(folder / "carrier.db")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "examples.operations.durable_orders", *files, *options, cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    assert child.stdin
    assert child.stdout
    try:
        async with asyncio.timeout(LIMIT):
            seen = list[str]()

            async def heard(words: str) -> bool:
                """Whether a line that starts so comes, or has come."""
                assert child.stdout
                while not any(line.startswith(words) for line in seen):
                    if not (line := (await child.stdout.readline()).decode()):
                        return False
                    seen.append(line)
                return True

            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it was killed meanwhile
                for key in keys:
                    if key not in told:
                        child.stdin.write(f"{key} 1200\n".encode())
                        await child.stdin.drain()
                        if not await heard(f"accepted {key} "):
                            break
                        told[key] = int(seen[-1].split()[2])
                if "--hold-up" in options and await heard("asking"):
                    child.terminate()
                else:
                    child.stdin.close()
            await child.stdout.read()
            return await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


# endregion life


def on_disk(folder: Path) -> tuple[str, ...]:
    """The states of the orders, read beside the store, which would recover them."""
    return _column(folder / "orders.db", "SELECT state FROM orders ORDER BY id")


def _column(path: Path, query: str) -> tuple[str, ...]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        try:
            return tuple(row[0] for row in database.execute(query))
        except sqlite3.OperationalError:  # no such table: it did not come so far
            return ()


# region run
async def run(lives: Sequence[str], *, orders: int = 1, variant: str = "DurableOrders") -> Seen:
    """Kill the program in each of *lives*, then let it end."""
    for point in lives:
        if point not in POINTS:
            raise ValueError(f"no point {point!r}: one of {', '.join(POINTS)}")
    keys, told, codes = [f"basket-{number}" for number in range(orders)], dict[str, int](), list[int | None]()
    with tempfile.TemporaryDirectory() as name:
        folder, bookings = Path(name), "SELECT key FROM bookings ORDER BY id"
        for point in lives:
            held = ["--hold-up"] if point in AT_END else []
            codes.append(await life(folder, keys, told, ["--kill-at", point, "--variant", variant, *held]))
        left, booked = on_disk(folder), _column(folder / "carrier.db", bookings)
        codes.append(await life(folder, keys, told, ["--variant", variant]))
        return Seen(
            tuple(lives), tuple(codes), left, len(booked), told, on_disk(folder),
            _column(folder / "carrier.db", bookings), len(_column(folder / "carrier.db", "SELECT key FROM calls")),
        )  # fmt: skip


# endregion run


async def main() -> None:
    """Go through all cases, with one order."""
    print(f"{'killed at':31} {'on disk':8} {'carrier':8} {'then: booked':13} {'calls':>5}")
    for lives in CASES:
        seen = await run(lives)
        state = " ".join(seen.on_disk) or "-"
        booked = f"{len(seen.bookings)}, lost {seen.lost}"
        print(f"{', '.join(lives):31} {state:8} {'booked' if seen.at_carrier else '-':8} {booked:13} {seen.calls:5}")


if __name__ == "__main__":
    asyncio.run(main())
