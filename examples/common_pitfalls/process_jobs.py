"""What the pages on processes run in their workers: a price, a note in a global, a child, and a table of rates."""

from __future__ import annotations

import multiprocessing
from typing import Any

# region note
noted: list[str] = []


def note(carrier: str) -> list[str]:
    """Note *carrier* in a global, and return what is noted."""
    noted.append(carrier)
    return noted


# endregion note


# region price
def price(base: int, grams: int) -> int:
    """The price of a parcel, from a *base* price."""
    return base + 420 * -(-grams // 1000)


# endregion price


# region table
class Table:
    """Rates by weight; counts how often it was pickled."""

    def __init__(self, size: int) -> None:
        """Make *size* rates."""
        self.rates = list(range(size))
        self.pickled = 0

    def __getstate__(self) -> dict[str, Any]:
        """Count; called once for each time that it is sent."""
        self.pickled += 1
        return self.__dict__.copy()


table: Table | None = None


def keep(sent: Table) -> None:
    """Keep the table in this worker (the initializer)."""
    global table
    table = sent


def price_kept(grams: int) -> int:
    """The rate from the table that this worker keeps."""
    assert table is not None
    return table.rates[grams]


def price_sent(sent: Table, grams: int) -> int:
    """The rate from a table that came with the job."""
    return sent.rates[grams]


# endregion table


# region child
def start_child() -> int:
    """Start a process from a job; its exit code."""
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=price, args=(0, 500))
    child.start()
    child.join()
    code = child.exitcode
    assert code is not None
    return code


# endregion child
