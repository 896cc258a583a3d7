"""The rows of the guarantee table: operations that threads share, each with a race and an invariant.

Each function builds a :class:`~examples.thread_safe_collections.race.Trial` with objects of its own: four workers do
the operation at once, and a count afterwards says how often the result was not what one thread after the other
would have left.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import queue
import random
import tempfile
import threading
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from examples.thread_safe_collections.race import (
    ATOMIC,
    LOCK_FREE,
    NOT_SAFE,
    ROUNDS,
    ROWS,
    SAFE,
    SILENT,
    WORKERS,
    Trial,
    row,
)

__all__ = ["ROWS"]

TOTAL = WORKERS * ROUNDS
SHORT = ROUNDS // 10
"""Rounds of an operation that takes long."""

LIST, DICT, SET = "ref:thread-safety-list", "ref:thread-safety-dict", "ref:thread-safety-set"
DEQUE, QUEUE, LRU = "class:collections.deque", "mod:queue", "func:functools.lru_cache"
FAQ = "https://docs.python.org/3/faq/library.html#what-kinds-of-global-value-mutation-are-thread-safe"
ITERATORS = "https://docs.python.org/3/howto/free-threading-python.html#iterators"
IO = "https://docs.python.org/3/library/io.html#multi-threading"
RANDOM = "mod:random"
GENERATORS = "https://docs.python.org/3.15/library/threading.html#iterator-synchronization"

BREAKS, ATOMICITY = "thread-safe-collections-forced-breaks", "foundations-atomicity-and-memory"
CHANCE = f"{BREAKS}-chance"


def each_once(taken: Iterable[object], expected: Iterable[object] = range(TOTAL)) -> int:
    """How many of *expected* are missing from *taken*, or are there more than once."""
    counted = Counter(taken)
    return sum(counted[one] != 1 for one in expected)


def hands() -> list[list[Any]]:
    """A list for each worker, of what it got."""
    return [[] for _ in range(WORKERS)]


def flat(taken: list[list[Any]]) -> Iterator[Any]:
    """What all workers got."""
    return itertools.chain.from_iterable(taken)


def differ(answers: list[list[Any]]) -> int:
    """In how many rounds two workers got different objects."""
    return sum(any(one is not got[0] for one in got) for got in zip(*answers, strict=True))


# -- Names and attributes -----------------------------------------------------------------------

sold = 0


@row("names", "`n += 1`", "no update is lost", NOT_SAFE, FAQ, forced=f"{ATOMICITY}-forced")
def name_increment() -> Trial:
    global sold
    sold = 0

    def work(worker: int) -> None:
        global sold
        for _ in range(ROUNDS):
            sold += 1

    return Trial(work, lambda: TOTAL - sold)


@row("names", "`shelf.n += 1`", "no update is lost", NOT_SAFE, FAQ, forced=f"{ATOMICITY}-free-threaded")
def attribute_increment() -> Trial:
    shelf = SimpleNamespace(sold=0)

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            shelf.sold += 1

    return Trial(work, lambda: TOTAL - int(shelf.sold))


# -- list ---------------------------------------------------------------------------------------


# region list-append
@row("list", "`lst.append(x)`", "each x arrives", ATOMIC, LIST)
def list_append() -> Trial:
    shelf: list[int] = []

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            shelf.append(worker * ROUNDS + n)

    return Trial(work, lambda: each_once(shelf))


# endregion list-append


@row("list", "`lst.pop()`", "each x goes to one thread", ATOMIC, LIST)
def list_pop() -> Trial:
    shelf, taken = list(range(TOTAL)), hands()

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            taken[worker].append(shelf.pop())

    return Trial(work, lambda: each_once(flat(taken)))


@row("list", "`lst.insert(0, x)`, `lst.pop(0)`", "each x is popped once", SAFE, LIST)
def list_insert() -> Trial:
    shelf, taken = list[int](), hands()

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            shelf.insert(0, worker * ROUNDS + n)
            taken[worker].append(shelf.pop(0))

    return Trial(work, lambda: each_once(flat(taken)))


@row("list", "`lst.extend(other)`", "each x arrives", SAFE, LIST)
def list_extend() -> Trial:
    shelf: list[int] = []

    def work(worker: int) -> None:
        for n in range(worker * ROUNDS, (worker + 1) * ROUNDS, 10):
            shelf.extend([*range(n, n + 10)])

    return Trial(work, lambda: each_once(shelf), TOTAL // 10)


@row("list", "`lst.copy()` while others append and pop", "a copy of one moment", ATOMIC, LIST)
def list_copy() -> Trial:
    shelf, wrong = list(range(50)), [0] * WORKERS

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            if worker == 0:
                shelf.append(len(shelf))
                shelf.append(len(shelf))
                shelf.pop()
                shelf.pop()
            else:
                seen = shelf.copy()
                wrong[worker] += seen != list(range(len(seen)))

    return Trial(work, lambda: sum(wrong))


@row("list", "`x in lst` while others insert", "x, always there, is found", LOCK_FREE, LIST, forced=f"{BREAKS}-in")
def list_contains() -> Trial:
    shelf, missed = [*range(50), -1], [0] * WORKERS

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            if worker == 0:
                shelf.insert(0, 99)
                shelf.pop(0)
            else:
                missed[worker] += -1 not in shelf

    return Trial(work, lambda: sum(missed))


@row("list", "`len(lst)` while another sorts it", "no rate is gone", NOT_SAFE, LIST, forced=f"{ATOMICITY}-one-call")
def list_sort() -> Trial:
    rates, missed = list(range(200, 0, -1)), [0] * WORKERS

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            if worker == 0:
                rates.sort()
                rates.reverse()
            else:
                missed[worker] += len(rates) != 200

    return Trial(work, lambda: sum(missed))


@row("list", "`lst.remove(x)`", "x goes, and nothing else", NOT_SAFE, LIST, forced=f"{ATOMICITY}-one-call")
def list_remove() -> Trial:
    shelf = list(range(TOTAL // 10))

    def work(worker: int) -> None:
        for n in range(worker, TOTAL // 10, WORKERS):
            shelf.remove(n)

    return Trial(work, lambda: len(shelf), TOTAL // 10)


@row(
    "list", "`for x in lst` while others pop", "each x is visited once", NOT_SAFE, LIST, forced=f"{ATOMICITY}-iteration"
)
def list_iterate() -> Trial:
    shelf, wrong = list(range(100)), [0] * WORKERS

    def work(worker: int) -> None:
        for _ in range(SHORT):
            if worker == 0:
                for _ in range(10):
                    shelf.append(shelf.pop(0))
            else:
                visited = []
                for n in shelf:
                    visited.append(n)
                wrong[worker] += len(set(visited)) != len(visited)

    return Trial(work, lambda: sum(wrong), WORKERS * SHORT)


@row("list", "`lst[i] += 1`", "no update is lost", NOT_SAFE, LIST, forced=f"{BREAKS}-update")
def list_increment() -> Trial:
    counts = [0]

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            counts[0] += 1

    return Trial(work, lambda: TOTAL - counts[0])


@row("list", "`if lst: lst.pop()`", "no `IndexError`", NOT_SAFE, LIST, forced=f"{BREAKS}-check")
def list_check_pop() -> Trial:
    shelf, wrong = list[int](), [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            shelf.append(n)
            try:
                if shelf:
                    shelf.pop()
                if shelf:
                    shelf.pop()
            except IndexError:
                wrong[worker] += 1

    return Trial(work, lambda: sum(wrong))


# -- dict ---------------------------------------------------------------------------------------


@row("dict", "`d[k] = v`", "each k arrives", SAFE, DICT)
def dict_set() -> Trial:
    rates: dict[int, int] = {}

    def work(worker: int) -> None:
        for n in range(worker, TOTAL, WORKERS):
            rates[n] = n

    return Trial(work, lambda: each_once(list(rates)) + sum(k != v for k, v in rates.items()))


@row("dict", "`d[k]`, `k in d` while others write", "k, always there, is found", ATOMIC, DICT)
def dict_get() -> Trial:
    rates, missed = {"swift": 990}, [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            if worker == 0:
                rates[str(n)] = n
                if n % 100 == 99:
                    for old in range(n - 99, n + 1):
                        del rates[str(old)]
            else:
                missed[worker] += "swift" not in rates or rates["swift"] != 990

    return Trial(work, lambda: sum(missed))


@row("dict", "`d.setdefault(k, v)`", "all threads get one v", SAFE, DICT)
def dict_setdefault() -> Trial:
    rates: dict[int, object] = {}
    answers = hands()

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            answers[worker].append(rates.setdefault(n, object()))

    return Trial(work, lambda: differ(answers))


@row("dict", "`d.pop(k)`, `d.popitem()`", "each v goes to one thread", SAFE, DICT)
def dict_pop() -> Trial:
    rates, taken = dict(zip(range(TOTAL), range(TOTAL), strict=True)), hands()

    def work(worker: int) -> None:
        for n in range(ROUNDS // 2):
            taken[worker].append(rates.popitem()[1])
            if (found := rates.pop(n, None)) is not None:
                taken[worker].append(found)

    def broken() -> int:
        return each_once([*flat(taken), *rates])

    return Trial(work, broken)


@row("dict", "`d.update(other)`", "each k arrives", SAFE, DICT)
def dict_update() -> Trial:
    rates: dict[int, int] = {}

    def work(worker: int) -> None:
        for n in range(worker * ROUNDS, (worker + 1) * ROUNDS, 10):
            rates.update(dict.fromkeys(range(n, n + 10), 990))

    return Trial(work, lambda: each_once(list(rates)), TOTAL // 10)


@row("dict", "`d.copy()` while others write", "no exception, no k missing", SAFE, DICT)
def dict_copy() -> Trial:
    return copies(dict.copy)


@row("dict", "`list(d)` while others write", "no exception, no k missing", SILENT)
def dict_list() -> Trial:
    return copies(list)


def copies(copy: Callable[[dict[int, int]], Iterable[int]]) -> Trial:
    """Copy a dictionary to which others add and from which they delete."""
    rates, missed = dict.fromkeys(range(50), 990), [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(1000, 1000 + ROUNDS):
            if worker == 0:
                rates[n] = n
                rates.pop(n - 20, None)
            else:
                missed[worker] += sum(k < 50 for k in copy(rates)) != 50

    return Trial(work, lambda: sum(missed))


@row("dict", "`d[k] += 1`", "no update is lost", NOT_SAFE, DICT, forced=f"{ATOMICITY}-free-threaded")
def dict_increment() -> Trial:
    counts = {"swift": 0}

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            counts["swift"] += 1

    return Trial(work, lambda: TOTAL - counts["swift"])


@row("dict", "`if k not in d: d[k] = f()`", "`f` is called once for k", NOT_SAFE, DICT, forced=f"{ATOMICITY}-compound")
def dict_check_set() -> Trial:
    rates: dict[int, object] = {}
    made = hands()

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            if n not in rates:
                made[worker].append(n)
                rates[n] = n

    return Trial(work, lambda: each_once(flat(made), range(ROUNDS)))


@row("dict", "`for k in d` while others add", "no exception", NOT_SAFE, DICT, forced=f"{ATOMICITY}-iteration")
def dict_iterate() -> Trial:
    rates, wrong = dict.fromkeys(range(50), 990), [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(1000, 1000 + SHORT):
            if worker == 0:
                for k in range(10):
                    rates[n * 10 + k] = n
                for k in range(10):
                    del rates[n * 10 + k]
            else:
                try:
                    for k in rates:
                        hash(k)
                except RuntimeError:
                    wrong[worker] += 1

    return Trial(work, lambda: sum(wrong), WORKERS * SHORT)


# -- set ----------------------------------------------------------------------------------------


@row("set", "`s.add(x)`", "each x arrives", SAFE, SET)
def set_add() -> Trial:
    seen: set[int] = set()

    def work(worker: int) -> None:
        for n in range(worker, TOTAL, WORKERS):
            seen.add(n)

    return Trial(work, lambda: each_once(seen))


@row("set", "`s.pop()`, `s.remove(x)`", "each x goes to one thread", SAFE, SET)
def set_pop() -> Trial:
    seen, taken = set(range(TOTAL)), hands()

    def work(worker: int) -> None:
        for n in range(ROUNDS // 2):
            taken[worker].append(seen.pop())
            with contextlib.suppress(KeyError):
                seen.remove(TOTAL - n)
                taken[worker].append(TOTAL - n)

    return Trial(work, lambda: each_once([*flat(taken), *seen]))


@row("set", "`x in s` while others add", "x, always there, is found", LOCK_FREE, SET)
def set_contains() -> Trial:
    seen, missed = {"swift"}, [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            if worker == 0:
                seen.add(str(n))
                if n % 100 == 99:
                    for old in range(n - 99, n + 1):
                        seen.discard(str(old))
            else:
                missed[worker] += "swift" not in seen

    return Trial(work, lambda: sum(missed))


@row("set", "`if x not in s: s.add(x)`", "one thread finds x new", NOT_SAFE, SET, forced=f"{BREAKS}-check")
def set_check_add() -> Trial:
    seen, new = set[int](), hands()

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            if n not in seen:
                seen.add(n)
                new[worker].append(n)

    return Trial(work, lambda: each_once(flat(new), range(ROUNDS)))


@row("set", "`for x in s` while others add", "no exception", NOT_SAFE, SET, forced=f"{BREAKS}-iterate")
def set_iterate() -> Trial:
    seen, wrong = set(range(50)), [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(1000, 1000 + SHORT):
            if worker == 0:
                for k in range(10):
                    seen.add(n * 10 + k)
                for k in range(10):
                    seen.discard(n * 10 + k)
            else:
                try:
                    for x in seen:
                        hash(x)
                except RuntimeError:
                    wrong[worker] += 1

    return Trial(work, lambda: sum(wrong), WORKERS * SHORT)


# -- deque --------------------------------------------------------------------------------------


@row("deque", "`append(x)`, `appendleft(x)`", "each x arrives", SAFE, DEQUE)
def deque_append() -> Trial:
    belt: deque[int] = deque()

    def work(worker: int) -> None:
        add = belt.append if worker % 2 else belt.appendleft
        for n in range(worker, TOTAL, WORKERS):
            add(n)

    return Trial(work, lambda: each_once(belt))


@row("deque", "`pop()`, `popleft()`", "each x goes to one thread", SAFE, DEQUE)
def deque_pop() -> Trial:
    belt, taken = deque(range(TOTAL)), hands()

    def work(worker: int) -> None:
        take = belt.pop if worker % 2 else belt.popleft
        for _ in range(ROUNDS):
            taken[worker].append(take())

    return Trial(work, lambda: each_once(flat(taken)))


@row("deque", "`deque(maxlen=n)`, `append(x)`", "never more than n", SILENT, chance=CHANCE)
def deque_maxlen() -> Trial:
    belt, wrong = deque(range(10), maxlen=10), [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            belt.append(n)
            wrong[worker] += len(belt) > 10

    return Trial(work, lambda: sum(wrong))


def deque_read(read: Callable[[deque[int]], bool]) -> Trial:
    """Read a deque to which others append and from which they pop."""
    belt, wrong = deque(range(50)), [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(1000, 1000 + SHORT):
            if worker == 0:
                for _ in range(10):
                    belt.append(n)
                for _ in range(10):
                    belt.pop()
            else:
                try:
                    wrong[worker] += not read(belt)
                except RuntimeError:
                    wrong[worker] += 1

    return Trial(work, lambda: sum(wrong), WORKERS * SHORT)


@row("deque", "`belt.copy()` while others append", "no exception", SILENT, chance=CHANCE, issue=144809)
def deque_copy() -> Trial:
    return deque_read(lambda belt: len(belt.copy()) >= 50)


@row("deque", "`list(belt)` while others append", "no exception", SILENT, chance=CHANCE)
def deque_list() -> Trial:
    return deque_read(lambda belt: len(list(belt)) >= 50)


@row("deque", "`x in belt` while others append", "no exception", SILENT, forced=f"{BREAKS}-in")
def deque_contains() -> Trial:
    return deque_read(lambda belt: -1 not in belt)


@row("deque", "`for x in belt` while others append", "no exception", SILENT, forced=f"{BREAKS}-iterate")
def deque_iterate() -> Trial:
    def read(belt: deque[int]) -> bool:
        count = 0
        for x in belt:
            hash(x)
            count += 1
        return count >= 50

    return deque_read(read)


# -- queues -------------------------------------------------------------------------------------


def put_and_get(line: Any) -> Trial:
    """Two workers put, the others get."""
    taken = hands()

    def work(worker: int) -> None:
        for n in range(worker // 2 * ROUNDS // 4, (worker // 2 + 1) * ROUNDS // 4):
            if worker % 2:
                line.put(n)
            else:
                taken[worker].append(line.get(timeout=60))

    return Trial(work, lambda: each_once(flat(taken), range(ROUNDS // 2)), ROUNDS)


@row("queue", "`Queue` `put`, `get`", "each x goes to one thread", SAFE, QUEUE)
def queue_fifo() -> Trial:
    return put_and_get(queue.Queue())


@row("queue", "`Queue(maxsize=2)` `put`, `get`", "each x goes to one thread", SAFE, QUEUE)
def queue_bounded() -> Trial:
    return put_and_get(queue.Queue(2))


@row("queue", "`LifoQueue`, `put`, `get`", "each x goes to one thread", SAFE, QUEUE)
def queue_lifo() -> Trial:
    return put_and_get(queue.LifoQueue())


@row("queue", "`PriorityQueue` `put`, `get`", "each x goes to one thread", SAFE, QUEUE)
def queue_priority() -> Trial:
    return put_and_get(queue.PriorityQueue())


@row("queue", "`SimpleQueue` `put`, `get`", "each x goes to one thread", SAFE, QUEUE)
def queue_simple() -> Trial:
    return put_and_get(queue.SimpleQueue())


@row(
    "queue",
    "`if not q.empty(): q.get_nowait()`",
    "no `Empty`",
    NOT_SAFE,
    "meth:queue.Queue.empty",
    forced=f"{BREAKS}-check",
)
def queue_check_get() -> Trial:
    line: queue.Queue[int] = queue.Queue()
    wrong = [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(SHORT):
            line.put(n)
            try:
                for _ in range(2):
                    if not line.empty():
                        line.get_nowait()
            except queue.Empty:
                wrong[worker] += 1

    return Trial(work, lambda: sum(wrong), WORKERS * SHORT)


# -- Counter, defaultdict, OrderedDict, WeakValueDictionary -------------------------------------


@row("Counter", "`c[k] += 1`", "no update is lost", NOT_SAFE, DICT, forced=f"{BREAKS}-update")
def counter_increment() -> Trial:
    counts: Counter[str] = Counter()

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            counts["swift"] += 1

    return Trial(work, lambda: TOTAL - counts["swift"])


@row("Counter", "`c.update(list)`", "no update is lost", SILENT, forced=f"{BREAKS}-update", issue=151633)
def counter_update() -> Trial:
    return counter_updates(["swift"] * 10)


@row("Counter", "`c.update(mapping)`", "no update is lost", SILENT, forced=f"{BREAKS}-update")
def counter_update_mapping() -> Trial:
    return counter_updates({"swift": 10})


def counter_updates(more: Any) -> Trial:
    """Add to one counter from all threads."""
    counts = Counter({"swift": 2000})  # no small numbers (3.15: up to 1024), whose references no build counts

    def work(worker: int) -> None:
        for _ in range(SHORT):
            counts.update(more)

    return Trial(work, lambda: WORKERS * SHORT * 10 + 2000 - counts["swift"], WORKERS * SHORT * 10)


@row("defaultdict", "`dd[k]` for a new k", "all threads get one value", SILENT, forced=f"{BREAKS}-twice", issue=142495)
def defaultdict_missing() -> Trial:
    orders: defaultdict[int, list[int]] = defaultdict(list)
    answers = hands()

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            answers[worker].append(orders[n])

    return Trial(work, lambda: differ(answers))


@row("defaultdict", "`dd[k].append(x)`", "each x arrives", SILENT, forced=f"{BREAKS}-twice", issue=142495)
def defaultdict_append() -> Trial:
    def parcels() -> list[int]:
        return []

    orders = defaultdict[int, list[int]](parcels)

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            orders[n].append(worker)

    return Trial(work, lambda: TOTAL - sum(map(len, orders.values())))


@row(
    "OrderedDict",
    "`od[k] = v`, `move_to_end(k)`",
    "each k arrives",
    SILENT,
    forced=f"{BREAKS}-ordered",
    issue=125996,
)
def ordered_set() -> Trial:
    recent: OrderedDict[int, int] = OrderedDict()

    def work(worker: int) -> None:
        for n in range(worker, TOTAL, WORKERS):
            recent[n] = n
            recent.move_to_end(n, last=bool(n % 2))

    return Trial(work, lambda: each_once(list(recent)))


@row(
    "OrderedDict",
    "`od.popitem(last=False)`",
    "each k goes to one thread",
    SILENT,
    forced=f"{BREAKS}-ordered",
    issue=125996,
)
def ordered_pop() -> Trial:
    recent, taken = OrderedDict.fromkeys(range(TOTAL)), hands()

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            taken[worker].append(recent.popitem(last=False)[0])

    return Trial(work, lambda: each_once(flat(taken)))


@row("OrderedDict", "`if k in od: od.move_to_end(k)`", "no `KeyError`", NOT_SAFE, DICT, forced=f"{BREAKS}-check")
def ordered_recent() -> Trial:
    recent: OrderedDict[int, int] = OrderedDict()
    wrong = [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            k = n % 3
            try:
                if k in recent:
                    recent.move_to_end(k)
                    wrong[worker] += recent[k] != k
                else:
                    recent[k] = k
                    if len(recent) > 2:
                        recent.popitem(last=False)
            except KeyError:
                wrong[worker] += 1

    return Trial(work, lambda: sum(wrong))


class Label:
    """Something to which a weak reference can point."""


@row("WeakValueDictionary", "`w.get(k)` while values die", "no exception", SILENT)
def weak_get() -> Trial:
    return weak_reads(lambda labels: labels.get("swift"))


@row("WeakValueDictionary", "`if k in w: w[k]`", "no `KeyError`", NOT_SAFE, DICT, forced=f"{BREAKS}-check")
def weak_check() -> Trial:
    def read(labels: weakref.WeakValueDictionary[str, Label]) -> None:
        if "swift" in labels:
            _ = labels["swift"]

    return weak_reads(read)


@row("WeakValueDictionary", "`list(w.items())` while others write", "no exception", SILENT, forced=f"{BREAKS}-iterate")
def weak_items() -> Trial:
    return weak_reads(lambda labels: list(labels.items()))


def weak_reads(read: Callable[[weakref.WeakValueDictionary[str, Label]], object]) -> Trial:
    """Read a dictionary whose values another thread lets die."""
    labels: weakref.WeakValueDictionary[str, Label] = weakref.WeakValueDictionary()
    wrong = [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(ROUNDS // 2):
            if worker == 0:
                kept = [Label(), Label()]
                labels["swift"], labels[str(n)] = kept
                del kept
            else:
                try:
                    read(labels)
                except (KeyError, RuntimeError):
                    wrong[worker] += 1

    return Trial(work, lambda: sum(wrong), TOTAL // 2)


@row("WeakValueDictionary", "`w.setdefault(k, v)`", "all threads get one v", SILENT, forced=f"{BREAKS}-twice")
def weak_setdefault() -> Trial:
    labels: weakref.WeakValueDictionary[int, Label] = weakref.WeakValueDictionary()
    answers = hands()

    def work(worker: int) -> None:
        for n in range(SHORT):
            answers[worker].append(labels.setdefault(n, Label()))

    return Trial(work, lambda: differ(answers), WORKERS * SHORT)


# -- functools ----------------------------------------------------------------------------------


@row("functools", "`lru_cache(maxsize=8)`: results", "right, and no more than `maxsize`", SAFE, LRU)
def lru_coherent() -> Trial:
    @functools.lru_cache(maxsize=8)
    def price(grams: int) -> int:
        return grams * 42

    wrong = [0] * WORKERS

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            wrong[worker] += price(n % 12) != n % 12 * 42

    def broken() -> int:
        return sum(wrong) + max(0, price.cache_info().currsize - 8)

    return Trial(work, broken)


@row("functools", "`cache`, `lru_cache`: a new key", "computed once", NOT_SAFE, LRU, forced=f"{BREAKS}-twice")
def cache_once() -> Trial:
    made = hands()

    @functools.cache
    def price(grams: int) -> int:
        made[0].append(grams)
        return grams * 42

    def work(worker: int) -> None:
        for n in range(ROUNDS):
            price(n)

    return Trial(work, lambda: each_once(made[0], range(ROUNDS)))


@row(
    "functools",
    "`cached_property`: first read",
    "computed once",
    NOT_SAFE,
    "func:functools.cached_property",
    forced=f"{BREAKS}-twice",
)
def cached_property_once() -> Trial:
    made = hands()

    class Parcel:
        def __init__(self, number: int) -> None:
            self.number = number

        @functools.cached_property
        def price(self) -> int:
            made[0].append(self.number)
            return 990

    parcels = [Parcel(n) for n in range(ROUNDS)]

    def work(worker: int) -> None:
        for parcel in parcels:
            _ = parcel.price

    return Trial(work, lambda: each_once(made[0], range(ROUNDS)))


# -- iterators ----------------------------------------------------------------------------------


def share(numbers: Iterator[Any], expected: Iterable[object] = range(TOTAL)) -> Trial:
    """Take from one iterator until it has no more."""
    taken = hands()

    def work(worker: int) -> None:
        mine = taken[worker]
        for _ in range(TOTAL):
            try:
                mine.append(next(numbers))
            except StopIteration:
                return

    return Trial(work, lambda: each_once(flat(taken), expected))


SHARED, GENERATOR = f"{BREAKS}-iterators", "foundations-gil-and-free-threading-versions-iterators"


@row(
    "iterators",
    "`next()` on `iter(lst)`",
    "each x goes to one thread",
    NOT_SAFE,
    ITERATORS,
    chance=CHANCE,
    issue=120496,
)
def iter_list() -> Trial:
    return share(iter(list(range(TOTAL))))


@row(
    "iterators",
    "`next()` on `iter(range(n))`",
    "each x goes to one thread",
    NOT_SAFE,
    ITERATORS,
    chance=CHANCE,
    issue=120496,
)
def iter_range() -> Trial:
    return share(iter(range(TOTAL)))


@row(
    "iterators", "`next()` on `iter(d)`", "each x goes to one thread", NOT_SAFE, ITERATORS, chance=CHANCE, issue=120496
)
def iter_dict() -> Trial:
    return share(iter(dict.fromkeys(range(TOTAL))))


@row("iterators", "`next()` on `enumerate(lst)`", "each x goes to one thread", NOT_SAFE, ITERATORS, forced=SHARED)
def iter_enumerate() -> Trial:
    return share(enumerate(["swift"] * TOTAL), ((n, "swift") for n in range(TOTAL)))


@row("iterators", "`next()` on `itertools.count()`", "each number once", NOT_SAFE, ITERATORS, forced=SHARED)
def iter_count() -> Trial:
    numbers, taken = itertools.count(), hands()

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            taken[worker].append(next(numbers))

    return Trial(work, lambda: each_once(flat(taken)))


@row(
    "iterators",
    "`next()` on `itertools.cycle(lst)`",
    "each x as often as others",
    NOT_SAFE,
    ITERATORS,
    forced=SHARED,
    issue=135639,
)
def iter_cycle() -> Trial:
    taken, carriers = hands(), itertools.cycle(range(10))

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            taken[worker].append(next(carriers))

    def broken() -> int:
        counted = Counter(flat(taken))
        return sum(abs(counted[x] - TOTAL // 10) for x in range(10)) // 2

    return Trial(work, broken)


@row(
    "iterators",
    "`itertools.tee`, a thread for each",
    "each gets all",
    NOT_SAFE,
    "func:itertools.tee",
    forced=SHARED,
    issue=153062,
)
def iter_tee() -> Trial:
    return tees(itertools.tee(iter(range(SHORT)), WORKERS))


@row(
    "iterators",
    "`next()` on a generator",
    "each x goes to one thread",
    NOT_SAFE,
    GENERATORS,
    forced=GENERATOR,
    issue=120321,
)
def iter_generator() -> Trial:
    return share(n for n in range(TOTAL))


@row(
    "iterators",
    "`threading.serialize_iterator(it)`",
    "each x goes to one thread",
    SAFE,
    "class:threading.serialize_iterator",
    since=(3, 15),
)
def iter_serialized() -> Trial:
    serialize: Any = vars(threading)["serialize_iterator"]
    return share(serialize(n for n in range(TOTAL)))


@row(
    "iterators",
    "`threading.concurrent_tee`, a thread for each",
    "each gets all",
    SAFE,
    "func:threading.concurrent_tee",
    since=(3, 15),
)
def iter_concurrent_tee() -> Trial:
    tee: Any = vars(threading)["concurrent_tee"]
    return tees(tee(iter(range(SHORT)), WORKERS))


def tees(branches: tuple[Iterator[int], ...]) -> Trial:
    """Read each branch to its end in a thread of its own."""
    taken = hands()

    def work(worker: int) -> None:
        taken[worker].extend(branches[worker])

    def broken() -> int:
        return sum(got != list(range(SHORT)) for got in taken)

    return Trial(work, broken, WORKERS * SHORT)


# -- files and print ----------------------------------------------------------------------------


def lines_written(write: Callable[[Any, str], object], mode: str = "w") -> Trial:
    """Write different lines to one file, and look which of them are in it."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name, "labels.txt")
    file: Any = path.open(mode)

    def work(worker: int) -> None:
        for n in range(worker, TOTAL, WORKERS):
            write(file, f"label {n}")

    def broken() -> int:
        with folder, file:
            file.close()
            found = path.read_text("ascii", errors="replace").splitlines()
        return len({f"label {n}" for n in range(TOTAL)} - set(found))

    return Trial(work, broken)


