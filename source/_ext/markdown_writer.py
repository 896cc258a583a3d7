"""A resolved document as plain Markdown (CommonMark with the tables of GitHub), for readers without a browser.

sphinx-markdown-builder was tried: it is a second build of everything, warns of each node that it doesn't know, and
leaves an anchor in front of each index entry.  Nothing here knows of Sphinx.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from docutils import nodes

SKIPPED = (
    nodes.Invisible,
    nodes.raw,
    nodes.meta,
    nodes.system_message,
    nodes.colspec,
    nodes.label,
    nodes.target,
)
INLINE = (nodes.Inline, nodes.Text)
LABELS = frozenset({"sd_tab_label", "dropdown_title", "Asked"})
"""Nodes of extensions that stand above what they name: shown as a line in bold."""

NOT_SHOWN = frozenset({"index", "sd_tab_input", "toctree"})

LINE_START = re.compile(r"^(\s*)([#>+-]|\d+[.)]|=+\s*$|~~~|:)(?=\s|$|~)", re.MULTILINE)


def _same(address: str) -> str:
    return address


@dataclass(slots=True)
class Writer:
    """Writes one document; *link* turns the address of a link, and *image* that of a picture, into what is written."""

    link: Callable[[str], str] = _same
    image: Callable[[str], str] = _same
    level: int = 0
    tight: bool = False
    """Whether text has to stay on one line, as in a table or a heading."""
    notes: list[str] = field(default_factory=list)

    def document(self, document: nodes.Element) -> str:
        """The whole of *document*, ending with a line break."""
        blocks = self.blocks(document.children)
        return "\n\n".join([*blocks, *self.notes]).rstrip() + "\n"

    # -- blocks

    def blocks(self, found: Iterable[nodes.Node]) -> list[str]:
        """Each block, without empty ones; text that stands among blocks is a paragraph."""
        written: list[str] = []
        loose: list[nodes.Node] = []
        for node in [*found, None]:
            if isinstance(node, INLINE):
                loose.append(node)
                continue
            if loose:
                written.append(self.paragraph(loose))
                loose = []
            if node is not None:
                written += self.block(node)
        return [block for block in written if block.strip()]

    def block(self, node: nodes.Node) -> list[str]:
        """The blocks of Markdown that *node* comes to."""
        name = type(node).__name__
        if isinstance(node, SKIPPED) or name in NOT_SHOWN or not isinstance(node, nodes.Element):
            return []
        match node:
            case nodes.section():
                self.level += 1
                try:
                    return self.blocks(node.children)
                finally:
                    self.level -= 1
            case nodes.title() if isinstance(node.parent, nodes.section | nodes.document):
                return [f"{'#' * min(self.level, 6)} {self.one_line(node.children)}"]
            case nodes.literal_block() | nodes.doctest_block():
                return [fence(node)]
            case nodes.bullet_list():
                return [self.items(node.children, lambda _: "-")]
            case nodes.enumerated_list():
                first = int(node.get("start", 1))
                return [self.items(node.children, lambda index: f"{first + index}.")]
            case nodes.definition_list():
                return [self.definitions(node)]
            case nodes.table():
                return self.table(node)
            case nodes.image():
                return [self.picture(node)]
            case nodes.block_quote():
                return [_prefixed("> ", self.blocks(node.children))]
            case nodes.Admonition():
                title = next((child for child in node.children if isinstance(child, nodes.title)), None)
                body = [child for child in node.children if child is not title]
                named = self.one_line(title.children) if title is not None else name.capitalize()
                return [_prefixed("> ", [f"**{named}**", *self.blocks(body)])]
            case nodes.transition():
                return ["---"]
            case nodes.footnote() | nodes.citation():
                label = node.next_node(nodes.label)
                text = "\n\n".join(self.blocks(node.children))
                known = label.astext() if isinstance(label, nodes.label) else ""
                self.notes.append(f"[^{known}]: " + text.replace("\n", "\n    "))
                return []
            case nodes.line_block():
                return ["\\\n".join(self.one_line(line.children) for line in node.children)]
        if isinstance(node, nodes.title | nodes.rubric) or name in LABELS:
            return [self.bold(node.children)]
        if isinstance(node, nodes.caption) and len(node.children) == 1 and isinstance(node.children[0], nodes.literal):
            return [self.one_line(node.children) + ":"]  # the path above a listing
        if isinstance(node, nodes.TextElement) and all(isinstance(child, INLINE) for child in node.children):
            return [self.paragraph(node.children)]
        return self.blocks(node.children)

    def paragraph(self, content: Iterable[nodes.Node]) -> str:
        """Text as it was broken into lines, none of which begins like another kind of block."""
        text = self.inline(content).strip("\n")
        lines = (line.strip(" ") for line in text.split("\n"))
        return LINE_START.sub(_escape_start, "\n".join(line for line in lines if line))

    def items(self, found: Iterable[nodes.Node], marker: Callable[[int], str]) -> str:
        """A list; its items are set close together where each is one paragraph."""
        written = []
        loose = False
        for index, item in enumerate(found):
            mark = marker(index)
            blocks = self.blocks(item.children)
            kinds = [child for child in item.children if isinstance(child, nodes.paragraph | nodes.literal_block)]
            loose = loose or len(kinds) > 1
            body = "\n\n".join(blocks).replace("\n", "\n" + " " * (len(mark) + 1))
            written.append(f"{mark} {_without_trailing(body)}")
        return ("\n\n" if loose else "\n").join(written)

    def definitions(self, node: nodes.Element) -> str:
        """Terms and what they mean; Markdown has no such list, so each is an item of one."""
        written = []
        for item in node.children:
            assert isinstance(item, nodes.Element)
            terms = [self.bold(child.children) for child in item.children if isinstance(child, nodes.term)]
            body = [child for child in item.children if isinstance(child, nodes.definition)]
            blocks = [block for each in body for block in self.blocks(each.children)]
            if blocks and not blocks[0].startswith(("```", "- ", "|")):
                blocks = [f"{', '.join(terms)}: {blocks[0]}", *blocks[1:]]
            else:
                blocks = [", ".join(terms), *blocks]
            written.append("- " + _without_trailing("\n\n".join(blocks).replace("\n", "\n  ")))
        return "\n".join(written)

    def table(self, node: nodes.Element) -> list[str]:
        """A table of pipes; a cell of several paragraphs has line breaks in it."""
        rows = []
        for row in node.findall(nodes.row):
            cells = []
            for entry in row.children:
                before, self.tight = self.tight, True
                assert isinstance(entry, nodes.Element)
                text = "<br>".join(block.replace("\n", " ") for block in self.blocks(entry.children))
                self.tight = before
                cells.append(text.replace("|", "\\|"))
                cells += [""] * int(entry.get("morecols", 0))
            rows.append(cells)
        if not rows:
            return []
        heads = len(list(node.findall(nodes.thead)))
        if not heads:
            rows.insert(0, [""] * len(rows[0]))
        lines = [f"| {' | '.join(row)} |" for row in rows]
        lines.insert(1, "|" + "---|" * len(rows[0]))
        title = next((child for child in node.children if isinstance(child, nodes.title)), None)
        return [*([self.bold(title.children)] if title is not None else []), "\n".join(lines)]

    # -- text

    def inline(self, content: Iterable[nodes.Node]) -> str:
        """Text with its emphasis, code and links."""
        return "".join(self.word(node) for node in content)

    def one_line(self, content: Iterable[nodes.Node]) -> str:
        """The same, without a line break."""
        return " ".join(self.inline(content).split())

    def bold(self, content: Iterable[nodes.Node]) -> str:
        """The same, in bold."""
        return _marked("**", self.one_line(content))

    def word(self, node: nodes.Node) -> str:
        """One piece of text."""
        match node:
            case nodes.Text():
                text = escape(node.astext())
                return text.replace("\n", " ") if self.tight else text
            case nodes.literal():
                return code(node.astext())
            case nodes.emphasis():
                return _marked("*", self.inline(node.children))
            case nodes.strong():
                return _marked("**", self.inline(node.children))
            case nodes.reference():
                return self.reference(node)
            case nodes.footnote_reference() | nodes.citation_reference():
                return f"[^{node.astext()}]"
            case nodes.image():
                return self.picture(node)
            case nodes.math():
                return f"${node.astext()}$"
            case nodes.Element():
                return (
                    "" if isinstance(node, SKIPPED) or type(node).__name__ in NOT_SHOWN else self.inline(node.children)
                )
        return ""

    def reference(self, node: nodes.Element) -> str:
        """A link; one around something that isn't text, a picture say, is only that."""
        text = self.inline(node.children)
        address = f"#{node['refid']}" if node.get("refid") else str(node.get("refuri", ""))
        return f"[{text}]({_address(self.link(address))})" if address else text

    def picture(self, node: nodes.Element) -> str:
        """A picture, which is nothing to this reader without its alternative text."""
        return f"![{escape(' '.join(str(node.get('alt', '')).split()))}]({_address(self.image(str(node['uri'])))})"


