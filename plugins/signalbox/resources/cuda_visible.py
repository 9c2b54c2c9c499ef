"""Which GPUs CUDA would show to a program here: the rules of CUDA_VISIBLE_DEVICES."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_NONE = ("", "-1", "nodevfiles")


def visible(environ: Mapping[str, str], gpus: Sequence[tuple[str | None, str]]) -> tuple[bool | None, ...]:
    """One mark for each (uuid, name), in NVML order; None where it cannot be told.

    Numbers count in CUDA's order, which is NVML's only with CUDA_DEVICE_ORDER=PCI_BUS_ID or with GPUs of one kind.
    CUDA stops reading at the first entry that names no GPU.
    """
    wanted = environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return (True,) * len(gpus)
    if wanted.strip().lower() in _NONE:
        return (False,) * len(gpus)
    sliced = any("MIG" in name for _, name in gpus)
    ordered = not sliced and (environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID" or len({name for _, name in gpus}) <= 1)
    shown: set[int] = set()
    for entry in (part.strip() for part in wanted.split(",")):
        if entry.isdecimal() and not ordered:
            return (None,) * len(gpus)
        found = _find(entry, [uuid for uuid, _ in gpus])
        if found is None:
            break
        shown.add(found)
    return tuple(index in shown for index in range(len(gpus)))


def _find(entry: str, uuids: Sequence[str | None]) -> int | None:
    if entry.isdecimal():
        return int(entry) if int(entry) < len(uuids) else None
    if not entry.startswith(("GPU-", "MIG-")):
        return None
    return next((index for index, uuid in enumerate(uuids) if uuid and uuid.startswith(entry)), None)
