"""What the detected resources amount to: GPUs counted on this host and in SLURM, and memory that CPU and GPU share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from signalbox.resources.gpu_class import matches_class, spec
from signalbox.schema.resources import Gpu, Partition, Resources
from signalbox.units import Bytes


def gpus_found(resources: Resources, classes: Sequence[str], least: Bytes | None) -> int:
    """GPUs of any of the classes (none named: of all) with at least `least` bytes each, on this host and in SLURM.

    Nodes often belong to several partitions, so that only the partition with the most counts. Inside a SLURM job this
    host is one of the nodes: it is not counted twice.
    """
    here = sum(_suits(gpu.gpu_class, _own_memory(gpu), classes, least) for gpu in resources.gpus if _works(gpu))
    there = max((_in_partition(partition, classes, least) for partition in resources.slurm.partitions), default=0)
    return max(here, there) if resources.slurm.job_id else here + there


def _in_partition(partition: Partition, classes: Sequence[str], least: Bytes | None) -> int:
    if partition.up is False:
        return 0
    return sum(
        count for kind, count in partition.gpus_total.items() if _suits(kind, _class_memory(kind), classes, least)
    )


def _works(gpu: Gpu) -> bool:
    return not gpu.lost and gpu.visible is not False


def _suits(kind: str, memory: Bytes | None, classes: Sequence[str], least: Bytes | None) -> bool:
    """Memory that is unknown is enough where the class was asked for by name: unknown is not too little."""
    if classes and not any(matches_class(wanted, kind) for wanted in classes):
        return False
    return least is None or (memory >= least if memory is not None else bool(classes))


def _own_memory(gpu: Gpu) -> Bytes | None:
    return gpu.memory_total if gpu.memory_total is not None else _class_memory(gpu.gpu_class)


def _class_memory(kind: str) -> Bytes | None:
    known = spec(kind)
    return Bytes(known.memory_mib * 2**20) if known and known.memory_mib is not None else None


def shared_memory(resources: Resources) -> Bytes | None:
    """Memory that the CPU and a GPU share; None where no GPU shares it, or its size is unknown.

    The larger of what the GPU may use (a firmware carve-out is missing from the host's figure) and what the host has
    (Metal and the kernel let the GPU use a part of it).
    """
    shared = [gpu.memory_total for gpu in resources.gpus if gpu.unified and _works(gpu)]
    sizes = [size for size in (*shared, resources.host.memory_total) if size is not None]
    return max(sizes, default=None) if shared else None


def describe_gpus(resources: Resources) -> str:
    """`1 x l4 (22.5 GiB), 10 x t4 (SLURM t4_ai)`, or `no GPU`."""
    here = Counter(_described(gpu) for gpu in resources.gpus)
    parts = [f"{count} x {text}" for text, count in here.items()]
    for partition in resources.slurm.partitions:
        state = ", down" if partition.up is False else ""
        parts += [f"{count} x {kind} (SLURM {partition.name}{state})" for kind, count in partition.gpus_total.items()]
    return ", ".join(parts) or "no GPU"


def _described(gpu: Gpu) -> str:
    if gpu.lost:
        return f"{gpu.gpu_class} (lost)"
    if gpu.visible is False:
        return f"{gpu.gpu_class} (hidden by CUDA_VISIBLE_DEVICES)"
    return f"{gpu.gpu_class} ({'memory unknown' if gpu.memory_total is None else f'{gpu.memory_total.gib:.1f} GiB'})"
