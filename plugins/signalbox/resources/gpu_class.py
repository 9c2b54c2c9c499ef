"""GPU names to classes, by whole tokens: `L4` is no `L40`, `T4` no `T400`, and "6000" alone names four chips."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NOISE = re.compile(
    r"\b(nvidia|tesla|geforce|quadro|grid|amd|instinct|radeon|intel\(r\)|generation|graphics|gpu|corporation)\b"
)
_SPLIT = re.compile(r"[\s\-/(),\[\]]+")
_LONGEST = 200

# fmt: off
_SIMPLE = frozenset({
    "t4", "t4g", "l4", "l40", "l40s", "l20", "a2", "a10", "a10g", "a16", "a30", "a40", "a100", "a800", "h100",
    "h800", "h20", "h200", "gh200", "b200", "b300", "gb200", "gb300", "gb10", "p4", "p40", "p100", "v100",
    "v100s", "orin", "thor", "xavier", "mi210", "mi250", "mi250x", "mi300a", "mi300x", "mi308x", "mi325x",
    "mi350x", "mi355x",
})
# fmt: on
_ALIASES = {"8060s": "strix-halo", "8050s": "strix-halo"}
_SIZED = ("a100", "v100")
_FORMED = ("a100", "a800", "v100", "h100", "h800", "h200", "p100")
_RTX_KINDS = ("ti", "super", "d")


@dataclass(frozen=True, slots=True)
class GpuSpec:
    """What a class offers. `memory_mib` None: shared with the host, a slice of unknown size, or several builds."""

    memory_mib: int | None
    compute_capability: float | None = None
    bf16: bool | None = None
    fp8: bool | None = None
    unified: bool = False


# Memory as NVML reports it with recent drivers, in MiB (drivers, ECC and hypervisors move it by up to 10 %).
GPU_CLASSES: dict[str, GpuSpec] = {
    "t4": GpuSpec(15_360, 7.5, bf16=False, fp8=False),
    "t4g": GpuSpec(15_360, 7.5, bf16=False, fp8=False),
    "v100": GpuSpec(None, 7.0, bf16=False, fp8=False),
    "v100-16g": GpuSpec(16_384, 7.0, bf16=False, fp8=False),
    "v100-32g": GpuSpec(32_768, 7.0, bf16=False, fp8=False),
    "quadro-rtx-6000": GpuSpec(24_576, 7.5, bf16=False, fp8=False),
    "quadro-rtx-8000": GpuSpec(49_152, 7.5, bf16=False, fp8=False),
    "a2": GpuSpec(15_356, 8.6, bf16=True, fp8=False),
    "a10": GpuSpec(23_028, 8.6, bf16=True, fp8=False),
    "a10g": GpuSpec(23_028, 8.6, bf16=True, fp8=False),
    "a30": GpuSpec(24_576, 8.0, bf16=True, fp8=False),
    "a40": GpuSpec(46_068, 8.6, bf16=True, fp8=False),
    "a100": GpuSpec(None, 8.0, bf16=True, fp8=False),
    "a100-40g": GpuSpec(40_960, 8.0, bf16=True, fp8=False),
    "a100-80g": GpuSpec(81_920, 8.0, bf16=True, fp8=False),
    "rtx-3090": GpuSpec(24_576, 8.6, bf16=True, fp8=False),
    "rtx-a6000": GpuSpec(49_140, 8.6, bf16=True, fp8=False),
    "l4": GpuSpec(23_034, 8.9, bf16=True, fp8=True),
    "l40": GpuSpec(46_068, 8.9, bf16=True, fp8=True),
    "l40s": GpuSpec(46_068, 8.9, bf16=True, fp8=True),
    "rtx-4080": GpuSpec(16_376, 8.9, bf16=True, fp8=True),
    "rtx-4090": GpuSpec(24_564, 8.9, bf16=True, fp8=True),
    "rtx-6000-ada": GpuSpec(49_140, 8.9, bf16=True, fp8=True),
    "h100": GpuSpec(81_559, 9.0, bf16=True, fp8=True),
    "h100-nvl": GpuSpec(95_830, 9.0, bf16=True, fp8=True),
    "h200": GpuSpec(143_771, 9.0, bf16=True, fp8=True),
    "b200": GpuSpec(183_359, 10.0, bf16=True, fp8=True),
    "b300": GpuSpec(275_000, 10.3, bf16=True, fp8=True),
    "rtx-5090": GpuSpec(32_607, 12.0, bf16=True, fp8=True),
    "rtx-pro-6000": GpuSpec(97_887, 12.0, bf16=True, fp8=True),
    "gb10": GpuSpec(None, 12.1, bf16=True, fp8=True, unified=True),
    "orin": GpuSpec(None, 8.7, bf16=True, fp8=False, unified=True),
    "thor": GpuSpec(None, 11.0, bf16=True, fp8=True, unified=True),
    "strix-halo": GpuSpec(None, None, bf16=True, fp8=False, unified=True),
    "apple": GpuSpec(None, None, bf16=None, fp8=False, unified=True),
}


def gpu_class(name: str) -> str:
    """`NVIDIA A100-SXM4-40GB` -> `a100-40g-sxm`; a name that is not known -> `unknown:<name>`. Never raises.

    Takes driver names and SLURM spellings (`tesla_t4`). `+laptop` and `+mig` mark parts with less than the full chip.
    """
    lowered = name[:_LONGEST].lower().replace("_", " ")
    tokens = _tokens(lowered)
    base = _rtx(tokens, quadro="quadro" in lowered) or _apple(tokens) or _data_centre(tokens)
    if base is None:
        return f"unknown:{name[:_LONGEST]}"
    laptop = "+laptop" if "laptop" in tokens else ""
    mig = "+mig" if re.search(r"\bmig\b|\b\d+g\.\d+gb", lowered) else ""
    return base + laptop + mig


def _tokens(lowered: str) -> list[str]:
    text = _NOISE.sub(" ", lowered)
    text = re.sub(r"\brtx(?=a?\d)", "rtx ", text)
    text = re.sub(r"(\d)\s+(gb|gib)\b", r"\1gb", text)
    return [token for token in _SPLIT.split(text) if token]


def _rtx(tokens: Sequence[str], *, quadro: bool) -> str | None:
    """RTX cards: the number that follows `rtx`, and what stands around it."""
    if "rtx" not in tokens:
        return None
    rest = list(tokens[tokens.index("rtx") + 1 :])
    pro = rest[:1] == ["pro"]
    rest = rest[1:] if pro else rest
    number = re.fullmatch(r"(a?\d{3,5})(ti)?", rest[0]) if rest else None
    if number is None:
        return None
    if pro:
        return f"rtx-pro-{number[1]}"
    if quadro:
        return f"quadro-rtx-{number[1]}"
    kinds = ["ti"] if number[2] else []
    for token in rest[1:]:
        if token not in _RTX_KINDS:
            break
        kinds.append(token)
    return "-".join(["rtx", number[1], *kinds, *(["ada"] if "ada" in rest else [])])


def _apple(tokens: Sequence[str]) -> str | None:
    """`Apple M3 Max` -> `apple-m3-max`."""
    if not tokens or tokens[0] != "apple":
        return None
    return "-".join(["apple", *(token for token in tokens[1:3] if token.isalnum())])


def _data_centre(tokens: Sequence[str]) -> str | None:
    """The first token that is a chip's name; memory and form where one chip is sold in several."""
    for token in tokens:
        chip = _ALIASES.get(token) or _chip(token)
        if chip:
            return "-".join([chip, *_size(chip, tokens), *_form(chip, tokens)])
    return None


