"""The hand-written and generated pages, and what stands in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
PAGES: Final = (
    *(REPOSITORY / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "strategies/README.md")),
    *sorted((REPOSITORY / "docs").rglob("*.md")),
)

_BLOCK: Final = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`([^`\n]+)`")
_LINK: Final = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ +(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its page and line (for messages), language and text."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read(page: Path) -> str:
    """A page's text."""
    return page.read_text(encoding="utf-8")


def blocks(*languages: str) -> list[Block]:
    """Fenced blocks in one of the languages, of all pages."""
    return [
        Block(
            str(page.relative_to(REPOSITORY)),
            text[: found.start()].count("\n") + 1,
            found["language"],
            re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
        )
        for page in PAGES
        for text in [read(page)]
        for found in _BLOCK.finditer(text)
        if found["language"] in languages
    ]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _BLOCK.sub("", read(page))


def inline_code(page: Path) -> Iterator[str]:
    """What stands between single backticks."""
    return (found[1] for found in _INLINE.finditer(prose(page)))


def links(page: Path) -> Iterator[str]:
    """Targets of links that lead somewhere in the repository."""
    targets = (found[1] for found in _LINK.finditer(_INLINE.sub("", prose(page))))
    return (target for target in targets if "://" not in target and not target.startswith("mailto:"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    return {_anchor(found[1]) for found in _HEADING.finditer(prose(page))}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
