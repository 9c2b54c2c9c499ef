"""The one place that puts a compiled pair on disk, or compares it with what is there."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from signalbox.atomic import replace_text
from signalbox.compiler.compile import Compiled
from signalbox.compiler.emit import CONFIG_FILE, PLAN_FILE
from signalbox.errors import FileError


def write_pair(compiled: Compiled, folder: Path) -> None:
    """Both files, each replaced at once; the plan first, since the hooks read it for a config. Raises FileError."""
    for name, text in _files(compiled):
        replace_text(folder / name, text, remedy="Name another folder with --out")


def check_pair(compiled: Compiled, folder: Path) -> str:
    """How the files in the folder differ from the compiled pair, as a unified diff; "" where they are equal."""
    return "".join(line for name, text in _files(compiled) for line in _difference(folder / name, text))


def _files(compiled: Compiled) -> tuple[tuple[str, str], ...]:
    return (PLAN_FILE, compiled.plan_json), (CONFIG_FILE, compiled.config)


def _difference(path: Path, text: str) -> Iterator[str]:
    try:
        found = path.read_bytes().decode("utf-8", errors="replace")
    except FileNotFoundError:
        found = ""
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}.") from None
    for line in unified_diff(found.splitlines(True), text.splitlines(True), str(path), f"{path} (compiled)"):
        yield line if line.endswith("\n") else f"{line}\n"
