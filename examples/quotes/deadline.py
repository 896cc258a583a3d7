"""A deadline: the point in time until which an answer is of use."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


# region deadline
@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """A point in time on the loop's clock; an earlier one is less."""

    when: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline *seconds* from now."""
        return cls(asyncio.get_running_loop().time() + seconds)

    def remaining(self) -> float:
        """Seconds that are left; 0.0 once it has passed."""
        now = asyncio.get_running_loop().time()
        return max(0.0, self.when - now)

    @property
    def expired(self) -> bool:
        """Whether it has passed."""
        return self.remaining() == 0.0

    def earlier(self, seconds: float) -> Deadline:
        """A deadline *seconds* sooner, to keep a reserve."""
        return Deadline(self.when - seconds)

    def timeout(self, cap: float | None = None) -> asyncio.Timeout:
        """For ``async with``: until this, or *cap* seconds at most."""
        if cap is None:
            return asyncio.timeout_at(self.when)
        sooner = min(self, Deadline.after(cap))
        return asyncio.timeout_at(sooner.when)


# endregion deadline
