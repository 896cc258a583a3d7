"""How often each interpreter broke each invariant of the collections."""

from __future__ import annotations

from .words import ABSENT, Figures, provenance, table

MANUAL = "https://github.com/python/cpython/issues/"


def tried(count: int) -> str:
    """How many operations, in thousands where there are many."""
    return f"{round(count / 1000)}k" if count >= 10_000 else f"{count:,}"


def seen(found: Figures | None) -> str:
    """What one interpreter did with one operation."""
    if found is None:
        return ABSENT
    if "crash" in found:
        return f"**{found['crash']}**"
    broken = found["violations"]
    return f"{f'**{broken:,}**' if broken else '0'} of {tried(found['operations'])}"


def manual(documented: str, source: str) -> str:
    """What Python's manual says, linked to where it says so."""
    if not source:
        return documented
    if source.startswith("https:"):
        return f"[{documented}]({source})"
    role, _, target = source.partition(":")
    return f"{{{role}}}`{documented} <{target}>`"


def as_table(figures: Figures) -> str:
    """A table for each kind of object: what is documented, and how often each interpreter broke the invariant."""
    from examples.thread_safe_collections.guarantee_rows import ROWS

    ran = figures["interpreters"]
    parts = [provenance(figures) + "\n"]
    for group in dict.fromkeys(row.group for row in ROWS.values()):
        rows = []
        for key, row in ROWS.items():
            if row.group == group:
                links = [f"{{ref}}`broken on purpose <{row.forced}>`"] * bool(row.forced)
                links += [f"{{ref}}`by chance only <{row.chance}>`"] * bool(row.chance)
                links += [f"[gh-{row.issue}]({MANUAL}{row.issue})"] * bool(row.issue)
                said = f"{row.operation}: {row.invariant}" + f" ({', '.join(links)})" * bool(links)
                cells = [seen(item["rows"][key]) for item in ran.values()]
                rows.append([said, manual(row.documented, row.source), *cells])
        parts.append(table([f"**{group}**", "documented", *ran], rows))
    return "\n".join(parts)
