"""A time limit as a decorator that keeps the types of what it wraps, so that a forgotten await is still reported."""

# region limited
import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Call: TypeAlias = Callable[P, Awaitable[T]]
Limited: TypeAlias = Callable[P, Coroutine[Any, Any, T]]


def limited(seconds: float) -> Callable[[Call[P, T]], Limited[P, T]]:
    """Let each call of a coroutine function take *seconds* at most.

    :raises TimeoutError: from the call, when its time is over.
    """

    def decorate(call: Call[P, T]) -> Limited[P, T]:
        @wraps(call)
        async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            async with asyncio.timeout(seconds):
                return await call(*args, **kwargs)

        return wrapper

    return decorate


# endregion limited
