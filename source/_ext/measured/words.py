"""Figures in words and in tables of Markdown: what all tables share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

Figures = dict[str, Any]
"""What a JSON file holds: ``machine``, ``date``, and ``interpreters``, by their short names."""

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")

ABSENT, TIMES = "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"
"""What stands for a figure that nobody has, and behind a ratio."""


def provenance(figures: Figures) -> str:
    """Where and when *figures* were measured, as a line of Markdown."""
    cores = figures["machine"]["cores"]
    counted = f"{_WORDS[cores] if cores < len(_WORDS) else cores} core{'s' * (cores != 1)}"
    ran = [f"{item['version']}{'t' * free_threaded(item)}" for item in figures["interpreters"].values()]
    return f"Measured on {figures['machine']['system']}, {counted}, {figures['date']}, with CPython {', '.join(ran)}."


def free_threaded(interpreter: Figures) -> bool:
    """Whether *interpreter* is a free-threaded build."""
    return bool(interpreter["build"] == "free-threaded")


def two_digits(number: float) -> str:
    """*number* with two significant digits, and without an exponent."""
    if number <= 0:
        return "0"
    rounded = float(f"{number:.1e}")
    return f"{rounded:.{max(0, 1 - math.floor(math.log10(rounded)))}f}"


def duration(microseconds: float) -> str:
    """Microseconds in the unit that suits them."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size * 0.995:
            return f"{two_digits(microseconds / size)} {unit}"
    return f"{two_digits(microseconds)} µs"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    titles = list(head)
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *map(list, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
