"""What a request looks like, apart from its words: lengths, layout, marks of code and maths, what it carries."""

from __future__ import annotations

from math import log1p
from typing import Final, NamedTuple

from signalbox.schema.facts import Facts

PASSAGES: Final = ("context", "passage", "document", "[1]", "source:", "excerpt", "article", "transcript")
CODE: Final = (
    "```",
    "def ",
    "()",
    "){",
    "};",
    "</",
    "import ",
    "const ",
    "select ",
    "fn ",
    "=>",
    "self.",
    "return ",
    "==",
    "::",
)
TRACES: Final = ("traceback", "error:", "exception")
OPTIONS: Final = ("\na.", "\na)", "(a)", " a) ", "\n1)")
FILES: Final = (".csv", ".xls", ".json", ".py", ".js", ".pdf")
TALK: Final = ("user:", "assistant:", "q:", "customer:")
QUOTES: Final = ('"', "«", "“")
_DIGITS: Final = b"0123456789"
_SYMBOLS: Final = b"#$%&*+<=>[\\]^_`{|}~"
_MATHS: Final = b"^$\\+=\xb2"

NAMES: Final = (
    "bias", "length", "long", "very_long", "tiny", "short", "lines", "many_lines", "bullets", "asks", "asks_last",
    "asks_often", "exclaims", "digits", "symbols", "foreign", "colon", "body", "quotes", "passages", "code",
    "much_code", "trace", "maths", "options", "files", "link", "talk", "ellipsis", "system", "turns", "documents",
    "tools", "tool_results", "images", "schema",
)  # fmt: skip


class Shape(NamedTuple):
    """Counts that the signals read beside the model's scores."""

    text: str
    """What is read of the last user turn, in lower case."""
    chars: int
    """Characters of the last user turn, uncapped."""
    words: int
    questions: int
    lines: int
    code: int
    maths: int
    passages: int
    options: int
    talk: int
    body: int
    """Characters after the first colon or line break: a text that was given along."""
    vector: tuple[float, ...]
    """One number per name of `NAMES`, about 0-1."""


def shape(facts: Facts, turn: str) -> Shape:
    """The shape of the last user turn, of which `turn` is what is read."""
    text = turn.lower()
    size, chars = len(text), max(facts.prompt_chars, len(facts.prompt))
    letters = text.encode("latin-1", "replace")
    foreign = 0 if text.isascii() else size - len(text.encode("ascii", "ignore"))
    scale = 1.0 / max(size, 1)
    words, lines, colons = text.count(" ") + bool(size), text.count("\n"), text.count(":")
    questions = text.count("?") + (text.count("？") + text.count("؟") if foreign else 0)
    digits, symbols, maths = _among(letters, _DIGITS), _among(letters, _SYMBOLS), _among(letters, _MATHS)
    code, passages, options = _found(text, CODE), _found(text, PASSAGES), _found(text, OPTIONS)
    talk = _found(text, TALK) if colons else 0
    opening = len(text.partition(":")[0].partition("\n")[0])
    body = max(0, chars - opening - 1) if opening < size else 0
    bullets = text.count("\n-") + text.count("\n*") + text.count("\n•") + text.count("\n1.") if lines else 0
    length = log1p(chars)
    vector = (
        1.0,
        length / 9,
        length > 5.5,
        length > 7,
        size < 25,
        size < 60,
        min(lines, 10) / 10,
        lines > 4,
        min(bullets, 4) / 4,
        questions > 0,
        text.rstrip().endswith(("?", "？", "؟")),
        questions > 1,
        "!" in text,
        min(1.0, 4 * digits * scale),
        min(1.0, 5 * symbols * scale),
        min(1.0, foreign * scale),
        colons > 0,
        min(1.0, log1p(body) / 8),
        min(1.0, sum(map(text.count, QUOTES)) / 4),
        min(passages, 2) / 2,
        code > 0,
        code > 2,
        any(map(text.__contains__, TRACES)),
        min(1.0, maths / 4),
        options > 0,
        any(map(text.__contains__, FILES)),
        "http" in text,
        talk > 1,
        "..." in text or "…" in text,
        bool(facts.system),
        min(1.0, (facts.user_turns - 1) / 4),
        facts.documents > 0,
        facts.tools > 0,
        facts.tool_results > 0,
        facts.images > 0,
        facts.json_schema or facts.json_mode,
    )
    return Shape(text, chars, words, questions, lines, code, maths, passages, options, talk, body, vector)


def _among(letters: bytes, chosen: bytes) -> int:
    """How many of the letters are among the chosen ones."""
    return len(letters) - len(letters.translate(None, chosen))


def _found(text: str, marks: tuple[str, ...]) -> int:
    """How many of the marks stand in the text."""
    return sum(map(text.__contains__, marks))
