"""A client whose closing is async: registered for the exit of the program, or closed by the block that opened it."""

from __future__ import annotations

import asyncio
import atexit
import sys
from types import TracebackType


# region late-close
class Client:
    """Asks carriers over a connection that must be closed."""

    async def quote(self) -> int:
        """Ask for a quote."""
        return 840

    async def aclose(self) -> None:
        """Say goodbye, and close the connection."""
        print("closed")

    async def __aenter__(self) -> Client:
        """Nothing to open here."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close, however the block ended."""
        await self.aclose()


async def broken() -> None:
    """Leave the closing to the end of the program."""
    client = Client()
    atexit.register(client.aclose)
    print(await client.quote())


async def fixed() -> None:
    """Close in the block, in the loop that runs."""
    async with Client() as client:
        print(await client.quote())


# endregion late-close
if __name__ == "__main__":
    asyncio.run(broken() if "--broken" in sys.argv else fixed())
