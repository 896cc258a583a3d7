"""The rules fire on what they are about and on nothing else, and the file that readers download is what they say."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from examples.operations.alert_rules import (
    RULES,
    Above,
    BadMetrics,
    Grown,
    Now,
    Of,
    Scrape,
    firing,
    main,
    moved,
    rules_file,
)
from examples.quotes.metrics import Metrics
from examples.quotes.parts import Settings

FILE = Path(__file__, "../../../../examples/operations/alerts.yml").resolve()


def scrape(metrics: Metrics) -> Scrape:
    async def read() -> str:
        return generate_latest(metrics.registry).decode()

    return Scrape(asyncio.run(read()))


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(Settings())


def test_nothing_fires_on_a_service_that_rests(metrics: Metrics) -> None:
    assert firing(RULES, scrape(metrics), scrape(metrics)) == []


def disturb(metrics: Metrics, name: str) -> None:
    """Bring about what the rule *name* is about."""
    match name:
        case "RequestsRefused":
            metrics.seconds.labels("quote", "refused").observe(0)
        case "RequestsFailed":
            metrics.seconds.labels("quote", "failed").observe(0)
        case "AnswersLate":
            metrics.seconds.labels("quote", "answered").observe(2.5)
        case "LineStands":
            metrics.line._since[0] = time.monotonic() - 3
        case "BacklogOld":
            metrics.oldest.set(301)
        case "LoopBlocked":
            for _ in range(6):
                metrics.lags.observe(0.3)
        case "DeadlinesRunOut":
            metrics.left.observe(0.0)
        case "ConnectionsTaken":
            metrics.carrier_inside.set(91)
        case "PlacesTaken":
            metrics.line.working = 60
        case "ExecutorBehind":
            metrics.queued.labels("depots").set(1)
        case "BookingsFail":
            metrics.tried("failed")
        case "DrainHangs":
            metrics.draining.set(1)


@pytest.mark.parametrize("name", [rule.name for rule in RULES if rule.name not in ("NoAnswer", "FilesRunOut")])
def test_each_rule_fires_alone(metrics: Metrics, name: str) -> None:
    before = scrape(metrics)
    disturb(metrics, name)
    assert firing(RULES, before, scrape(metrics)) == [name]


def test_what_was_before_does_not_fire(metrics: Metrics) -> None:
    for name in ("RequestsFailed", "LoopBlocked", "BookingsFail"):
        disturb(metrics, name)
    now = scrape(metrics)
    assert firing(RULES, now, now) == []


def test_files_that_run_out() -> None:
    now = Scrape("process_open_fds 900\nprocess_max_fds 1000\n")
    (rule,) = (rule for rule in RULES if rule.name == "FilesRunOut")
    assert rule.holds(now, now)
    assert rule.promql() == "sum by (instance) (process_open_fds) / sum by (instance) (process_max_fds) > 0.8"


def test_a_counter_of_a_new_process_has_grown_from_0() -> None:
    before, now = Scrape("tries_total 90"), Scrape("tries_total 4")
    assert Grown("tries_total").value(before, now) == 4
    assert Grown("tries_total").value(now, before) == 86


def test_labels_select_and_series_add_up() -> None:
    now = Scrape('# TYPE calls gauge\ncalls{to="swift",by="a"} 2\ncalls{to="swift",by="b"} 3\ncalls{to="slow"} 9\n')
    assert now.get("calls") == 14
    assert Now("calls", (("to", "swift"),)).value(now, now) == 5
    assert Now("calls", (("to", "nobody"),)).value(now, now) == 0
    assert Of(Now("calls"), Now("calls", (("to", "nobody"),))).value(now, now) != 0  # not a number


def test_a_share_of_nothing_is_no_alert(metrics: Metrics) -> None:
    now = scrape(metrics)
    share = Of(Grown("request_seconds_count"), Grown("request_seconds_count"))
    assert not share.value(now, now) > 0


def test_above_counts_what_is_not_in_the_bucket(metrics: Metrics) -> None:
    before = scrape(metrics)
    for seconds in (0.1, 1.9, 2.0, 2.1, 30):
        metrics.seconds.labels("quote", "answered").observe(seconds)
    assert Above("request_seconds", "2.0", (("outcome", "answered"),)).value(before, scrape(metrics)) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no metrics in it"),
        ("<html>not found</html>", "not Prometheus' text format: invalid metric name"),
        ('{"error": "no such page"}', "not Prometheus' text format: Invalid labels"),
        ("requests_total many", "not Prometheus' text format: could not convert string to float"),
    ],
)
def test_what_is_no_answer_of_metrics(text: str, message: str) -> None:
    with pytest.raises(BadMetrics, match=message):
        Scrape(text)


def test_a_metric_that_was_renamed_is_an_error() -> None:
    now = Scrape("something_else 1\n")
    with pytest.raises(BadMetrics, match="there is no metric request_seconds_count"):
        firing(RULES, now, now)


def test_the_file_that_readers_download_is_what_the_program_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert FILE.read_text("utf-8") == capsys.readouterr().out == rules_file()


def test_the_file_is_yaml() -> None:
    yaml = pytest.importorskip("yaml")
    (group,) = yaml.safe_load(rules_file())["groups"]
    assert [(each["alert"], each["expr"], each["for"]) for each in group["rules"]] == [
        (rule.name, rule.promql(), rule.lasts) for rule in RULES
    ]
    assert {each["labels"]["severity"] for each in group["rules"]} == {"page", "ticket"}


def test_the_command_line(metrics: Metrics, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def save(name: str) -> str:
        async def read() -> bytes:
            return generate_latest(metrics.registry)

        path = tmp_path / name
        path.write_bytes(asyncio.run(read()))
        return str(path)

    before = save("before")
    disturb(metrics, "DrainHangs")
    now = save("now")
    assert main([before, before]) == 0
    assert capsys.readouterr().out == "nothing fires\n"
    assert main([before, now]) == 1
    assert capsys.readouterr().out == "DrainHangs\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>", "not Prometheus' text format"),
        (b"\xff", "can't decode byte"),
        (b"other 1\n", "there is no metric request_seconds_count"),
        (None, "No such file"),
    ],
)
def test_the_command_line_with_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, said: str
) -> None:
    path = tmp_path / "now"
    if content is not None:
        path.write_bytes(content)
    assert main([str(path), str(path)]) == 2
    assert main(["one"]) == 2
    error = capsys.readouterr().err
    assert str(path) in error
    assert said in error
    assert "usage: alert_rules [BEFORE NOW]" in error


def test_moved_is_all_counters_that_grew(metrics: Metrics) -> None:
    before = scrape(metrics)
    assert moved(before, before) == []
    metrics.requests.labels("quote", "503").inc()
    metrics.accepted.inc(2)
    metrics.lags.observe(0)
    metrics.draining.set(1)  # no counter
    assert moved(before, scrape(metrics)) == ["orders_accepted_total +2", "requests_total{route=quote,status=503} +1"]
