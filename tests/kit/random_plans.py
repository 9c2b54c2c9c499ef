"""Hypothesis strategies: plans, facts, hints, fleets and budgets of every sort that the schema allows."""

from __future__ import annotations

from hypothesis import strategies as st

from signalbox.routing.case import Case, Previous
from signalbox.routing.index import Index
from signalbox.routing.signals.needs import needs_signal
from signalbox.schema.base import TIERS
from signalbox.schema.budget import BudgetState
from signalbox.schema.facts import Caller, Facts, Hints
from signalbox.schema.fleet import DeploymentState, FleetSnapshot
from signalbox.schema.persona import Persona
from signalbox.schema.plan import Plan, PlanModel, PlanTask
from signalbox.schema.signals import Signals, TaskSignal
from signalbox.schema.strategy import Behaviour, Budget, Experiment, Routing
from signalbox.units import Usd
from tests.kit.plans import TAXONOMY, model, plan, spread

NAMES = ("alpha", "bravo", "carol", "delta", "early")
LANES = ("general", "coder", "super_reader")
KINDS = (*TAXONOMY.kinds, "unheard_of")
CLASSES = ("phi", "research", "unheard_of")

tiers = st.sampled_from(TIERS)
some_models = st.lists(st.sampled_from(NAMES), unique=True, max_size=4).map(tuple)
sums = st.integers(0, 5_000_000)


def mostly(usual: object, *others: object) -> st.SearchStrategy[object]:
    """Rare values stay rare: a request that is odd in every way is refused before anything is learned from it."""
    return st.sampled_from((*[usual] * (4 * len(others)), *others))


ABLE = ("chat", "tools", "json_schema", "vision")

