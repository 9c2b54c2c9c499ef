"""The HTML report: one file, nothing from outside, safe with any name."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from signalbox.evidence.evaluation import evaluate
from signalbox.evidence.observation import Observation
from signalbox.evidence.report import html_report
from signalbox.routing.pipeline import Pipeline
from signalbox.routing.signals.model import TextModel
from tests.kit.plans import plan

VOID = {"meta", "br", "path", "polyline", "polygon", "rect"}


class Page(HTMLParser):
    """Collects what a page loads and checks that its elements nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """A document with all parts, odd names, and figures that cannot be told."""
    rows = [
        Observation(
            predicted=("math", "code")[at % 2],
            confidence=0.55 + 0.1 * (at % 5),
            complexity=at / 6,
            tier="balanced",
            wanted=("math", "<script>alert(1)</script>\ud800")[at % 3 == 0],
            wanted_tier=("fast", "balanced")[at % 2],
            difficulty=float(at % 7),
            scale="constant & odd" if at % 9 else "one",
            correct=(("weak<b>", at % 3 == 0), ("strong", at % 4 != 0)),
            weak_failure=(at % 11) / 11,
            benefit=(at % 11) / 11,
            chosen="small",
            source=("first", "second")[at % 2],
            chars=at,
        )
        for at in range(60)
    ]
    return evaluate(rows, Pipeline(plan(), TextModel.load()))


def test_the_page_is_whole_and_loads_nothing(document: dict[str, Any]) -> None:
    text = html_report(document, "rows.jsonl")

    page = Page(text)

    assert page.open == []
    assert page.loads == []
    assert "script" not in page.tags
    assert "url(" not in text
    assert "@import" not in text
    assert "prefers-color-scheme:dark" in text
    assert page.tags.count("svg") == 2


def test_names_from_the_rows_are_shown_as_text(document: dict[str, Any]) -> None:
    text = html_report(document, "<i>rows</i>")

    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "weak&lt;b&gt;" in text
    assert "&lt;i&gt;rows&lt;/i&gt;" in text
    assert text.encode("utf-8")


def test_figures_stand_there_with_their_intervals_and_verdicts(document: dict[str, Any]) -> None:
    text = html_report(document, "rows.jsonl")
    task = document["task"]

    low, high = task["accuracy_ci"]
    assert f"{task['accuracy']:.3f} <small>{low:.3f} to {high:.3f}</small>" in text
    assert text.count("<li class=") == sum(len(document[part]["verdict"]) for part in ("task", "tier", "outcome"))


def test_parts_without_labels_have_no_section() -> None:
    rows = [Observation("math", 0.9, 5.0, "balanced", wanted="math", chosen="small")]

    text = html_report(evaluate(rows, Pipeline(plan(), TextModel.load())), "rows.jsonl")

    assert "<h2>Task" in text
    assert "<h2>Tier" not in text
    assert "<h2>Outcome" not in text
