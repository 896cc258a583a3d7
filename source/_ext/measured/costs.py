"""What a task, a thread, a process or an await costs."""

from __future__ import annotations

from .words import ABSENT, Figures, duration, provenance, table, two_digits


def size(count: float) -> str:
    """Bytes in the unit that suits them."""
    for unit, least in (("MiB", 2**20), ("KiB", 2**10)):
        if count >= least:
            return f"{two_digits(count / least)} {unit}"
    return f"{two_digits(count)} B"


def life_cycle_costs_table(figures: Figures) -> str:
    """One table of times, and one of memory."""
    ran = figures["interpreters"]
    parts = [provenance(figures) + "\n"]
    for unit, shown, title in (
        ("microseconds", duration, "**Time** to start one, let it do nothing, and see that it has ended:\n"),
        ("bytes", size, "**Memory** that one takes while it waits:\n"),
    ):
        rows = []
        for kind in next(iter(ran.values()))["rows"]:
            found = [item["rows"][kind] for item in ran.values()]
            if any(row and row[unit] for row in found):
                rows.append([kind, *(shown(row[unit]) if row and row[unit] else ABSENT for row in found)])
        parts += [title, table(["time" if unit == "microseconds" else "memory", *ran], rows)]
    return "\n".join(parts)


AWAIT_COSTS = {
    "plain call": "plain call",
    "coroutine": "await of a coroutine that does not suspend",
    "done future, kept": "await of a done future that is kept",
    "done future, new": "the same, the future made anew",
    "coroutine, sleep(0)": "await of a coroutine with one `sleep(0)`",
    "eager task": "eager task and await",
    "task": "`create_task()` and await",
}
"""The rows of the table, by the name of the way."""


def await_costs_table(figures: Figures) -> str:
    """A row for each way to an answer that is already there."""
    ran = figures["interpreters"]
    rows = []
    for way, label in AWAIT_COSTS.items():
        costs = [item["nanoseconds"].get(way) for item in ran.values()]
        rows.append([label, *(ABSENT if cost is None else duration(cost / 1000) for cost in costs)])
    return f"{provenance(figures)}\n\n{table(['one of these', *ran], rows)}"
