"""``bounded_memory`` counts what each way holds; the bytes are read and never judged."""

from __future__ import annotations

import json
import sys

import pytest

from examples.parallel_execution_patterns import bounded_memory
from examples.parallel_execution_patterns.bounded import for_each, gather_limited

HELD = {
    "gather_limited": 300,
    "for_each": 5,
    "map_limited": 5,
    "map_limited, as completed": 5,
    "Executor.map": 300,
    "map_bounded": 5,
    "Executor.map, buffersize": 6,
}


@pytest.mark.parametrize("way", HELD)
def test_the_items_that_a_way_holds(way: str) -> None:
    row = bounded_memory.measure(way, items=300, limit=5)
    if row is None:
        assert way == "Executor.map, buffersize"
        assert sys.version_info < (3, 14)
    else:
        assert row["held"] == HELD[way]
        assert row["bytes"] > 0


@pytest.mark.parametrize("way", [gather_limited, for_each])
def test_the_time_to_end_is_taken(way: bounded_memory.Bounded) -> None:
    assert bounded_memory.time_to_end(way, items=50, limit=5) >= 0


def test_json_has_a_row_for_each_way(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def measured(way: str, items: int, limit: int) -> bounded_memory.Row | None:
        return None if "buffersize" in way else {"held": items, "bytes": limit}

    monkeypatch.setattr(bounded_memory, "measure", measured)
    bounded_memory.main(["--json", "--items", "200"])
    figures = json.loads(capsys.readouterr().out)
    assert list(figures["rows"]) == list(bounded_memory.WAYS)
    assert (figures["items"], figures["rows"]["for_each"]["held"]) == (200, 200)
    assert figures["rows"]["Executor.map, buffersize"] is None
    assert set(figures["end"]) == {"gather_limited", "for_each"}
    bounded_memory.main(["--items", "200"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(bounded_memory.WAYS) + 2
    assert sum(line.endswith("not here") for line in lines) == 1
