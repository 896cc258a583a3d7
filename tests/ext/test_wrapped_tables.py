"""What a table is linked by stands once in its page, also where the theme wraps the table."""

from __future__ import annotations

from collections.abc import Callable

from tests.ext.scratch_project import Scratch

PAGE = "# Page\n\n```{index} single: prices\n```\n\n| carrier | cents |\n|---|---|\n| swift | 990 |\n"


def test_an_index_entry_in_front_of_a_table_has_one_id(scratch: Callable[..., Scratch]) -> None:
    project = scratch(index=PAGE)
    for extensions, times in ((["wrapped_tables"], 1), ([], 2)):
        built = project.build("html", extensions=["myst_parser", *extensions], html_theme="furo")
        assert built.status == 0, built.printed
        assert built.read("index.html").count('id="index-0"') == times
