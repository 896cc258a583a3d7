"""A cancellation token for code that has to poll: loops that compute, and threads."""

from __future__ import annotations

import math
import threading
import time


# region token
class OperationCancelledError(Exception):
    """Raised by CancelToken.raise_if_cancelled()."""


class CancelToken:
    """A request to stop, for code that polls; threads may share it."""

    def __init__(self, *linked: CancelToken) -> None:
        self._linked = linked
        self._requested = threading.Event()
        self._deadline = math.inf

    def cancel(self) -> None:
        self._requested.set()

    def cancel_after(self, seconds: float) -> None:
        """Cancel by itself in *seconds*; a later call replaces this one."""
        if not self.cancelled:
            self._deadline = time.monotonic() + seconds

    @property
    def cancelled(self) -> bool:
        """Whether this token, or one it is linked to, was cancelled."""
        if time.monotonic() >= self._deadline or any(token.cancelled for token in self._linked):
            self._requested.set()  # for good
        return self._requested.is_set()

    def raise_if_cancelled(self) -> None:
        if self.cancelled:
            raise OperationCancelledError


# endregion token


def rank(parcels: int, token: CancelToken) -> int:
    """Compute for every parcel, and ask between two parcels whether to go on."""
    ranked = 0
    for parcel in range(parcels):
        token.raise_if_cancelled()
        sum(n * n for n in range(parcel))
        ranked += 1
    return ranked


def main() -> None:
    shop = CancelToken()
    request = CancelToken(shop)
    request.cancel_after(60)
    print(rank(100, request), "parcels ranked")
    shop.cancel()
    try:
        rank(100, request)
    except OperationCancelledError:
        print("the request was cancelled with the shop")


if __name__ == "__main__":
    main()
