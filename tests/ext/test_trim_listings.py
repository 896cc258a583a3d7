"""A listing ends with its last line, and not with the empty ones before a marker."""

from __future__ import annotations

from collections.abc import Callable

from tests.ext.scratch_project import Scratch

PAGE = '# Page\n\n```{literalinclude} jobs.py\n:start-after: "# region a"\n:end-before: "# endregion a"\n```\n'


def test_a_region_is_shown_without_the_empty_lines_at_its_end(scratch: Callable[..., Scratch]) -> None:
    project = scratch(index=PAGE)
    (project.folder / "source/jobs.py").write_text("# region a\na = 1\n\nb = 2\n\n\n# endregion a\n", "utf-8")
    for extensions, text in ((["trim_listings"], "a = 1\n\nb = 2\n"), ([], "a = 1\n\nb = 2\n\n\n")):
        built = project.build("xml", extensions=["myst_parser", *extensions])
        assert built.status == 0, built.printed
        assert f">{text}</literal_block>" in built.read("index.xml")


def test_a_python_file_is_shown_as_python(scratch: Callable[..., Scratch]) -> None:
    project = scratch(index=PAGE)
    (project.folder / "source/jobs.py").write_text("# region a\na = 1\n# endregion a\n", "utf-8")
    settings = {"extensions": ["myst_parser", "trim_listings"], "highlight_language": "none"}
    assert 'language="python"' in project.build("xml", **settings).read("index.xml")
