"""Map-reduce over one block of shared memory: ranges cross, the weights do not."""

from __future__ import annotations

import multiprocessing
import pickle
from array import array
from concurrent.futures import ProcessPoolExecutor

from examples.io_bound_vs_cpu_bound_work.shared_block import borrowed, owned

# region shared
Part = tuple[str, int, int]


def cents(part: Part) -> int:
    """The price of a part of the month; no parcel is copied."""
    name, start, stop = part
    with borrowed(name) as block:
        assert block.buf is not None
        with block.buf.cast("I") as month, month[start:stop] as grams:
            return sum(420 * -(-weight // 1000) for weight in grams)


def main() -> None:
    """Price 100,000 parcels in eight parts."""
    month = array("I", range(1, 100_001))
    data = month.tobytes()
    spawn = multiprocessing.get_context("spawn")
    with owned(len(data)) as block, ProcessPoolExecutor(2, spawn) as pool:
        assert block.buf is not None
        block.buf[: len(data)] = data
        step = len(month) // 8
        parts = [(block.name, at, at + step) for at in range(0, len(month), step)]
        print(sum(pool.map(cents, parts)), "cents")
    sent = max(len(pickle.dumps(part)) for part in parts)
    print(f"{len(data):,} bytes stayed, {sent} at most crossed in a call")


# endregion shared


if __name__ == "__main__":
    main()
