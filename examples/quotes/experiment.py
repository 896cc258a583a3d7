"""A bounded change to the service, measured: the same load on the service without it and with it."""

from __future__ import annotations

import asyncio
import json
import platform
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from examples.quotes import carrier_servers, load, serving
from examples.quotes.carrier_servers import Carriers, LocalCarrier
from examples.quotes.load import Load, Outcome
from examples.quotes.parts import Parts, Settings
from examples.quotes.service import create_app
from examples.quotes.store import OrderStore

Figures = dict[str, Any]

MEANINGS = {
    "sent": "requests sent",
    "answered": "answered",
    "refused": "refused (429, 503)",
    "failed": "failed",
    "p50": "half answered within",
    "p99": "99 % answered within",
    "slowest": "slowest answer",
    "calls": "calls of carriers",
    "carrier_refused": "calls refused by carriers",
    "most_at_once": "most calls at once",
    "lag": "loop blocked, at worst",
    "orders": "orders on disk",
    "doubled": "orders too many",
    "lost": "accepted orders lost",
    "mails": "mails sent",
}
"""The figures that :func:`compare` gives, and what a table calls them."""

TIMES = {"p50", "p99", "slowest", "lag"}
"""Those in milliseconds; all others are counts."""


# region change
@dataclass(frozen=True, slots=True)
class Change:
    """A bounded change: what is replaced, and the load that shows it.

    *before* and *after* are parts whose functions stand in a module: each variant is served by a process of its own.
    *rows* are the figures that the change is about, and keys of :data:`MEANINGS` or of *more*, a function of what
    happened.  *mail_delay* and *mail_failures* are of the server that takes mails.
    """

    name: str
    before: Parts
    after: Parts
    load: Load
    rows: Sequence[str]
    settings: Settings = field(default_factory=Settings)
    carriers: Sequence[LocalCarrier] = (carrier_servers.SWIFT, carrier_servers.STEADY)
    mail_delay: float = 0.0
    mail_failures: int = 0
    meanings: Mapping[str, str] = field(default_factory=dict)
    more: Callable[[Outcome, Carriers], Figures] | None = None


# endregion change


# region run
def run(change: Change, parts: Parts, load_: Load, *, process: bool) -> Figures:
    """The figures of one variant, on fresh carriers, a fresh service and an empty store."""
    with tempfile.TemporaryDirectory() as folder, carrier_servers.running(change.carriers) as carriers:
        carriers.mail_delay, carriers.mail_failures = change.mail_delay, change.mail_failures
        database = Path(folder, "orders.db")
        settings = replace(change.settings, carriers_url=carriers.url, database=database)
        served: AbstractContextManager[serving.Child | serving.Served]
        if process:
            served = serving.in_process(create_app, settings, parts)
        else:
            served = serving.in_thread(create_app(settings, parts))
        with served as service:
            outcome = asyncio.run(load.run(service.url, load_))
            lag = metric(service.url, "loop_lag_worst_seconds")
        figures = outcome.figures() | {"lag": round(1000 * lag, 1)} | stored(database, outcome)
        figures |= {
            "calls": carriers.calls,
            "carrier_refused": sum(each.refused for each in carriers.by_name.values()),
            "most_at_once": max(each.most_at_once for each in carriers.by_name.values()),
            "mails": len(carriers.mails),
        }
        return figures | (change.more(outcome, carriers) if change.more else {})


def compare(change: Change, *, load: Load | None = None, process: bool = False) -> dict[str, Figures]:
    """Figures ``before`` and ``after``; with *load* in place of the change's own.

    In this process, by a thread, unless *process*: a fresh one for
    each variant, so that they share neither a loop nor a GIL with
    the load.  Times are worth something only then.
    """
    chosen = load or change.load
    return {
        "before": run(change, change.before, chosen, process=process),
        "after": run(change, change.after, chosen, process=process),
    }


# endregion run


def metric(url: str, name: str) -> float:
    """The value of a metric of the service at *url*."""
    text = httpx.get(f"{url}/metrics", trust_env=False, timeout=60).text
    families = text_string_to_metric_families(text)
    return float(next(each.value for family in families for each in family.samples if each.name == name))


def stored(database: Path, outcome: Outcome) -> Figures:
    """What is on disk after the service has ended, beside what it told its customers."""
    told: dict[str | None, set[int]] = {}
    for request, status, body in outcome.bodies:
        if request.path == "/orders" and status in (200, 201):
            told.setdefault(request.headers.get("Idempotency-Key"), set()).add(body["id"])
    numbers = {number for of_key in told.values() for number in of_key}
    with OrderStore(database) as store:
        lost = sum(store.get(number) is None for number in numbers)
        orders, pending = store.count(), store.pending()
    return {
        "orders": orders,
        "doubled": sum(len(of_key) - 1 for of_key in told.values()),
        "lost": lost,
        "booked": orders - pending,
    }


# region main
def main(change: Change) -> None:
    """Measure *change* and print the figures, as JSON with ``--json``."""
    found = compare(change, process=True)
    meanings = MEANINGS | dict(change.meanings)
    rows = [[meanings[row], *(shown(row, found[side][row]) for side in found)] for row in change.rows]
    if "--json" in sys.argv:
        build = "free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else "gil"
        told = {"version": platform.python_version(), "build": build, "change": change.name}
        figures = {side: {row: found[side][row] for row in change.rows} for side in found}
        named = {row: meanings[row] for row in change.rows}
        print(json.dumps(told | {"rows": named, "times": sorted(TIMES & set(change.rows)), **figures}))
        return
    print(f"{change.name}: {change.load.count} requests, {change.load.rate:g} a second")
    for meaning, before, after in [["", "before", "after"], *rows]:
        print(f"{meaning:28}{before:>12}{after:>12}")


def shown(row: str, value: float) -> str:
    """A figure with its unit."""
    return f"{value:,.0f} ms" if row in TIMES else f"{value:,}"


# endregion main
