"""What the page on reviewing says of ruff's rules: the configuration on it is the one that runs here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "source/best-practices/reviewing.md").read_text("utf-8")
MERGED = ROOT / "examples/best_practices/reviewed_shop.py"
CHECKLIST = ROOT / "examples/best_practices/pull-request-checklist.md"


def block(kind: str) -> str:
    """The content of the first fence of the page that opens with *kind*."""
    found = re.search(rf"^```{re.escape(kind)}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert found, kind
    return found[1]


CONFIGURATION = block("toml")


def rules(folder: Path, sources: dict[str, str], configuration: str = CONFIGURATION) -> dict[str, set[str]]:
    """The rules that ruff reports, by the name of the source."""
    (folder / "pyproject.toml").write_text(configuration, "utf-8")
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--config", str(folder / "pyproject.toml")]
    ran = subprocess.run(
        [*command, "--output-format", "json", "--target-version", "py311", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stderr
    assert "warning" not in ran.stderr, ran.stderr
    found: dict[str, set[str]] = {name: set() for name in sources}
    for message in json.loads(ran.stdout):
        found[Path(message["filename"]).stem].add(message["code"])
    chosen = tuple(tomllib.loads(CONFIGURATION)["tool"]["ruff"]["lint"]["extend-select"])
    return {name: {code for code in codes if code.startswith(chosen)} for name, codes in found.items()}


BEHIND_TRY = "async def f():\n    try:\n        await g()\n    "
FIRES = {
    "RUF006 one": "import asyncio\nasync def f():\n    asyncio.create_task(g())\n    await h()\n",
    "RUF006 unused": "import asyncio\nasync def f():\n    t = asyncio.create_task(g())\n    await h()\n",
    "RUF006 loop": "import asyncio\nasync def f():\n    loop = asyncio.get_running_loop()\n"
    "    loop.create_task(g())\n    await h()\n",
    "ASYNC109 own": "async def f(timeout):\n    await g(timeout)\n",
    "ASYNC110 polls": "import asyncio\nasync def f():\n    while not done:\n        await asyncio.sleep(1)\n",
    "ASYNC115 anyio": "import anyio\nasync def f():\n    await anyio.sleep(0)\n",
    "ASYNC116 anyio": "import anyio\nasync def f():\n    await anyio.sleep(86401)\n",
    "ASYNC119 with": "async def f():\n    async with g():\n        yield await h()\n",
    "ASYNC210 get": "import requests\nasync def f():\n    requests.get('http://x', timeout=1)\n    await g()\n",
    "ASYNC230 open": "async def f():\n    with open('rates'):\n        await g()\n",
    "ASYNC240 path": "from pathlib import Path\nasync def f(p: Path):\n    p.read_text()\n    await g()\n",
    "ASYNC221 run": "import subprocess\nasync def f():\n    subprocess.run(['label'])\n    await g()\n",
    "ASYNC251 sleep": "import time\nasync def f():\n    time.sleep(1)\n    await g()\n",
    "B006 list": "def f(a=[]):\n    a.append(1)\n",
    "B008 lock": "import asyncio\ndef f(a=asyncio.Lock()):\n    return a\n",
    "B012 return": "async def f():\n    try:\n        await g()\n    finally:\n        return 1\n",
    "B019 cache": "import functools\nclass A:\n    @functools.cache\n    def f(self):\n        return 1\n",
    "B023 callback": "def f(tasks):\n    for t in tasks:\n        t.add_done_callback(lambda _: print(t))\n",
    "B023 at once": "def f(items):\n    for item in items:\n        def g():\n            return item\n        g()\n",
    "B039 default": "from contextvars import ContextVar\nx = ContextVar('x', default=[])\n",
    "BLE001 pass": BEHIND_TRY + "except Exception:\n        pass\n",
    "BLE001 top": BEHIND_TRY + "except Exception as error:\n        failed.add(error)\n",
    "E722 bare": BEHIND_TRY + "except:\n        pass\n",
    "PLW1509 fork": "import subprocess\nsubprocess.Popen(['label'], preexec_fn=f)\n",
    "RUF012 list": "class A:\n    x = []\n",
    "RUF029 handler": "@app.get('/')\nasync def f():\n    return 1\n",
    "RUF029 generator": "async def f():\n    yield 1\n",
    "S110 cancelled": "import asyncio\n" + BEHIND_TRY + "except asyncio.CancelledError:\n        pass\n",
    "S110 empty": "import asyncio\n" + BEHIND_TRY + "except asyncio.QueueEmpty:\n        pass\n",
    "S112 loop": "async def f():\n    for x in y:\n        try:\n            await x\n"
    "        except OSError:\n            continue\n",
}
SILENT = {
    "RUF006 in one expression": "import asyncio\nasync def f():\n"
    "    asyncio.get_running_loop().create_task(g())\n    await h()\n",
    "RUF006 behind a helper": "import asyncio\ndef start():\n    return asyncio.create_task(g())\n"
    "async def f():\n    start()\n    await h()\n",
    "RUF006 a group": "import asyncio\nasync def f():\n    async with asyncio.TaskGroup() as group:\n"
    "        group.create_task(g())\n",
    "ASYNC a helper": "import time\ndef g():\n    time.sleep(1)\nasync def f():\n    g()\n    await h()\n",
    "ASYNC a session": "import requests\nasync def f():\n    s = requests.Session()\n    s.get('x')\n    await g()\n",
    "ASYNC result": "async def f(future):\n    future.result()\n    await g()\n",
    "ASYNC a lock": "import threading\nlock = threading.Lock()\nasync def f():\n    with lock:\n        await g()\n",
    "ASYNC110 with a check inside": "import asyncio\nasync def f():\n    while True:\n"
    "        if done():\n            return\n        await asyncio.sleep(1)\n",
    "ASYNC115 asyncio": "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n",
    "ASYNC116 asyncio": "import asyncio\nasync def f():\n    await asyncio.sleep(86401)\n",
    "ASYNC119 try": "async def f():\n    try:\n        yield await h()\n    finally:\n        g()\n",
    "BLE001 suppress": "import contextlib\nasync def f():\n"
    "    with contextlib.suppress(Exception):\n        await g()\n",
    "BLE001 log": "import logging\nlog = logging.getLogger(__name__)\n"
    + BEHIND_TRY
    + "except Exception:\n        log.exception('g')\n",
    "RUF029 a method": "class A:\n    async def f(self):\n        return 1\n",
    "RUF029 to do": "async def f():\n    raise NotImplementedError\n",
    "nothing check-then-act": "async def f(shop):\n    if shop.labels:\n        await g()\n        shop.labels -= 1\n",
    "nothing unbounded": "import asyncio\nasync def f(items):\n    await asyncio.gather(*map(g, items))\n",
    "nothing two locks": "async def f(a, b):\n    async with a, b:\n        await g()\n    async with b, a:\n"
    "        await g()\n",
    "nothing a future": "def f(pool):\n    pool.submit(g)\n",
}


def test_the_configuration_finds_three_of_the_five_faults_and_nothing_in_the_merged_version(tmp_path: Path) -> None:
    diff = block("{testcode} before")
    found = rules(tmp_path, {"diff": diff, "merged": MERGED.read_text("utf-8")})
    assert found == {"diff": {"ASYNC251", "BLE001", "RUF006", "S110"}, "merged": set()}
    said = PAGE.split("on the diff it reports", 1)[1].split(", on the merged", 1)[0]
    assert set(re.findall(r"`([A-Z0-9]+)`", said)) == found["diff"]


def test_each_rule_sees_and_misses_what_the_page_says(tmp_path: Path) -> None:
    sources = {**FIRES, **SILENT}
    names = {name: re.sub(r"\W", "_", name) for name in sources}
    found = rules(tmp_path, {names[name]: source for name, source in sources.items()})
    for name in FIRES:
        assert name.split()[0] in found[names[name]], (name, found[names[name]])
    for name in SILENT:
        assert found[names[name]] == set(), (name, found[names[name]])


def test_every_rule_of_the_configuration_is_tried() -> None:
    selected = set(tomllib.loads(CONFIGURATION)["tool"]["ruff"]["lint"]["extend-select"])
    tried = {name.split()[0] for name in FIRES}
    assert selected - tried - {"ASYNC"} == set()


def test_the_two_preview_rules_need_preview(tmp_path: Path) -> None:
    stable = CONFIGURATION.replace("preview = true\nexplicit-preview-rules = true\n", "")
    stable = stable.replace('    "ASYNC119", "RUF029",              # preview rules\n', "")
    assert stable.count("preview") == 0
    sources = {"generator": FIRES["ASYNC119 with"], "handler": FIRES["RUF029 handler"]}
    assert rules(tmp_path, sources, stable) == {"generator": set(), "handler": set()}


def test_without_the_option_a_swallowed_cancellation_is_not_reported(tmp_path: Path) -> None:
    plain = CONFIGURATION.split("[tool.ruff.lint.flake8-bandit]")[0]
    assert rules(tmp_path, {"swallows": FIRES["S110 cancelled"]}, plain) == {"swallows": set()}


def test_the_fix_of_sim105_hides_the_fault_from_ble001(tmp_path: Path) -> None:
    source = tmp_path / "diff.py"
    source.write_text(FIRES["BLE001 pass"], "utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--isolated", "--select", "SIM105"]
    subprocess.run([*command, "--fix", "--unsafe-fixes", "-q", str(source)], check=False)
    fixed = source.read_text("utf-8")
    assert "contextlib.suppress(Exception)" in fixed
    assert rules(tmp_path, {"diff": fixed})["diff"] == set()


def test_the_file_has_the_questions_of_the_page() -> None:
    asked = re.findall(r"^(?:### (\w+)|\| ([A-Z]\d) \| (.*?\?) \|.*)$", PAGE, re.MULTILINE)
    asked = [entry for entry in asked if entry[0] or entry[1]]
    lines = [f"## {group}" if group else f"- [ ] {number} {question}" for group, number, question in asked]
    written = [line for line in CHECKLIST.read_text("utf-8").splitlines() if line.startswith(("## ", "- "))]
    assert written == lines
    assert len(written) == 38 + 8


@pytest.mark.parametrize("item", ["H1", "B1", "S1", "F1", "W2"])
def test_the_comments_of_the_review_name_items_of_the_checklist(item: str) -> None:
    review = PAGE.split("## One review", 1)[1]
    assert f"| {item} |" in review
    assert f"\n| {item} |" in PAGE
