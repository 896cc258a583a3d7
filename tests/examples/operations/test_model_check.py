"""A history is explained by an order that keeps what ended before, or not at all."""

from __future__ import annotations

from examples.operations.model_check import Call, History, Model


def register(state: int, call: Call) -> tuple[object, int]:
    if call.name == "write":
        (value,) = call.arguments
        assert isinstance(value, int)
        return None, value
    return state, state


MODEL = Model(0, register)


def write(value: int, began: int, ended: int) -> Call:
    return Call("a", "write", (value,), began, ended)


def read(result: int, began: int, ended: int) -> Call:
    return Call("b", "read", (), began, ended, result)


def test_calls_at_once_may_take_effect_in_either_order() -> None:
    for seen in 0, 1:
        assert MODEL.explain([write(1, 1, 4), read(seen, 2, 3)]) is not None


def test_what_ended_before_is_seen() -> None:
    assert MODEL.explain([write(1, 1, 2), read(0, 3, 4)]) is None
    assert MODEL.explain([write(1, 1, 2), read(1, 3, 4)]) == [write(1, 1, 2), read(1, 3, 4)]


def test_a_value_that_was_seen_does_not_go_away() -> None:
    assert MODEL.explain([write(1, 1, 9), read(1, 2, 3), read(0, 4, 5)]) is None
    assert MODEL.explain([write(1, 1, 9), read(0, 2, 3), read(1, 4, 5)]) is not None


def test_a_history_notes_calls_by_name() -> None:
    history = History()
    history.call("a", [840].index, 840)
    (call,) = history.calls
    assert (call.began, call.ended, call.result) == (1, 2, 0)
    assert str(call) == "a: index(840) -> 0"
    assert MODEL.explain([]) == []
