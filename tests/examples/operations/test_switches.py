"""Each mistake is reported under the switches that the page says."""

from __future__ import annotations

import pytest

from examples.operations.switches import MISTAKES, SIGNS, SWITCHES, first_lines, verdicts


def test_every_mistake_has_a_sign() -> None:
    assert MISTAKES.keys() == SIGNS.keys()


@pytest.mark.parametrize("mistake", ["slow step", "call_soon in a thread"])
def test_only_the_debug_mode_sees_it(mistake: str) -> None:
    assert [verdict.partition(",")[0] for verdict in verdicts(mistake)] == ["silent", "reported", "silent"]


def test_an_error_in_a_destructor_does_not_fail_the_program() -> None:
    code, said = first_lines("unclosed file", SWITCHES["-W error"])
    assert code == 0
    assert "Exception ignored" in said
