"""Who gets a lock next, counted."""

from __future__ import annotations

from collections.abc import Callable

from .words import Figures, duration, provenance, table


def as_table(figures: Figures) -> str:
    """One table of turns in a row, and one of the time for a turn."""
    ran = figures["interpreters"]
    names = list(next(iter(ran.values()))["locks"])

    def rows(cell: Callable[[Figures], str]) -> list[list[str]]:
        return [[f"`{name}`", *(cell(item["locks"][name]) for item in ran.values())] for name in names]

    return "\n".join(
        [
            provenance(figures) + "\n",
            "**Turns in a row** of one of four workers, around a turn on average:\n",
            table(["lock", *ran], rows(lambda lock: f"{lock['row']:,.0f}")),
            "**Time for a turn**, with the changes of threads or tasks:\n",
            table(["lock", *ran], rows(lambda lock: duration(lock["turn"]))),
        ]
    )