def fence(node: nodes.Element) -> str:
    """The code or the output *node*, fenced."""
    text = node.astext().strip("\n")
    language = str(node.get("language", ""))
    language = {"none": "text", "default": "text", "": "text"}.get(language, language)
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"^\s*(`{3,})", text, re.MULTILINE)), default=0))
    return f"{ticks}{language}\n{text}\n{ticks}"


def code(text: str) -> str:
    """*text* between as many backticks as it needs."""
    text = " ".join(text.split("\n"))
    runs = {len(run) for run in re.findall("`+", text)}
    ticks = "`" * next(count for count in range(1, len(runs) + 2) if count not in runs)
    space = " " if text.startswith("`") or text.endswith("`") or (text.startswith(" ") and text.endswith(" ")) else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def escape(text: str) -> str:
    """*text*, in which nothing is markup."""
    text = re.sub(r"([\\`*\[\]<])", r"\\\1", text)
    text = re.sub(r"(?<!\w)(_+)|(_+)(?!\w)", lambda found: "\\_" * len(found[0]), text)
    text = re.sub(r"~~", r"\\~\\~", text)
    return re.sub(r"&(?=#?\w+;)", r"\\&", text)


def _escape_start(found: re.Match[str]) -> str:
    space, mark = found[1], found[2]
    return f"{space}{mark[:-1]}\\{mark[-1]}" if mark[0].isdigit() else f"{space}\\{mark}"


def _marked(mark: str, text: str) -> str:
    """*text* between *mark*; spaces at its ends stay outside."""
    inner = text.strip()
    if not inner:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{mark}{inner}{mark}{after}"


def _address(address: str) -> str:
    return f"<{address}>" if re.search(r"[\s()]", address) else address


def _without_trailing(text: str) -> str:
    return re.sub(r"[ ]+$", "", text, flags=re.MULTILINE)


def _prefixed(prefix: str, blocks: list[str]) -> str:
    return "\n".join((prefix + line).rstrip() for line in "\n\n".join(blocks).split("\n"))


def markdown(document: nodes.Element, link: Callable[[str], str] = _same, image: Callable[[str], str] = _same) -> str:
    """*document* as Markdown; *link* and *image* turn each address into the one that is written."""
    return Writer(link, image).document(document)
