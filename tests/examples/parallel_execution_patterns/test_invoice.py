"""invoice: partial totals add up to the whole."""

from __future__ import annotations

import pytest

from examples.parallel_execution_patterns.invoice import invoice, month, price
from examples.quotes import Parcel


def test_a_started_kilogram_is_paid() -> None:
    assert [price(Parcel(grams)) for grams in (1, 1000, 1001)] == [420, 420, 840]
    assert price(Parcel(1, "abroad")) == 990


def test_a_zone_without_a_rate_is_an_error() -> None:
    with pytest.raises(KeyError, match="moon"):
        invoice([Parcel(1), Parcel(1, "moon")])


def test_parts_add_up_to_the_whole() -> None:
    parcels = list(month(1000))
    assert invoice(parcels[:300]) + invoice(parcels[300:]) == invoice(parcels)
    assert {parcel.zone for parcel in parcels} == {"domestic", "abroad"}
