"""The program measures every way and says so; how long each takes is not tested."""

from __future__ import annotations

import asyncio
import json
import platform
import sys

import pytest

from examples.task_thread_and_valuetask import await_costs

EAGER = ["eager task"] if sys.version_info >= (3, 12) else []
TIMED = ["plain call", "coroutine", "done future, kept", "done future, new", "coroutine, sleep(0)", "task", *EAGER]


def test_each_way_gives_the_rate() -> None:
    async def case() -> list[int]:
        return [await way() for way in await_costs.ways(await_costs.finished()).values()]

    assert asyncio.run(case()) == [await_costs.rate()] * (len(TIMED) - 1)


def test_json_has_every_way(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["await_costs", "--rounds", "5", "--json"])
    await_costs.main()
    found = json.loads(capsys.readouterr().out)
    assert list(found["nanoseconds"]) == TIMED
    assert found["version"] == platform.python_version()
    assert found["build"] in ("gil", "free-threaded")


def test_text_has_a_line_for_each(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["await_costs", "--rounds", "5"])
    await_costs.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line[:20].rstrip() for line in lines] == TIMED
