"""Many documents in one file: ids stay unique, links stay alive, the order is the reader's."""

from __future__ import annotations

import pytest
from docutils import nodes

from plain_design import reading_order
from print_pdf import anchor, make_ids_unique, one_file_uri


def test_equal_ids_of_two_documents_differ_in_the_one_file() -> None:
    trees = []
    for docname in ("a/index", "b/index"):
        section = nodes.section(ids=["when-to-use-it"])
        section += nodes.reference(refid="when-to-use-it")
        tree = nodes.container("", section)
        make_ids_unique(tree, docname)
        trees.append(tree)
    first, second = (next(iter(tree.findall(nodes.section)))["ids"] for tree in trees)
    assert (first, second) == (["a--index---when-to-use-it"], ["b--index---when-to-use-it"])
    for tree, target in zip(trees, (first, second), strict=True):
        assert next(iter(tree.findall(nodes.reference)))["refid"] == target[0]


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (f"#{anchor('a/b')}#id", f"#{anchor('a/b', 'id')}"),
        (f"#{anchor('a/b')}", f"#{anchor('a/b')}"),
        ("https://example.org/#x#y", "https://example.org/#x#y"),
    ],
)
def test_a_link_across_documents_points_to_the_id_it_got(made: str, wanted: str) -> None:
    assert one_file_uri(made) == wanted


def test_parents_come_before_children_and_nothing_twice() -> None:
    includes = {"index": ["a", "b"], "a": ["a1", "a2"], "b": ["a1"], "a1": ["index"]}
    assert list(reading_order(includes, "index")) == [("index", 0), ("a", 1), ("a1", 2), ("a2", 2), ("b", 1)]
