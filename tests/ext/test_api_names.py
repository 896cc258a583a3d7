"""Names in code are known by what the code says, and left alone where it doesn't say enough."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

from api_names import Code, Names, Reader, part_of_file, plain, prompts

DATA = Path(__file__).resolve().parent.parent.parent / "source/_data"


@cache
def names() -> Names:
    kinds = {}
    for kind, entries in InventoryFile.loads((DATA / "python.inv").read_bytes(), uri="").data.items():
        if kind.startswith("py:"):
            kinds.update(dict.fromkeys(entries, kind.removeprefix("py:")))
    return Names(kinds, **tomllib.loads((DATA / "api_types.toml").read_text("utf-8")))


def found(code: Code, reader: Reader | None = None) -> list[tuple[str, str]]:
    """What is mentioned: the words as they are shown, and the name that they mean."""
    return [(code.shown[each.start : each.end], each.name) for each in (reader or Reader(names())).read(code)]


@pytest.mark.parametrize(
    ("text", "shown", "name"),
    [
        ("import asyncio", "asyncio", "asyncio"),
        ("import asyncio as aio\naio.sleep(1)", "aio.sleep", "asyncio.sleep"),
        ("from asyncio import TaskGroup as G\nG()", "G", "asyncio.TaskGroup"),
        ("import concurrent.futures\nconcurrent.futures.wait", "concurrent.futures.wait", "concurrent.futures.wait"),
        ("import asyncio\nasyncio.TaskGroup().create_task", "create_task", "asyncio.TaskGroup.create_task"),
        ("import asyncio\nqueue = asyncio.Queue()\nqueue.put", "put", "asyncio.Queue.put"),
        ("import asyncio\nqueue = asyncio.PriorityQueue()\nqueue.put", "put", "asyncio.Queue.put"),
        ("import asyncio\nasync with asyncio.timeout(1) as t:\n    t.when()", "when", "asyncio.Timeout.when"),
        ("import asyncio\nt = asyncio.create_task(f())\nt.cancel()", "cancel", "asyncio.Task.cancel"),
        (
            "import asyncio\nts = [asyncio.create_task(f) for f in g]\nfor t in ts: t.done()",
            "done",
            "asyncio.Task.done",
        ),
        ("import asyncio\nr, w = await asyncio.open_connection()\nw.drain()", "drain", "asyncio.StreamWriter.drain"),
        ("import asyncio\nasyncio.get_running_loop().time()", "time", "asyncio.loop.time"),
        ("import queue\ndef f(q: queue.Queue[int] | None): q.get()", "get", "queue.Queue.get"),
        ("import threading\nclass W(threading.Thread): pass\nW().start()", "start", "threading.Thread.start"),
        (
            "import threading\nclass A:\n  def __init__(self):\n    self.lock = threading.Lock()\n"
            "  def f(self):\n    self.lock.acquire()",
            "acquire",
            "threading.Lock.acquire",
        ),
        ("def later():\n    sleep(1)\nfrom time import sleep", "sleep", "time.sleep"),
        ("try: f()\nexcept* OSError as e: e.exceptions", "exceptions", "BaseExceptionGroup.exceptions"),
        (
            "import concurrent.futures as c\nc.ThreadPoolExecutor().submit(f).done()",
            "done",
            "concurrent.futures.Future.done",
        ),
        ("def f(e: OSError): e.add_note('x')", "add_note", "BaseException.add_note"),
        ("import queue\ndef f(q): q.get()\nf(queue.Queue())", "get", "queue.Queue.get"),
        (
            "import queue, threading\ndef f(q): q.get()\n"
            "def main():\n  jobs = queue.Queue()\n  threading.Thread(target=f, args=(jobs,))",
            "get",
            "queue.Queue.get",
        ),
        (
            "import asyncio\nclass W:\n  def __init__(self, q): self.q = q\n  async def f(self): await self.q.get()\n"
            "async def main():\n  q = asyncio.Queue()\n  W(q)",
            "get",
            "asyncio.Queue.get",
        ),
        ("import asyncio\nasyncio.Nothing", "asyncio", "asyncio"),
    ],
)
def test_a_name_is_known_by_what_the_code_says(text: str, shown: str, name: str) -> None:
    assert (shown, name) in found(plain(text))


@pytest.mark.parametrize(
    "text",
    [
        "asyncio.sleep(1)",  # never imported
        "import asyncio\ndef f(asyncio): asyncio.sleep(1)",
        "import asyncio\nqueue = asyncio.Queue()\nqueue = make()\nqueue.put(1)",
        "import asyncio\nqueue = asyncio.Queue()\ndef f():\n    queue = make()\n    queue.put(1)",
        "import asyncio\nt = asyncio.create_task(f())\n(await t).cancel()",
        "def sleep(n): ...\nsleep(1)",
        "import asyncio\ndef f(q): q.get()\nf(asyncio.Queue())\nf(make())",
        "print(len('TimeoutError'))",
        "from . import sleep\nsleep(1)",
        "this is no Python",
    ],
)
def test_what_is_not_known_is_left_alone(text: str) -> None:
    mentioned = [name for _, name in found(plain(text))]
    assert not {name for name in mentioned if name not in {"asyncio", "asyncio.Queue", "asyncio.create_task"}}


def test_blocks_of_a_group_know_what_came_before() -> None:
    reader = Reader(names())
    reader.read(plain("import asyncio\nrates = asyncio.Queue()"))
    assert ("get", "asyncio.Queue.get") in found(plain("rates.get()"), reader)


def test_prompts_are_read_and_outputs_are_not() -> None:
    session = ">>> import asyncio\n>>> async def f():\n...     await asyncio.sleep(1)\n...\n>>> f\nasyncio.sleep\n"
    assert [each for each in found(prompts(session)) if "." in each[0]] == [("asyncio.sleep", "asyncio.sleep")]
    assert prompts(session).shown.index("asyncio.sleep") == next(
        each.start for each in Reader(names()).read(prompts(session)) if each.name == "asyncio.sleep"
    )


def test_a_part_of_a_file_knows_the_imports_above_it() -> None:
    whole = "import asyncio\n\nclass A:\n    # region wait\n    async def f(self):\n        await asyncio.sleep(1)\n"
    shown = "async def f(self):\n    await asyncio.sleep(1)"
    assert found(part_of_file(shown, whole)) == [("asyncio.sleep", "asyncio.sleep")]


def test_what_is_said_of_names_is_said_of_documented_ones() -> None:
    known = names()
    said = {
        *known.bases,
        *known.returns,
        *known.attributes,
        *known.enters,
        *known.bases.values(),
        *known.aliases.values(),
    }
    assert sorted(name for name in said if name not in known.kinds and name not in known.classes) == []
