"""A strict Content-Security-Policy in each page of the site: scripts and styles are the site's own, or known by hash.

Not every host lets an author set headers, so the policy is a ``<meta>`` element.  The theme has an inline script, which
must run before the page is drawn, and an inline style sheet: the policy names their hashes, so no ``unsafe-inline`` is
needed.  A ``style`` attribute can't be named that way: it becomes a class, with a rule in a style sheet of the page.

`finished_pages` applies it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re

POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",  # the search is WebAssembly
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",  # the search boxes
}
"""What a page may load and do, before the hashes of what is in it."""

_TAG = re.compile(r"<([a-zA-Z][\w:-]*)((?:\s+[^\s=>/\"']+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))?)*)\s*(/?)>")
_ATTRIBUTE = re.compile(r"\s+([^\s=>/\"']+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
_INLINE = re.compile(r"<(script|style)((?:\s[^>]*)?)>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)
_CHARSET = re.compile(r"<meta\s+charset=[^>]*>", re.IGNORECASE)
# Other types of script are data, which no policy keeps out.
_RUN = re.compile(r"(?:text/javascript|application/javascript|module|importmap|speculationrules)?$", re.IGNORECASE)


class PolicyError(ValueError):
    """A page that no strict policy can serve; the message says what is in it."""


def _attributes(text: str) -> dict[str, str]:
    return {m[1].lower(): html.unescape(m[2] or m[3] or m[4] or "") for m in _ATTRIBUTE.finditer(text)}


def _source(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _with_class(attributes: str, name: str) -> str:
    """*attributes* as written in a tag, without ``style``, and with one class more."""
    rest = []
    classes = name
    for found in _ATTRIBUTE.finditer(attributes):
        if found[1].lower() == "class":
            classes = f"{found[2] or found[3] or found[4] or ''} {name}".strip()
        elif found[1].lower() != "style":
            rest.append(found[0])
    return "".join([*rest, f' class="{classes}"'])


def _without_style_attributes(page: str) -> tuple[str, dict[str, str]]:
    """*page* with classes for ``style`` attributes, and the declarations of each class."""
    rules: dict[str, str] = {}

    def rewrite(tag: re.Match[str]) -> str:
        attributes = _attributes(tag[2])
        for name in attributes:
            if name.startswith("on"):
                raise PolicyError(f"<{tag[1]} {name}=...> is a script in an attribute; use addEventListener")
        if attributes.get("href", "").lstrip().lower().startswith("javascript:"):
            raise PolicyError(f"<{tag[1]}> has a javascript: address; use addEventListener")
        if "style" not in attributes:
            return tag[0]
        declarations = attributes["style"].strip().rstrip(";")
        name = f"style-{hashlib.sha256(declarations.encode()).hexdigest()[:8]}"
        rules[name] = declarations
        return f"<{tag[1]}{_with_class(tag[2], name)}{' /' if tag[3] else ''}>"

    # What stands in scripts and styles is no markup, though it may look so.
    parts, end = [], 0
    for block in _INLINE.finditer(page):
        parts += [_TAG.sub(rewrite, page[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, _TAG.sub(rewrite, page[end:])]), rules


def secure(page: str) -> str:
    """The HTML *page* with a strict policy, under which all that is in it still works.

    :raises PolicyError: for event handlers in attributes and ``javascript:`` addresses, and for a page that does not
        begin with its character set.
    """
    page, rules = _without_style_attributes(page)
    if rules:
        # An attribute wins over rules of style sheets, so its rule has to.
        sheet = "".join(f".{name}.{name}.{name}{{{declarations}}}\n" for name, declarations in sorted(rules.items()))
        page = page.replace("</head>", f"<style>\n{sheet}</style>\n</head>", 1)
    scripts, styles = set(), set()
    for kind, attributes, content in _INLINE.findall(page):
        if kind.lower() == "style":
            styles.add(_source(content))
        elif "src" not in (known := _attributes(attributes)) and _RUN.match(known.get("type", "")):
            scripts.add(_source(content))
    policy = dict(POLICY)
    policy["script-src"] = " ".join([policy["script-src"], *sorted(scripts)])
    policy["style-src"] = " ".join([policy["style-src"], *sorted(styles)])
    content = "; ".join(f"{name} {sources}" for name, sources in policy.items())
    meta = f'<meta http-equiv="Content-Security-Policy" content="{content}">'
    # A policy counts for what comes after it.
    page, done = _CHARSET.subn(lambda charset: f"{charset[0]}\n    {meta}", page, count=1)
    if not done:
        raise PolicyError('there is no <meta charset="utf-8">, behind which the policy goes')
    return page
