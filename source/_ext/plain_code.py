"""Code on paper and on e-readers: few colours, each dark enough, and no element that changes nothing.

Pygments puts each name, operator and bracket into a span of its own.  On a screen that costs little; in the PDF
each is laid out, drawn and tagged on its own, and a screen reader of tagged PDF stops at each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from pygments.filter import Filter
from pygments.lexer import Lexer
from pygments.style import Style
from pygments.token import (
    Comment,
    Generic,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    String,
    Text,
    Token,
    _TokenType,
)
from sphinx.highlighting import PygmentsBridge


class PlainStyle(Style):  # type: ignore[misc]  # Pygments has no types
    """Dark colours on white or light grey: each has a contrast of 5:1 or more (WCAG AA asks for 4.5)."""

    background_color = "#f5f6f7"
    styles: ClassVar[Any] = {
        Comment: "italic #3f6470",
        Keyword: "bold #00601c",
        Operator.Word: "bold #00601c",
        Name.Builtin: "#00601c",
        Name.Exception: "#00601c",
        Name.Class: "bold #06287e",
        Name.Function: "#06287e",
        Name.Decorator: "bold #444444",
        Name.Tag: "bold #06287e",
        Name.Attribute: "#2b5a87",
        String: "#2b5a87",
        Literal.Date: "#2b5a87",
        Number: "#1d6a44",
        Generic.Prompt: "bold #8a4000",
        Generic.Traceback: "#0044bb",
        Generic.Error: "#a00000",
        Generic.Deleted: "#a00000",
        Generic.Inserted: "#00601c",
        Generic.Heading: "bold #06287e",
        Generic.Subheading: "bold #06287e",
        Generic.Strong: "bold",
        Generic.Emph: "italic",
    }


class OneTypeForEachLook(Filter):  # type: ignore[misc]
    """Gives tokens that look alike one type, so that the formatter writes neighbours as one element, or as none."""

    def __init__(self, style: type[Style], **options: Any) -> None:
        super().__init__(**options)
        self.style = style
        self.types: dict[str, _TokenType] = {self._look(Token): Text}

    def _look(self, kind: _TokenType) -> str:
        try:
            return repr(sorted(self.style.style_for_token(kind).items(), key=str))
        except KeyError:  # a type that one lexer has made for itself: it looks like its parent
            return self._look(kind.parent)

    def filter(self, lexer: Lexer, stream: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[_TokenType, str]]:
        """Yield the same text with fewer types."""
        for kind, value in stream:
            # White space looks like anything: it goes with what surrounds it.
            yield (Text if value.isspace() else self.types.setdefault(self._look(kind), kind)), value


def with_lines(highlighted: str) -> str:
    """Put each line of a highlighted block into an element of its own, its line feed included.

    A style sheet can then indent what a small screen has to continue on the next line.
    """

    def lines(block: re.Match[str]) -> str:
        # Pygments ends its elements at the end of each line.
        marked = (f'<span class="code-line">{line}\n</span>' for line in block[2].rstrip("\n").split("\n"))
        return f"{block[1]}{''.join(marked)}{block[3]}"

    return re.sub(r"(<pre>(?:<span></span>)?)(.*)(</pre>)", lines, highlighted, flags=re.DOTALL)


class PlainBridge(PygmentsBridge):
    """Sphinx's way to Pygments, with :class:`OneTypeForEachLook` behind each lexer.

    :param lines: put each line into an element of its own.
    """

    def __init__(self, dest: str, style: str, *, lines: bool = False) -> None:
        super().__init__(dest, style)
        self.lines = lines

    def highlight_block(self, *args: Any, **kwargs: Any) -> str:
        """The block as HTML."""
        highlighted = super().highlight_block(*args, **kwargs)
        return with_lines(highlighted) if self.lines else highlighted

    def get_lexer(self, *args: Any, **kwargs: Any) -> Lexer:
        """The lexer, with the filter."""
        lexer = super().get_lexer(*args, **kwargs)
        if not any(isinstance(known, OneTypeForEachLook) for known in lexer.filters):
            lexer.add_filter(OneTypeForEachLook(self.formatter_args["style"]))
        return lexer
