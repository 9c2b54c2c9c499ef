"""Every command line in the documentation names a command and options that exist."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from signalbox.cli import app
from tests.docs.pages import PAGES, REPOSITORY, blocks, inline_code, read

COMMANDS: dict[str, Any] = vars(get_command(app))["commands"]
"""typer's own group and commands: it carries a click of its own, whose types are private."""
_CALL = re.compile(r"(?:^|(?<=[\s(])|(?<=bin/))signalbox (?=[a-z-])")
_END = re.compile(r"^(?:\||\|\||&&|;|>|>>|#|2>)$")


def called(line: str) -> Iterator[list[str]]:
    """The words after each `signalbox` of a line, up to what ends a command. A quote that the line cuts is closed."""
    for found in _CALL.finditer(line):
        rest = line[found.end() :].rstrip("\\")
        try:
            words = shlex.split(rest, comments=True)
        except ValueError:
            words = rest.split()
        ends = next((at for at, word in enumerate(words) if _END.match(word)), len(words))
        yield words[:ends]


def lines() -> list[tuple[str, str]]:
    """(place, line) of everything that could be typed: shell blocks and inline code."""
    typed = [
        (f"{block}", line.lstrip().removeprefix("$ "))
        for block in blocks("console", "sh", "bash")
        for line in block.text.splitlines()
        if line.lstrip().startswith("$ ") or block.language != "console"
    ]
    examples = [
        (f"{block}", line.partition("Example:")[2])
        for block in blocks("text")
        for line in block.text.splitlines()
        if "Example:" in line
    ]
    inline = [(str(page.relative_to(REPOSITORY)), code) for page in PAGES for code in inline_code(page)]
    return typed + examples + inline


CALLS = [(place, words) for place, line in lines() for words in called(line)]


@pytest.mark.parametrize(
    ("place", "words"), CALLS, ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_a_command_line_names_what_exists(place: str, words: list[str]) -> None:
    name = words[0]
    assert name in {*COMMANDS, "--help"}, f"{place}: signalbox {name}"
    if name == "--help":
        return

    known = {option for parameter in COMMANDS[name].params for option in (*parameter.opts, *parameter.secondary_opts)}
    unknown = {word.partition("=")[0] for word in words[1:] if word.startswith("-")} - known - {"-h", "--help"}

    assert not unknown, f"{place}: signalbox {name} has no {', '.join(unknown)}"


def test_every_command_is_shown_in_the_readme() -> None:
    readme = read(REPOSITORY / "README.md")

    missing = [name for name in COMMANDS if name != "version" and f"`signalbox {name}`" not in readme]

    assert missing == []


def test_a_wrong_command_line_would_be_noticed() -> None:
    assert list(called("FOO=1 signalbox up --port 4000 | tee log")) == [["up", "--port", "4000"]]
    assert list(called("SIGNALBOX: signalbox: an error")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_a_make_target_exists(page: object) -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(r"(?:^\$ |`)make ([a-z]+)", read(page), re.MULTILINE)  # type: ignore[arg-type]

    assert set(named) <= targets
