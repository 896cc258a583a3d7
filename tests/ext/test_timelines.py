"""What `{timeline}` draws: named lanes, real waits, and never a run of another text than the page has."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable
from dataclasses import asdict
from xml.etree import ElementTree

import pytest

from concurrent_doctest import supervise
from concurrent_doctest.plan import Block, Document, Group, Plan
from tests.ext.scratch_project import ROOT, Scratch
from timelines.capture import taken
from timelines.drawing import NARROW, WIDE, lanes_svg
from timelines.graph import graph_svg
from timelines.record import Record, dumped, loaded, reduced
from timelines.view import ViewError, parse_lanes, view
from timelines.words import moments, ring


def record(source: str, *, clock: str = "virtual", expect: str | None = None) -> Record:
    """The record of one block that passes."""
    block = Block("page.md", 10, "testcode", textwrap.dedent(source), expect=expect, record=True)
    document = Document("page", "page.md", (Group("default", (block,)),), clock=clock)
    (result,) = supervise.run(Plan((document,)), jobs=1, progress=lambda result: None)
    return taken(document, block.id, [asdict(item) for item in result.results], "3.11", {})


def lane(found: Record, name: str) -> list[tuple[float, str, str]]:
    """What the lane *name* did, with the time and what that was about."""
    number = found.lanes.index(name)
    return [(event.at, event.what, event.text) for event in found.events if event.lane == number]


GROUP = """
    import asyncio
    async def ask(carrier, seconds):
        await asyncio.sleep(seconds)
        if carrier == "swift":
            raise ConnectionError
    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(ask("swift", 0.5))
            group.create_task(ask("slow", 30), name="slow")
    try:
        asyncio.run(main())
    except* ConnectionError:
        pass
"""


def test_a_failure_in_a_group_shows_who_asks_whom_to_cancel() -> None:
    found = record(GROUP)
    assert found.lanes == ("main", 'ask("swift", 0.5)', "slow")
    assert lane(found, 'ask("swift", 0.5)')[-1] == (0.5, "failed", "ConnectionError")
    assert (0.5, "cancel", "its task group") in lane(found, "slow")
    assert lane(found, "slow")[-1] == (0.5, "cancelled", "")
    assert (0.0, "wait", "its task group") in lane(found, "main")
    assert (0.0, "wait", "sleep 30 s") in lane(found, "slow")
    told = dict(moments(view(found)))
    assert 'main starts ask("swift", 0.5) and slow' in told["0 s"]
    assert "its task group asks slow to cancel" in told["0.5 s"]


@pytest.mark.parametrize(
    ("wait", "text"),
    [
        ("async with mine: pass", "mine"),
        ("await asyncio.Queue().get()", "Queue().get()"),
        ("await other", "other"),
        ("await asyncio.shield(other)", "shield(other)"),
        ("await asyncio.gather(other, asyncio.sleep(1))", "gather(other, sleep(1))"),
    ],
)
def test_a_wait_says_what_the_page_calls_it(wait: str, text: str) -> None:
    found = record(
        f"""
        import asyncio
        async def main():
            mine = asyncio.Lock()
            await mine.acquire()
            other = asyncio.create_task(asyncio.sleep(30), name="other")
            async def waits():
                {wait}
            task = asyncio.create_task(waits(), name="waits")
            await asyncio.wait([task], timeout=1)
            task.cancel()
            await asyncio.wait([task])
            other.cancel()
            await asyncio.wait([other])
        asyncio.run(main())
        """
    )
    assert (0.0, "wait", text) in lane(found, "waits")
    assert (1.0, "cancel", "") in lane(found, "waits")


DEADLOCK = """
    import asyncio
    async def move(mine, other):
        async with mine:
            await asyncio.sleep(0)
            async with other:
                pass
    async def main():
        north, south = asyncio.Lock(), asyncio.Lock()
        await asyncio.gather(move(north, south), move(south, north))
    asyncio.run(main())
