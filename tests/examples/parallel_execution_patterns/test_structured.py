"""structured: in each library nobody works on behind a group that was left."""

from __future__ import annotations

import asyncio

import pytest

from examples.parallel_execution_patterns.structured import CARRIERS, LIBRARIES, main

ENDED = sorted(f"{carrier} ended" for carrier in CARRIERS)
EACH = pytest.mark.parametrize("name", list(LIBRARIES))


@EACH
def test_all_have_ended_before_the_error_leaves_the_group(name: str) -> None:
    notes: list[str] = []
    with pytest.raises(ExceptionGroup) as caught:
        LIBRARIES[name](notes.append, True)
    assert caught.group_contains(ConnectionError, match="swift", depth=1)
    assert sorted(notes[:-1]) == ENDED
    assert notes[-1] == "group left"


@EACH
def test_all_have_ended_before_the_cancellation_leaves_the_group(name: str) -> None:
    notes: list[str] = []
    if name == "asyncio":
        with pytest.raises(asyncio.CancelledError):
            LIBRARIES[name](notes.append, False)
    else:
        LIBRARIES[name](notes.append, False)  # the scope ends here what it cancelled
    assert sorted(notes[:-1]) == ENDED
    assert notes[-1] == "group left"


def test_the_program_shows_both_ends_in_three_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "one refuses:",
        *LIBRARIES,
        "the caller gives up:",
        *LIBRARIES,
    ]
    assert lines.count("  slow ended, steady ended, swift ended") == lines.count("  group left") == 6
