"""Faults that a test, or a curious developer, can switch on while a simulated server runs."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Literal, get_args

from signalbox.errors import UnknownName, UserError

FaultKind = Literal[
    "refuse",  # the connection is accepted, then reset without a byte
    "hang",  # `seconds` of silence, then the usual answer
    "429",  # with retry-after
    "500",
    "503",
    "401",
    "404",
    "context",  # 400: the prompt does not fit, in that server's own words
    "garbage",  # 200 with an HTML page
    "empty",  # 200 without a body
    "cut_before_first_chunk",  # headers, then the connection drops
    "cut_mid_stream",  # half of the answer, then the connection drops
    "loading",  # llama.cpp and Ollama: 503; vLLM and OpenAI: as refuse, because a loading vLLM has no port yet
]
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
Reach = Literal["inference", "everything"]
WHOLE_SERVER: frozenset[FaultKind] = frozenset({"refuse", "hang", "loading"})


@dataclass(frozen=True, slots=True)
class Fault:
    """`share` is the chance per request; `remaining` limits it to the first n requests it strikes; `model` to one model.

    `reach` says whether probes (health, metrics, model lists) are struck too. Left out: a fault of the whole server
    (refuse, hang, loading) that names no model strikes everything, all others strike inference only.
    """

    kind: FaultKind
    share: float = 1.0
    model: str | None = None
    seconds: float = 30
    remaining: int | None = None
    reach: Reach | None = None

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise UnknownName("fault", str(self.kind), FAULT_KINDS)
        if not 0 <= self.share <= 1:
            raise UserError(f"share is a chance per request, from 0 to 1, not {self.share}")
        if self.reach not in {None, *get_args(Reach)}:
            raise UnknownName("reach of a fault", str(self.reach), get_args(Reach))

    def strikes(self, model: str | None, *, inference: bool) -> bool:
        """Whether this fault is meant for such a request, chance and count aside."""
        if self.model is not None:
            return self.model == model
        everything = self.kind in WHOLE_SERVER if self.reach is None else self.reach == "everything"
        return inference or everything


class FaultBoard:
    """The faults in force on one server. Thread-safe: tests set them while the server's own thread draws them."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = Lock()
        self._faults: list[Fault] = []
        self._chance = random.Random(seed)  # noqa: S311 -- a repeatable draw is the point

    @property
    def active(self) -> tuple[Fault, ...]:
        """The faults that can still strike, with what remains of them."""
        with self._lock:
            return tuple(self._faults)

    def set(self, *faults: Fault) -> None:
        """Replace all faults; they are tried in this order and the first that strikes wins."""
        with self._lock:
            self._faults = list(faults)

    def clear(self) -> None:
        self.set()

    def draw(self, model: str | None, *, inference: bool) -> Fault | None:
        """The fault that strikes this request, or None. Counts down `remaining`."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.strikes(model, inference=inference) and self._chance.random() < fault.share:
                    self._count_down(index, fault)
                    return fault
        return None

    def _count_down(self, index: int, fault: Fault) -> None:
        if fault.remaining is None:
            return
        if fault.remaining > 1:
            self._faults[index] = replace(fault, remaining=fault.remaining - 1)
        else:
            del self._faults[index]


def read_faults(found: object) -> Iterable[Fault]:
    """Faults from JSON: a list of objects with Fault's keys. Raises UserError for anything else."""
    if not isinstance(found, list):
        raise UserError('faults are a list, as in [{"kind": "503", "share": 0.3}]; [] clears them')
    try:
        return tuple(Fault(**entry) for entry in found)
    except TypeError as error:
        raise UserError(f"this is no fault: {error}. Keys: kind, share, model, seconds, remaining, reach") from error
