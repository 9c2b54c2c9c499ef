"""The decision log: JSON lines, written by a thread of its own, rotated and bounded."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

FILE_NAME: Final = "decisions.jsonl"
_WAITING: Final = 10_000
_BATCH: Final = 500
_PERIOD: Final = 0.25
"""Seconds between writes."""


def installation_salt(folder: Path) -> bytes:
    """A secret of this run folder (`folder/salt`, readable by its owner alone), made once."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "salt"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()[:64] or b"unsalted"
    with os.fdopen(descriptor, "wb") as file:
        salt = os.urandom(32)
        file.write(salt)
    return salt


class DecisionLog:
    """Appends lines to `folder/decisions.jsonl`; at `largest` bytes it becomes `.1`, `.1` becomes `.2`, at most `keep`.

    `write` never blocks and never raises: when the disk cannot keep up, lines are dropped and counted. Several
    processes may write the same file: each line is one append; who finds the file moved reopens it.
    """

    def __init__(self, folder: Path, *, largest: int = 20_000_000, keep: int = 5) -> None:
        self.path = folder / FILE_NAME
        self.dropped = 0
        self._largest, self._keep = largest, keep
        self._lines: deque[str] = deque()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="signalbox-decision-log", daemon=True)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = self._open()
        self._thread.start()

    def write(self, line: str) -> None:
        """Queues one line (without its newline); it is on disk within a quarter of a second."""
        if len(self._lines) < _WAITING:
            self._lines.append(line)
        else:
            self.dropped += 1

    def close(self, timeout: float = 2.0) -> None:
        """Writes what waits, then stops; a thread that is stuck in the disk ends with the process."""
        self._stopped.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        """Wakes by the clock, not by the line: a wake-up per request would cost the proxy a tenth of its speed."""
        while not self._stopped.wait(_PERIOD):
            self._flush()
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        while self._lines:
            batch = [self._lines.popleft() for _ in range(min(_BATCH, len(self._lines)))]
            try:
                self._file = self._rotated(self._file)
                self._file.write(("\n".join(batch) + "\n").encode("ascii", "backslashreplace"))
            except OSError:
                self.dropped += len(batch)

    def _open(self) -> IO[bytes]:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(descriptor, "ab", buffering=0)

    def _rotated(self, file: IO[bytes]) -> IO[bytes]:
        """The file to write to: a new one when this is full, or when another process moved it."""
        here = self._stands(file)
        if here and os.fstat(file.fileno()).st_size < self._largest:
            return file
        if here:
            with _alone(self.path.with_suffix(".lock")):
                if self._stands(file):  # else another process was faster
                    self._rotate()
        opened = self._open()
        file.close()
        return opened

    def _stands(self, file: IO[bytes]) -> bool:
        """Whether the file is still the one at our path."""
        try:
            return self.path.stat().st_ino == os.fstat(file.fileno()).st_ino
        except FileNotFoundError:
            return False

    def _rotate(self) -> None:
        for number in range(self._keep - 1, -1, -1):
            with suppress(FileNotFoundError):
                self._numbered(number).replace(self._numbered(number + 1))
        self._numbered(self._keep).unlink(missing_ok=True)

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{FILE_NAME}.{number}") if number else self.path


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time, by a lock that ends with its holder. Windows moves no open file, so nothing is held there."""
    with path.open("ab") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
