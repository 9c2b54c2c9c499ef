"""`routing_plan.json`: the compiled strategy, all that a decision needs. No YAML, no secret, no clock."""

from typing import Literal, Self

from pydantic import Field, model_validator

from signalbox.schema.base import Capability, Frozen, KeyName, Name, Privacy, Tier
from signalbox.schema.persona import Persona
from signalbox.schema.strategy import Behaviour, Budget, Experiment, Routing, ServerKind, Tiers
from signalbox.schema.taxonomy import Taxonomy


class PlanDeployment(Frozen):
    """One endpoint that serves a model. `id` is LiteLLM's model_info.id."""

    id: str
    url: str | None = Field(None, description="base URL without /v1; None for a provider's own")
    server: ServerKind | None = Field(None, description="None: a cloud provider")
    probe: ServerKind | None = Field(None, description="whose health and load routes it has; None: it is not asked")
    serves: str = Field("", description="the model's id on the server")
    provider: str = Field(description="LiteLLM's provider name")
    local: bool
    key: KeyName | None = None
    gpu: str | None = None


class PlanModel(Frozen):
    """A LiteLLM model group."""

    name: Name
    card: Name
    tier: Tier | None
    local: bool = Field(description="every deployment is local")
    context_window: int
    max_output_tokens: int | None = None
    capabilities: tuple[Capability, ...]
    specialities: tuple[str, ...] = ()
    scores: dict[str, float] = Field({}, description="0-100 by taxonomy kind: base + benchmark x confidence")
    input_price: int = Field(0, ge=0, description="micro-dollars per million prompt tokens")
    output_price: int = Field(0, ge=0, description="micro-dollars per million output tokens")
    priced: bool = Field(True, description="False: a cloud model whose price is unknown, which is not free")
    parameters_b: float | None = None
    deployments: tuple[PlanDeployment, ...]
    why: str = ""


class PlanLane(Frozen):
    """A lane: its candidates, then its own fallbacks; both are model names."""

    name: Name
    models: tuple[Name, ...]
    fallbacks: tuple[Name, ...] = ()
    why: str = ""


class PlanTask(Frozen):
    """The route of one task."""

    name: str
    lane: Name
    max_tokens: int | None = None
    temperature: float | None = None
    min_tier: Tier | None = None
    max_tier: Tier | None = None
    prefer_specialised: bool = False
    prefer: dict[Tier, tuple[Name, ...]] = {}
    why: str = ""


class Left(Frozen):
    """A model of the strategy that is not in the plan, and why."""

    model: str
    reason: str


class Plan(Frozen):
    """A strategy compiled against catalogue and resources."""

    format: Literal[1] = 1
    digest: str
    strategy: Name
    description: str = ""
    privacy: Privacy
    data_classes: dict[Name, Privacy] = {}
    models: dict[Name, PlanModel]
    lanes: dict[Name, PlanLane]
    tasks: dict[str, PlanTask]
    default_lane: Name
    safe_model: Name = Field(
        description="what `auto` means where our hooks are absent or fail: local wherever there is one"
    )
    aliases: dict[str, Name] = Field(
        {}, description="names a client may send (auto, lane/x, task/x, tier/x) -> safe group"
    )
    tiers: Tiers
    personas: dict[Name, Persona] = {}
    default_persona: Name | None = None
    taxonomy: Taxonomy
    behaviour: Behaviour
    routing: Routing
    budget: Budget
    experiments: dict[Name, Experiment] = {}
    lock: Name | None = None
    left_out: tuple[Left, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Every name that the plan uses is in it; an edited plan is refused when it is read, not when it is used."""
        named = {self.safe_model, *filter(None, [self.lock]), *(trial.model for trial in self.experiments.values())}
        named |= {name for lane in self.lanes.values() for name in (*lane.models, *lane.fallbacks)}
        lanes = {self.default_lane, *(task.lane for task in self.tasks.values())}
        missing = sorted((named - set(self.models)) | (lanes - set(self.lanes)) | ({"*"} - set(self.tasks)))
        if missing:
            raise ValueError(f"names what it does not have: {', '.join(missing)}")
        return self
