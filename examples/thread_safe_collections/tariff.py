"""A tariff that is loaded once in each process: what a module-level ``Lazy`` amounts to with several workers."""

from __future__ import annotations

from .lazy import Lazy

loads: list[str] = []


# region tariff
def load() -> dict[str, int]:
    """Stands for reading a large file."""
    loads.append("loaded")
    return {"swift": 990, "steady": 840}


TARIFF = Lazy(load)


def rate(carrier: str) -> tuple[int, int]:
    """A rate, and how often this process has loaded the tariff."""
    return TARIFF.get()[carrier], len(loads)


# endregion tariff
