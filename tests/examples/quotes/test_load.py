"""The load is open-loop: it does not wait for answers; what went wrong is counted by its kind."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator

import pytest

from examples.quotes import carrier_servers, load
from examples.quotes.carrier_servers import Carriers, LocalCarrier
from examples.quotes.load import Load, Outcome, Request


@pytest.fixture
def carriers() -> Iterator[Carriers]:
    with carrier_servers.running([LocalCarrier("swift"), LocalCarrier("dead", hangs=True)]) as running:
        yield running


def test_requests_are_due_whether_or_not_earlier_ones_are_answered(carriers: Carriers) -> None:
    def dead(number: int) -> Request:
        if number == 19:
            return Request("/swift/quote?grams=1")
        return Request("/dead/quote?grams=1")

    outcome = asyncio.run(load.run(carriers.url, Load(dead, count=20, rate=1000, timeout=2)))
    assert carriers["dead"].most_at_once == 19
    assert outcome.statuses == {"ReadTimeout": 19, "200": 1}
    assert (outcome.answered, outcome.refused, outcome.failed) == (1, 0, 19)


def test_figures() -> None:
    outcome = Outcome(Counter({"200": 97, "201": 1, "503": 1, "429": 1, "502": 2, "ConnectError": 3}))
    outcome.latencies = [number / 1000 for number in range(1, 99)]
    figures = outcome.figures()
    assert [figures[name] for name in ("sent", "answered", "refused", "failed")] == [105, 98, 2, 5]
    assert [figures[name] for name in ("p50", "p99", "slowest")] == [49.0, 98.0, 98.0]
    assert Outcome().figures()["p99"] == 0


def test_the_command(carriers: Carriers, capsys: pytest.CaptureFixture[str]) -> None:
    assert load.main(["--url", carriers.url, "--rate", "1000", "--seconds", "0.01", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["sent"], figures["statuses"]) == (10, {"404": 10})
    assert load.main(["--url", carriers.url, "--rate", "100", "--seconds", "0.01"]) == 0
    assert "1 sent: 0 answered, 0 refused, 1 failed" in capsys.readouterr().out


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "http://[", "ftp://127.0.0.1"])
def test_a_service_that_is_not_there(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert load.main(["--url", url]) == 2
    assert f"load: no service at {url}: " in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--rate", "0"], ["--rate", "nan"], ["--seconds", "-1"], ["--seconds", "x"]])
def test_arguments_that_make_no_load(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        load.main(["--url", "http://127.0.0.1:1", *arguments])
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err
