"""Starts its worker at the top level: broken where a worker imports the script."""

# region script
import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def price(grams: int) -> int:
    """The price of a parcel."""
    return 420 * -(-grams // 1000)


spawn = multiprocessing.get_context("spawn")
with ProcessPoolExecutor(1, spawn) as pool:
    print(pool.submit(price, 1_500).result())
# endregion script
