"""Labelled requests from JSON Lines: the request as facts, and what is known about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final

from signalbox.errors import FileError, did_you_mean
from signalbox.routing.facts import read_facts
from signalbox.schema.base import TIERS, Tier
from signalbox.schema.facts import Facts

_REQUEST: Final = ("system", "tools", "functions", "tool_choice", "documents", "response_format")
"""What a row may carry of a request beside its messages."""
_BOM: Final = b"\xef\xbb\xbf"
_UNNAMED: Final = "(unnamed)"


@dataclass(frozen=True, slots=True)
class Line:
    """One JSON object of a file."""

    file: Path
    number: int
    data: Mapping[str, object]

    @property
    def has_text(self) -> bool:
        """Whether it holds a request at all (a line of the decision log need not)."""
        return bool(self.data.get("messages")) or isinstance(self.data.get("prompt"), str)

    def wrong(self, key: str, problem: str, remedy: str = "Mend or remove the line.") -> FileError:
        """The error that names file, line and key."""
        return FileError(self.file, problem, key=f"line {self.number}" + (f": {key}" if key else ""), remedy=remedy)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A request with what is known about it; None or empty: not known."""

    facts: Facts
    task: str | None = None
    also: tuple[str, ...] = ()
    """Other tasks that are right too."""
    mapped: bool = False
    """The task comes from another scheme of labels: it names a family of tasks rather than one."""
    difficulty: float | None = None
    scale: str = _UNNAMED
    """Whose difficulty it is: numbers of two scales must not be compared."""
    tier: Tier | None = None
    correct: tuple[tuple[str, bool], ...] = ()
    """Models, and whether each answered it right."""
    source: str = ""
    lang: str = ""


def read_lines(place: Path) -> Iterator[Line]:
    """The objects of a JSON Lines file, or of every `.jsonl` of a folder by name. Raises FileError with the line."""
    for file in row_files(place):
        try:
            with file.open("rb") as lines:
                for number, raw in enumerate(lines, 1):
                    if text := raw.removeprefix(_BOM).strip():
                        yield _line(file, number, text)
        except OSError as problem:
            raise FileError(file, f"cannot be read: {problem.strerror or problem}.") from None


def row_files(place: Path) -> Sequence[Path]:
    """The files that a place names. Raises FileError where there is none."""
    if not place.is_dir():
        return (place,)
    if files := sorted(place.glob("*.jsonl")):
        return files
    raise FileError(place, "holds no .jsonl file.", remedy="Name a file, or a folder of such files.")


def count_lines(place: Path) -> int:
    """About how many rows there are, for a progress bar; 0 where that cannot be told."""
    try:
        return sum(_newlines(file) for file in row_files(place))
    except (OSError, FileError):
        return 0


def _newlines(file: Path) -> int:
    with file.open("rb") as content:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: content.read(1 << 20), b""))


def _line(file: Path, number: int, text: bytes) -> Line:
    try:
        data = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        why = str(problem) if isinstance(problem, ValueError) else "nested too deeply"
        raise FileError(file, f"is no JSON ({why}).", key=f"line {number}", remedy="Mend or remove the line.") from None
    if not isinstance(data, dict):
        raise FileError(file, "is no JSON object.", key=f"line {number}", remedy='Write {"prompt": "...", ...}.')
    return Line(file, number, data)


def labelled(line: Line) -> Labelled:
    """A line as request and labels; keys that are not known are passed over. Raises FileError."""
    data = line.data
    name, guessed = _task(line)
    return Labelled(
        facts=_facts(line),
        task=None if guessed else name,
        also=_also(line),
        mapped="task_conf" in data or "correct" in data,
        difficulty=_number(line, "difficulty_0_10"),
        scale=_clean(data.get("difficulty_src") or _UNNAMED),
        tier=_tier(line),
        correct=_correct(line),
        source=_clean(data.get("source") or str(data.get("task_src") or "").partition(":")[0] or line.file.stem),
        lang=_clean(data.get("lang") or ""),
    )


def _clean(name: object) -> str:
    """A name that can be printed: JSON may hold halves of characters."""
    return str(name).encode("utf-8", "replace").decode("utf-8")


def _facts(line: Line) -> Facts:
    data = line.data
    messages, prompt = data.get("messages"), data.get("prompt")
    if messages and not isinstance(messages, list):
        raise line.wrong("messages", "is no list.", "Write OpenAI messages: a list of {role, content}.")
    if not messages and not isinstance(prompt, str):
        raise line.wrong("", "has neither 'prompt' (text) nor 'messages'.")
    beside = {name: data[name] for name in _REQUEST if data.get(name)}
    facts = read_facts({**beside, "messages": messages or [{"role": "user", "content": prompt}]}, endpoint="chat")
    return facts._replace(tools=1) if data.get("tools_ref") and not facts.tools else facts


def _task(line: Line) -> tuple[str | None, bool]:
    """(task, whether it is only the name that was given for want of a better one). A decision's task is an object."""
    given = line.data.get("task")
    name, source = (given.get("name"), given.get("source")) if isinstance(given, dict) else (given, None)
    if name is None or (isinstance(name, str) and name):
        return name and _clean(name), source == "abstain"
    raise line.wrong("task", f"is {name!r}, not a name.")


def _also(line: Line) -> tuple[str, ...]:
    given = line.data.get("task_alt") or ()
    names = (given,) if isinstance(given, str) else given
    if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
        return tuple(map(_clean, names))
    raise line.wrong("task_alt", "is neither a name nor a list of names.")


def _number(line: Line, key: str) -> float | None:
    value = line.data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise line.wrong(key, f"is {value!r}, not a number.")
    return float(value)


def _tier(line: Line) -> Tier | None:
    given = line.data.get("suggested_tier")
    found = next((tier for tier in TIERS if tier == given), None)
    if given is not None and found is None:
        raise line.wrong("suggested_tier", f"'{given}' is no tier.", did_you_mean(str(given), TIERS))
    return found


def _correct(line: Line) -> tuple[tuple[str, bool], ...]:
    given = line.data.get("correct")
    if given is None:
        return ()
    if not isinstance(given, dict):
        raise line.wrong("correct", "is no object.", 'Write {"model": true, "other": false}.')
    for model, right in given.items():
        if right not in (True, False, None):
            raise line.wrong(f"correct.{model}", f"is {right!r}, neither true nor false.")
    return tuple((_clean(model), bool(right)) for model, right in given.items() if right is not None)
