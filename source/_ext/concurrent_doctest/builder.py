"""The doctest builder, bounded in time and with a choice of clock."""

from __future__ import annotations

import faulthandler
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from sphinx.errors import ExtensionError
from sphinx.ext.doctest import DocTestBuilder

from .virtual_clock import virtual_clock

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from docutils import nodes

CLOCKS = ("real", "virtual")


class BoundedDocTestBuilder(DocTestBuilder):
    """Runs each document on the clock its front matter names, and ends the build if one hangs.

    The front matter keys are ``clock`` (``real``, the default, or ``virtual``) and ``limit`` (seconds).
    """

    _page = ""

    def compile(self, code: str, name: str, type: str, flags: Any, dont_inherit: bool) -> Any:
        """Compile a snippet so that the stack of one that hangs names its page."""
        return super().compile(code, f"{self._page} {name}", type, flags, dont_inherit)

    def test_doc(self, docname: str, doctree: nodes.Node) -> bool:
        """Run the snippets of one document.

        :raises ExtensionError: for a clock or a limit that does not exist.
        """
        metadata = self.env.metadata[docname]
        page = str(self.env.doc2path(docname, base=False))
        name = metadata.get("clock", "real")
        if name not in CLOCKS:
            raise ExtensionError(
                f"{page}: 'clock: {name}' in the front matter is none of {', '.join(CLOCKS)}"
            )
        try:
            limit = float(metadata.get("limit", self.config.concurrent_doctest_limit))
        except ValueError as error:
            raise ExtensionError(f"{page}: 'limit' in the front matter: {error}") from None
        clock: AbstractContextManager[None] = virtual_clock() if name == "virtual" else nullcontext()
        self._page = page
        # The watchdog is a thread of C code: it fires even while a snippet holds the GIL.
        faulthandler.dump_traceback_later(limit, exit=True, file=sys.__stderr__ or sys.stderr)
        try:
            with clock:
                return bool(super().test_doc(docname, doctree))
        finally:
            faulthandler.cancel_dump_traceback_later()
