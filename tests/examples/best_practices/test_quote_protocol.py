"""The protocol alone: every split of the bytes, and everything that a carrier may do wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest

from examples.best_practices.quote_protocol import (
    LONGEST,
    MOST,
    Event,
    Priced,
    ProtocolError,
    QuoteProtocol,
    Refused,
    TooManyError,
)

ANSWERS = b"PRICE 2 990\nREFUSED 1 too heavy\n"
EVENTS = [Priced(2, 990), Refused(1, "too heavy")]


def asked(parcels: int = 2) -> QuoteProtocol:
    protocol = QuoteProtocol()
    for _ in range(parcels):
        protocol.ask(1500)
    return protocol


def drain(protocol: QuoteProtocol) -> list[Event]:
    events = []
    while event := protocol.next_event():
        events.append(event)
    return events


def test_a_request_is_a_numbered_line() -> None:
    protocol = QuoteProtocol()
    assert protocol.ask(1500) == b"QUOTE 1 1500 domestic\n"
    assert protocol.ask(20, "island") == b"QUOTE 2 20 island\n"
    assert protocol.waiting == 2


@pytest.mark.parametrize(
    ("grams", "zone"),
    [(0, "domestic"), (1_000_000, "domestic"), (1, ""), (1, "a b"), (1, "a\nQUOTE 9 1 x"), (1, "é"), (1, "x" * 20)],
)
def test_a_request_that_would_break_the_protocol_is_refused(grams: int, zone: str) -> None:
    protocol = QuoteProtocol()
    with pytest.raises(ValueError, match="no parcel"):
        protocol.ask(grams, zone)
    assert protocol.waiting == 0


def test_answers_may_come_in_any_order_and_any_pieces() -> None:
    for first in range(len(ANSWERS) + 1):
        for second in range(first, len(ANSWERS) + 1):
            protocol, events = asked(), list[Event]()
            for chunk in (ANSWERS[:first], ANSWERS[first:second], ANSWERS[second:]):
                if chunk:  # no bytes would be the end
                    protocol.receive(chunk)
                    events += drain(protocol)
            assert events == EVENTS
            assert protocol.waiting == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"PRICE 1 many\n", "no answer"),
        (b"PRICE 1 -5\n", "no answer"),
        (b"PRICE 1\n", "no answer"),
        (b"HELLO 1 990\n", "no answer"),
        (b"REFUSED 1 \n", "no answer"),
        (b"PRICE 7 990\n", "nobody asked"),
        (b"PRICE one 990\n", "nobody asked"),
        (b"\n", "nobody asked"),
        (b"\xff\xfe\n", "not ASCII"),
        (b"PRICE 1 \xb2\n", "not ASCII"),
        (b"x" * (LONGEST + 1), "more than 512 bytes"),
        (b"x" * (LONGEST + 1) + b"\n", "more than 512 bytes"),
    ],
)
def test_malformed_input_is_an_error_and_stays_one(line: bytes, message: str) -> None:
    protocol = asked()
    protocol.receive(b"PRICE 2 990\n" + line)
    assert protocol.next_event() == Priced(2, 990)  # what came before it is not lost
    for _ in range(2):
        with pytest.raises(ProtocolError, match=message):
            protocol.next_event()


def test_an_answer_that_comes_twice_is_an_error() -> None:
    protocol = asked()
    protocol.receive(b"PRICE 1 990\nPRICE 1 610\n")
    assert protocol.next_event() == Priced(1, 990)
    with pytest.raises(ProtocolError, match="nobody asked"):
        protocol.next_event()


def test_an_end_with_answers_missing_is_an_error() -> None:
    for sent in (b"", b"PRICE 1 9"):
        protocol = asked(1)
        if sent:
            protocol.receive(sent)
        protocol.receive(b"")
        with pytest.raises(ProtocolError, match="ended, 1 answers missing"):
            protocol.next_event()


def test_an_end_after_all_answers_is_none() -> None:
    protocol = asked()
    protocol.receive(ANSWERS)
    protocol.receive(b"")
    assert drain(protocol) == EVENTS
    protocol.receive(b"")
    with pytest.raises(ProtocolError, match="behind the end"):
        protocol.receive(b"PRICE 1 990\n")


def test_outstanding_answers_are_bounded() -> None:
    protocol = asked(MOST)
    with pytest.raises(TooManyError, match="100 answers outstanding"):
        protocol.ask(1500)
    assert protocol.waiting == MOST
    protocol.receive(b"PRICE 1 990\n")
    drain(protocol)
    assert protocol.ask(1500) == b"QUOTE 101 1500 domestic\n"


def test_the_core_imports_no_loop_and_no_socket() -> None:
    look = (
        "import sys, examples.best_practices.quote_protocol\n"
        "print({'asyncio', 'socket', 'selectors', 'anyio'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
