"""End the consumers of a ``multiprocessing.Queue``: a pill for each, and close what you put into."""

from __future__ import annotations

import multiprocessing
from multiprocessing.queues import Queue


# region main
def work(parcels: Queue[str | None], labels: Queue[str]) -> None:
    """Take parcels until the pill comes."""
    while (parcel := parcels.get(timeout=60)) is not None:
        labels.put(f"label {parcel}")


def main() -> None:
    """Two workers, three parcels, and an end."""
    spawn = multiprocessing.get_context("spawn")
    parcels: Queue[str | None] = spawn.Queue(8)
    labels: Queue[str] = spawn.Queue()
    args = (parcels, labels)
    workers = [spawn.Process(target=work, args=args) for _ in "12"]
    for worker in workers:
        worker.start()
    for parcel in ("A1", "A2", "A3", None, None):
        parcels.put(parcel)
    parcels.close()  # this process puts nothing more
    parcels.join_thread()  # all of it is in the pipe
    try:
        parcels.put("A4")
    except ValueError as error:
        print(str(error).split(" at ")[0], "...", str(error)[-9:])
    print(sorted(labels.get(timeout=60) for _ in range(3)))
    for worker in workers:
        worker.join(60)
    labels.close()
    print("ended:", [worker.exitcode for worker in workers])


# endregion main

if __name__ == "__main__":
    main()
