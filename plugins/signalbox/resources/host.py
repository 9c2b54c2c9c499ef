"""This machine: cores and memory, inside the cgroups that bind this process (containers, SLURM steps)."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import psutil

from signalbox.resources.finding import Finding, Look, read_int, read_text
from signalbox.schema.resources import Host
from signalbox.units import Bytes

_UNLIMITED = 1 << 60  # cgroup v1 writes 2**63 rounded down to a page


def probe(look: Look) -> Finding:
    """System, machine, cores, memory and chip."""
    total, available = memory(look.root)
    host = Host(
        system=look.system,
        machine=platform.machine(),
        cores=cores(look.root),
        memory_total=total,
        memory_available=available,
        chip=chip(look.root),
    )
    return Finding("ok", "" if total is not None else "host memory could not be read", host=host)


def memory(root: Path) -> tuple[Bytes | None, Bytes | None]:
    """(total, available) bytes: /proc/meminfo, lowered by every cgroup limit from our own up to the root."""
    total, available = _meminfo(root)
    for limit, used in _memory_limits(root):
        total = limit if total is None else min(total, limit)
        available = None if available is None else min(available, max(0, limit - used))
    return _bytes(total), _bytes(available)


def _bytes(value: int | None) -> Bytes | None:
    return None if value is None else Bytes(value)


def _meminfo(root: Path) -> tuple[int | None, int | None]:
    text = read_text(root / "proc/meminfo")
    if text is None:
        if root != Path("/"):
            return None, None
        system = psutil.virtual_memory()  # macOS and Windows have no /proc
        return int(system.total), int(system.available)
    rows = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return _kib(rows.get("MemTotal")), _kib(rows.get("MemAvailable"))


def _kib(text: str | None) -> int | None:
    number = (text or "").split()[:1]
    return int(number[0]) * 1024 if number and number[0].isdecimal() else None


def _memory_limits(root: Path) -> Iterator[tuple[int, int]]:
    """(limit, used without reclaimable page cache) of each cgroup that binds us, v1 and v2."""
    for group, version in _cgroups(root, "memory"):
        if version == 2:
            limit, usage, cache = "memory.max", "memory.current", "inactive_file"
        else:
            limit, usage, cache = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
        bound = read_int(group / limit)
        if bound is not None and 0 <= bound < _UNLIMITED:
            yield bound, max(0, (read_int(group / usage) or 0) - _stat(group / "memory.stat", cache))


def _stat(path: Path, key: str) -> int:
    for line in (read_text(path) or "").splitlines():
        name, _, value = line.partition(" ")
        if name == key and value.strip().isdecimal():
            return int(value)
    return 0


def _cgroups(root: Path, controller: str) -> Iterator[tuple[Path, int]]:
    """Our cgroup folder and all above it, with the cgroup version; folders outside our namespace do not exist."""
    for line in (read_text(root / "proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            base, version = root / "sys/fs/cgroup", 2
        elif controller in controllers.split(","):
            base, version = root / "sys/fs/cgroup" / controller, 1
        else:
            continue
        parts = [part for part in path.split("/") if part not in ("", ".", "..")]
        for depth in range(len(parts), -1, -1):
            yield base.joinpath(*parts[:depth]), version


def cores(root: Path) -> int | None:
    """Cores that we may use: affinity, lowered by the cgroups' CPU quotas (rounded up)."""
    count = _affinity() if root == Path("/") else _cpuinfo_processors(root)
    quotas = [quota for group, version in _cgroups(root, "cpu") if (quota := _quota(group, version)) is not None]
    known = [value for value in (count, *map(math.ceil, quotas)) if value]
    return min(known, default=None)


def _affinity() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _cpuinfo_processors(root: Path) -> int | None:
    lines = (read_text(root / "proc/cpuinfo") or "").splitlines()
    return sum(line.startswith("processor") for line in lines) or None


def _quota(group: Path, version: int) -> float | None:
    if version == 2:
        quota, _, period = (read_text(group / "cpu.max") or "").partition(" ")
    else:
        quota, period = (read_text(group / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period"))
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() and int(period) else None


def chip(root: Path) -> str | None:
    """The processor's (x86) or the board's (ARM) name for itself."""
    for line in (read_text(root / "proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip() or None
    return (read_text(root / "proc/device-tree/model", 200) or "").strip("\0 ") or None
