"""Jobs with side effects: what a way shares with its caller, and how it reports an error."""

from __future__ import annotations

# region jobs
seen: list[int] = []


def remember(grams: int) -> int:
    """Note a parcel in this module, and price it."""
    seen.append(grams)
    return 840 * -(-grams // 1000)


def refuse(grams: int) -> int:
    """Price a parcel, unless it is too heavy."""
    if grams > 30_000:
        raise ValueError(f"{grams} g is too heavy")
    return remember(grams)


# endregion jobs
