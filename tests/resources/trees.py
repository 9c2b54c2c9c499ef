"""Builds small file trees that look like /proc and /sys, and programs for a PATH."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

GIB = 2**30


def write_tree(root: Path, files: Mapping[str, object]) -> Path:
    """Each key is a path below `root`, each value its text."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")
    return root


def meminfo(total: int, available: int) -> str:
    """A /proc/meminfo of so many bytes."""
    return f"MemTotal:       {total // 1024} kB\nMemFree:        1024 kB\nMemAvailable:   {available // 1024} kB"


def write_program(folder: Path, name: str, script: str) -> dict[str, str]:
    """A shell script on a PATH of its own (and the system's); the environment to run it in."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}
