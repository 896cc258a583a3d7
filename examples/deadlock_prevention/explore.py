"""Run small threaded programs in every order of their steps, and tell which orders deadlock or fail.

Only one thread runs at a time, from one step to the next; which one is chosen by a schedule.  A program is run once
for each schedule, depth first, so what is found is found each time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType


class _Abandoned(BaseException):
    """Ends the threads of a run that can't go on."""


# region world
@dataclass(slots=True)
class _Actor:
    name: str
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    wants: Lock | None = None
    ended: bool = False


class Lock:
    """A lock whose ``acquire`` is a step."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.holder: _Actor | None = None

    def __enter__(self) -> Lock:
        actor = self.world.current
        actor.wants = self
        self.world.step(f"takes {self.name}")
        actor.wants, self.holder = None, actor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.holder = None


class World:
    """What a program under test is made of, for one run."""

    def __init__(self, schedule: Sequence[int]) -> None:
        self.schedule, self.choices = schedule, list[tuple[int, int]]()
        self.steps, self.errors = list[str](), list[BaseException]()
        self.actors, self.current = list[_Actor](), _Actor("nobody")
        self._back, self._abandoned = threading.Semaphore(0), False

    def lock(self, name: str) -> Lock:
        """A lock for the program."""
        return Lock(self, name)

    def step(self, what: str) -> None:
        """Let others run before the caller does *what*."""
        if self._abandoned:  # in a ``finally``, on the way out
            raise _Abandoned
        actor = self.current
        self._back.release()
        actor.go.acquire()
        if self._abandoned:
            raise _Abandoned
        self.steps.append(f"{actor.name} {what}")

    # endregion world

    def run(self, jobs: dict[str, Callable[[], None]]) -> bool:
        """Run *jobs* by their names to their end; returns whether they deadlocked."""
        threads = []
        for name, job in jobs.items():
            actor = _Actor(name)
            self.actors.append(actor)
            threads.append(threading.Thread(target=self._live, args=(actor, job), name=name, daemon=True))
        for thread in threads:
            thread.start()
        while able := [a for a in self.actors if not a.ended and (a.wants is None or a.wants.holder is None)]:
            number = len(self.choices)
            choice = self.schedule[number] % len(able) if number < len(self.schedule) else 0
            self.choices.append((choice, len(able)))
            self._resume(able[choice])
        left = [actor for actor in self.actors if not actor.ended]
        self._abandoned = True
        for actor in left:
            self._resume(actor)
        for thread in threads:
            thread.join()
        return bool(left)

    def _resume(self, actor: _Actor) -> None:
        self.current = actor
        actor.go.release()
        self._back.acquire()

    def _live(self, actor: _Actor, job: Callable[[], None]) -> None:
        actor.go.acquire()
        try:
            job()
        except _Abandoned:
            pass
        except BaseException as error:
            self.errors.append(error)
        actor.ended = True
        self._back.release()


# region explore
Jobs = dict[str, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Run:
    """One order: its steps, whether it deadlocked, its errors."""

    steps: list[str]
    deadlocked: bool
    errors: list[BaseException]


def explore(
    program: Callable[[World], tuple[Jobs, Callable[[], None]]],
) -> Iterator[Run]:
    """Run *program* in every order of its steps.

    It returns its jobs and a check, which is called when all jobs
    of a run have ended and raises if their result is wrong.
    """
    schedule: list[int] | None = []
    while schedule is not None:
        world = World(schedule)
        jobs, check = program(world)
        deadlocked = world.run(jobs)
        if not deadlocked and not world.errors:
            try:
                check()
            except Exception as error:
                world.errors.append(error)
        yield Run(world.steps, deadlocked, world.errors)
        schedule = following(world.choices)


def following(choices: list[tuple[int, int]]) -> list[int] | None:
    """The next schedule after one that made *choices*, if any."""
    for number in reversed(range(len(choices))):
        choice, able = choices[number]
        if choice + 1 < able:
            return [taken for taken, _ in choices[:number]] + [choice + 1]
    return None


# endregion explore
