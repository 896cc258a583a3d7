"""The errors inside an exception group, each with its way through the groups."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

E = TypeVar("E", bound=BaseException)


# region leaves
@dataclass(frozen=True, slots=True)
class Leaf(Generic[E]):
    """An *error*, and the *groups* around it, outermost first."""

    error: E
    groups: tuple[BaseExceptionGroup[Any], ...] = ()

    @property
    def frames(self) -> list[traceback.FrameSummary]:
        """The call stack through all groups, outermost first."""
        found: list[traceback.FrameSummary] = []
        chain: tuple[BaseException, ...] = (*self.groups, self.error)
        for error in chain:
            found += traceback.extract_tb(error.__traceback__)
        return found

    @property
    def notes(self) -> list[str]:
        """Notes of the groups, then those of the error."""
        found: list[str] = []
        for error in (*self.groups, self.error):
            found += getattr(error, "__notes__", ())
        return found


@overload
def leaves(error: BaseException) -> Iterator[Leaf[BaseException]]: ...
@overload
def leaves(
    error: BaseException,
    kind: type[E] | tuple[type[E], ...],
) -> Iterator[Leaf[E]]: ...
def leaves(
    error: BaseException,
    kind: Any = BaseException,
) -> Iterator[Leaf[Any]]:
    """Each error of *kind* in *error*, in order, however deep."""
    todo = [Leaf(error)]
    while todo:
        leaf = todo.pop()
        if isinstance(leaf.error, BaseExceptionGroup):
            around = (*leaf.groups, leaf.error)
            inner = reversed(leaf.error.exceptions)
            todo += [Leaf(one, around) for one in inner]
        elif isinstance(leaf.error, kind):
            yield leaf


# endregion leaves
