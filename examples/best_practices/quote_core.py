"""The decisions of a shop, as functions of values: no loop, no await, no thread, no clock, no network.

:mod:`examples.best_practices.quote_shells` asks the carriers around it, once with tasks and once with threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from examples.quotes import Quote


# region core
def worth_asking(
    seconds: Mapping[str, float],
    budget: float,
) -> list[str]:
    """Carriers that usually answer within *budget*, fast first."""
    in_time = (name for name in seconds if seconds[name] <= budget)
    return sorted(in_time, key=lambda name: seconds[name])


def best(
    answers: Iterable[Quote | Exception],
    most_cents: int,
) -> Quote | None:
    """The cheapest quote that the customer can afford."""
    quotes = (a for a in answers if isinstance(a, Quote))
    return min(
        (quote for quote in quotes if quote.cents <= most_cents),
        default=None,
    )


# endregion core
