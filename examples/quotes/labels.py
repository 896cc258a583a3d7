"""Labels: what a parcel's sticker says, which takes a processor to work out."""

from __future__ import annotations

from examples.quotes import Parcel


def render(parcel: Parcel, rounds: int) -> str:
    """The label of *parcel*, with a check number that takes *rounds* steps of pure Python."""
    check = parcel.grams
    for step in range(rounds):
        check = (check * 31 + step) % 99_991
    return f"{parcel.zone.upper()} {parcel.grams} g {check:05d}"
