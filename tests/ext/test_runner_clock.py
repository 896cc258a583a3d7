"""A group may have another clock than its page: its first block says so."""

from __future__ import annotations

from collections.abc import Callable

from tests.ext.scratch_project import Built, Scratch

Make = Callable[..., Scratch]

WAITS = """\
import asyncio, time
start = time.monotonic()
asyncio.run(asyncio.sleep(3600))
print(time.monotonic() - start)
```
```{testoutput}%s
3600.0
```
"""
THREAD = "```{testcode} %s\n%s\nimport threading\nt = threading.Thread(target=int)\nt.start()\nt.join()\n```\n"


def run(scratch: Make, page: str, front: str = "") -> Built:
    project = scratch(index=f"{front}# Page\n\n{page}")
    return project.build("doctest", extensions=["myst_parser", "concurrent_doctest"], concurrent_doctest_strict=True)


def test_a_group_on_the_virtual_clock_stands_on_a_real_page(scratch: Make) -> None:
    virtual = f"```{{testcode}} hours\n:clock: virtual\n{WAITS % ' hours'}\n"
    built = run(scratch, virtual + THREAD % ("threads", ""))
    assert built.status == 0, built.printed


def test_a_group_on_the_real_clock_stands_on_a_virtual_page(scratch: Make) -> None:
    page = f"```{{testcode}} hours\n{WAITS % ' hours'}\n{THREAD % ('threads', ':clock: real')}"
    built = run(scratch, page, "---\nclock: virtual\n---\n")
    assert built.status == 0, built.printed
    built = run(scratch, page.replace(":clock: real", ""), "---\nclock: virtual\n---\n")
    assert "NotVirtual" in built.printed


def test_one_clock_for_a_group_and_on_its_first_block(scratch: Make) -> None:
    built = run(scratch, "```{testcode}\nimport time\n```\n\n```{testcode}\n:clock: virtual\ntime.sleep(0)\n```\n")
    assert built.status
    assert "index.md:9: one clock for the group 'default'; write ':clock:' on its first block only" in built.printed


def test_a_clock_that_does_not_exist_is_an_error_at_its_line(scratch: Make) -> None:
    built = run(scratch, "```{testcode}\n:clock: atomic\nimport time\n```\n")
    assert built.status
    assert "index.md:4" in built.printed
    assert '"atomic" unknown; choose from "real", or "virtual"' in built.printed
