"""Shipping quotes: the one workload of the manual.

A shop asks several carriers for a quote, ranks the answers and must reply within a deadline.
"""

from .carriers import SLOW, STEADY, SWIFT, Carrier, CarrierError, Parcel, Quote

__all__ = ["SLOW", "STEADY", "SWIFT", "Carrier", "CarrierError", "Parcel", "Quote"]
