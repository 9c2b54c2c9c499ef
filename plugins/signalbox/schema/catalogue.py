"""`strategies/catalogue.yaml`: what models are. Nothing here says where they run."""

from pydantic import Field

from signalbox.schema.base import BytesField, Capability, Frozen, KeyName, Name, Tier, UsdField


class Needs(Frozen):
    """What the hardware must offer before this build of the model runs at all."""

    min_compute_capability: float | None = Field(None, ge=1, le=20, description="CUDA compute capability, 7.5 = T4")
    bf16: bool = Field(False, description="refuses fp16, so the GPU must have bf16 (compute capability >= 8.0)")
    servers: tuple[str, ...] = Field((), description="server kinds that can run it; empty: all")


class CardPrice(Frozen):
    """Dollars per million tokens, for a cloud model that LiteLLM's cost map does not know."""

    input: UsdField
    output: UsdField


class Card(Frozen):
    """One model as it is published (or as one build of it is quantised)."""

    source: str = Field(description="where these figures come from")
    description: str = ""
    parameters_b: float | None = Field(None, gt=0, description="billions of parameters")
    quantisation: str | None = None
    context_window: int = Field(ge=1, description="tokens, prompt and output together")
    max_output_tokens: int | None = Field(None, ge=1)
    capabilities: tuple[Capability, ...] = ("chat",)
    tier: Tier | None = Field(None, description="None for embeddings")
    specialities: tuple[str, ...] = Field((), description="free words of the documents and names of taxonomy kinds")
    weights: BytesField | None = Field(None, description="bytes of the weights as loaded")
    kv_bytes_per_token: BytesField | None = None
    memory: BytesField | None = Field(None, description="all that it takes when served; used where weights are unknown")
    needs: Needs = Needs()
    dimensions: int | None = Field(None, ge=1, description="embeddings only")
    tokens_per_second: dict[str, float] = Field({}, description="hardware class -> generated tokens per second")
    benchmarks: dict[str, float] = Field({}, description="percent, by benchmark name: MMLU, HumanEval, ...")
    scores: dict[Name, float] = Field({}, description="base score 0-50 by taxonomy kind")
    confidence: float = Field(0.8, ge=0, le=1, description="how far the benchmark figures are trusted")
    price: CardPrice | None = Field(None, description="per million tokens; wins over LiteLLM's cost map")
    ids: dict[str, str] = Field({}, description="server kind or LiteLLM provider -> the id it knows the model by")


class Provider(Frozen):
    """A cloud provider that LiteLLM can call."""

    key: KeyName = Field(description="the environment variable of its API key")


class Catalogue(Frozen):
    """Models by name; cloud providers by LiteLLM's name."""

    models: dict[Name, Card]
    providers: dict[Name, Provider]
    benchmark_weights: dict[str, float] = Field(description="weight of a benchmark in a category's mean")
