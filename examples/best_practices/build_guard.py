"""Keep a test run honest about its build: which Python it is, whether the GIL came on, and which import did it.

``python -m examples.best_practices.build_guard free-threaded numpy lxml`` fails unless this is a free-threaded build
on which none of these modules turns the GIL on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator


# region problem
def problem(wanted: str) -> str | None:
    """Why this process is not what *wanted* says, or None.

    *wanted* is ``gil`` or ``free-threaded``.  Ask when the tests
    have run: any import until then may have turned the GIL on.
    """
    free = sysconfig.get_config_var("Py_GIL_DISABLED") == 1
    if free != (wanted == "free-threaded"):
        return f"wanted {wanted}, this is {sys.executable}"
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
    if free and enabled:
        return "the GIL is on: by PYTHON_GIL, -X gil or an import"
    return None


# endregion problem


# region imports
LOOK = """
import sys, {}
print(getattr(sys, "_is_gil_enabled", lambda: True)())
"""


def imports(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each module, imported in a process of its own."""
    settings = {k: v for k, v in os.environ.items() if k != "PYTHON_GIL"}
    for name in names:
        asked = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", LOOK.format(name)],
            env=settings,
            capture_output=True,
            text=True,
            check=False,
        )
        states = {"True": "GIL on", "False": "GIL off"}
        last = (asked.stdout.split() or [""])[-1]
        yield name, states.get(last, "not imported")


# endregion imports


def main(arguments: list[str]) -> int:
    wanted, *names = arguments
    if wrong := problem(wanted):
        print(wrong)
        return 2
    found = list(imports(names))
    for name, state in found:
        print(f"{name}: {state}")
    bad = {"not imported"} | ({"GIL on"} if wanted == "free-threaded" else set())
    return 1 if any(state in bad for _, state in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
