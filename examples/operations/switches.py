"""Which mistake is reported under which switch: each in a child of its own, and what its stderr says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

# region mistakes
MISTAKES = {
    "forgotten await": """
        async def main():
            asyncio.sleep(1)
    """,
    "slow step": """
        async def main():
            time.sleep(0.2)
    """,
    "error nobody awaits": """
        async def main():
            task = asyncio.create_task(fail())
            await asyncio.wait([task])
    """,
    "call_soon in a thread": """
        async def main():
            loop = asyncio.get_running_loop()
            await asyncio.to_thread(loop.call_soon, print)
    """,
    "unclosed file": """
        async def main():
            open(os.devnull)
    """,
    "deprecated, in a library": """
        async def main():
            library = {"__name__": "library", "warn": warnings.warn}
            exec("warn('old', DeprecationWarning)", library)
    """,
}
# endregion mistakes

START = """
import asyncio, os, time, warnings


async def fail():
    raise ValueError("no quote")

{mistake}

asyncio.run(main())
"""

# region switches
SWITCHES = {
    "none": [],
    "-X dev": ["-X", "dev"],
    "-W error": ["-W", "error"],
}


def first_lines(mistake: str, options: list[str]) -> tuple[int, str]:
    """How a child with this mistake ends, and its messages."""
    source = START.format(mistake="\n".join(line[8:] for line in MISTAKES[mistake].splitlines()))
    done = subprocess.run([sys.executable, "-E", *options, "-c", source], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


# endregion switches

SIGNS = {
    "forgotten await": "was never awaited",
    "slow step": "Executing <Task",
    "error nobody awaits": "Task exception was never retrieved",
    "call_soon in a thread": "Non-thread-safe operation",
    "unclosed file": "unclosed file",
    "deprecated, in a library": "DeprecationWarning: old",
}


def verdicts(mistake: str) -> Iterator[str]:
    """Under each switch: reported or silent, and the exit code if it is not 0."""
    for options in SWITCHES.values():
        code, said = first_lines(mistake, options)
        yield ("reported" if SIGNS[mistake] in said else "silent") + (f", exit {code}" if code else "")


def main() -> None:
    """Print the table."""
    print(f"{'':24}", *(f"{name:17}" for name in SWITCHES))
    for mistake in MISTAKES:
        row = (f"{verdict:17}" for verdict in verdicts(mistake))
        print(f"{mistake:24}", *row)


if __name__ == "__main__":
    main()