models = st.builds(
    model,
    st.just("name"),
    tier=st.none() | tiers,
    local=st.booleans(),
    deployments=st.integers(1, 2),
    context_window=st.sampled_from((2_000_000, 8_192, 131_072, 512)),
    max_output_tokens=st.none() | st.just(300),
    capabilities=mostly(ABLE, ("chat",), ("embeddings",)),
    specialities=st.sampled_from(((), ("code_generation",), ("math",))),
    scores=st.dictionaries(st.sampled_from(tuple(TAXONOMY.kinds)), st.integers(0, 100).map(float), max_size=3),
    input_price=st.sampled_from((0, 150_000, 15_000_000)),
    output_price=st.sampled_from((0, 600_000, 75_000_000)),
    priced=mostly(True, False),
    parameters_b=st.none() | st.sampled_from((7.0, 70.0)),
)
personas = st.builds(
    Persona,
    tier=st.none() | tiers,
    downgrade_below=st.none() | st.just(3.0),
    upgrade_from=st.none() | st.just(8.0),
    min_context_window=st.none() | st.just(32_768),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A plan whose references all hold."""
    named: list[PlanModel] = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=2)):
        found = draw(models)
        places = tuple(
            place.model_copy(update={"id": f"{name}-{at}"}) for at, place in enumerate(found.deployments, start=1)
        )
        named.append(found.model_copy(update={"name": name, "deployments": places}))
    have = [found.name for found in named]
    chosen = st.lists(st.sampled_from(have), unique=True, min_size=1)
    others = st.lists(st.sampled_from(have), unique=True)
    lanes = {name: (draw(chosen), draw(others)) for name in LANES[: draw(st.integers(1, 3))]}
    routes = st.builds(
        dict,
        lane=st.sampled_from(tuple(lanes)),
        min_tier=st.none() | tiers,
        max_tier=st.none() | tiers,
        max_tokens=st.none() | st.just(4_096),
        prefer_specialised=st.booleans(),
        prefer=st.dictionaries(tiers, some_models, max_size=2),
    )
    tasks = {name: draw(routes) for name in draw(st.lists(st.sampled_from(tuple(TAXONOMY.kinds)), unique=True))}
    money = mostly(None, *map(Usd, (0, 20_000, 900_000)))
    made = plan(
        *named,
        lanes=lanes,
        tasks=tasks,
        privacy=draw(mostly("cloud_allowed", "local_only")),
        data_classes={"phi": "local_only", "research": "cloud_allowed"},
        personas={"casual": draw(personas), "researcher": draw(personas)},
        default_persona=draw(st.sampled_from((None, "casual"))),
        behaviour=Behaviour(retries=draw(st.integers(0, 10)), prefer_local=draw(st.booleans())),
        budget=Budget(per_request=draw(money), when_spent=draw(st.sampled_from(("local", "cheapest", "refuse")))),
        routing=Routing(mode=draw(mostly("tiers", "value"))),
        lock=draw(mostly(None, have[0])),
    )
    if draw(st.booleans()):
        trial = Experiment(lane=draw(st.sampled_from(tuple(lanes))), model=draw(st.sampled_from(have)), share=0.5)
        made = made.model_copy(update={"experiments": {"trial": trial}})
    assert all(isinstance(route, PlanTask) for route in made.tasks.values())
    return made


hints = st.builds(
    Hints,
    model=mostly(None, *NAMES, "nonsense"),
    lane=mostly(None, *LANES, "nonsense"),
    task=mostly(None, *KINDS, "*"),
    tier=mostly(None, *TIERS, "nonsense"),
    persona=st.none() | st.sampled_from(("casual", "researcher", "nonsense")),
    data_class=mostly(None, *CLASSES),
    session=st.none() | st.sampled_from(("one", "two")),
    max_cost_micros=mostly(None, 0, 20_000),
    ignore_persona=st.booleans(),
)
callers = st.builds(
    Caller,
    data_class=mostly(None, *CLASSES),
    persona=mostly(None, "casual", "nonsense"),
    allowed=mostly(None, frozenset(NAMES[:3]), frozenset(NAMES[1:])),
)
requests = st.builds(
    Facts,
    endpoint=mostly("chat", "embedding", "messages"),
    hints=hints,
    caller=callers,
    prompt=st.uuids().map(lambda mark: f"secret {mark}"),
    system=st.uuids().map(lambda mark: f"rules {mark}"),
    prompt_tokens=mostly(400, 10, 5_000, 100_000, 1_500_000),
    max_output_tokens=mostly(None, 1, 500, 100_000),
    images=mostly(0, 1),
    audio=mostly(0, 1),
    tools=mostly(0, 1),
    file_bytes=mostly(0, 60_000_000),
    json_schema=mostly(False, True),
    repository=mostly(False, True),
    turns=st.integers(1, 2),
    in_tool_loop=st.booleans(),
)
states = st.builds(
    DeploymentState,
    state=mostly("ready", "unknown", "down", "loading", "draining", "sleeping"),
    resting=st.booleans(),
)
fleets = st.dictionaries(st.sampled_from([f"{name}-{at}" for name in NAMES for at in (1, 2)]), states, max_size=6).map(
    FleetSnapshot
)
budgets = st.builds(BudgetState, left=mostly(None, -5, 0, 15_000, 2_000_000), resets_at=st.none() | st.just(1e9))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any request against any plan, in any state of fleet and purse."""
    made, said = draw(plans()), draw(requests)
    task = TaskSignal(
        draw(st.sampled_from(KINDS)),
        draw(st.floats(0, 1)),
        draw(st.sampled_from(("signal", "abstain", "keyword", "endpoint"))),
    )
    chance = draw(st.floats(0, 1))
    signals = Signals(task, spread(draw(st.floats(0, 10))), needs_signal(said, made.behaviour), chance)
    previous = draw(st.none() | st.builds(Previous, st.sampled_from(NAMES), st.sampled_from((0, 10, 200_000))))
    return Case("case-1", Index.of(made), said, signals, draw(fleets), draw(budgets), previous)
