"""`python -m signalbox.sim --spec specs.json`: run simulated servers until SIGINT or SIGTERM."""

import argparse
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from signalbox.errors import UserError

from .server import SimServer
from .spec import read_specs


def main(arguments: list[str] | None = None) -> int:
    """Prints a line per server as it listens, then "ready". 0 after a signal, 1 for a file or port that cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m signalbox.sim", description=__doc__)
    parser.add_argument("--spec", type=Path, required=True, help="JSON file: a list of servers")
    given = parser.parse_args(arguments)
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with ExitStack() as running:
            for spec in read_specs(given.spec):
                server = running.enter_context(SimServer(spec))
                say(f"{spec.kind} {server.url} {' '.join(model.name for model in spec.models)}")
            say("ready")
            stopped.wait()
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
