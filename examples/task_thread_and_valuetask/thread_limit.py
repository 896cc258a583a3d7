"""As many threads as calls, or a pool, in a process whose address space is limited (Linux)."""

from __future__ import annotations

import re
import resource
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CALLS = 1_000
ROOM = 2**30
STACK = 8 * 2**20


def limit_memory() -> None:
    """Allow *ROOM* bytes of address space more than are in use, as a container's limits do."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmSize:\s+(\d+) kB", status)
    assert found
    limit = int(found[1]) * 1024 + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


# region thread-limit
def a_thread_for_each(calls: int) -> str:
    """Start a thread for each call, while no carrier answers."""
    answer = threading.Event()
    threads: list[threading.Thread] = []
    try:
        for _ in range(calls):
            thread = threading.Thread(target=answer.wait)
            thread.start()
            threads.append(thread)
        outcome = "all started"
    except RuntimeError as error:
        outcome = f"RuntimeError: {error}"
    answer.set()
    for thread in threads:
        thread.join()
    return outcome


def a_pool_for_all(calls: int) -> str:
    """Let four threads make the calls in turn."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = list(pool.map(str, range(calls)))
    return f"answers: {len(answers)}"


# endregion thread-limit
if __name__ == "__main__":
    limit_memory()
    threading.stack_size(STACK)  # the default of most Linux systems
    pooled = "--pool" in sys.argv
    print((a_pool_for_all if pooled else a_thread_for_each)(CALLS))
