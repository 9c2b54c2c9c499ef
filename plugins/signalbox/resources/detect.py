"""Everything that can be told about this machine and its configured servers, in parallel and within a hard limit."""

from __future__ import annotations

import os
import platform
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from signalbox.resources import amd, apple, host, keys, nvidia, slurm
from signalbox.resources import endpoints as servers
from signalbox.resources.finding import Finding, Look, unknown
from signalbox.schema.resources import Host, ProbeReport, Resources, Slurm

Probe = Callable[[Look], Finding]

PROBES: dict[str, Probe] = {
    "host": host.probe,
    "nvidia": nvidia.probe,
    "amd": amd.probe,
    "apple": apple.probe,
    "slurm": slurm.probe,
    "keys": keys.probe,
    "endpoints": servers.probe,
}

_GRACE = 0.2
"""Seconds past their own time-out after which probes are abandoned."""


def detect(
    endpoints: Sequence[str] = (),
    *,
    environ: Mapping[str, str] | None = None,
    root: Path = Path("/"),
    timeout: float = 1.5,
) -> Resources:
    """What is here. Never raises, and ends `timeout` + 0.2 seconds from now at the latest.

    `endpoints` are base URLs from configuration; beside them only the usual ports of 127.0.0.1 are asked.
    """
    look = Look(
        environ=dict(os.environ if environ is None else environ),
        root=root,
        timeout=timeout,
        endpoints=tuple(endpoints),
        ports=servers.LOCAL_PORTS,
    )
    return assemble(run_probes(PROBES, look))


def run_probes(probes: Mapping[str, Probe], look: Look) -> dict[str, tuple[Finding, float]]:
    """(finding, milliseconds) by name, in the order given. A probe that hangs is left behind in its daemon thread."""
    started = time.monotonic()
    done: queue.SimpleQueue[tuple[str, Finding, float]] = queue.SimpleQueue()
    for name, probe in probes.items():
        threading.Thread(target=_run, args=(name, probe, look, done), daemon=True, name=f"probe-{name}").start()
    results: dict[str, tuple[Finding, float]] = {}
    ends = started + look.timeout + _GRACE
    while len(results) < len(probes):
        try:
            name, finding, took_ms = done.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            break
        results[name] = (finding, took_ms)
    late = (unknown("timed out"), (time.monotonic() - started) * 1000)
    return {name: results.get(name, late) for name in probes}


def _run(name: str, probe: Probe, look: Look, done: queue.SimpleQueue[tuple[str, Finding, float]]) -> None:
    started = time.monotonic()
    try:
        finding = probe(look)
    except Exception as error:  # a machine that we have not met must not stop the others
        finding = unknown(f"the probe failed: {type(error).__name__}: {error}"[:300])
    done.put((name, finding, (time.monotonic() - started) * 1000))


def assemble(results: Mapping[str, tuple[Finding, float]]) -> Resources:
    """Findings to one value; what no probe could tell stays unknown."""
    findings = [finding for finding, _ in results.values()]
    return Resources(
        host=next((finding.host for finding in findings if finding.host), _bare_host()),
        gpus=tuple(gpu for finding in findings for gpu in finding.gpus),
        slurm=next((finding.slurm for finding in findings if finding.slurm), Slurm()),
        keys=tuple(key for finding in findings for key in finding.keys),
        endpoints=tuple(endpoint for finding in findings for endpoint in finding.endpoints),
        probes=tuple(
            ProbeReport(probe=name, state=finding.state, reason=finding.reason, took_ms=round(took_ms, 1))
            for name, (finding, took_ms) in results.items()
        ),
    )


def _bare_host() -> Host:
    return Host(system=platform.system(), machine=platform.machine())
