"""The carrier that hangs is asked twice a request before the change, and once after it; all requests are answered."""

from __future__ import annotations

from dataclasses import replace

from examples.cancellation_and_timeouts import practical_example
from examples.cancellation_and_timeouts.practical_example import CHANGE
from examples.quotes.carrier_servers import LocalCarrier
from examples.quotes.experiment import compare
from examples.quotes.load import Load


def test_all_are_answered_and_the_dead_carrier_is_called_half_as_often() -> None:
    change = replace(CHANGE, settings=replace(CHANGE.settings, deadline=3))
    found = compare(change, load=Load(count=3))
    assert [found[side]["statuses"] for side in ("before", "after")] == [{"200": 3}] * 2
    assert [found[side]["dead_calls"] for side in ("before", "after")] == [6, 3]
    assert set(CHANGE.rows) <= set(found["before"])


def test_where_all_hang_both_fail_and_say_so() -> None:
    dead = LocalCarrier("dead", hangs=True)
    settings = replace(CHANGE.settings, carriers=("dead",), deadline=0.1)
    found = compare(replace(CHANGE, carriers=[dead], settings=settings), load=Load(count=2))
    assert [found[side]["statuses"] for side in ("before", "after")] == [{"502": 2}] * 2


def test_the_example_keeps_to_its_limit_of_three_seconds() -> None:
    assert CHANGE.load.count / CHANGE.load.rate + 2 * practical_example.EACH <= 4
