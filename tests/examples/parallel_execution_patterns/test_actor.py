"""One message at a time, an answer for who asks, and an end that leaves nobody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing
from typing import Any

import pytest

from concurrent_doctest.virtual_clock import VirtualDeadlock, virtual_clock
from examples.parallel_execution_patterns.actor import ActorStopped, Mailbox, Stock


def run(main: Coroutine[Any, Any, None]) -> None:
    with virtual_clock():
        asyncio.run(main)


def start(stock: Stock, mailbox: Mailbox[int, int], refusals: tuple[type[Exception], ...] = ()) -> asyncio.Task[None]:
    return asyncio.create_task(mailbox.serve(stock.take, refusals))


async def stopped(mailbox: Mailbox[int, int], actor: asyncio.Task[None]) -> None:
    await mailbox.stop()
    await actor


def test_messages_are_worked_on_one_after_the_other() -> None:
    async def main() -> None:
        mailbox, stock = Mailbox[int, int](), Stock(10)
        actor = start(stock, mailbox)
        assert await asyncio.gather(*(mailbox.ask(1) for _ in range(3))) == [9, 8, 7]
        await mailbox.tell(2)
        await stopped(mailbox, actor)
        assert stock.left == 5

    run(main())


def test_without_the_actor_updates_are_lost() -> None:
    async def main() -> None:
        stock = Stock(10)
        await asyncio.gather(*(stock.take(1) for _ in range(3)))
        assert stock.left == 9

    run(main())


def test_a_refusal_is_an_answer_and_the_actor_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        mailbox, stock = Mailbox[int, int](), Stock(3)
        actor = start(stock, mailbox, (LookupError,))
        with pytest.raises(LookupError, match="only 3 left"):
            await mailbox.ask(5)
        await mailbox.tell(5)
        assert await mailbox.ask(1) == 2
        await stopped(mailbox, actor)

    run(main())
    assert [record.getMessage() for record in caplog.records] == ["refused: LookupError('only 3 left')"]


@pytest.mark.parametrize("tell", [True, False])
def test_any_other_error_ends_the_actor_and_its_mailbox_waits_for_the_next(tell: bool) -> None:
    async def main() -> None:
        mailbox = Mailbox[int, int]()
        actor = start(Stock(3), mailbox)
        if tell:
            await mailbox.tell(5)
        else:
            with pytest.raises(LookupError):
                await mailbox.ask(5)
        waits = asyncio.create_task(mailbox.ask(1))
        await asyncio.wait([actor])
        assert isinstance(actor.exception(), LookupError)
        assert not waits.done()
        actor = start(Stock(10), mailbox)
        assert await waits == 9
        await stopped(mailbox, actor)

    run(main())


def test_a_message_whose_sender_has_left_is_not_worked_on() -> None:
    async def main() -> None:
        mailbox, stock = Mailbox[int, int](), Stock(10)
        actor = start(stock, mailbox)
        asking = [asyncio.create_task(mailbox.ask(1)) for _ in range(3)]
        await asyncio.sleep(0.25)
        asking[0].cancel()  # is being worked on
        asking[1].cancel()  # waits in the mailbox
        assert await asking[2] == 8
        await stopped(mailbox, actor)
        assert stock.left == 8

    run(main())


def test_a_full_mailbox_makes_senders_wait() -> None:
    async def main() -> None:
        mailbox, stock = Mailbox[int, int](size=2), Stock(10)
        for _ in range(2):
            await mailbox.tell(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await mailbox.tell(1)
        actor = start(stock, mailbox)
        await mailbox.tell(1)
        await stopped(mailbox, actor)
        assert stock.left == 7

    run(main())


def test_a_stop_works_off_what_is_there_and_refuses_the_rest() -> None:
    async def main() -> None:
        mailbox, stock = Mailbox[int, int](), Stock(10)
        actor = start(stock, mailbox)
        asking = [asyncio.create_task(mailbox.ask(1)) for _ in range(3)]
        await asyncio.sleep(0.25)
        await mailbox.stop()
        await mailbox.stop()
        for send in (mailbox.ask, mailbox.tell):
            with pytest.raises(ActorStopped):
                await send(1)
        await actor
        assert [await each for each in asking] == [9, 8, 7]

    run(main())


def test_a_stop_that_was_cancelled_can_be_repeated() -> None:
    async def main() -> None:
        mailbox, stock = Mailbox[int, int](size=1), Stock(10)
        await mailbox.tell(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await mailbox.stop()
        actor = start(stock, mailbox)
        await mailbox.tell(2)
        await stopped(mailbox, actor)
        assert stock.left == 7

    run(main())


def test_a_cancelled_stop_does_not_open_a_closed_mailbox() -> None:
    async def main() -> None:
        mailbox = Mailbox[int, int](size=1)
        await mailbox.tell(1)
        stop = asyncio.create_task(mailbox.stop())
        await asyncio.sleep(0)
        stop.cancel()
        mailbox.close()
        await asyncio.wait([stop])
        with pytest.raises(ActorStopped):
            await mailbox.tell(2)

    run(main())


def test_closing_refuses_those_who_wait_in_and_before_the_mailbox() -> None:
    async def main() -> None:
        mailbox = Mailbox[int, int](size=1)
        sends: list[Callable[[int], Awaitable[int | None]]] = [mailbox.ask, mailbox.ask, mailbox.tell]

        async def send(how: Callable[[int], Awaitable[int | None]]) -> int | None:
            return await how(1)

        with closing(mailbox):
            sending = [asyncio.create_task(send(how)) for how in sends]
            await asyncio.sleep(1)
        await asyncio.wait(sending)
        assert [type(each.exception()) for each in sending] == [ActorStopped] * 3

    run(main())


def test_cancellation_passes_through_and_answers_who_asked() -> None:
    async def main() -> None:
        mailbox = Mailbox[int, int]()
        actor = start(Stock(10), mailbox)
        asking = asyncio.create_task(mailbox.ask(1))
        await asyncio.sleep(0.25)
        actor.cancel()
        await asyncio.wait([actor, asking])
        assert actor.cancelled()
        assert isinstance(asking.exception(), ActorStopped)

    run(main())


@pytest.mark.parametrize("how", ["ask", "tell"])
def test_two_actors_that_wait_for_each_other_never_end(how: str) -> None:
    async def main() -> None:
        rates, stock = Mailbox[int, None](size=1), Mailbox[int, None](size=1)

        async def send(to: Mailbox[int, None]) -> None:
            for _ in range(1 if how == "ask" else 3):
                await (to.ask(1) if how == "ask" else to.tell(1))

        async def on_rates(message: int) -> None:
            await send(stock)

        async def on_stock(message: int) -> None:
            await send(rates)

        async with asyncio.TaskGroup() as group:
            group.create_task(rates.serve(on_rates))
            group.create_task(stock.serve(on_stock))
            await rates.tell(0)

    with virtual_clock(), pytest.raises(VirtualDeadlock):
        asyncio.run(main())


def test_a_timeout_around_each_ask_ends_both_actors_with_an_error() -> None:
    async def main() -> None:
        rates, stock = Mailbox[int, int](), Mailbox[int, int]()

        async def ask(to: Mailbox[int, int]) -> int:
            async with asyncio.timeout(5):
                return await to.ask(1)

        actors = [
            asyncio.create_task(rates.serve(lambda _: ask(stock))),
            asyncio.create_task(stock.serve(lambda _: ask(rates))),
        ]
        with pytest.raises(TimeoutError):
            await rates.ask(1)
        await asyncio.wait(actors)
        assert [type(actor.exception()) for actor in actors] == [TimeoutError] * 2

    run(main())