"""


def test_a_deadlock_of_tasks_is_a_ring_that_names_the_locks() -> None:
    found = record(DEADLOCK, expect="hang")
    assert sorted(ring(found.lanes, found.waits)) == [
        "move(north, south) waits for south, held by move(south, north)",
        "move(south, north) waits for north, held by move(north, south)",
    ]
    assert lane(found, "move(north, south)")[-1][1] == "stuck"
    assert moments(view(found))[1] == ("2.", "move(north, south) begins; move(north, south) gives way for a turn")
    drawing = graph_svg(found.lanes, found.waits, NARROW, "A ring")
    assert drawing.count("<polygon") == 2


def test_who_holds_is_in_one_order_however_it_was_found() -> None:
    def stuck(lane: int, name: str, *holders: str) -> dict[str, object]:
        on = f"slots, held by {' and '.join(f'task {holder} since page.md:4' for holder in holders)}"
        return {"kind": "task", "lane": lane, "name": name, "what": "stuck", "at": 1.0, "on": on, "where": ""}

    def found(*holders: str) -> Record:
        began = [{"kind": "task", "lane": n, "name": name, "what": "created", "at": 0.0} for n, name in enumerate("ns")]
        return reduced([*began, stuck(0, "n", *holders)], clock="virtual", interpreter="3.11", files={})

    assert len(found("n", "s").waits) == 2
    assert found("n", "s").waits == found("s", "n").waits


def test_a_deadlock_of_threads_is_one_too() -> None:
    source = """
        import threading
        rates, parcels = threading.Lock(), threading.Lock()
        both = threading.Barrier(2)
        def update(mine, other):
            with mine:
                both.wait()
                with other:
                    pass
        threading.Thread(target=update, args=(rates, parcels), name="updater").start()
        update(parcels, rates)
        """
    found = record(source, clock="real", expect="hang")
    assert sorted(ring(found.lanes, found.waits)) == [
        "main thread waits for other, held by updater",
        "updater waits for other, held by main thread",
    ]


def test_blocking_code_is_a_bar_and_a_wait_of_no_time_is_none() -> None:
    found = record(
        """
        import asyncio, time
        async def price():
            time.sleep(3)
        async def main():
            await asyncio.gather(price(), asyncio.sleep(1))
        asyncio.run(main())
        """
    )
    seen = view(found)
    bars = {shown.name: [(bar.what, bar.begin, bar.end) for bar in shown.bars] for shown in seen.lanes}
    assert bars["price"] == [("run", 0.0, 3.0)]
    assert "price runs until 3 s" in dict(moments(seen))["0 s"]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_drawing_is_whole_and_has_no_styles_of_its_own(width: int) -> None:
    found = record(GROUP)
    drawing = lanes_svg(view(found), width, "A <group>")
    root = ElementTree.fromstring(drawing)
    assert root.get("role") == "img"
    assert root.findtext("title") == "A <group>"
    assert "style=" not in drawing
    assert "<style" not in drawing
    assert float(root.get("width", "0")) <= width
    right = [float(item.get("x", "0")) for item in root.iter("text")]
    assert 0 <= min(right) <= max(right) <= width
    assert int(root.get("font-size", "0")) >= 11
    words = [item.text for item in root.iter("text")]
    assert {"slow", "failed", "cancelled", "asked to cancel", "ConnectionError"} <= set(words)


def test_a_file_of_its_own_brings_its_colours() -> None:
    root = ElementTree.fromstring(lanes_svg(view(record(GROUP)), 600, "A group", standalone=True))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_lanes_are_chosen_ordered_and_renamed_and_times_cut() -> None:
    found = record(GROUP)
    seen = view(found, lanes=parse_lanes('slow; ask("swift", 0.5) = swift'), begin=0.1, until=0.5)
    assert [shown.name for shown in seen.lanes] == ["slow", "swift"]
    first = seen.lanes[0].bars[0]
    assert (first.what, first.text) == ("wait", "sleep 30 s")
    assert seen.end == 0.4
    with pytest.raises(ViewError, match="there is no lane 'fast'; there are main; ask"):
        view(found, lanes=[("fast", "fast")])
    with pytest.raises(ViewError, match="nothing happens"):
        view(found, begin=40)


def test_a_record_is_the_same_each_time_and_survives_its_file(scratch: Callable[..., Scratch]) -> None:
    texts = [dumped({"a": record(source, expect=expect)}) for source, expect in ((GROUP, None), (DEADLOCK, "hang"))]
    assert texts == [dumped({"a": record(source, expect=e)}) for source, e in ((GROUP, None), (DEADLOCK, "hang"))]
    file = scratch().folder / "a.json"
    file.write_text(texts[1], "utf-8")
    assert dumped(loaded(file)) == texts[1]


PAGE = """---
clock: virtual
---
# Page

