"""Starts its worker below the main guard, which a worker that imports the script does not enter."""

# region script
import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def price(grams: int) -> int:
    """The price of a parcel."""
    return 420 * -(-grams // 1000)


def main() -> None:
    """Price a parcel in a worker."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as pool:
        print(pool.submit(price, 1_500).result())


if __name__ == "__main__":
    main()
# endregion script
