"""NVIDIA GPUs through NVML. A field that a GPU does not tell is None; a GPU that is lost stays in the list as lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from signalbox.resources import nvml
from signalbox.resources.cuda_visible import visible
from signalbox.resources.finding import Finding, Look, absent, read_text, unknown
from signalbox.resources.gpu_class import gpu_class, spec
from signalbox.resources.host import chip, memory
from signalbox.resources.nvml import NvmlBackend, NvmlError, PyNvml
from signalbox.schema.resources import Gpu
from signalbox.units import Bytes

_LOST = (nvml.GPU_IS_LOST, nvml.RESET_REQUIRED, nvml.GPU_NOT_FOUND)
_OTHER_CALL = (nvml.NOT_SUPPORTED, nvml.FUNCTION_NOT_FOUND, nvml.DEPRECATED)
_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


def probe(look: Look, backend: NvmlBackend | None = None) -> Finding:
    """Every NVIDIA GPU, MIG slices instead of their parent. A driver that does not answer well is `unknown`."""
    library = backend or PyNvml()
    try:
        library.start()
    except NvmlError as fault:
        if fault.value == nvml.LIBRARY_NOT_FOUND:
            return _jetson(look.root) or absent(str(fault))
        _log.warning("NVIDIA GPUs cannot be read: %s", fault)
        return unknown(str(fault))
    try:
        return _read_all(library, look)
    except NvmlError as fault:
        return unknown(str(fault))
    finally:
        with suppress(NvmlError):
            library.stop()


def _read_all(library: NvmlBackend, look: Look) -> Finding:
    count = library.count()
    gpus = [gpu for index in range(count) for gpu in _read_index(library, index, look.root)]
    driver = _told(lambda: _text(library.driver()))
    if not gpus:
        return absent("the NVIDIA driver sees no GPU" if not count else "GPUs in MIG mode without slices")
    seen = visible(look.environ, [(gpu.uuid, gpu.name) for gpu in gpus])
    marked = tuple(gpu.model_copy(update={"visible": mark}) for gpu, mark in zip(gpus, seen, strict=True))
    return Finding("ok", f"driver {driver}" if driver else "", gpus=marked)


def _read_index(library: NvmlBackend, index: int, root: Path) -> Iterator[Gpu]:
    try:
        handle = library.gpu(index)
    except NvmlError as fault:
        yield _lost(f"NVIDIA GPU {index}", fault)
        return
    if _told(lambda: library.mig_enabled(handle)):
        for slot in range(_told(lambda: library.mig_slots(handle)) or 0):
            with suppress(NvmlError):  # an empty slot raises NotFound; the next one may hold a slice
                yield _read_gpu(library, library.mig_slice(handle, slot), index, root, is_slice=True)
    else:
        yield _read_gpu(library, handle, index, root, is_slice=False)


def _read_gpu(library: NvmlBackend, handle: object, index: int, root: Path, *, is_slice: bool) -> Gpu:
    name = _told(lambda: _text(library.name(handle))) or f"NVIDIA GPU {index}"
    kind = gpu_class(name)
    if is_slice and "+" not in kind:
        kind = f"{kind}+mig"
    try:
        total, free, unified = _memory(library, handle, kind, root, is_slice=is_slice)
    except NvmlError as fault:
        return _lost(name, fault)
    capability = _told(lambda: library.compute_capability(handle))
    return Gpu(
        name=name,
        gpu_class=kind,
        vendor="nvidia",
        memory_total=total,
        memory_free=free,
        unified=unified,
        compute_capability=float(f"{capability[0]}.{capability[1]}") if capability else None,
        temperature_c=_temperature(library, handle),
        utilisation_percent=_told(lambda: library.utilisation(handle)),
        uuid=_told(lambda: _text(library.uuid(handle))),
    )


def _memory(
    library: NvmlBackend, handle: object, kind: str, root: Path, *, is_slice: bool
) -> tuple[Bytes | None, Bytes | None, bool]:
    """(total, free, unified). GB10 and Jetson tell NotSupported or 0: there it is the host's memory.

    Any other failure is None: a GPU whose memory could not be read has not the host's. Raises NvmlError when lost.
    """
    known = spec(kind)
    try:
        total, free = library.memory(handle)
    except NvmlError as fault:
        if fault.value in _LOST:
            raise
        if fault.value != nvml.NOT_SUPPORTED:
            return None, None, False
        total, free = 0, 0
    if is_slice or (total > 0 and not (known and known.unified)):
        return (Bytes(total), Bytes(free), False) if total > 0 else (None, None, False)
    return (*memory(root), True)


def _temperature(library: NvmlBackend, handle: object) -> float | None:
    try:
        return library.temperature_v(handle)
    except NvmlError as fault:
        return _told(lambda: library.temperature(handle)) if fault.value in _OTHER_CALL else None


def _lost(name: str, fault: NvmlError) -> Gpu:
    return Gpu(name=name, gpu_class=gpu_class(name), vendor="nvidia", lost=fault.value in _LOST)


def _told(question: Callable[[], Answer]) -> Answer | None:
    """The answer, or None where this GPU or driver does not give it."""
    try:
        return question()
    except NvmlError:
        return None


def _text(raw: str | bytes) -> str:
    return raw.decode(errors="replace") if isinstance(raw, bytes) else raw


def _jetson(root: Path) -> Finding | None:
    """A Jetson without NVML (JetPack 5): the board's name and the host's memory are all that can be told."""
    if read_text(root / "etc/nv_tegra_release") is None and not (root / "sys/class/tegra-firmware").is_dir():
        return None
    name = chip(root) or "NVIDIA Jetson"
    total, free = memory(root)
    board = Gpu(
        name=name, gpu_class=gpu_class(name), vendor="nvidia", memory_total=total, memory_free=free, unified=True
    )
    return Finding("ok", "Jetson without NVML", gpus=(board,))
