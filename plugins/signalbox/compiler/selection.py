"""Which strategies suit the resources that were detected, best first, and what each of the others misses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from signalbox.compiler.found import describe_gpus, gpus_found, shared_memory
from signalbox.errors import NothingFits, UnknownName
from signalbox.schema.resources import Resources
from signalbox.schema.strategy import GpuNeed, Requires, Strategy
from signalbox.units import Bytes

ORDER: tuple[str, ...] = (
    "h100_local",
    "l4_t4_combined",
    "t4_hybrid",
    "t4_local_only",
    "strix_halo",
    "workstation",
    "cloud_only",
)
"""The shipped strategies, best first. `development` comes after everything else."""
DEVELOPMENT = "development"

_TOLERANCE = 0.9
"""Reported sizes lie up to 10 % under the nominal: firmware, drivers, ECC and hypervisors take their part."""


@dataclass(frozen=True, slots=True)
class Match:
    """How one strategy suits the resources. `rank` 0 is the best; it does not depend on whether the strategy fits."""

    strategy: str
    fits: bool
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    rank: int


@dataclass(frozen=True, slots=True)
class _Check:
    """One requirement: met for this reason, or missing in these words."""

    met: bool
    text: str


def match(strategy: Strategy, resources: Resources) -> Match:
    """Every requirement of the strategy gives a reason or says what is missing and what was found instead."""
    checks = tuple(_checks(strategy.requires, resources))
    return Match(
        strategy=strategy.name,
        fits=all(check.met for check in checks),
        reasons=tuple(check.text for check in checks if check.met) or ("requires nothing",) * (not checks),
        missing=tuple(check.text for check in checks if not check.met),
        rank=_rank(strategy),
    )


def recommend(strategies: Mapping[str, Strategy], resources: Resources) -> tuple[Match, ...]:
    """All strategies: those that fit, best first, then those that do not. The order of the mapping plays no part.

    A user's own strategy that fits and asks for something comes before the shipped ones, since someone wrote it for a
    machine like this. `development` stands last, and first only where nothing else fits.
    """
    matches = [match(strategy, resources) for strategy in strategies.values()]
    others_fit = any(each.fits for each in matches if each.strategy != DEVELOPMENT)

    def place(each: Match) -> tuple[bool, bool, int, str]:
        return each.strategy == DEVELOPMENT and others_fit, not each.fits, each.rank, each.strategy

    return tuple(sorted(matches, key=place))


def select(strategies: Mapping[str, Strategy], resources: Resources, override: str | None) -> Match:
    """The strategy to run: `override` whether it fits or not (its `missing` is for a warning), else the best.

    Raises UnknownName for an override that does not exist, NothingFits where no strategy fits.
    """
    if override is not None:
        if override not in strategies:
            raise UnknownName("strategy", override, strategies)
        return match(strategies[override], resources)
    ranked = recommend(strategies, resources)
    if not ranked or not ranked[0].fits:
        raise NothingFits({each.strategy: each.missing for each in ranked})
    return ranked[0]


def _rank(strategy: Strategy) -> int:
    """0 for a user's own that asks for something, then ORDER, then a user's own that asks for nothing."""
    if strategy.name == DEVELOPMENT:
        return len(ORDER) + 2
    if strategy.name in ORDER:
        return 1 + ORDER.index(strategy.name)
    return 0 if strategy.requires != Requires() else len(ORDER) + 1


def _checks(requires: Requires, resources: Resources) -> Iterator[_Check]:
    """One check for each requirement, in the order of the file's documentation."""
    for need in (*((requires.gpus,) if requires.gpus else ()), *requires.all_gpus):
        yield _check_gpus(need, resources)
    if requires.slurm is not None:
        yield _check_slurm(wanted=requires.slurm, resources=resources)
    for key in requires.keys:
        yield _Check(key in resources.keys, f"{key} is set" if key in resources.keys else f"needs {key}; it is not set")
    if requires.any_key:
        yield _check_any_key(requires.any_key, resources)
    if requires.endpoints:
        yield _check_endpoints(requires.endpoints, resources)
    if requires.memory is not None:
        found = resources.host.memory_total
        yield _check_memory("host memory", requires.memory, found, _could_not_look(resources, "host"))
    if requires.unified_memory is not None:
        unlooked = _could_not_look(resources, "host", "nvidia", "amd", "apple")
        yield _check_memory("unified memory", requires.unified_memory, shared_memory(resources), unlooked)
    if requires.any_of:
        yield _check_any_of(requires.any_of, resources)


