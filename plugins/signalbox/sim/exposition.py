"""Prometheus text, written by hand: a dozen lines need no library."""

from collections.abc import Iterable, Iterator, Mapping

from .state import Histogram

Sample = tuple[Mapping[str, str], float]


def gauge(name: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield from (_line(name, labels, value) for labels, value in samples)


def counter(name: str, samples: Iterable[Sample]) -> Iterator[str]:
    """A counter; `name` ends in _total."""
    yield f"# TYPE {name} counter"
    yield from (_line(name, labels, value) for labels, value in samples)


def histogram(name: str, samples: Iterable[tuple[Mapping[str, str], Histogram]]) -> Iterator[str]:
    yield f"# TYPE {name} histogram"
    for labels, found in samples:
        seen = 0
        for place, bound in enumerate((*found.bounds, float("inf"))):
            seen += found.counts[place]
            yield _line(f"{name}_bucket", {**labels, "le": "+Inf" if bound == float("inf") else str(bound)}, seen)
        yield _line(f"{name}_count", labels, seen)
        yield _line(f"{name}_sum", labels, found.total)


def page(*families: Iterable[str]) -> str:
    return "".join(f"{line}\n" for family in families for line in family)


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    pairs = ",".join(f'{key}="{_escaped(found)}"' for key, found in labels.items())
    return f"{name}{{{pairs}}} {float(value)}" if pairs else f"{name} {float(value)}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
