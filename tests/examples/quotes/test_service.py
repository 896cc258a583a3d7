"""The service answers, refuses what it can't do with a reason, and loses no order."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.quotes import carrier_servers, inputs, serving
from examples.quotes.carrier_servers import Carriers, LocalCarrier
from examples.quotes.parts import Parts, Settings
from examples.quotes.service import create_app
from examples.quotes.store import OrderStore

SWIFT, STEADY = LocalCarrier("swift", cents=990), LocalCarrier("steady", cents=840)
GRAMS = "a whole number from 1 to 30000"
KEY = {"Idempotency-Key": "a"}


@contextlib.contextmanager
def shop(
    carriers: Sequence[LocalCarrier] = (SWIFT, STEADY), parts: Parts | None = None, **settings: Any
) -> Iterator[tuple[httpx.Client, Carriers]]:
    """The service and its carriers, over real sockets."""
    with carrier_servers.running(carriers) as local:
        usual = Settings(carriers_url=local.url, carriers=tuple(each.name for each in carriers), deadline=60)
        app = create_app(replace(usual, **settings), parts)
        with serving.in_thread(app, grace=1) as served:
            verify: Any = False  # no https: spares the reading of certificates
            with httpx.Client(base_url=served.url, trust_env=False, timeout=60, verify=verify) as http:
                yield http, local


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with shop() as (client, _):
        yield client


def test_the_cheapest_quote(http: httpx.Client) -> None:
    answer = http.get("/quote?grams=1200")
    assert answer.json() == {"carrier": "steady", "cents": 1680, "failed": {}}
    assert http.get("/quote?grams=1200&zone=world").status_code == 200


@pytest.mark.parametrize(
    ("query", "error", "allowed"),
    [
        ("", "grams is missing", GRAMS),
        ("grams=", "grams is ''", GRAMS),
        ("grams=0", "grams is '0'", GRAMS),
        ("grams=-5", "grams is '-5'", GRAMS),
        ("grams=1.5", "grams is '1.5'", GRAMS),
        ("grams=30001", "grams is '30001'", GRAMS),
        ("grams=%C2%B2", "grams is '²'", GRAMS),
        ("grams=" + 5000 * "9", f"grams is '{36 * '9'}...", GRAMS),
        ("grams=1&zone=mars", "zone is 'mars'", "one of domestic, europe, world"),
    ],
)
def test_a_quote_for_what_is_no_parcel(http: httpx.Client, query: str, error: str, allowed: str) -> None:
    answer = http.get(f"/quote?{query}")
    assert (answer.status_code, answer.json()) == (422, {"error": error, "allowed": allowed})


@pytest.mark.parametrize(
    ("content", "status", "error"),
    [
        (b"", 400, "the body is no JSON object"),
        (b"{", 400, "the body is no JSON object"),
        (b"[]", 400, "the body is no JSON object"),
        (b"\xff\xfe", 400, "the body is no JSON object"),
        (b"[" * 60_000, 400, "the body is no JSON object"),
        (b"{}", 422, "grams is missing"),
        (b'{"grams": "heavy"}', 422, "grams is 'heavy'"),
        (b'{"grams": true}', 422, "grams is True"),
        (b'{"grams": 1e400}', 422, "grams is inf"),
        (b'{"grams": 1200, "zone": []}', 422, "zone is []"),
        (b" " * (inputs.BODY_BYTES + 1), 413, "the body is too large"),
    ],
)
def test_an_order_that_is_none(http: httpx.Client, content: bytes, status: int, error: str) -> None:
    answer = http.post("/orders", content=content, headers={"Idempotency-Key": "none"})
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def post_a_part(http: httpx.Client) -> socket.socket:
    """Send the header of an order, and half of its body."""
    connection = socket.create_connection((http.base_url.host, http.base_url.port or 0), timeout=60)
    connection.sendall(b"POST /orders HTTP/1.1\r\nHost: shop\r\nIdempotency-Key: half\r\nContent-Length: 100\r\n\r\n{")
    return connection


def test_a_body_that_does_not_come(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "BODY_SECONDS", 0.05)
    with post_a_part(http) as connection:
        answer = b""
        while b"}" not in answer:  # header and body come apart
            part = connection.recv(10_000)
            assert part, answer
            answer += part
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the body did not come in time" in answer


def test_a_client_that_hangs_up(http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    post_a_part(http).close()
    while 'requests_total{route="order",status="400"}' not in http.get("/metrics").text:
        pass
    assert not caplog.records


@pytest.mark.parametrize(
    ("headers", "error"),
    [({}, "Idempotency-Key is missing"), ({"Idempotency-Key": 101 * "k"}, "Idempotency-Key is too long")],
)
def test_an_order_needs_a_key(http: httpx.Client, headers: dict[str, str], error: str) -> None:
    answer = http.post("/orders", json={"grams": 1200}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({}, "parcels is missing or of a wrong length"),
        ({"parcels": []}, "parcels is missing or of a wrong length"),
        ({"parcels": [{"grams": 1}] * 501}, "parcels is missing or of a wrong length"),
        ({"parcels": [1]}, "a parcel is no object"),
        ({"parcels": [{"grams": 0}]}, "grams is 0"),
        ({"parcels": [{"grams": 1}], "carrier": "post"}, "carrier is 'post'"),
        ({"parcels": [{"grams": 1}], "carrier": 1}, "carrier is 1"),
    ],
)
def test_a_batch_that_is_none(http: httpx.Client, content: object, error: str) -> None:
    answer = http.post("/quotes", json=content)
    assert (answer.status_code, answer.json()["error"]) == (422, error)


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/orders/999", 404, "there is no order 999"),
        ("/orders/x", 404, "there is no order 'x'"),
        ("/orders/-1", 404, "there is no order '-1'"),
        ("/orders/99999999999999999999", 404, "there is no order '99999999999999999999'"),
        ("/orders/" + 5000 * "9", 404, f"there is no order '{36 * '9'}..."),
        ("/nowhere", 404, "Not Found"),
        ("/orders", 405, "Method Not Allowed"),
        ("/labels?grams=1&count=x", 422, "count is 'x'"),
        ("/labels?grams=1&count=101", 422, "count is '101'"),
        ("/report", 422, "depots is ''"),
        ("/report?depots=north,north", 422, "depots is 'north,north'"),
    ],
)
def test_what_there_is_not(http: httpx.Client, path: str, status: int, error: str) -> None:
    answer = http.get(path)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["allowed"]


def test_report_labels_and_metrics(http: httpx.Client) -> None:
    assert http.get("/report?depots=south,north").json() == {"north": 500, "south": 500}
    labels = http.get("/labels?count=2&grams=1200").json()
    assert len(labels) == 2
    assert re.fullmatch(r"DOMESTIC 1200 g \d{5}", labels[0])
    metrics = http.get("/metrics").text
    assert 'requests_total{route="labels",status="200"}' in metrics
    assert "loop_lag_worst_seconds" in metrics


def test_a_key_is_one_order_under_concurrent_posts(tmp_path: Path) -> None:
    database = tmp_path / "orders.db"
    with shop(database=database) as (http, carriers):

        def post(_: int) -> httpx.Response:
            return http.post("/orders", json={"grams": 1200}, headers=KEY)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(post, range(8)))
        assert {answer.json()["id"] for answer in answers} == {1}
        assert sorted(answer.status_code for answer in answers) == [*[200] * 7, 201]
        other = http.post("/orders", json={"grams": 1300}, headers=KEY)
        assert other.status_code == 409
        assert other.json()["allowed"] == "a new key for each new order"
    assert carriers["swift"].bookings == {"order-1": "swift-1"}
    with OrderStore(database) as store:
        assert (store.count(), store.pending()) == (1, 0)
    assert carriers.mails == ["order 1 is booked: swift-1"]


def test_a_booking_that_fails_is_tried_again_and_booked_once(tmp_path: Path, caplog: Any) -> None:
    swift = LocalCarrier("swift", failures=2)
    with shop([swift], database=tmp_path / "orders.db", retry_seconds=0.01) as (http, carriers):
        number = http.post("/orders", json={"grams": 1200}, headers=KEY).json()["id"]
        while (order := http.get(f"/orders/{number}").json())["state"] != "booked":
            pass
    assert order == {"id": 1, "state": "booked", "booking": "swift-1"}
    assert len(carriers["swift"].bookings) == 1
    assert [each.message for each in caplog.records if "not booked yet" in each.message] == [
        "order 1 is not booked yet: swift: answered 500: out of order"
    ] * 2


def test_what_is_not_booked_at_the_end_is_booked_by_the_next_process(tmp_path: Path) -> None:
    database = tmp_path / "orders.db"
    dead = LocalCarrier("swift", hangs=True)
    with shop([dead], database=database, drain_seconds=0.05) as (http, _):
        assert http.post("/orders", json={"grams": 1200}, headers=KEY).status_code == 201
    with OrderStore(database) as store:
        assert store.pending() == 1
    with shop(database=database) as (http, carriers):
        while http.get("/orders/1").json()["state"] != "booked":
            pass
    assert carriers["swift"].bookings == {"order-1": "swift-1"}


def test_carriers_that_fail_are_named_beside_the_quote() -> None:
    carriers = [STEADY, LocalCarrier("mad", nonsense=True), LocalCarrier("dead", hangs=True)]
    with shop(carriers, deadline=3) as (http, _):
        answer = http.get("/quote?grams=1200")
    assert answer.json() == {
        "carrier": "steady",
        "cents": 1680,
        "failed": {
            "mad": 'mad: answered nonsense: {"price":"cheap"}',
            "dead": "dead: no answer by the deadline",
        },
    }


def test_no_carrier_has_a_quote() -> None:
    with shop([LocalCarrier("mad", nonsense=True)]) as (http, _):
        answer = http.get("/quote?grams=1200")
    assert answer.status_code == 502
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["error"] == 'no carrier has a quote: mad: answered nonsense: {"price":"cheap"}'


def test_a_rate_is_asked_once_and_kept() -> None:
    with shop() as (http, carriers):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(http.get, ["/quote?grams=1200"] * 8))
        assert {answer.json()["cents"] for answer in answers} == {1680}
        assert http.get("/quote?grams=1999").json()["cents"] == 1680  # the same started kilogram
        assert carriers["swift"].calls == 1
        http.get("/quote?grams=2001")
        assert carriers["swift"].calls == 2


def test_a_batch_keeps_its_order_and_its_limit() -> None:
    swift = LocalCarrier("swift", limit=3, cents=100)
    with shop([swift], batch_at_once=3) as (http, carriers):
        answer = http.post("/quotes", json={"parcels": [{"grams": 1000 * kg} for kg in range(1, 13)]})
    assert answer.json() == [{"cents": 100 * kg} for kg in range(1, 13)]
    assert carriers["swift"].refused == 0
    assert carriers["swift"].most_at_once <= 3


def test_above_its_bound_it_refuses_at_once() -> None:
    dead = LocalCarrier("swift", hangs=True)
    with shop([dead], at_once=1, waiting=1) as (http, carriers), ThreadPoolExecutor(2) as pool:
        for grams in (1000, 2000):
            pool.submit(http.get, f"/quote?grams={grams}")
        while "requests_inside 2.0" not in http.get("/metrics").text:
            pass
        refused = http.get("/quote?grams=3000")
        assert http.get("/health").status_code == 200
        carriers.release()
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json() == {"error": "too many requests", "allowed": "try again later"}


def test_above_its_backlog_it_takes_no_order(tmp_path: Path) -> None:
    with shop([LocalCarrier("swift", hangs=True)], backlog=1, drain_seconds=0) as (http, carriers):
        assert http.post("/orders", json={"grams": 1}, headers=KEY).status_code == 201
        full = http.post("/orders", json={"grams": 1}, headers={"Idempotency-Key": "b"})
        carriers.release()
    assert (full.status_code, full.json()["error"]) == (503, "too many orders wait for their booking")


def test_while_draining_it_is_not_ready_and_takes_no_order() -> None:
    with carrier_servers.running([SWIFT]) as local:
        app = create_app(Settings(carriers_url=local.url, carriers=("swift",)))
        with serving.in_thread(app) as served, httpx.Client(base_url=served.url, timeout=60) as http:
            assert http.get("/ready").status_code == 200
            app.state.draining = True
            assert http.get("/ready").status_code == 503
            answer = http.post("/orders", json={"grams": 1}, headers=KEY)
            assert (answer.status_code, answer.json()["error"]) == (503, "the service is draining")
            assert http.get("/quote?grams=1").status_code == 200
            assert http.get("/health").status_code == 200


def test_a_mail_that_fails_is_logged_and_loses_no_booking(tmp_path: Path, caplog: Any) -> None:
    with shop(database=tmp_path / "orders.db") as (http, carriers):
        carriers.mail_failures = 1
        http.post("/orders", json={"grams": 1200}, headers=KEY)
        while http.get("/orders/1").json()["state"] != "booked":
            pass
    assert carriers["swift"].bookings
    assert "mail not sent: order 1 is booked: swift-1: mail: answered 500: mailbox full" in caplog.messages


def test_a_mistake_of_ours_is_told_as_json(caplog: Any) -> None:
    async def gather(*_: object) -> Any:
        raise ZeroDivisionError

    with shop(parts=Parts(gather=gather)) as (http, _):
        answer = http.get("/quote?grams=1")
        assert http.get("/health").status_code == 200
    assert answer.status_code == 500
    assert json.loads(answer.text)["error"] == "a mistake of ours; it is in the log"
    assert "quote failed" in caplog.messages
