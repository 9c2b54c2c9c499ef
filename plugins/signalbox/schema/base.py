"""What every file type shares: frozen, strict about unknown keys, units that people write."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator, StringConstraints, WithJsonSchema

from signalbox.units import Bytes, Seconds, Usd

Tier = Literal["fast", "balanced", "quality"]
TIERS: tuple[Tier, ...] = ("fast", "balanced", "quality")

Capability = Literal["chat", "tools", "vision", "json_schema", "audio", "embeddings", "reasoning"]

Privacy = Literal["cloud_allowed", "local_only"]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,79}$")]
"""A name of a model, lane, task, persona or data class: letters, digits and `. _ : @ + -`, at most 80."""

KeyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
"""The name of an environment variable; never its value."""

BytesField = Annotated[
    Bytes,
    PlainValidator(Bytes.parse),
    PlainSerializer(int, return_type=int),
    WithJsonSchema({"type": ["string", "number"], "description": "A size: 24GiB, 512MB", "examples": ["24GiB"]}),
]
UsdField = Annotated[
    Usd,
    PlainValidator(Usd.parse),
    PlainSerializer(lambda amount: amount.dollars, return_type=float),
    WithJsonSchema(
        {"type": ["string", "number"], "description": "An amount in US dollars: $0.10", "examples": ["$0.10"]}
    ),
]
SecondsField = Annotated[
    Seconds,
    PlainValidator(Seconds.parse),
    PlainSerializer(float, return_type=float),
    WithJsonSchema({"type": ["string", "number"], "description": "A duration: 60s, 500ms, 2m", "examples": ["60s"]}),
]


class Frozen(BaseModel):
    """A value read from a file. Unknown keys are errors; NaN and infinity are no numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)
