"""errors_that_cross: the fixed exception survives pickling, the broken one does not."""

from __future__ import annotations

import pickle

import pytest

from examples.parallel_execution_patterns.errors_that_cross import Declined, Refused, decline, refuse


def test_the_broken_one_cannot_be_made_again() -> None:
    with pytest.raises(Refused, match="swift refuses 500 g") as caught:
        refuse(500)
    message = pickle.dumps(caught.value)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'grams'"):
        pickle.loads(message)


def test_the_fixed_one_arrives_whole() -> None:
    with pytest.raises(Declined) as caught:
        decline(500)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is Declined
    assert (copy.carrier, copy.grams, str(copy)) == ("swift", 500, "swift refuses 500 g")
