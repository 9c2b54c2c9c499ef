"""What a simulated server is: its kind, its models and its manners."""

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from signalbox.errors import FileError, UnknownName, UserError

Kind = Literal["openai", "vllm", "llamacpp", "ollama"]
Built = TypeVar("Built")
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class SimModel:
    """One served model. `label` is said in the answers ("lane coder"); `embedding_dims` makes it an embedding model."""

    name: str
    context_window: int = 32768
    embedding_dims: int | None = None
    vision: bool = True
    label: str = ""


@dataclass(frozen=True, slots=True)
class SimSpec:
    """One server. `port` 0 takes a free one; `slots` is how many requests run at once, the others wait.

    `delay_ms` passes before the first byte of an answer, `chunk_delay_ms` between two chunks of a stream.
    Raises UserError for a host that is not loopback, no models, a model named twice, or fewer than one slot.
    """

    kind: Kind
    models: tuple[SimModel, ...]
    port: int = 0
    host: str = "127.0.0.1"
    api_key: str | None = None
    delay_ms: float = 0
    chunk_delay_ms: float = 0
    slots: int = 4

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownName("kind of simulated server", str(self.kind), KINDS)
        if not is_loopback(self.host):
            raise UserError(
                f"a simulated server answers on this machine only, and '{self.host}' is not a loopback address. "
                "Use 127.0.0.1 (or leave host out)."
            )
        names = [model.name for model in self.models]
        if not names or len(names) != len(set(names)):
            raise UserError(f"a simulated server needs at least one model, each under its own name; given: {names}")
        if self.slots < 1:
            raise UserError(f"slots is how many requests run at once: at least 1, not {self.slots}")


def is_loopback(host: str) -> bool:
    """True for `localhost` and every loopback address; a name that would need DNS is not one."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_specs(path: Path) -> tuple[SimSpec, ...]:
    """The servers of a JSON file: a list of objects with SimSpec's keys; a model is its name or an object with SimModel's keys.

    Raises FileError, naming the key, for anything else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read as JSON ({error}).", remedy="Give a list of servers.") from error
    if not isinstance(found, list) or not found:
        raise FileError(path, "is no list of servers.", remedy='Example: [{"kind": "vllm", "models": ["sim-coder"]}]')
    return tuple(_spec(path, f"[{index}]", entry) for index, entry in enumerate(found))


def _spec(path: Path, key: str, entry: object) -> SimSpec:
    values = _known(path, key, entry, SimSpec)
    models = values.get("models")
    if not isinstance(models, list):
        raise FileError(path, "is missing or no list.", key=f"{key}.models", remedy='Example: "models": ["sim-coder"]')
    given = [{"name": model} if isinstance(model, str) else model for model in models]
    built = tuple(_build(path, f"{key}.models[{index}]", model, SimModel) for index, model in enumerate(given))
    return _build(path, key, {**values, "models": built}, SimSpec)


def _build(path: Path, key: str, entry: object, kind: type[Built]) -> Built:
    try:
        return kind(**_known(path, key, entry, kind))
    except (TypeError, UserError) as error:
        raise FileError(path, str(error), key=key) from error


def _known(path: Path, key: str, entry: object, kind: type[Any]) -> Mapping[str, Any]:
    if not isinstance(entry, dict):
        raise FileError(path, "is no object.", key=key)
    names = [field.name for field in fields(kind)]
    for name in entry:
        if name not in names:
            raise FileError(path, str(UnknownName("key", str(name), names)), key=key)
    return entry
