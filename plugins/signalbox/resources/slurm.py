"""SLURM as `sinfo` tells it: partitions, their GPUs by class, and how many of those are free."""

from __future__ import annotations

import time

from signalbox.resources.command import CommandFailedError, CommandMissingError, run
from signalbox.resources.finding import Finding, Look
from signalbox.resources.sinfo_json import parse_json
from signalbox.resources.sinfo_text import TEXT_FORMAT, parse_text
from signalbox.schema.resources import Partition, ProbeState, Slurm


def probe(look: Look) -> Finding:
    """Asks `sinfo` once as JSON, and as text where it is too old for that (before 21.08)."""
    job = look.environ.get("SLURM_JOB_ID") or None
    try:
        partitions = _ask(look)
    except CommandMissingError as error:
        if job is None:
            return _finding("absent", str(error), Slurm(available=False))
        return _finding("unknown", f"inside SLURM job {job}, but {error}", Slurm(job_id=job))
    except CommandFailedError as error:
        return _finding("unknown", str(error), Slurm(job_id=job))
    reason = f"{len(partitions)} partition{'s' * (len(partitions) != 1)}"
    return _finding("ok", reason, Slurm(available=True, partitions=partitions, job_id=job))


def _finding(state: ProbeState, reason: str, slurm: Slurm) -> Finding:
    return Finding(state, reason, slurm=slurm)


def _ask(look: Look) -> tuple[Partition, ...]:
    ends = time.monotonic() + look.timeout
    try:
        # One row per node, so that the GPUs in use are told for each.
        partitions = parse_json(run(["sinfo", "--json", "--Node"], environ=look.environ, timeout=look.timeout))
        if partitions is not None:
            return partitions
    except CommandFailedError as error:
        if time.monotonic() >= ends:
            raise CommandFailedError(str(error)) from error
    text = run(["sinfo", "-h", "-o", TEXT_FORMAT], environ=look.environ, timeout=ends - time.monotonic())
    partitions = parse_text(text)
    if not partitions and text.strip():
        raise CommandFailedError(f"sinfo answered something unreadable: {text.strip().splitlines()[0][:80]!r}")
    return partitions
