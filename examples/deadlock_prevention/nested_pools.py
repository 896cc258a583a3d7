"""A job of a process pool that has a pool of its own."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor


# region nested
def rank(number: int) -> int:
    """What the inner pool computes."""
    return number


def rank_all(numbers: list[int]) -> list[int]:
    """Rank in a pool that is made here."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return sorted(pool.map(rank, numbers))


def main() -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        print(pool.submit(rank_all, [3, 1, 2]).result(60))


# endregion nested


if __name__ == "__main__":
    main()
