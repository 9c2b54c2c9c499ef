"""What a request looks like, apart from its words: lengths, layout, marks of code and maths, what it carries."""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p
from typing import Final

import numpy as np

from signalbox.routing.signals.text import clip, plainly
from signalbox.schema.facts import Facts

HEAD: Final = 260
TAIL: Final = 100
"""Characters of the prompt whose layout is looked at."""

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

NAMES: Final = (
    "bias", "length", "long", "very_long", "tiny", "short", "lines", "many_lines", "bullets", "asks", "asks_last",
    "asks_often", "exclaims", "digits", "symbols", "foreign", "colon", "body", "quotes", "passages", "code",
    "much_code", "trace", "maths", "options", "files", "link", "talk", "ellipsis", "system", "turns", "documents",
    "tools", "tool_results", "images", "schema",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """Counts that the signals read beside the model's scores."""

    text: str
    """The clipped prompt, in lower case."""
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


def shape(facts: Facts) -> Shape:
    """The shape of the last user turn."""
    text = plainly(clip(facts.prompt, HEAD, TAIL)).lower()
    size, chars = len(text), max(facts.prompt_chars, len(facts.prompt))
    count = np.bincount(np.frombuffer(text.encode("latin-1", "replace"), dtype=np.uint8), minlength=256).tolist()
    foreign = size - len(text.encode("ascii", "ignore"))
    scale = 1.0 / max(size, 1)
    words, lines, digits = count[32] + bool(size), count[10], sum(count[48:58])
    questions = text.count("?") + text.count("？") + text.count("؟") if foreign else count[63]
    symbols = sum(count[91:97]) + sum(count[123:127]) + sum(count[35:39]) + sum(count[60:63]) + count[42] + count[43]
    maths = count[94] + count[36] + count[92] + count[43] + count[61] + count[178]
    code, passages, options = _found(text, CODE), _found(text, PASSAGES), _found(text, OPTIONS)
    talk = _found(text, TALK)
    first = min((at for at in (text.find(":"), text.find("\n")) if at >= 0), default=size)
    body = max(0, chars - first - 1) if first < size else 0
    bullets = text.count("\n-") + text.count("\n*") + text.count("\n•") + text.count("\n1.") if lines else 0
    length = log1p(chars)
    vector = (
        1.0,
        length / 9,
        float(length > 5.5),
        float(length > 7),
        float(size < 25),
        float(size < 60),
        min(lines, 10) / 10,
        float(lines > 4),
        min(bullets, 4) / 4,
        float(questions > 0),
        float(text.rstrip().endswith(("?", "？", "؟"))),
        float(questions > 1),
        float(count[33] > 0),
        min(1.0, 4 * digits * scale),
        min(1.0, 5 * symbols * scale),
        min(1.0, foreign * scale),
        float(count[58] > 0),
        min(1.0, log1p(body) / 8),
        min(1.0, (count[34] + count[171] + text.count("“")) / 4),
        min(passages, 2) / 2,
        float(code > 0),
        float(code > 2),
        float(_found(text, TRACES) > 0),
        min(1.0, maths / 4),
        float(options > 0),
        float(_found(text, FILES) > 0),
        float("http" in text),
        float(talk > 1),
        float("..." in text or "…" in text),
        float(bool(facts.system)),
        min(1.0, (facts.user_turns - 1) / 4),
        float(facts.documents > 0),
        float(facts.tools > 0),
        float(facts.tool_results > 0),
        float(facts.images > 0),
        float(facts.json_schema or facts.json_mode),
    )
    return Shape(text, chars, words, questions, lines, code, maths, passages, options, talk, body, vector)


def _found(text: str, marks: tuple[str, ...]) -> int:
    """How many of the marks stand in the text."""
    return sum(map(text.__contains__, marks))
