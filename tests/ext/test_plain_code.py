"""Code on paper: the same text in fewer elements, in colours that can be read."""

from __future__ import annotations

import html
import re
from typing import Any, cast

import pytest

from plain_code import PlainBridge, PlainStyle, with_lines
from reflow_epub import with_breaks

CODE = 'import asyncio\n\n\nasync def ask(carrier):\n    return await carrier.quote(f"{carrier!r}")  # slow\n'


def text(shown: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", shown))


@pytest.mark.parametrize("language", ["python", "pycon", "console", "csharp", "yaml", "toml", "none"])
def test_every_character_is_there(language: str) -> None:
    source = CODE if language == "python" else "a: {b: [c, 1]}\n"
    for lines in (False, True):
        shown = PlainBridge("html", "plain_code.PlainStyle", lines=lines).highlight_block(source, language, force=True)
        assert text(shown).rstrip("\n") == source.rstrip("\n")


def test_what_looks_alike_is_no_element() -> None:
    shown = PlainBridge("html", "plain_code.PlainStyle").highlight_block("carrier.quote(parcel, 2)\n", "python")
    assert '<pre><span></span>carrier.quote(parcel, <span class="mi">2</span>)' in shown


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_colour_can_be_read() -> None:
    ground = _luminance(PlainStyle.background_color[1:])
    for kind, look in iter(cast("Any", PlainStyle)):
        if look["color"]:
            assert (ground + 0.05) / (_luminance(look["color"]) + 0.05) >= 4.5, kind


def test_each_line_is_an_element_and_an_empty_one_too() -> None:
    shown = with_lines('<div class="highlight"><pre><span></span>a\n\n<span class="k">b</span>\n</pre></div>\n')
    assert re.findall(r'<span class="code-line">(.*?)\n</span>', shown) == ["a", "", '<span class="k">b</span>']


def test_a_long_name_breaks_between_its_parts() -> None:
    shown = with_breaks('<span class="pre">concurrent.futures.ThreadPoolExecutor</span> <span class="pre">a.b</span>')
    assert "concurrent.<wbr />futures.<wbr />Thread<wbr />Pool<wbr />Executor" in shown
    assert '<span class="pre">a.b</span>' in shown


def test_a_word_of_code_without_parts_may_break_anywhere() -> None:
    word = "{le=&quot;0.05&quot;,service=&quot;quotes&quot;}"
    assert with_breaks(f'<span class="pre">{word}</span>') == f'<span class="pre long">{word}</span>'
