"""A deadline: the point in time until which an answer is of use."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


# region deadline
@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """A point in time on the running loop's clock; the sooner, the smaller."""

    when: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline *seconds* from now."""
        return cls(asyncio.get_running_loop().time() + seconds)

    def remaining(self) -> float:
        """Seconds that are left; 0.0 once it has passed."""
        return max(0.0, self.when - asyncio.get_running_loop().time())

    @property
    def expired(self) -> bool:
        """Whether it has passed."""
        return self.remaining() == 0.0

    def earlier(self, seconds: float) -> Deadline:
        """The deadline *seconds* before this one, to keep a reserve."""
        return Deadline(self.when - seconds)

    def timeout(self, cap: float | None = None) -> asyncio.Timeout:
        """For ``async with``: until this deadline, but for *cap* seconds at most."""
        if cap is None:
            return asyncio.timeout_at(self.when)
        return asyncio.timeout_at(min(self, Deadline.after(cap)).when)


# endregion deadline
