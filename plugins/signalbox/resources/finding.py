"""What every probe is given (`Look`) and what it gives back (`Finding`)."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from signalbox.schema.resources import Endpoint, Gpu, Host, ProbeState, Slurm


@dataclass(frozen=True, slots=True)
class Look:
    """Where a probe looks and for how long. Tests build a tree below `root` and a PATH in `environ`."""

    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    root: Path = Path("/")
    timeout: float = 1.5
    endpoints: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    system: str = field(default_factory=platform.system)


@dataclass(frozen=True, slots=True)
class Finding:
    """One probe's part of `Resources`, how the probe went, and why (a few words, for people)."""

    state: ProbeState
    reason: str = ""
    host: Host | None = None
    gpus: tuple[Gpu, ...] = ()
    slurm: Slurm | None = None
    keys: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()


def absent(reason: str) -> Finding:
    """A certain no."""
    return Finding("absent", reason)


def unknown(reason: str) -> Finding:
    """It could not be looked at."""
    return Finding("unknown", reason)


def read_text(path: Path, limit: int = 1 << 20) -> str | None:
    """The stripped text of a small file, or None where it cannot be read (devices asleep answer EBUSY, ENODEV)."""
    try:
        with path.open("rb") as file:
            return file.read(limit).decode(errors="replace").strip()
    except OSError:
        return None


def read_int(path: Path) -> int | None:
    """The decimal number in a file, or None."""
    text = read_text(path, 64)
    try:
        return int(text) if text else None
    except ValueError:
        return None
