"""The start of an asyncio program as it was written before asyncio.run, under ``-W error::DeprecationWarning``."""

from __future__ import annotations

# region start
import asyncio
import warnings


async def quote() -> int:
    await asyncio.sleep(0)
    return 840


def main() -> None:
    try:
        loop = asyncio.get_event_loop()
    except (RuntimeError, DeprecationWarning) as error:
        print(f"{type(error).__name__}: {error}")
    else:
        print(loop.run_until_complete(quote()))
        loop.close()


if __name__ == "__main__":
    warnings.simplefilter("error", DeprecationWarning)
    main()
# endregion start
