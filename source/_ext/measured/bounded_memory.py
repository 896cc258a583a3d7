"""How much memory each way to bound concurrency takes."""

from __future__ import annotations

from .costs import size
from .words import ABSENT, Figures, duration, provenance, table


def as_table(figures: Figures) -> str:
    """One table of items held and of memory, and one of the time to end early."""
    ran = figures["interpreters"]
    items, limit = (next(iter(ran.values()))[key] for key in ("items", "limit"))
    ways: list[list[str]] = []
    for way in next(iter(ran.values()))["rows"]:
        found = [item["rows"][way] for item in ran.values()]
        held = max((row["held"] for row in found if row), default=0)
        ways.append([f"`{way}`", f"{held:,}", *(size(row["bytes"]) if row else ABSENT for row in found)])
    ends = [
        [f"`{way}`, {int(count):,}", *(duration(item["end"][way][count] * 1e3) for item in ran.values())]
        for way, counts in next(iter(ran.values()))["end"].items()
        for count in counts
    ]
    return "\n".join(
        [
            provenance(figures) + "\n",
            f"**Items held and memory** at the worst moment, {items:,} items, a limit of {limit}:\n",
            table(["way", "held", *ran], ways),
            "**Time to end** when one of so many waiting items fails, in processor time:\n",
            table(["way, items", *ran], ends),
        ]
    )
