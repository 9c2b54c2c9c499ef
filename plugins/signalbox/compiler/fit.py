"""Whether a model fits the memory and the chip that a strategy gives it. Unknown is never "no"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from signalbox.resources.gpu_class import GpuSpec, spec
from signalbox.schema.catalogue import Card
from signalbox.units import Bytes

Verdict = Literal["fits", "tight", "no", "unknown"]

OVERHEAD = Bytes(3 * 2**29)
"""1.5 GiB: activations, CUDA graphs and the server itself."""
GPU_SHARE = 0.92
"""vLLM's default `gpu_memory_utilization`."""
SHARED_SHARE = 0.75
"""Of memory that the system uses too: unified memory and host memory."""
DEFAULT_CONTEXT = 8192
_TIGHT = 0.9
_BF16_FROM = 8.0
_OWN_WHEELS_FROM = {"vllm": 7.5, "sglang": 7.5}
"""Compute capability from which these servers' published builds run."""


@dataclass(frozen=True, slots=True)
class Fit:
    """`need` and `have` are bytes, None where unknown; `reason` is one line for people."""

    verdict: Verdict
    need: Bytes | None
    have: Bytes | None
    reason: str


def fit(
    card: Card,
    *,
    server: str,
    gpu: str | None,
    gpus: int = 1,
    context: int | None = None,
    memory: Bytes | None = None,
) -> Fit:
    """The verdict for one deployment of `card` on `gpus` GPUs of class `gpu` (None: on the host's own memory).

    need = weights + KV cache for `context` tokens + 1.5 GiB. Without a `context` the card's window counts, but at most
    8192 tokens of it: servers start with less than the window, and most requests are far smaller.
    have = 92 % of the GPUs' memory, or 75 % of memory shared with the system (Strix Halo, GB10, host).
    `memory` is what was detected: of one GPU, of the shared memory, or Metal's limit on a Mac, all of which counts;
    without it the class table is used.
    `tight` means that less than a tenth is left. Never raises.
    """
    need = _need(card, context)
    if server == "simulated":
        return Fit("fits", Bytes(0), None, "fits: a simulated server loads no model")
    chip = spec(gpu) if gpu else None
    have = _have(chip, gpu, max(1, gpus), memory)
    refusal = _refusal(card, server, gpu, chip)
    if refusal:
        return Fit("no", need, have, refusal)
    doubt = _doubt(server, gpu, chip)
    if doubt or need is None or have is None:
        return Fit("unknown", need, have, doubt or _what_is_unknown(card, gpu, need))
    return _compare(need, have)


def _need(card: Card, context: int | None) -> Bytes | None:
    """Bytes that the card takes when served; its own `memory` figure where the parts are not known."""
    wanted = min(card.context_window, DEFAULT_CONTEXT if context is None else max(context, 1))
    per_token = 0 if card.kv_bytes_per_token is None and "embeddings" in card.capabilities else card.kv_bytes_per_token
    if card.weights is None or per_token is None:
        return card.memory
    return Bytes(card.weights + per_token * wanted + OVERHEAD)


def _have(chip: GpuSpec | None, gpu: str | None, gpus: int, memory: Bytes | None) -> Bytes | None:
    if gpu is None or (chip is not None and chip.unified):
        share = (
            1.0 if gpu is not None and gpu.startswith("apple") else SHARED_SHARE
        )  # Metal's limit leaves room already
        return None if memory is None else Bytes(int(memory * share))
    if memory is None and chip is not None and chip.memory_mib is not None:
        memory = Bytes(chip.memory_mib * 2**20)
    return None if memory is None else Bytes(int(memory * GPU_SHARE) * gpus)


def _refusal(card: Card, server: str, gpu: str | None, chip: GpuSpec | None) -> str | None:
    """Why it cannot run there at all, however much memory there is."""
    needs = card.needs
    if needs.servers and server not in needs.servers:
        return f"needs {' or '.join(needs.servers)}; {server} cannot run this build"
    capability = chip.compute_capability if chip else None
    has = f"{gpu} has {capability}" if capability is not None else f"{gpu} has none"
    if needs.min_compute_capability and capability is not None and capability < needs.min_compute_capability:
        return f"needs compute capability {needs.min_compute_capability}; {has}"
    if needs.bf16 and chip is not None and chip.bf16 is False:
        return f"needs bf16 (compute capability {_BF16_FROM}); {has}"
    return None


def _doubt(server: str, gpu: str | None, chip: GpuSpec | None) -> str | None:
    floor = _OWN_WHEELS_FROM.get(server)
    capability = chip.compute_capability if chip else None
    if floor is None or capability is None or capability >= floor:
        return None
    return f"unknown: {server}'s published builds need compute capability {floor}; {gpu} has {capability}"


def _what_is_unknown(card: Card, gpu: str | None, need: Bytes | None) -> str:
    if need is None:
        missing = "weights" if card.weights is None else "kv_bytes_per_token"
        return f"unknown: the catalogue has neither {missing} nor memory of this model"
    return f"unknown: no memory is known of {gpu}" if gpu else "unknown: neither a GPU class (gpu:) nor memory is given"


def _compare(need: Bytes, have: Bytes) -> Fit:
    figures = f"{need.gib:.1f} of {have.gib:.1f} GiB"
    if need > have:
        return Fit("no", need, have, f"does not fit: needs {figures}")
    if need > have * _TIGHT:
        return Fit("tight", need, have, f"tight: {figures}")
    return Fit("fits", need, have, f"fits: {figures}")
