"""The practical example of a topic: what a bounded change to the service did, as a table."""

from __future__ import annotations

from .words import Figures, duration, provenance, table

ARROW = "\N{RIGHTWARDS ARROW}"


def as_table(figures: Figures) -> str:
    """A row for each figure that the change is about: before it, and after."""
    ran = figures["interpreters"]
    first = next(iter(ran.values()))

    def cell(row: str, item: Figures) -> str:
        return f"{_shown(row, item, 'before')} {ARROW} {_shown(row, item, 'after')}"

    rows = [[meaning, *(cell(row, item) for item in ran.values())] for row, meaning in first["rows"].items()]
    return "\n".join(
        [
            provenance(figures) + "\n",
            f"Before {ARROW} after, each served by a fresh process:\n",
            table(["", *ran], rows),
        ]
    )


def _shown(row: str, item: Figures, side: str) -> str:
    value = item[side][row]
    return duration(1000 * value) if row in item["times"] else f"{value:,}"
