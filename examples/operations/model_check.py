"""Check a concurrent object against a sequential model: is there an order of the calls that explains their results?

A history is what happened: each call with its result, and the moments at which it began and ended.  It is
linearizable if its calls can be put in an order that keeps every "ended before the other began", and in which the model
gives the same results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

State = TypeVar("State")


# region history
@dataclass(slots=True)
class Call:
    """One call: *began* and *ended* are places in the history."""

    actor: str
    name: str
    arguments: tuple[object, ...]
    began: int
    ended: int = -1
    result: object = None

    def __str__(self) -> str:
        given = ", ".join(map(repr, self.arguments))
        return f"{self.actor}: {self.name}({given}) -> {self.result}"


@dataclass(slots=True)
class History:
    """Notes calls; one thread at a time, as the explorer has it."""

    calls: list[Call] = field(default_factory=list)
    moment: int = 0

    def call(self, actor: str, method: Callable[..., object], *given: object) -> None:
        name = method.__name__
        noted = Call(actor, name, given, self._next())
        self.calls.append(noted)
        noted.result = method(*given)
        noted.ended = self._next()

    def _next(self) -> int:
        self.moment += 1
        return self.moment


# endregion history


# region explain
@dataclass(frozen=True, slots=True)
class Model(Generic[State]):
    """*apply* takes a state and a call: its result, and the next."""

    start: State
    apply: Callable[[State, Call], tuple[object, State]]

    def explain(self, calls: Sequence[Call]) -> list[Call] | None:
        """An order of *calls* that gives their results, or None."""
        return self._from(self.start, list(calls))

    def _from(self, state: State, left: list[Call]) -> list[Call] | None:
        if not left:
            return []
        first_end = min(call.ended for call in left)
        for call in left:
            if call.began > first_end:
                continue  # another one had ended before it began
            result, following = self.apply(state, call)
            if result == call.result:
                rest = self._from(following, [c for c in left if c is not call])
                if rest is not None:
                    return [call, *rest]
        return None


# endregion explain
