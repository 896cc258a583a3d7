"""Fetch the inventory of the Python manual, so that builds need no network.

``python source/_ext/inventories.py`` writes ``source/_data/python.inv``.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from pathlib import Path

from sphinx.util.inventory import InventoryFile

SOURCE = "https://docs.python.org/3/"
TARGET = Path(__file__).resolve().parent.parent / "_data/python.inv"


def refresh(base: str = SOURCE, target: Path = TARGET, *, timeout: float = 30) -> int:
    """Fetch ``objects.inv`` from *base* within *timeout* seconds and keep it at *target*.

    :returns: how many names it holds.
    :raises OSError: when it can't be fetched or written.
    :raises ValueError: when what came is no inventory; *target* then stays as it was.
    """
    with urllib.request.urlopen(f"{base}objects.inv", timeout=timeout) as answer:
        content = answer.read()
    names = sum(len(entries) for entries in InventoryFile.loads(content, uri=base).data.values())
    if not names:
        raise ValueError(f"{base}objects.inv names nothing")
    fresh = target.with_name(f".{target.name}.new")
    fresh.write_bytes(content)
    fresh.replace(target)
    return names


def main() -> int:
    """Refresh the inventory; returns the exit status."""
    try:
        names = refresh()
    except (OSError, ValueError) as error:
        print(f"inventories: {SOURCE}: {error}; {TARGET.name} is as it was", file=sys.stderr)
        return 1
    print(f"inventories: {TARGET.name} holds {names:,} names")
    return 0


if __name__ == "__main__":
    sys.exit(main())
