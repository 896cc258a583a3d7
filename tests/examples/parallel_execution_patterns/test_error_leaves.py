"""``leaves``: every error in an exception group, with its way through the groups."""

from __future__ import annotations

import asyncio

from examples.parallel_execution_patterns.error_leaves import Leaf, leaves


def test_a_naked_error_is_its_own_leaf() -> None:
    error = ConnectionError("swift")
    assert list(leaves(error)) == [Leaf(error)]
    assert list(leaves(error, ValueError)) == []


def test_leaves_come_in_order_with_their_groups() -> None:
    a, b, c = ConnectionError("a"), ValueError("b"), ConnectionError("c")
    inner = ExceptionGroup("inner", [a, b])
    outer = ExceptionGroup("outer", [inner, c])
    assert list(leaves(outer)) == [Leaf(a, (outer, inner)), Leaf(b, (outer, inner)), Leaf(c, (outer,))]
    assert [leaf.error for leaf in leaves(outer, ConnectionError)] == [a, c]
    assert [leaf.error for leaf in leaves(outer, (ValueError, KeyError))] == [b]


def test_base_exceptions_are_leaves_too() -> None:
    group = BaseExceptionGroup("g", [KeyboardInterrupt()])
    assert [type(leaf.error) for leaf in leaves(group)] == [KeyboardInterrupt]


def test_a_deep_group_needs_no_deep_stack() -> None:
    error: Exception = ConnectionError("swift")
    for _ in range(500):
        error = ExceptionGroup("g", [error])
    (leaf,) = leaves(error)
    assert len(leaf.groups) == 500


def test_notes_of_the_groups_come_first() -> None:
    error = ConnectionError("swift")
    error.add_note("leaf")
    group = ExceptionGroup("g", [error])
    group.add_note("group")
    (leaf,) = leaves(group)
    assert leaf.notes == ["group", "leaf"]


def test_frames_lead_from_the_caller_through_the_groups_to_the_error() -> None:
    async def ask() -> None:
        raise ConnectionError("swift")

    async def shop() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(ask())

    try:
        asyncio.run(shop())
    except* ConnectionError as caught:
        (leaf,) = leaves(caught)
        names = [frame.name for frame in leaf.frames]
        assert names.index("shop") < names.index("ask") == len(names) - 1
