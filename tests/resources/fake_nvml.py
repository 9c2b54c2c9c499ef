"""An NVML without a driver: GPUs are records, and a field that holds `Fails` raises that error code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from signalbox.resources import nvml
from signalbox.resources.nvml import NvmlError

Answer = TypeVar("Answer")


@dataclass
class Fails:
    """Raise this NVML error code instead of an answer."""

    code: int


NOT_SUPPORTED = Fails(nvml.NOT_SUPPORTED)


@dataclass
class FakeGpu:
    name: str | bytes | Fails = "Tesla T4"
    uuid: str | Fails = "GPU-0000"
    memory: tuple[int, int] | Fails = (15360 << 20, 15000 << 20)
    compute_capability: tuple[int, int] | Fails = (7, 5)
    utilisation: int | Fails = 37
    temperature_v: int | Fails = 61
    temperature: int | Fails = 61
    handle: Fails | None = None
    slots: list[FakeGpu | None] | None = None
    """MIG slots; None: the GPU knows no MIG. An empty slot is None."""


@dataclass
class FakeNvml:
    gpus: list[FakeGpu] = field(default_factory=list)
    init: Fails | None = None
    stopped: bool = False

    def start(self) -> None:
        _answer(self.init)

    def stop(self) -> None:
        self.stopped = True

    def driver(self) -> str:
        return "580.173.02"

    def count(self) -> int:
        return len(self.gpus)

    def gpu(self, index: int) -> object:
        _answer(self.gpus[index].handle)
        return self.gpus[index]

    def name(self, gpu: object) -> str | bytes:
        name = _gpu(gpu).name
        return _answer(name) if isinstance(name, Fails) else name

    def uuid(self, gpu: object) -> str | bytes:
        return _answer(_gpu(gpu).uuid)

    def memory(self, gpu: object) -> tuple[int, int]:
        return _answer(_gpu(gpu).memory)

    def compute_capability(self, gpu: object) -> tuple[int, int]:
        return _answer(_gpu(gpu).compute_capability)

    def utilisation(self, gpu: object) -> int:
        return _answer(_gpu(gpu).utilisation)

    def temperature_v(self, gpu: object) -> int:
        return _answer(_gpu(gpu).temperature_v)

    def temperature(self, gpu: object) -> int:
        return _answer(_gpu(gpu).temperature)

    def mig_enabled(self, gpu: object) -> bool:
        if _gpu(gpu).slots is None:
            raise NvmlError(nvml.NOT_SUPPORTED)
        return True

    def mig_slots(self, gpu: object) -> int:
        return len(_gpu(gpu).slots or [])

    def mig_slice(self, gpu: object, index: int) -> object:
        child = (_gpu(gpu).slots or [])[index]
        if child is None:
            raise NvmlError(nvml.NOT_FOUND)
        return child


def _gpu(handle: object) -> FakeGpu:
    assert isinstance(handle, FakeGpu)
    return handle


def _answer(value: Answer | Fails) -> Answer:
    if isinstance(value, Fails):
        raise NvmlError(value.code)
    return value