def lines_read(mode: str) -> Trial:
    """Read one file from all threads."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name, "labels.txt")
    path.write_text("".join(f"label {n}\n" for n in range(TOTAL)), "ascii")
    file: Any = path.open(mode)
    taken = hands()

    def work(worker: int) -> None:
        while line := file.readline():
            taken[worker].append(line if mode == "r" else line.decode())

    def broken() -> int:
        with folder, file:
            return each_once(flat(taken), (f"label {n}\n" for n in range(TOTAL)))

    return Trial(work, broken)


@row("files", "text `f.write(line)`", "each line is whole", NOT_SAFE, IO, forced=f"{BREAKS}-files", issue=119506)
def text_write() -> Trial:
    return lines_written(lambda file, line: file.write(f"{line}\n"))


@row("files", "text `f.readline()`", "each line goes to one thread", NOT_SAFE, IO, forced=f"{BREAKS}-files")
def text_readline() -> Trial:
    return lines_read("r")


@row("files", "binary `f.write(line)`", "each line is whole", SAFE, IO)
def binary_write() -> Trial:
    return lines_written(lambda file, line: file.write(f"{line}\n".encode()), "wb")


@row("files", "binary `f.readline()`", "each line goes to one thread", SAFE, IO, forced=f"{BREAKS}-files")
def binary_readline() -> Trial:
    return lines_read("rb")


@row("files", "`print(line, file=f)`", "each line is whole", NOT_SAFE, IO, forced=f"{BREAKS}-files")
def print_line() -> Trial:
    return lines_written(lambda file, line: print(line, file=file))


# -- random -------------------------------------------------------------------------------------


@row("random", "`random()`", "each draw goes to one thread", SAFE, RANDOM)
def random_random() -> Trial:
    dice, taken = random.Random(990), hands()

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            taken[worker].append(dice.random())

    def broken() -> int:
        again = random.Random(990)
        return len({again.random() for _ in range(TOTAL)} ^ set(flat(taken)))

    return Trial(work, broken)


@row("random", "`gauss()`", "no draw goes to two threads", NOT_SAFE, "func:random.gauss", forced=f"{BREAKS}-gauss")
def random_gauss() -> Trial:
    dice, taken = random.Random(990), hands()

    def work(worker: int) -> None:
        for _ in range(ROUNDS):
            taken[worker].append(dice.gauss())

    return Trial(work, lambda: TOTAL - len(set(flat(taken))))
