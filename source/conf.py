"""Decisions about the manual's build; how they are carried out is in `_ext`."""

import doctest
import os
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "source/_ext")]

# Addresses are never invented: unset, whatever needs one is left out of the pages.
SITE_URL = os.environ.get("SITE_URL", "").strip()
SITE_URL = SITE_URL and SITE_URL.rstrip("/") + "/"
REPOSITORY_URL = os.environ.get("REPOSITORY_URL", "").strip().rstrip("/")

project = "Async-Multithreading"
author = "RevisionNotes Maintainers"
project_copyright = "2026, RevisionNotes Maintainers"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

# fmt: off
extensions = [
    "myst_parser", "sphinx.ext.intersphinx", "sphinx_copybutton", "sphinx_design", "notfound.extension",
    "concurrent_doctest", "page_metadata", "questions", "plain_design", "print_pdf", "reflow_epub",
    "verification_marks", "doctest_options", "trim_listings", "wrapped_tables", "section_search", "timelines",
    "run_here", "finding", "finished_pages",
]
# fmt: on
if SITE_URL:
    extensions += ["sphinxext.opengraph", "sphinx_sitemap"]

templates_path = ["_templates"]
exclude_patterns = ["_ext", "_data"]
nitpicky = True

# -- Pages --------------------------------------------------------------------------------------
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
highlight_language = "none"  # a fence without a language is text, never guessed to be Python
page_metadata_prose_speed = 238  # words a minute: Brysbaert 2019, silent reading of non-fiction
page_metadata_code_speed = 20  # lines a minute: our own choice, a line of code every three seconds

# -- Snippets -----------------------------------------------------------------------------------
# Packages that snippets import, for interpreters that have none of their own.
doctest_path = [str(ROOT), *filter(None, os.environ.get("SNIPPET_PACKAGES", "").split(os.pathsep))]
doctest_global_setup = "import sys"
doctest_default_flags = doctest.ELLIPSIS | doctest.DONT_ACCEPT_TRUE_FOR_1  # Sphinx adds: ignore messages of exceptions
doctest_test_doctest_blocks = ""  # prompts count only inside a directive
concurrent_doctest_strict = True
concurrent_doctest_files_key = "examples"
concurrent_doctest_limit = 60
concurrent_doctest_interpreter = os.environ.get("INTERPRETER", "")
concurrent_doctest_accept = os.environ.get("ACCEPT") == "1"
concurrent_doctest_pages = os.environ.get("PAGES", "").split()

# -- Links --------------------------------------------------------------------------------------
intersphinx_mapping = {"python": ("https://docs.python.org/3/", str(ROOT / "source/_data/python.inv"))}
intersphinx_disabled_reftypes = ["std:doc"]
linkcheck_timeout = 20
linkcheck_anchors = False  # several of the sites linked to build their anchors with scripts

# -- HTML ---------------------------------------------------------------------------------------
html_theme = "furo"
html_title = "Async-Multithreading"
html_logo = "_static/logo.svg"
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["manual.css"]
html_js_files = [("versions.js", {"defer": "defer"})]
html_baseurl = SITE_URL
html_copy_source = html_scaled_image_link = html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5a7d", "color-brand-content": "#0b5a7d"},
    "dark_css_variables": {"color-brand-primary": "#6cc4ee", "color-brand-content": "#6cc4ee"},
}
if REPOSITORY_URL:
    html_theme_options |= {"source_edit_link": f"{REPOSITORY_URL}/edit/main/source/{{filename}}"}
SIDEBAR = ("brand", "versions", "search", "scroll-start", "navigation", "downloads", "scroll-end")
html_sidebars = {"**": [f"sidebar/{part}.html" for part in SIDEBAR]}
html_context = {"repository_url": REPOSITORY_URL}
page_metadata_repository = REPOSITORY_URL
notfound_urls_prefix = urlsplit(SITE_URL).path or "/"
LOST = "<h1>Page not found</h1><p>No page has this address. The search box and the contents list every page.</p>"
notfound_context = {"title": "Page not found", "body": LOST}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
ogp_site_url = SITE_URL
ogp_social_cards = {"enable": False}
ogp_use_first_image = False
sitemap_url_scheme = "{link}"
sitemap_excludes = ["search.html", "genindex.html", "404.html"]

# -- PDF ----------------------------------------------------------------------------------------
print_pdf_name = "async-multithreading.pdf"
print_card_document = "reference/quick-reference"
print_pdf_subject = "Concurrency in Python: asyncio, threads, processes, subinterpreters, free threading"

# -- ePub ---------------------------------------------------------------------------------------
epub_basename = epub_identifier = epub_uid = "async-multithreading"
epub_description = print_pdf_subject
epub_scheme = "ID"
epub_author = epub_publisher = author
epub_css_files = ["epub.css"]
epub_show_urls = "no"
epub_tocdup = False
epub_tocscope = "includehidden"
epub_exclude_files = ["search.html", "404.html", ".nojekyll"]
epub_cover = ("_static/cover.png", "epub-cover.html")
