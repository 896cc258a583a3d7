"""A server is up when its block begins, and gone when it ends; in a process, it drains on SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from examples.quotes import serving
from examples.quotes.parts import Settings
from examples.quotes.service import create_app


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=60)


def test_up_and_gone() -> None:
    before = threading.active_count()
    with serving.in_thread(create_app(Settings())) as served:
        assert get(f"{served.url}/health").json() == {"status": "alive"}
    assert threading.active_count() == before
    with pytest.raises(httpx.ConnectError):
        get(f"{served.url}/health")


@contextlib.asynccontextmanager
async def fails(app: Starlette) -> AsyncIterator[None]:
    raise OSError("no database")
    yield


def broken() -> Starlette:
    return Starlette(lifespan=fails)


@pytest.mark.usefixtures("caplog")
def test_an_application_that_does_not_start() -> None:
    with pytest.raises(serving.NotServing, match="uvicorn ended at its start"), serving.in_thread(broken()):
        pass


def test_requests_under_way_are_answered() -> None:
    entered, leave = threading.Event(), threading.Event()

    async def wait(request: Request) -> Response:
        entered.set()
        await asyncio.to_thread(leave.wait)
        return PlainTextResponse("done")

    answers: list[str] = []
    app = Starlette(routes=[Route("/", wait)])
    with serving.in_thread(app) as served:
        asking = threading.Thread(target=lambda: answers.append(get(served.url).text))
        asking.start()
        entered.wait()
        served.server.end()
        leave.set()
    asking.join()
    assert answers == ["done"]
    assert app.state.draining


def test_the_block_ends_although_its_body_fails() -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), serving.in_thread(create_app(Settings())):
        1 / 0  # noqa: B018
    assert threading.active_count() == before


def test_a_process_drains_on_sigterm_with_exit_code_0(tmp_path: Path) -> None:
    settings = Settings(database=tmp_path / "orders.db")
    with serving.in_process(create_app, settings) as child:
        assert get(f"{child.url}/ready").json() == {"status": "ready"}
        child.terminate()
        assert child.wait() == 0


def test_a_lame_duck_says_that_it_leaves_and_a_second_signal_ends_it(tmp_path: Path) -> None:
    settings = Settings(database=tmp_path / "orders.db")
    with serving.in_process(create_app, settings, lame_duck=3600) as child:
        child.terminate()
        with child.client() as http:
            while (answer := http.get("/ready")).status_code == 200:
                pass
            assert answer.json()["error"] == "the service is draining"
        child.terminate()
        assert child.wait() == 1


def test_a_process_that_does_not_start() -> None:
    with pytest.raises(serving.NotServing, match="the child ended with exit code 3"), serving.in_process(broken):
        pass
