"""The edge of a service: one deadline for each request, fixed where it enters, passed on as the seconds left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from examples.quotes.deadline import Deadline

# region edge
HEADER = "x-seconds-left"


class TooLate(Exception):
    """Refused: too little time is left to do anything with."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Seconds that a request may take here."""

    most: float = 20.0  # whatever the caller allows
    least: float = 0.5  # with less, nothing is begun
    reserve: float = 0.2  # for the way back

    def deadline(self, headers: Mapping[str, str]) -> Deadline:
        """Of a request that enters now."""
        try:
            left = float(headers.get(HEADER, self.most))
        except ValueError:
            left = self.most
        left = min(left, self.most) - self.reserve
        if not left >= self.least:  # NaN is no number to go by
            raise TooLate(f"{left:.1f} s left")
        return Deadline.after(left)

    def headers(self, deadline: Deadline) -> dict[str, str]:
        """For a call to another service: a duration, no time."""
        return {HEADER: f"{deadline.remaining():.3f}"}


# endregion edge
