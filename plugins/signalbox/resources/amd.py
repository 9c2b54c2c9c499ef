"""AMD GPUs through sysfs: no library, no privileges, also inside containers that see /sys."""

from __future__ import annotations

import re
from pathlib import Path

from signalbox.resources.finding import Finding, Look, absent, read_int, read_text
from signalbox.resources.gpu_class import gpu_class
from signalbox.resources.host import memory
from signalbox.schema.resources import Gpu
from signalbox.units import Bytes

_VENDOR = "0x1002"
_CARD = re.compile(r"card\d+\Z")  # card0-eDP-1 is a connector
_INTEGRATED = frozenset({90012, 100305, 100306, 110003, 110500, 110501, 110502})
"""gfx_target_version of APUs: gfx90c, 1035, 1036, 1103, 1150, 1151, 1152 (major*10000 + minor*100 + step)."""
_STRIX_HALO = 110501
_GIB = 2**30


def probe(look: Look) -> Finding:
    """Every AMD card below /sys/class/drm."""
    cards = sorted(path for path in _children(look.root / "sys/class/drm") if _CARD.match(path.name))
    devices = [card / "device" for card in cards if read_text(card / "device/vendor", 64) == _VENDOR]
    if not devices:
        return absent("no AMD GPU in /sys/class/drm")
    return Finding("ok", gpus=tuple(_read_gpu(device, look.root) for device in devices))


def _children(folder: Path) -> tuple[Path, ...]:
    try:
        return tuple(folder.iterdir())
    except OSError:
        return ()


def _read_gpu(device: Path, root: Path) -> Gpu:
    gfx = _gfx(device, root)
    name = read_text(device / "product_name", 200) or "AMD Radeon Graphics"
    unified = _shares_memory(device, gfx)
    total, free = _shared_memory(device, root) if unified else _own_memory(device)
    return Gpu(
        name=name,
        gpu_class=_class(name, gfx),
        vendor="amd",
        memory_total=total,
        memory_free=free,
        unified=unified,
        temperature_c=_temperature(device),
        utilisation_percent=read_int(device / "gpu_busy_percent"),
        uuid=_pci_slot(device),
    )


def _class(name: str, gfx: int | None) -> str:
    if gfx == _STRIX_HALO:
        return "strix-halo"
    by_name = gpu_class(name)
    if not by_name.startswith("unknown:") or gfx is None:
        return by_name
    return f"unknown:gfx{gfx // 10000}{gfx // 100 % 100}{gfx % 100:x}"


def _gfx(device: Path, root: Path) -> int | None:
    """The gfx_target_version of the KFD node with the same device id; None without the compute driver."""
    wanted = _hex(read_text(device / "device", 64))
    for node in sorted(_children(root / "sys/class/kfd/kfd/topology/nodes")):
        rows = (line.split() for line in (read_text(node / "properties") or "").splitlines())
        values = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdecimal()}
        if values.get("gfx_target_version") and values.get("device_id") == wanted:
            return values["gfx_target_version"]
    return None


def _hex(text: str | None) -> int | None:
    try:
        return int(text or "", 16)
    except ValueError:
        return None


def _shares_memory(device: Path, gfx: int | None) -> bool:
    """An APU: by its architecture, else by a small carve-out beside a large GTT. (A carve-out may be 96 GB.)"""
    if gfx in _INTEGRATED:
        return True
    if (device / "mem_info_vram_vendor").exists() or (device / "board_info").exists():
        return False
    vram, gtt = read_int(device / "mem_info_vram_total"), read_int(device / "mem_info_gtt_total")
    return vram is not None and gtt is not None and vram <= 4 * _GIB and gtt >= max(8 * _GIB, 4 * vram)


def _own_memory(device: Path) -> tuple[Bytes | None, Bytes | None]:
    total, used = (read_int(device / f"mem_info_vram_{part}") for part in ("total", "used"))
    if not total:
        return None, None
    return Bytes(total), None if used is None else Bytes(max(0, total - used))


def _shared_memory(device: Path, root: Path) -> tuple[Bytes | None, Bytes | None]:
    """Carve-out plus what can be borrowed: GTT may be larger than the memory that is there, so the host bounds it."""
    vram, gtt = (read_int(device / f"mem_info_{part}_total") for part in ("vram", "gtt"))
    vram_used, gtt_used = (read_int(device / f"mem_info_{part}_used") for part in ("vram", "gtt"))
    host_total, host_available = memory(root)
    if vram is None or gtt is None:
        return None, None
    total = vram + (gtt if host_total is None else min(gtt, host_total))
    if vram_used is None or gtt_used is None or host_available is None:
        return Bytes(total), None
    return Bytes(total), Bytes(max(0, vram - vram_used) + min(max(0, gtt - gtt_used), host_available))


def _temperature(device: Path) -> float | None:
    for monitor in sorted(_children(device / "hwmon")):
        milli = read_int(monitor / "temp1_input")
        if milli is not None:
            return milli / 1000
    return None


def _pci_slot(device: Path) -> str | None:
    for line in (read_text(device / "uevent") or "").splitlines():
        if line.startswith("PCI_SLOT_NAME="):
            return line.partition("=")[2] or None
    return None
