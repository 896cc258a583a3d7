"""Serve quotes on 127.0.0.1 with local carriers, until SIGTERM or Ctrl-C: ``python -m examples.quotes``.

Exit code 0: it drained.  1: a second signal ended it before.  2: it can't serve.
"""

from __future__ import annotations

import argparse
import logging
import sqlite3
import sys

from examples.quotes import carrier_servers, serving
from examples.quotes.parts import Settings
from examples.quotes.service import create_app
from examples.quotes.store import OrderStore


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, and serve; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m examples.quotes", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="(a free one)")
    parser.add_argument("--database", default=":memory:", help="file of the orders (none: lost at the end)")
    parser.add_argument("--lame-duck", type=float, default=0.0, help="seconds between SIGTERM and closing the port")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    with carrier_servers.running() as carriers:
        settings = Settings(carriers_url=carriers.url, database=options.database)
        try:
            OrderStore(settings.database).close()
            listening = serving.free_socket(options.port)
        except sqlite3.Error as error:
            print(f"can't open {options.database}: {error}", file=sys.stderr)
            return 2
        except (OSError, OverflowError) as error:
            print(f"can't listen on port {options.port}: {error}", file=sys.stderr)
            return 2
        with listening:

            def announce() -> None:  # not before SIGTERM has a handler
                print(f"serving at {serving.url_of(listening)}", flush=True)

            server = serving.Server(create_app(settings), lame_duck=options.lame_duck, on_up=announce)
            server.run(sockets=[listening])
    if server.force_exit:
        return 1
    print("drained", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
