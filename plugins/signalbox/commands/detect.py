"""`signalbox detect`: what is on this machine and its configured network."""

from __future__ import annotations

from rich.console import Console

from signalbox.commands.output import Output, table
from signalbox.resources.detect import detect as look
from signalbox.schema.resources import Resources


def detect(output: Output, *, endpoints: tuple[str, ...] = ()) -> int:
    """Prints the resources; what could not be read is unknown, with the reason."""
    found = look(endpoints)
    output.show(found.model_dump(mode="json"), lambda console: _render(console, found))
    return 0


def _render(console: Console, found: Resources) -> None:
    host = found.host
    console.print(
        f"[bold]{host.system} {host.machine}[/bold]  {host.chip or ''}  {host.cores or 'unknown number of'} cores, "
        f"memory {host.memory_total or 'unknown'} ({host.memory_available or 'unknown'} available)"
    )
    if found.gpus:
        gpus = (
            (
                gpu.name,
                gpu.gpu_class,
                gpu.memory_total or "unknown",
                gpu.memory_free or "unknown",
                "unified" if gpu.unified else "lost" if gpu.lost else "",
            )
            for gpu in found.gpus
        )
        console.print(table("GPUs", ("name", "class", "memory", "free", ""), gpus))
    if found.slurm.available:
        partitions = (
            (partition.name, partition.up, _counts(partition.gpus_total), _counts(partition.gpus_free))
            for partition in found.slurm.partitions
        )
        console.print(table("SLURM", ("partition", "up", "GPUs", "free now"), partitions))
    if found.endpoints:
        servers = ((server.url, server.kind, ", ".join(server.models[:6]) or "-") for server in found.endpoints)
        console.print(table("Servers", ("address", "kind", "models"), servers))
    console.print(f"API keys set: {', '.join(found.keys) or 'none'}")
    probes = ((probe.probe, probe.state, f"{probe.took_ms:.0f} ms", probe.reason) for probe in found.probes)
    console.print(table("Probes", ("probe", "state", "took", "why"), probes))


def _counts(gpus: dict[str, int] | None) -> str | None:
    if gpus is None:
        return None
    return ", ".join(f"{count} x {name or 'gpu'}" for name, count in gpus.items()) or "none"
