"""The few NVML calls that we make, behind a Protocol: the real library, or a fake one in tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

NOT_SUPPORTED, NO_PERMISSION, NOT_FOUND, DRIVER_NOT_LOADED = 3, 4, 6, 9
LIBRARY_NOT_FOUND, FUNCTION_NOT_FOUND, GPU_IS_LOST, RESET_REQUIRED = 12, 13, 15, 16
VERSION_MISMATCH, DEPRECATED, GPU_NOT_FOUND, UNKNOWN = 18, 26, 28, 999

MEANINGS = {
    NO_PERMISSION: "no permission to use the NVIDIA driver",
    DRIVER_NOT_LOADED: "the NVIDIA driver is not loaded",
    LIBRARY_NOT_FOUND: "no NVIDIA driver library",
    VERSION_MISMATCH: "the NVIDIA driver and its library have different versions; reboot, or update the container",
}


class NvmlError(Exception):
    """NVML returned an error; `value` is its code. (NVMLError itself cannot be hashed or compared with None.)"""

    def __init__(self, value: int) -> None:
        self.value = value
        super().__init__(value)

    def __str__(self) -> str:
        return MEANINGS.get(self.value, f"NVML error {self.value}")


class NvmlBackend(Protocol):
    """Every call may raise NvmlError. A GPU is an opaque handle."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def driver(self) -> str | bytes: ...
    def count(self) -> int: ...
    def gpu(self, index: int) -> object: ...
    def name(self, gpu: object) -> str | bytes: ...
    def uuid(self, gpu: object) -> str | bytes: ...
    def memory(self, gpu: object) -> tuple[int, int]:
        """(total, free) in bytes."""
        ...

    def compute_capability(self, gpu: object) -> tuple[int, int]: ...
    def utilisation(self, gpu: object) -> int:
        """Percent of the time in which any kernel ran."""
        ...

    def temperature_v(self, gpu: object) -> int:
        """Degrees Celsius, by the call of CUDA 13 and later."""
        ...

    def temperature(self, gpu: object) -> int:
        """Degrees Celsius, by the call that CUDA 14 drops."""
        ...

    def mig_enabled(self, gpu: object) -> bool: ...
    def mig_slots(self, gpu: object) -> int: ...
    def mig_slice(self, gpu: object, index: int) -> object: ...


class PyNvml:
    """The driver's own library through nvidia-ml-py. Calls may block for seconds on a sick GPU: never on a request."""

    def __init__(self) -> None:
        import pynvml

        self._nvml = pynvml

    def _ask(self, call: Callable[..., Any], *arguments: object) -> Any:
        try:
            return call(*arguments)
        except self._nvml.NVMLError as error:
            raise NvmlError(int(error.value)) from None

    def start(self) -> None:
        self._ask(self._nvml.nvmlInit)

    def stop(self) -> None:
        self._ask(self._nvml.nvmlShutdown)

    def driver(self) -> str | bytes:
        version: str | bytes = self._ask(self._nvml.nvmlSystemGetDriverVersion)
        return version

    def count(self) -> int:
        return int(self._ask(self._nvml.nvmlDeviceGetCount))

    def gpu(self, index: int) -> object:
        handle: object = self._ask(self._nvml.nvmlDeviceGetHandleByIndex, index)
        return handle

    def name(self, gpu: object) -> str | bytes:
        name: str | bytes = self._ask(self._nvml.nvmlDeviceGetName, gpu)
        return name

    def uuid(self, gpu: object) -> str | bytes:
        uuid: str | bytes = self._ask(self._nvml.nvmlDeviceGetUUID, gpu)
        return uuid

    def memory(self, gpu: object) -> tuple[int, int]:
        memory = self._ask(self._nvml.nvmlDeviceGetMemoryInfo, gpu)
        return int(memory.total), int(memory.free)

    def compute_capability(self, gpu: object) -> tuple[int, int]:
        major, minor = self._ask(self._nvml.nvmlDeviceGetCudaComputeCapability, gpu)
        return int(major), int(minor)

    def utilisation(self, gpu: object) -> int:
        return int(self._ask(self._nvml.nvmlDeviceGetUtilizationRates, gpu).gpu)

    def temperature_v(self, gpu: object) -> int:
        return int(self._ask(self._nvml.nvmlDeviceGetTemperatureV, gpu, self._nvml.NVML_TEMPERATURE_GPU))

    def temperature(self, gpu: object) -> int:
        return int(self._ask(self._nvml.nvmlDeviceGetTemperature, gpu, self._nvml.NVML_TEMPERATURE_GPU))

    def mig_enabled(self, gpu: object) -> bool:
        current, _pending = self._ask(self._nvml.nvmlDeviceGetMigMode, gpu)
        return int(current) == 1

    def mig_slots(self, gpu: object) -> int:
        return int(self._ask(self._nvml.nvmlDeviceGetMaxMigDeviceCount, gpu))

    def mig_slice(self, gpu: object, index: int) -> object:
        handle: object = self._ask(self._nvml.nvmlDeviceGetMigDeviceHandleByIndex, gpu, index)
        return handle
