"""Alert rules of the quote service as data: written as PromQL for Prometheus, and evaluated here on what it would read.

``python -m examples.operations.alert_rules`` prints the rules file, ``... BEFORE NOW`` evaluates two saved answers of
``/metrics``: exit code 0 if nothing fires, 1 if something does, 2 for what can't be read.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prometheus_client.parser import text_string_to_metric_families

Labels = dict[str, str]
Key = tuple[str, tuple[tuple[str, str], ...]]


class BadMetrics(ValueError):
    """The text is no answer of ``/metrics``, or lacks what a rule needs."""


# region scrape
class Scrape:
    """One answer of ``/metrics``, parsed."""

    def __init__(self, text: str) -> None:
        self.samples: dict[Key, float] = {}
        self._known: set[str] = set()
        try:
            for family in text_string_to_metric_families(text):
                self._known.add(family.name)
                for each in family.samples:
                    key = each.name, tuple(sorted(each.labels.items()))
                    self.samples[key] = each.value
        except (ValueError, IndexError, KeyError) as error:
            raise BadMetrics(f"not Prometheus' text format: {error}") from error
        if not self.samples:
            raise BadMetrics("no metrics in it")

    def get(self, name: str, **labels: str) -> float:
        """The sum of the series of *name* that have these *labels*; 0 if there is none yet."""
        return sum((self.samples[key] for key in self.keys(name, labels)), 0.0)

    def keys(self, name: str, labels: Labels) -> Iterator[Key]:
        """Those series; :exc:`BadMetrics` if the service has no metric of that name."""
        ends = ("", "_total", "_count", "_sum", "_bucket")
        if not any(family + end == name for family in self._known for end in ends):
            raise BadMetrics(f"there is no metric {name}")
        for key in self.samples:
            if key[0] == name and labels.items() <= dict(key[1]).items():
                yield key


def moved(before: Scrape, now: Scrape) -> list[str]:
    """All counters that have grown since *before*, except those that grow by themselves: beats, CPU time."""
    found = []
    for (name, labels), value in now.samples.items():
        growth = value - before.samples.get((name, labels), 0.0)
        if growth and name.endswith(("_total", "_count")) and not name.startswith(("loop_", "process_")):
            inside = ",".join(f"{key}={text}" for key, text in labels)
            found.append(f"{name}{{{inside}}} +{growth:g}" if inside else f"{name} +{growth:g}")
    return sorted(found)


# endregion scrape


# region expressions
class Expression(Protocol):
    """What a rule compares: known as PromQL, and as a number of two scrapes."""

    def promql(self) -> str: ...

    def value(self, before: Scrape, now: Scrape) -> float: ...


@dataclass(frozen=True, slots=True)
class Now:
    """The last value of a gauge, summed over its series."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()

    def promql(self) -> str:
        return f"sum by (instance) ({_selector(self.name, self.labels)})"

    def value(self, before: Scrape, now: Scrape) -> float:
        return now.get(self.name, **dict(self.labels))


@dataclass(frozen=True, slots=True)
class Grown:
    """How much a counter has grown; from 0 where the process is a new one."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()
    window: str = "5m"

    def promql(self) -> str:
        return f"sum by (instance) (increase({_selector(self.name, self.labels)}[{self.window}]))"

    def value(self, before: Scrape, now: Scrape) -> float:
        grown = 0.0
        for key in now.keys(self.name, dict(self.labels)):
            new, old = now.samples[key], before.samples.get(key, 0.0)
            grown += new - old if new >= old else new
        return grown


@dataclass(frozen=True, slots=True)
class Of:
    """*part* as a share of *whole*; no number, and so no alert, where *whole* is 0."""

    part: Expression
    whole: Expression

    def promql(self) -> str:
        return f"{self.part.promql()} / {self.whole.promql()}"

    def value(self, before: Scrape, now: Scrape) -> float:
        whole = self.whole.value(before, now)
        return self.part.value(before, now) / whole if whole else math.nan


@dataclass(frozen=True, slots=True)
class Above:
    """How many observations of a histogram were above *bound*, one of its buckets."""

    name: str
    bound: str
    labels: tuple[tuple[str, str], ...] = ()

    def _parts(self) -> tuple[Grown, Grown]:
        within = Grown(f"{self.name}_bucket", (*self.labels, ("le", self.bound)))
        return Grown(f"{self.name}_count", self.labels), within

    def promql(self) -> str:
        every, within = self._parts()
        return f"({every.promql()} - {within.promql()})"

    def value(self, before: Scrape, now: Scrape) -> float:
        every, within = self._parts()
        return every.value(before, now) - within.value(before, now)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What no answer of ``/metrics`` can say; no number here."""

    query: str

    def promql(self) -> str:
        return self.query

    def value(self, before: Scrape, now: Scrape) -> float:
        return math.nan


# endregion expressions


def _selector(name: str, labels: Sequence[tuple[str, str]]) -> str:
    inside = ",".join(f"{key}={json.dumps(value)}" for key, value in labels)
    return f"{name}{{{inside}}}" if inside else name


