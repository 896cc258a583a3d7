"""Front matter is checked by name and value, and a mistake is reported on its line."""

from __future__ import annotations

import datetime

import pytest

from page_metadata import FrontMatterError, key_line, read_front_matter, reading_minutes

GOOD = {
    "owner": "RevisionNotes Maintainers",
    "updated": "2026-11-23",
    "prerequisites": '["overview"]',
    "examples": "[]",
}


def test_good_front_matter_is_read() -> None:
    page = read_front_matter(GOOD | {"clock": "virtual", "limit": "5"})
    assert page.owner == "RevisionNotes Maintainers"
    assert page.updated == datetime.date(2026, 11, 23)
    assert (page.prerequisites, page.examples) == (("overview",), ())


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        ({"ovner": "x"}, "ovner", "unknown key 'ovner'; known are owner,"),
        ({"updated": "yesterday"}, "updated", "a date such as 2026-11-23; got 'yesterday'"),
        ({"examples": "a.py"}, "examples", "takes a list"),
        ({"prerequisites": "[1]"}, "prerequisites", "takes a list"),
        ({"owner": " "}, "owner", "'owner' is empty"),
    ],
)
def test_a_mistake_names_its_key_and_what_to_write(changes: dict[str, str], key: str, message: str) -> None:
    with pytest.raises(FrontMatterError, match=message) as caught:
        read_front_matter(GOOD | changes)
    assert caught.value.key == key


@pytest.mark.parametrize("key", sorted(GOOD))
def test_each_required_key_is_missed(key: str) -> None:
    with pytest.raises(FrontMatterError, match=f"lacks '{key}'"):
        read_front_matter({name: value for name, value in GOOD.items() if name != key})


def test_a_mistake_is_found_on_its_line_and_only_in_the_front_matter() -> None:
    source = "---\nowner: x\nupdated: y\n---\nclock: not front matter\n"
    assert key_line(source, "updated") == 3
    assert key_line(source, "clock") == 1


@pytest.mark.parametrize(("words", "lines", "minutes"), [(0, 0, 1), (238, 0, 1), (239, 0, 2), (476, 40, 4)])
def test_reading_time_counts_prose_and_code_and_rounds_up(words: int, lines: int, minutes: int) -> None:
    assert reading_minutes(words, lines, prose_speed=238, code_speed=20) == minutes
