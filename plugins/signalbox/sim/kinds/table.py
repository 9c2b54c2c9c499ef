"""The shape of a kind's entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..dialects.dialect import Dialect
from ..gate import Guard, Status


@dataclass(frozen=True, slots=True)
class KindTable:
    """`gets` and `posts` tell something; `dialects` answer prompts, beside the APIs that all kinds speak."""

    guarded: Guard
    gets: Mapping[str, Status]
    posts: Mapping[str, Status]
    dialects: Mapping[str, Dialect] = field(default_factory=dict)
    embeddings: tuple[str, ...] = ("/v1/embeddings",)


def under(*prefixes: str) -> Callable[[str], bool]:
    """A guard for the paths below the prefixes."""
    return lambda path: path.startswith(prefixes)
