"""Run a program of the system with a limit on time; nothing of it is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

_GRACE = 0.1


class CommandMissingError(Exception):
    """The program is not on PATH."""


class CommandFailedError(Exception):
    """It ended badly or not in time; the text says how."""


def run(arguments: Sequence[str], *, environ: Mapping[str, str], timeout: float) -> str:
    """What the program writes to standard output. Raises CommandMissingError, CommandFailedError.

    Runs with `LC_ALL=C` in a process group of its own, which is killed at the time-out.
    """
    program = shutil.which(arguments[0], path=environ.get("PATH", os.defpath))
    if program is None:
        raise CommandMissingError(f"{arguments[0]} is not on PATH")
    try:
        child = subprocess.Popen(
            [program, *arguments[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environ, "LC_ALL": "C"},
            start_new_session=True,
        )
    except OSError as error:
        raise CommandFailedError(f"{arguments[0]} does not start: {error.strerror}") from error
    with child:
        try:
            output, errors = child.communicate(timeout=max(timeout, _GRACE))
        except subprocess.TimeoutExpired as error:
            _kill_group(child)
            raise CommandFailedError(f"{arguments[0]} timed out after {timeout:.1f} s") from error
    if child.returncode:
        said = errors.decode(errors="replace").strip().splitlines()
        raise CommandFailedError(
            f"{arguments[0]} ended with {child.returncode}" + (f": {said[0][:200]}" if said else "")
        )
    return output.decode(errors="replace")


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()
