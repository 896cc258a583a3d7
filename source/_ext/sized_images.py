"""The size of each figure in its ``<img>``: a browser leaves the room for it, and nothing moves when it arrives."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

BUILDER = "html"


class SizeError(ValueError):
    """A figure that does not say how large it is; the message says what to write."""


def svg_size(text: str) -> tuple[int, int]:
    """Width and height of a drawing, in pixels, from the first tag of its *text*.

    :raises SizeError: when it has neither a ``viewBox`` nor a width and a height.
    """
    tag = re.search(r"<svg\b[^>]*>", text)
    attributes = dict(re.findall(r'([\w:-]+)\s*=\s*"([^"]*)"', tag[0])) if tag else {}
    box = re.split(r"[\s,]+", attributes.get("viewBox", "").strip())
    try:
        width, height = float(attributes.get("width", "-")), float(attributes.get("height", "-"))
    except ValueError:
        if len(box) != 4:
            raise SizeError(
                'give its <svg> a viewBox, or a width and a height, such as viewBox="0 0 800 470"'
            ) from None
        width, height = float(box[2]), float(box[3])
    return round(width), round(height)


def visit_image(self: HTML5Translator, node: nodes.image) -> None:
    """Write the ``<img>`` as Sphinx does, with its size."""
    uri, start = node["uri"], len(self.body)
    type(self).visit_image(self, node)
    if self.builder.name != BUILDER or uri not in self.builder.images or not uri.endswith(".svg"):
        return
    try:
        width, height = svg_size((Path(self.builder.srcdir) / uri).read_text("utf-8"))
    except SizeError as error:
        logger.warning("%s: %s", uri, error, location=node, type="sized_images")
        return
    for index in range(start, len(self.body)):
        if "<img " in self.body[index] and " height=" not in self.body[index]:
            self.body[index] = self.body[index].replace("<img ", f'<img width="{width}" height="{height}" ', 1)


def depart_image(self: HTML5Translator, node: nodes.image) -> None:
    """End it as Sphinx does."""
    type(self).depart_image(self, node)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Write images with their size."""
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