def _chip(token: str) -> str | None:
    stripped = re.sub(r"(sxm\d?|pcie)$", "", token)
    return next((chip for chip in (token, stripped) if chip in _SIMPLE), None)


def _size(chip: str, tokens: Sequence[str]) -> tuple[str, ...]:
    sizes = [size[1] for token in tokens if (size := re.fullmatch(r"(\d+)gb", token))]
    return (f"{sizes[0]}g",) if chip in _SIZED and sizes else ()


def _form(chip: str, tokens: Sequence[str]) -> tuple[str, ...]:
    if chip not in _FORMED:
        return ()
    if "nvl" in tokens:
        return ("nvl",)
    if any(token.endswith("pcie") for token in tokens):
        return ("pcie",)
    if "hbm3" in tokens or any(re.search(r"sxm\d?$", token) for token in tokens):
        return ("sxm",)
    return ()


def spec(gpu: str) -> GpuSpec | None:
    """What a class offers: `a100-80g-sxm` and `a100-80g` are one. None where the class is not in the table.

    A `+laptop` or `+mig` part keeps the chip's capabilities, but its memory is unknown.
    """
    base, _, reduced = gpu.partition("+")
    base = "apple" if base.startswith("apple-") else base
    while base not in GPU_CLASSES:
        shorter, _, suffix = base.rpartition("-")
        if suffix not in ("sxm", "pcie", "nvl", "super", "d"):
            return None
        base = shorter
    full = GPU_CLASSES[base]
    return GpuSpec(None, full.compute_capability, full.bf16, full.fp8, full.unified) if reduced else full


def matches_class(wanted: str, found: str) -> bool:
    """Whether a detected class is of the class that a strategy asks for.

    `h100` takes h100-sxm, h100-pcie and h100-nvl; `rtx` takes every rtx-*, laptops too; `l4` never takes l40.
    Otherwise a reduced part (`+laptop`, `+mig`) must be asked for by name: it has less memory than the class says.
    """
    wanted_base, _, wanted_part = wanted.lower().partition("+")
    found_base, _, found_part = found.lower().partition("+")
    if found_base != wanted_base and not found_base.startswith(f"{wanted_base}-"):
        return False
    return wanted_part == found_part or (wanted_base == "rtx" and found_part == "laptop")
