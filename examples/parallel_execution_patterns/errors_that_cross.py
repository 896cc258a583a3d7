"""Exceptions that are pickled in a worker: one that can't be made again in the parent, and one that can."""

from __future__ import annotations


# region errors
class Refused(Exception):  # broken
    """Made again from its args, which hold one text, not two values."""

    def __init__(self, carrier: str, grams: int) -> None:
        super().__init__(f"{carrier} refuses {grams} g")


class Declined(Exception):  # fixed
    """Hands its arguments on, and makes the text when it is asked."""

    def __init__(self, carrier: str, grams: int) -> None:
        super().__init__(carrier, grams)
        self.carrier, self.grams = carrier, grams

    def __str__(self) -> str:
        return f"{self.carrier} refuses {self.grams} g"


def refuse(grams: int) -> None:
    """Raise the broken one."""
    raise Refused("swift", grams)


def decline(grams: int) -> None:
    """Raise the fixed one."""
    raise Declined("swift", grams)


# endregion errors
