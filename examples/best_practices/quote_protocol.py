"""The protocol of a carrier's quotes, without I/O: bytes in, events out.

Nothing here awaits, sleeps, or knows of sockets, threads and loops; the module `protocol_shells` brings the bytes.
A client asks ``QUOTE 1 1500 domestic``, the carrier answers ``PRICE 1 990`` or ``REFUSED 1 too heavy``, a line each,
and the answers may come in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST, MOST = 512, 100
"""Bytes of a line that comes in, and requests that may wait for their answers."""


class TooManyError(Exception):
    """The caller has to take answers before it asks for more; the connection is fine."""


class ProtocolError(Exception):
    """The other side does not keep to the protocol; the connection is of no more use."""


@dataclass(frozen=True, slots=True)
class Priced:
    """The carrier takes parcel *number* for *cents*."""

    number: int
    cents: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier does not take parcel *number*."""

    number: int
    reason: str


Event = Priced | Refused


# region protocol
class QuoteProtocol:
    """One connection: bytes go in, events come out."""

    def __init__(self) -> None:
        self._buffer, self._ended = bytearray(), False
        self._asked: set[int] = set()
        self._last = 0
        self._failure: str | None = None

    @property
    def waiting(self) -> int:
        """How many answers are outstanding."""
        return len(self._asked)

    def ask(self, grams: int, zone: str = "domestic") -> bytes:
        """What to send for a parcel."""
        named = zone.isascii() and zone.isalnum() and len(zone) < 20
        if not named or not 1 <= grams < 1_000_000:
            raise ValueError(f"no parcel: {grams} g, {zone!r}")
        if len(self._asked) == MOST:
            raise TooManyError(f"{MOST} answers outstanding")
        self._last += 1
        self._asked.add(self._last)
        return f"QUOTE {self._last} {grams} {zone}\n".encode()

    def receive(self, data: bytes) -> None:
        """Take in what was read; no bytes mean the end."""
        if self._ended and data:
            raise ProtocolError("bytes behind the end")
        self._buffer += data
        self._ended = not data

    def next_event(self) -> Event | None:
        """The next event; None: more bytes are needed.

        :raises ProtocolError: now, and from now on each time
        """
        if self._failure is None:
            try:
                return self._next()
            except ValueError as error:
                self._failure = str(error)
        raise ProtocolError(self._failure)

    # endregion protocol

    # region parse
    def _next(self) -> Event | None:
        end = self._buffer.find(b"\n", 0, LONGEST + 1)
        if end >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            return self._parse(line)
        if len(self._buffer) > LONGEST:
            raise ValueError(f"a line of more than {LONGEST} bytes")
        if self._ended and (self._asked or self._buffer):
            raise ValueError(f"ended, {self.waiting} answers missing")
        return None

    def _parse(self, line: bytes) -> Event:
        if not line.isascii():
            raise ValueError(f"not ASCII: {line[:40]!r}")
        verb, _, rest = line.decode("ascii").partition(" ")
        digits, _, said = rest.partition(" ")
        if not digits.isdigit() or int(digits) not in self._asked:
            raise ValueError(f"nobody asked for this: {line[:40]!r}")
        self._asked.remove(int(digits))
        if verb == "PRICE" and said.isdigit():
            return Priced(int(digits), int(said))
        if verb == "REFUSED" and said:
            return Refused(int(digits), said)
        raise ValueError(f"no answer: {line[:40]!r}")

    # endregion parse
