"""An actor: a task that owns its state, and works on the messages of its mailbox one after the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

log = logging.getLogger(__name__)
M = TypeVar("M")
R = TypeVar("R")


class ActorStopped(Exception):
    """Nobody will work on this message."""


@dataclass(frozen=True, slots=True)
class Letter(Generic[M, R]):
    """A message, and where its answer goes if anybody waits for one."""

    message: M
    answer: asyncio.Future[R] | None

    def fail(self, error: Exception) -> None:
        if self.answer and not self.answer.done():
            self.answer.set_exception(error)


# region mailbox
class Mailbox(Generic[M, R]):
    """What others know of an actor; it outlives a crash of it."""

    def __init__(self, size: int = 100) -> None:
        self._letters: asyncio.Queue[Letter[M, R] | None]
        self._letters = asyncio.Queue(size)
        self._stopping = self._ended = False

    async def tell(self, message: M) -> None:
        """Send; waits while the mailbox is full."""
        await self._put(Letter(message, None))

    async def ask(self, message: M) -> R:
        """Send, and wait for the answer."""
        answer: asyncio.Future[R]
        answer = asyncio.get_running_loop().create_future()
        await self._put(Letter(message, answer))
        return await answer

    async def stop(self) -> None:
        """Take no more; *serve* ends after what is there."""
        if not self._stopping:
            self._stopping = True
            try:
                await self._letters.put(None)
            except asyncio.CancelledError:
                self._stopping = False  # serve was not told
                raise

    # endregion mailbox

    # region serve
    async def serve(
        self,
        receive: Callable[[M], Awaitable[R]],
        refusals: tuple[type[Exception], ...] = (),
    ) -> None:
        """Be the actor: one message at a time.

        An error of *refusals* is an answer.  Any other goes to who
        asked, and ends the actor, for its state is in doubt.
        """
        while letter := await self._letters.get():
            if letter.answer and letter.answer.done():
                continue  # who asked has left
            try:
                result = await receive(letter.message)
            except Exception as error:
                letter.fail(error)
                if not isinstance(error, refusals):
                    raise
                if not letter.answer:
                    log.warning("refused: %r", error)
            except BaseException:
                letter.fail(ActorStopped())
                raise
            else:
                if letter.answer and not letter.answer.done():
                    letter.answer.set_result(result)
        self.close()

    def close(self) -> None:
        """Refuse what is there and all that comes."""
        self._stopping = self._ended = True
        while not self._letters.empty():
            if letter := self._letters.get_nowait():
                letter.fail(ActorStopped())

    async def _put(self, letter: Letter[M, R]) -> None:
        if self._stopping:
            raise ActorStopped
        await self._letters.put(letter)
        if self._ended:  # while this one waited for a place
            self.close()
            if not letter.answer:
                raise ActorStopped

    # endregion serve


# region stock
class Stock:
    """Label stock: a read and a write with an await between."""

    def __init__(self, left: int) -> None:
        self.left = left

    async def take(self, count: int) -> int:
        """Take so many, and tell how many are left."""
        left = self.left
        await asyncio.sleep(0.5)  # notes it in the warehouse
        if count > left:
            raise LookupError(f"only {left} left")
        self.left = left - count
        return self.left


# endregion stock
