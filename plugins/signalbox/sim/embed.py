"""Embeddings without a model: every word is hashed to an axis, so texts that share words are near each other."""

import base64
from collections.abc import Iterator
from hashlib import blake2b
from math import sqrt
from struct import pack

from .ask import CHARS_PER_TOKEN
from .problem import Problem


def vector(text: str, dims: int) -> list[float]:
    """A unit vector of `dims` numbers; the same text always gives the same one, on every machine."""
    found = [0.0] * dims
    for word in text.lower().split() or [""]:
        digest = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())
        found[(digest >> 1) % dims] += 1.0 if digest & 1 else -1.0
    length = sqrt(sum(value * value for value in found))
    if length == 0:  # words of opposite sign met on one axis
        return [1.0] + [0.0] * (dims - 1)
    return [value / length for value in found]


def inputs(found: object) -> list[str]:
    """The texts to embed: a text, a list of texts, or (lists of) token numbers. Raises Problem for anything else."""
    if isinstance(found, str):
        return [found]
    if isinstance(found, list) and found:
        if all(isinstance(entry, int) for entry in found):
            return [" ".join(map(str, found))]
        return list(_each(found))
    raise Problem("bad_request", "input: a text or a non-empty list is required.", param="input")


def _each(found: list[object]) -> Iterator[str]:
    for entry in found:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, list) and all(isinstance(number, int) for number in entry):
            yield " ".join(map(str, entry))
        else:
            raise Problem("bad_request", "input: every entry is a text or a list of token numbers.", param="input")


def encoded(values: list[float], form: object) -> list[float] | str:
    """The vector as numbers, or as base64 of 32-bit floats where the request asks for it."""
    return base64.b64encode(pack(f"<{len(values)}f", *values)).decode() if form == "base64" else values


def counted(texts: list[str]) -> int:
    """Simulated tokens of all texts."""
    return max(1, sum(map(len, texts)) // CHARS_PER_TOKEN)
