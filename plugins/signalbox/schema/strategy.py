"""`strategies/<name>.yaml`: what runs here, and by which rules."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from signalbox.schema.base import BytesField, Frozen, KeyName, Name, Privacy, SecondsField, Tier, UsdField

ServerKind = Literal["vllm", "sglang", "llamacpp", "ollama", "lmstudio", "lemonade", "openai_compatible", "simulated"]
LOCAL_SERVERS: tuple[ServerKind, ...] = (
    "vllm",
    "sglang",
    "llamacpp",
    "ollama",
    "lmstudio",
    "lemonade",
    "openai_compatible",
    "simulated",
)
SimulatedAs = Literal["openai", "vllm", "llamacpp", "ollama"]

Url = Annotated[
    str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.\-_\[\]:]+(/[A-Za-z0-9._~/-]*)?$", max_length=300)
]
"""An endpoint without user, password, query or fragment; with or without `/v1`."""


class GpuNeed(Frozen):
    """GPUs that must be there: `count` of one of `class`, each with at least `memory`."""

    classes: tuple[Name, ...] = Field((), alias="class", description="GPU classes, any of them: t4, l4, h100, ...")
    count: int = Field(1, ge=1, le=10_000, description="how many, on this machine or in SLURM")
    memory: BytesField | None = Field(None, description="memory of each: 15GiB")


class Requires(Frozen):
    """What must be detected before this strategy is offered. Everything named must hold."""

    gpus: GpuNeed | None = None
    all_gpus: tuple[GpuNeed, ...] = Field((), description="several kinds of GPU that must all be there")
    slurm: bool | None = None
    keys: tuple[KeyName, ...] = Field((), description="API keys (environment variables) that must all be set")
    any_key: tuple[KeyName, ...] = Field((), description="API keys of which at least one must be set")
    endpoints: tuple[ServerKind, ...] = Field((), description="server kinds of which at least one must answer")
    memory: BytesField | None = Field(None, description="host memory: 96GiB")
    unified_memory: BytesField | None = Field(None, description="memory that CPU and GPU share (Strix Halo, Mac, GB10)")
    any_of: "tuple[Requires, ...]" = Field((), description="alternatives, at least one must hold")


class StrategyModel(Frozen):
    """A model group: a catalogue card and the endpoints that serve it."""

    card: Name = Field(description="a model of catalogue.yaml")
    served_by: str = Field(
        pattern=r"^[a-z][a-z0-9_]{1,40}$",
        description="a server kind (vllm, sglang, llamacpp, ollama, lmstudio, lemonade, openai_compatible, simulated) "
        "or a LiteLLM provider name (openai, anthropic, deepseek, gemini, groq, ...), which means cloud",
    )
    at: tuple[Url, ...] = Field((), description="where it is served; several addresses are several deployments")
    serves: str | None = Field(
        None,
        max_length=200,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$",
        description="the id that the server knows it by; else the card's",
    )
    gpu: Name | None = Field(None, description="GPU class it runs on; the compiler checks that it fits")
    gpus: int = Field(1, ge=1, le=64, description="how many of them one deployment uses")
    context_window: int | None = Field(None, ge=256, description="tokens; when it is served with less than the card's")
    api_key: KeyName | None = Field(None, description="NAME of the environment variable that holds the key")
    simulate: SimulatedAs | None = Field(None, description="the shape of the simulated server")


class Lane(Frozen):
    """A role: candidate models, and fallbacks used only when those cannot serve."""

    models: tuple[Name, ...] = Field(min_length=1, description="chosen among")
    fallbacks: tuple[Name, ...] = Field((), description="models (or lanes), only when those cannot serve")
    description: str = ""


def _lane_only(value: object) -> object:
    return {"lane": value} if isinstance(value, str) else value


class TaskRule(Frozen):
    """Where a task goes and what it may use. A bare string is the lane (or model)."""

    lane: Name
    max_tokens: int | None = Field(None, ge=1, description="output limit, where the client names none")
    temperature: float | None = Field(None, ge=0, le=2, description="where the client names none")
    min_tier: Tier | None = None
    max_tier: Tier | None = None
    prefer_specialised: bool = Field(False, description="a model with this speciality beats the better tier")
    prefer: dict[Tier, tuple[Name, ...]] = Field({}, description="models to prefer, by tier, in order")


class Tiers(Frozen):
    """Complexity 0-10 becomes a tier: below `fast_below` fast, from `quality_from` quality, else balanced."""

    fast_below: float = Field(3.5, ge=0, le=10)
    quality_from: float = Field(7.0, ge=0, le=10)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.fast_below > self.quality_from:
            raise ValueError(f"fast_below {self.fast_below} lies above quality_from {self.quality_from}; swap them")
        return self


class SecondOpinion(Frozen):
    """Where the fast model is unsure of the task: which utterances of the taxonomy is the request like? Needs the extra
    `signalbox[semantic]`. See docs/second-opinion.md."""

    model: Name | None = Field(None, description="a model of this strategy that gives embeddings")
    encoder: Literal["local"] | None = Field(None, description="instead of a model: hashed words, without a server")
    below: float = Field(0.6, ge=0, le=1, description="asked where the task is less certain than this")
    min_score: float = Field(0.5, ge=0, lt=1, description="similarity (cosine) from which an utterance counts")
    timeout: SecondsField = Field(0.15, validate_default=True, description="a request waits this long at most")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.model is None) == (self.encoder is None):
            raise ValueError("name either an embedding model (model: ...) or encoder: local")
        return self


class Behaviour(Frozen):
    """How requests are carried out."""

    prefer_local: bool = Field(True, description="between equals, the local model")
    retries: int = Field(3, ge=0, le=10, description="generated fallbacks per request, beside the lane's own")
    timeout: SecondsField = Field(60, validate_default=True, description="per upstream call")
    cache: bool = Field(False, description="LiteLLM's response cache, in memory; per key, never under a privacy rule")
    abstain_below: float = Field(0.3, ge=0, le=1, description="a task less certain than this goes to the general lane")
    long_context_tokens: int = Field(1_000_000, ge=1000, description="from here on: the super_reader lane")
    long_context_bytes: BytesField = Field(
        "50MB", validate_default=True, description="files from here on: the super_reader lane"
    )
    cooldown: SecondsField = Field(10, validate_default=True, description="a deployment that failed rests this long")
    probe_every: SecondsField = Field(
        5, validate_default=True, description="how often the servers are asked for health and load; 0: never"
    )
    log_prompts: bool = Field(False, description="decision log with prompt text; never under a privacy rule")
    decision_log: bool = True
    second_opinion: SecondOpinion | None = Field(None, description="embeddings are asked where the task is unsure")


class Routing(Frozen):
    """How a model is chosen: by tiers, or the cheapest whose predicted success is close enough to the best."""

    mode: Literal["tiers", "value"] = "tiers"
    quality: float = Field(
        0.9, gt=0, le=1, description="value mode: share of the best predicted success that is enough"
    )


class Budget(Frozen):
    """What may be spent, and what happens then."""

    per_request: UsdField | None = None
    daily: UsdField | None = None
    monthly: UsdField | None = None
    when_spent: Literal["local", "cheapest", "refuse"] = "local"


class Experiment(Frozen):
    """A share of a lane's sessions is answered by another model."""

    lane: Name
    model: Name
    share: float = Field(gt=0, lt=1, description="of the lane's sessions; without a session, of its requests")


class Strategy(Frozen):
    """One strategy file. See docs/strategy.md."""

    name: Name
    description: str = ""
    requires: Requires = Requires()
    privacy: Privacy = "cloud_allowed"
    data_classes: dict[Name, Privacy] = Field({}, description="stricter rules for tagged requests: {phi: local_only}")
    trusted_hosts: tuple[str, ...] = Field((), description="host names inside the building that do not look so")
    models: dict[Name, StrategyModel] = Field(min_length=1)
    lanes: dict[Name, Lane] = {}
    tasks: dict[
        Annotated[str, StringConstraints(pattern=r"^(\*|[A-Za-z0-9][A-Za-z0-9._-]{0,79})$")],
        Annotated[TaskRule, BeforeValidator(_lane_only)],
    ] = Field(min_length=1)
    tiers: Tiers = Tiers()
    personas: tuple[Name, ...] = ()
    default_persona: Name | None = None
    behaviour: Behaviour = Behaviour()
    routing: Routing = Routing()
    budget: Budget = Budget()
    experiments: dict[Name, Experiment] = {}
    lock: Name | None = Field(None, description="every request goes to this model, within privacy and needs")
