"""Jobs of a shop, one of each kind: one waits, one computes in Python, one computes in C code.

They live in a module of their own, with few imports, because a worker process or subinterpreter imports it.
"""

from __future__ import annotations

import hashlib
import json
import socket

LABEL = bytes(range(256)) * 4096
"""One label, 1 MiB."""


# region fetch
def fetch(order: tuple[int, float, int]) -> int:
    """Ask the carrier at a port for a price: this waits."""
    port, seconds, grams = order
    with socket.create_connection(("127.0.0.1", port)) as carrier:
        carrier.sendall(f"quote {seconds} {grams}\n".encode())
        return int(carrier.makefile().readline())


# endregion fetch


# region rank
def rank(order: str) -> tuple[int, int]:
    """Find the dearest of many parcels: this is pure Python."""
    parcels, step, heaviest, rate, kilogram = json.loads(order)
    best = (0, 0)
    for number in range(parcels):
        grams = number * step % heaviest
        cents = rate * -(-grams // kilogram) + number % 7
        if (cents, -number) > best:
            best = (cents, -number)
    return best


# endregion rank


# region literals
def rank_literals(parcels: int) -> tuple[int, int]:
    """The same with the numbers in the code."""
    best = (0, 0)
    for number in range(parcels):
        grams = number * 7919 % 30_000
        cents = 420 * -(-grams // 1000) + number % 7
        if (cents, -number) > best:
            best = (cents, -number)
    return best


# endregion literals


# region digest
def digest(labels: int) -> str:
    """Hash labels: C code, which lets go of the GIL meanwhile."""
    total = hashlib.sha256()
    for _ in range(labels):
        total.update(LABEL)
    return total.hexdigest()


# endregion digest


# region arrive
def arrive(meeting: tuple[int, int]) -> int:
    """Return when *expected* workers wait here, each in a call."""
    port, expected = meeting
    with socket.create_connection(("127.0.0.1", port)) as carrier:
        carrier.sendall(f"meet {expected}\n".encode())
        return int(carrier.makefile().readline())


# endregion arrive
