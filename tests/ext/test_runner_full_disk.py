"""On a full disk one line names it, and what the run found is said all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ext.scratch_project import Scratch

PAGE = """# Page

```{testcode}
print(1)
```
```{testoutput}
2
```
"""


@pytest.mark.parametrize("file", ["plan.json", ".results.json.new", "junit.xml", "output.txt"])
def test_a_report_that_cannot_be_written_is_named_and_fails(scratch: Callable[..., Scratch], file: str) -> None:
    project = scratch(index=PAGE)
    output = project.folder / "doctest"
    output.mkdir()
    (output / file).symlink_to("/dev/full")  # each write to it fails as on a disk without room
    built = project.build("doctest", extensions=["myst_parser", "concurrent_doctest"])
    assert built.status, built.printed
    assert "No space left on device" in built.printed
    assert "Traceback" not in built.printed
    if file != "plan.json":
        assert "index.md:4: failed" in built.printed
