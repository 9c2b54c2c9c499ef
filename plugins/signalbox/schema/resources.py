"""What was detected. `None` is unknown, never zero; a probe that could not look says why."""

from typing import Literal

from pydantic import Field

from signalbox.schema.base import BytesField, Frozen
from signalbox.schema.strategy import ServerKind

ProbeState = Literal["ok", "absent", "unknown"]


class ProbeReport(Frozen):
    """How one probe went: `absent` is a certain no, `unknown` says why it could not look."""

    probe: str
    state: ProbeState
    reason: str = ""
    took_ms: float = 0.0


class Gpu(Frozen):
    """One GPU (or MIG slice)."""

    name: str
    gpu_class: str = Field(description="by token: t4, h100-sxm, strix-halo, unknown:<raw name>")
    vendor: Literal["nvidia", "amd", "apple", "intel"]
    memory_total: BytesField | None = None
    memory_free: BytesField | None = None
    unified: bool = False
    compute_capability: float | None = None
    temperature_c: float | None = None
    utilisation_percent: float | None = None
    uuid: str | None = None
    lost: bool = False
    visible: bool | None = Field(None, description="visible to CUDA under CUDA_VISIBLE_DEVICES")


class Host(Frozen):
    """This machine, inside its cgroup."""

    system: str
    machine: str
    cores: int | None = None
    memory_total: BytesField | None = None
    memory_available: BytesField | None = None
    chip: str | None = None


class Partition(Frozen):
    """A SLURM partition: GPUs by class, over all its nodes and those free now."""

    name: str
    up: bool | None = None
    gpus_total: dict[str, int] = {}
    gpus_free: dict[str, int] | None = None
    time_limit_minutes: int | None = Field(None, description="None: unlimited or unknown")


class Slurm(Frozen):
    """SLURM as seen from here. `available` None: could not be told."""

    available: bool | None = None
    partitions: tuple[Partition, ...] = ()
    job_id: str | None = None


class Endpoint(Frozen):
    """An inference server that answered."""

    url: str
    kind: ServerKind
    models: tuple[str, ...] = ()
    version: str | None = None


class Resources(Frozen):
    """Everything that was detected on this machine and its configured network."""

    host: Host
    gpus: tuple[Gpu, ...] = ()
    slurm: Slurm = Slurm()
    keys: tuple[str, ...] = Field((), description="names of the API keys that are set; values never")
    endpoints: tuple[Endpoint, ...] = ()
    probes: tuple[ProbeReport, ...] = ()
