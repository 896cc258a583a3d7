"""A pipeline whose stages run where they belong: waiting in the loop, computing in processes, blocking in threads."""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

from examples.parallel_execution_patterns.pipeline import Pipeline
from examples.quotes import Carrier, Parcel, Quote

SWIFT = Carrier("swift", delay=0.001, cents=990)


# region stages
def design(quote: Quote) -> str:
    """Compute a label: for a process, which must import it."""
    bars = pow(3, quote.cents, 1_000_003)
    return f"{quote.carrier} {quote.cents} {bars:06}"


def store(folder: Path, label: str) -> Path:
    """Write a label: blocks, so it is for a thread."""
    path = folder / f"{label.replace(' ', '-')}.txt"
    path.write_text(label, "utf-8")
    return path


async def labels(
    parcels: list[Parcel],
    pool: Executor,
    folder: Path,
) -> list[str]:
    """Names of the labels of *parcels*, in their order."""
    loop, names = asyncio.get_running_loop(), list[str]()

    async def designed(quote: Quote) -> str:
        return await loop.run_in_executor(pool, design, quote)

    async def stored(label: str) -> Path:
        return await asyncio.to_thread(store, folder, label)

    async def note(path: Path) -> None:
        names.append(path.name)

    await (
        Pipeline(parcels, buffer=2)
        .then(SWIFT.quote, workers=8, ordered=True)
        .then(designed, workers=2, ordered=True)
        .then(stored, workers=4, ordered=True)
        .run(note)
    )
    return names


# endregion stages


def main() -> None:
    parcels = [Parcel(grams) for grams in (900, 4200, 1500, 2600)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool, tempfile.TemporaryDirectory() as folder:
        for name in asyncio.run(labels(parcels, pool, Path(folder))):
            print(name)


if __name__ == "__main__":
    main()