# region rule
@dataclass(frozen=True, slots=True)
class Rule:
    """Fires when *left* has been above *limit* for as long as *lasts*."""

    name: str
    left: Expression
    limit: float
    lasts: str
    severity: str  # page: somebody gets up; ticket: tomorrow
    summary: str

    def promql(self) -> str:
        """For Prometheus."""
        return f"{self.left.promql()} > {self.limit:g}"

    def holds(self, before: Scrape, now: Scrape) -> bool:
        """Whether the condition is true at *now*; *lasts* is for Prometheus to watch."""
        return self.left.value(before, now) > self.limit


def firing(rules: Sequence[Rule], before: Scrape, now: Scrape) -> list[str]:
    """The names of the *rules* whose condition is true."""
    return [rule.name for rule in rules if rule.holds(before, now)]


# endregion rule


def _labels(**labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(labels.items())


_REQUESTS = Grown("request_seconds_count")

# region rules
RULES = (
    Rule(
        "RequestsRefused",
        Of(Grown("request_seconds_count", _labels(outcome="refused")), _REQUESTS),
        0.05, "2m", "page", "more than 5 % of requests get 503",
    ),
    Rule(
        "RequestsFailed",
        Of(Grown("request_seconds_count", _labels(outcome="failed")), _REQUESTS),
        0.01, "2m", "page", "more than 1 % of requests get a 5xx that is no refusal",
    ),
    Rule(
        "AnswersLate",
        Of(Above("request_seconds", "2.0", _labels(outcome="answered")), _REQUESTS),
        0.05, "2m", "page", "more than 5 % of requests are answered after 2 s",
    ),
    Rule(
        "NoAnswer",
        Elsewhere('count by (instance) (up{job="quotes"} == 0)'),
        0, "1m", "page", "/metrics gives no answer: the process is gone, or its loop stands",
    ),
    Rule(
        "LineStands",
        Now("requests_waiting_oldest_seconds"),
        2, "1m", "page", "the first in line waits longer than its client does",
    ),
    Rule(
        "BacklogOld",
        Now("orders_oldest_seconds"),
        300, "5m", "page", "an accepted order is not booked for 5 minutes",
    ),
    Rule(
        "LoopBlocked",
        Above("loop_lag_seconds", "0.25"),
        5, "2m", "page", "all requests wait: timers ran 0.25 s late, again and again",
    ),
    Rule(
        "DeadlinesRunOut",
        Of(Grown("deadline_left_seconds_bucket", _labels(le="0.0")), Grown("deadline_left_seconds_count")),
        0.1, "5m", "ticket", "more than 10 % of quotes wait for a carrier until the deadline",
    ),
    Rule(
        "PlacesTaken",
        Of(Now("requests_working"), Now("limit", _labels(of="at_once"))),
        0.9, "15m", "ticket", "requests at work are near their limit",
    ),
    Rule(
        "ConnectionsTaken",
        Of(Now("carrier_calls_inside"), Now("limit", _labels(of="connections"))),
        0.9, "15m", "ticket", "calls under way are near the limit of connections",
    ),
    Rule(
        "ExecutorBehind",
        Now("executor_waiting"),
        0, "15m", "ticket", "reports wait for a thread all the time",
    ),
    Rule(
        "BookingsFail",
        Of(Grown("booking_tries_total", _labels(outcome="failed")), Grown("booking_tries_total")),
        0.5, "10m", "ticket", "most tries to book an order fail",
    ),
    Rule(
        "FilesRunOut",
        Of(Now("process_open_fds"), Now("process_max_fds")),
        0.8, "5m", "page", "80 % of the file descriptors are open",
    ),
    Rule(
        "DrainHangs",
        Now("draining"),
        0, "1m", "ticket", "it began to end a minute ago, and has not",
    ),
)  # fmt: skip
# endregion rules


# region file
def rules_file(rules: Sequence[Rule] = RULES) -> str:
    """The rules, for ``rule_files`` of Prometheus."""
    lines = ["# Written by examples/operations/alert_rules.py", "groups:", "  - name: quotes", "    rules:"]
    for rule in rules:
        lines += [
            f"      - alert: {rule.name}",
            f"        expr: '{rule.promql()}'",
            f"        for: {rule.lasts}",
            f"        labels: {{severity: {rule.severity}}}",
            "        annotations:",
            f"          summary: {json.dumps(rule.summary)}",
        ]
    return "\n".join(lines) + "\n"


# endregion file


def main(arguments: Sequence[str]) -> int:
    """Print the rules file, or evaluate two files; the exit status."""
    if not arguments:
        print(rules_file(), end="")
        return 0
    if len(arguments) != 2:
        print("usage: alert_rules [BEFORE NOW]", file=sys.stderr)
        return 2
    scrapes = []
    for name in arguments:
        try:
            scrapes.append(Scrape(Path(name).read_text("utf-8")))
        except (OSError, ValueError) as error:
            print(f"alert_rules: {name}: {error}", file=sys.stderr)
            return 2
    try:
        names = firing(RULES, *scrapes)
    except BadMetrics as error:
        print(f"alert_rules: {arguments[1]}: {error}", file=sys.stderr)
        return 2
    print("\n".join(names) or "nothing fires")
    return 1 if names else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
