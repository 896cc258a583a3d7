"""What asyncio.get_event_loop() does where no loop runs: before the first asyncio.run, after it, and in a thread."""

from __future__ import annotations

import asyncio
import threading
import warnings


# region current
def current() -> str:
    """What get_event_loop() returns, warns or raises here."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            loop = asyncio.get_event_loop()
        except RuntimeError as error:
            return f"RuntimeError: {error}"
    loop.close()
    warned = [f"{w.category.__name__}: {w.message}" for w in caught]
    return " and ".join(["a new loop", *warned])


def main() -> None:
    print("at the start:", current())
    asyncio.run(asyncio.sleep(0))
    print("after asyncio.run:", current())
    ask = threading.Thread(
        target=lambda: print("in a thread:", current()),
        name="worker",
    )
    ask.start()
    ask.join()


if __name__ == "__main__":
    main()
# endregion current
