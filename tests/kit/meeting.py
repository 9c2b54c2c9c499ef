"""Processes that wait for one another, so that a race is one."""

from __future__ import annotations

import os
import time
from pathlib import Path


def meet(folder: Path, count: int) -> None:
    """Returns once `count` processes have come here. Raises TimeoutError after a minute."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / str(os.getpid())).touch()
    patience = time.monotonic() + 60
    while len(list(folder.iterdir())) < count:
        if time.monotonic() > patience:
            raise TimeoutError(f"{folder}: not all of {count} processes came")
        time.sleep(0.001)
