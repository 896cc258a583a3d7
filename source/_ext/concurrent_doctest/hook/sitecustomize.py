"""Imported by a program as it starts, so that at its limit it can be asked what it waits for.

``program.py`` puts the folder of this file first in ``PYTHONPATH``, because that changes nothing that the program
sees: not how it is run, nor its tracebacks.  What leads here is taken away again before the program begins, and
the ``sitecustomize`` that this one hides is imported.

Standard library only.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from types import FrameType, ModuleType

_HERE = os.path.dirname(os.path.abspath(__file__))


def _answer(_: int, here: FrameType | None) -> None:
    """Write what every thread and task waits for to file descriptor 2, and end."""
    try:
        sys.path.append(os.path.dirname(os.path.dirname(_HERE)))
        from concurrent_doctest.waiting import describe_waiting, waiting_text

        library = os.path.join(os.path.dirname(os.__file__), "")
        files = {str(vars(module).get("__file__")) for module in _modules()}
        own = {file for file in files if not file.startswith((library, _HERE))}
        text = f"At its limit:\n{waiting_text(describe_waiting(own, here))}\n"
        with open(2, "wb", closefd=False) as stderr:
            stderr.write(text.encode("utf-8", "backslashreplace"))
        os._exit(1)
    except BaseException:
        os.abort()  # faulthandler writes the stacks of the threads, at least


def _modules() -> list[ModuleType]:
    return [module for module in list(sys.modules.values()) if isinstance(module, ModuleType)]


def _leave_no_trace() -> None:
    sys.path[:] = [folder for folder in sys.path if folder != _HERE]
    folders = [folder for folder in os.environ["PYTHONPATH"].split(os.pathsep) if folder != _HERE]
    if folders:
        os.environ["PYTHONPATH"] = os.pathsep.join(folders)
    else:
        del os.environ["PYTHONPATH"]
    this = sys.modules.pop(__name__)
    try:
        importlib.import_module(__name__)
    except ImportError as error:
        if error.name != __name__:
            raise
    finally:
        sys.modules.setdefault(__name__, this)


if number := os.environ.pop("CONCURRENT_DOCTEST_ASK", ""):
    signal.signal(int(number), _answer)
    _leave_no_trace()