def _check_gpus(need: GpuNeed, resources: Resources) -> _Check:
    least = None if need.memory is None else Bytes(int(need.memory * _TOLERANCE))
    count = gpus_found(resources, need.classes, least)
    classes = " or ".join(need.classes) or "any GPU"
    if count >= need.count:
        return _Check(True, f"{count} x {classes}")
    size = f" with {_gib(need.memory)}" if need.memory is not None else ""
    unlooked = _could_not_look(resources, "nvidia", "amd", "apple", *(["slurm"] if _has_slurm(resources) else []))
    return _Check(False, f"needs {need.count} x {classes}{size}; found {describe_gpus(resources)}{unlooked}")


def _has_slurm(resources: Resources) -> bool:
    return resources.slurm.available is not False


def _check_slurm(*, wanted: bool, resources: Resources) -> _Check:
    available = resources.slurm.available
    if wanted:
        if available:
            return _Check(True, "SLURM answers")
        return _Check(False, "needs SLURM; found none" + _could_not_look(resources, "slurm"))
    if available:
        return _Check(False, "needs a machine without SLURM; found SLURM")
    return _Check(True, "no SLURM here")


def _check_any_key(names: Sequence[str], resources: Resources) -> _Check:
    present = [name for name in names if name in resources.keys]
    if present:
        return _Check(True, f"{present[0]} is set")
    return _Check(False, f"needs one of {', '.join(names)}; none is set")


def _check_endpoints(kinds: Sequence[str], resources: Resources) -> _Check:
    answering = [endpoint for endpoint in resources.endpoints if endpoint.kind in kinds]
    if answering:
        return _Check(True, f"{answering[0].kind} answers at {answering[0].url}")
    others = ", ".join(f"{endpoint.kind} at {endpoint.url}" for endpoint in resources.endpoints) or "no server"
    unlooked = _could_not_look(resources, "endpoints")
    return _Check(False, f"needs a running server: {' or '.join(kinds)}; found {others}{unlooked}")


def _check_memory(what: str, need: Bytes, found: Bytes | None, unlooked: str) -> _Check:
    if found is not None and found >= need * _TOLERANCE:
        return _Check(True, f"{_gib(found)} {what}")
    return _Check(False, f"needs {_gib(need)} {what}; found {'none' if found is None else _gib(found)}{unlooked}")


def _check_any_of(alternatives: Sequence[Requires], resources: Resources) -> _Check:
    """The first alternative that holds is enough; when none does, all of them are named."""
    lacks = []
    for alternative in alternatives:
        checks = tuple(_checks(alternative, resources))
        if all(check.met for check in checks):
            return _Check(True, ", ".join(check.text for check in checks) or "an alternative requires nothing")
        lacks.append(" and ".join(check.text for check in checks if not check.met))
    return _Check(False, "one of these: " + " | ".join(f"({text})" for text in lacks))


def _could_not_look(resources: Resources, *probes: str) -> str:
    """What to add to "found": the probes that do not know, with their reasons."""
    reasons = [
        f"{report.probe}: {report.reason or 'no reason given'}"
        for report in resources.probes
        if report.probe in probes and report.state == "unknown"
    ]
    return f" (could not look: {'; '.join(reasons)})" if reasons else ""


def _gib(size: Bytes) -> str:
    return f"{size.gib:.1f}".removesuffix(".0") + " GiB"