```{testcode}
import asyncio
async def main():
    await asyncio.sleep(SECONDS)
asyncio.run(main())
```

```{timeline}
:caption: Look at `main`.
```
"""
SETTINGS = {"extensions": ["myst_parser", "concurrent_doctest", "timelines"]}


def test_a_page_draws_its_record_and_refuses_one_of_another_text(scratch: Callable[..., Scratch]) -> None:
    project = scratch(index=PAGE.replace("SECONDS", "5"))
    missing = project.build("html", **SETTINGS)
    assert missing.status
    assert "index.md:13: WARNING: timeline: " in missing.printed
    assert "has no record; run `make timelines`" in missing.printed

    assert project.build("timelines", **SETTINGS).status == 0
    assert [file.name for file in (project.folder / "source/_data/timelines").iterdir()] == ["index--default.json"]
    built = project.build("html", **SETTINGS)
    assert built.status == 0, built.printed
    page = built.read("index.html")
    assert page.count('role="img"') == 2
    assert "<summary>In words</summary>" in page
    assert "sleeps 5 s" in page
    assert "timeline.css" in page

    project.write(index=PAGE.replace("SECONDS", "6"))
    stale = project.build("html", **SETTINGS)
    assert stale.status
    assert "has changed since it was recorded; run `make timelines`" in stale.printed
    assert project.build("timelines", **SETTINGS).status == 0
    again = project.build("html", **SETTINGS)
    assert again.status == 0, again.printed
    assert "sleeps 6 s" in again.read("index.html")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":caption: Look at `main`.", ":lanes: main", "timeline: it needs a ':caption:'"),
        ("```{timeline}", "```{timeline} other", "no block of the group 'other' stands before it"),
        (":caption: Look", ":lanes: maine\n:caption: Look", "there is no lane 'maine'; there are main"),
        (":caption: Look", ":show: graph\n:caption: Look", "nobody waits for anybody in it"),
    ],
)
def test_a_mistake_is_named_with_its_line(scratch: Callable[..., Scratch], old: str, new: str, message: str) -> None:
    project = scratch(index=PAGE.replace("SECONDS", "5").replace(old, new))
    # What is wrong with the directive is said when the page is read, what is wrong with the drawing when it is drawn.
    printed = project.build("timelines", **SETTINGS).printed + project.build("html", **SETTINGS).printed
    assert message in printed
    assert "index.md:13" in printed


def test_a_file_that_the_block_rests_on_counts(scratch: Callable[..., Scratch]) -> None:
    page = PAGE.replace("import asyncio", "import asyncio, examples.quotes").replace("SECONDS", "5")
    project = scratch(index=page)
    shutil.copytree(ROOT / "examples", project.folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    settings = SETTINGS | {"doctest_path": [str(ROOT)]}
    assert project.build("timelines", **settings).status == 0
    built = project.build("html", **settings)
    assert built.status == 0, built.printed
    changed = project.folder / "examples/quotes/__init__.py"
    changed.write_text(changed.read_text("utf-8") + "# changed\n", "utf-8")
    built = project.build("html", **settings)
    assert "examples/quotes/__init__.py, which " in built.printed
    assert "has changed since it was recorded; run `make timelines`" in built.printed


def test_a_pattern_that_matches_no_page_is_said(scratch: Callable[..., Scratch]) -> None:
    project = scratch(index=PAGE.replace("SECONDS", "5"))
    built = project.build("timelines", **SETTINGS, concurrent_doctest_pages=["other/*"])
    assert built.status
    assert "no page with a drawing matches other/*" in built.printed


def test_a_block_that_starts_nothing_has_nothing_to_draw(scratch: Callable[..., Scratch]) -> None:
    page = PAGE.replace("asyncio.run(main())", "main")
    built = scratch(index=page.replace("SECONDS", "5")).build("timelines", **SETTINGS)
    assert built.status
    assert "it starts no task and no thread" in built.printed
