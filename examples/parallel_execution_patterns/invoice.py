"""The invoice of a month: what its parcels cost, by zone.

Workers import this module, so it does nothing by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from examples.quotes import Parcel

# region invoice
RATES = {"domestic": 420, "abroad": 990}


def price(parcel: Parcel) -> int:
    """Cents for one parcel, by started kilogram."""
    return RATES[parcel.zone] * -(-parcel.grams // 1000)


def invoice(parcels: Iterable[Parcel]) -> Counter[str]:
    """Cents by zone: the partial total of a chunk."""
    total: Counter[str] = Counter()
    for parcel in parcels:
        total[parcel.zone] += price(parcel)
    return total


# endregion invoice


def month(parcels: int) -> Iterator[Parcel]:
    """As many parcels, every fourth of them to abroad."""
    for number in range(parcels):
        yield Parcel(number % 30_000 + 1, "domestic" if number % 4 else "abroad")
