"""Apple silicon: the chip, its memory, and how much of it Metal lets the GPU use.

`sysctl` tells all of it in milliseconds; `system_profiler` gives the same name after a second.
"""

from __future__ import annotations

import time

from signalbox.resources.command import CommandFailedError, CommandMissingError, run
from signalbox.resources.finding import Finding, Look, absent, unknown
from signalbox.resources.gpu_class import gpu_class
from signalbox.schema.resources import Gpu
from signalbox.units import Bytes

_GIB = 2**30


def probe(look: Look) -> Finding:
    """The GPU of an Apple chip; `memory_total` is Metal's recommended working set, not all of the memory."""
    if look.system != "Darwin":
        return absent(f"{look.system} is not macOS")
    try:
        ends = time.monotonic() + look.timeout
        memory = _sysctl("hw.memsize", look, ends)
        chip = _sysctl("machdep.cpu.brand_string", look, ends)
    except (CommandMissingError, CommandFailedError) as error:
        return unknown(str(error))
    if not chip.startswith("Apple") or not memory.isdecimal():
        return absent(f"{chip or 'this Mac'} has no Apple GPU")
    wired = _optional("iogpu.wired_limit_mb", look, ends)
    gpu = Gpu(
        name=chip,
        gpu_class=gpu_class(chip),
        vendor="apple",
        memory_total=working_set(int(memory), int(wired) if wired.isdecimal() else 0),
        unified=True,
    )
    return Finding("ok", f"of {Bytes(int(memory))} shared memory", gpus=(gpu,))


def working_set(memory: int, wired_limit_mb: int = 0) -> Bytes:
    """Bytes that the GPU may use: the limit set with `iogpu.wired_limit_mb`, else an estimate.

    Metal recommends about 75 % of the memory on machines of 48 GiB and more, about 66 % on smaller ones.
    """
    if wired_limit_mb > 0:
        return Bytes(min(memory, wired_limit_mb * 2**20))
    return Bytes(int(memory * (0.75 if memory >= 48 * _GIB else 0.66)))


def _sysctl(key: str, look: Look, ends: float) -> str:
    return run(["sysctl", "-n", key], environ=look.environ, timeout=ends - time.monotonic()).strip()


def _optional(key: str, look: Look, ends: float) -> str:
    try:
        return _sysctl(key, look, ends)
    except (CommandMissingError, CommandFailedError):
        return ""
