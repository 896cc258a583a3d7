"""A context variable in a module, so that worker processes and interpreters can import it."""

from __future__ import annotations

from contextvars import ContextVar

# region request
request: ContextVar[str] = ContextVar("request", default="-")


def seen() -> str:
    """The request id that the code sees where it runs."""
    return request.get()


# endregion request
