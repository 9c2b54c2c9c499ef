"""Which strategy suits which machine, and what the others miss."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.compiler.selection import ORDER, Match, match, recommend, select
from signalbox.errors import NothingFits, UnknownName
from signalbox.schema.resources import Endpoint, Gpu, Host, Partition, ProbeReport, Resources, Slurm
from signalbox.schema.strategy import Strategy
from signalbox.units import Bytes

GIB = 2**30
HOST = Host(system="Linux", machine="x86_64", memory_total=Bytes(62 * GIB))


def strategy(name: str, requires: object = None) -> Strategy:
    return Strategy.model_validate(
        {
            "name": name,
            "requires": requires or {},
            "models": {"m": {"card": "c", "served_by": "vllm"}},
            "tasks": {"*": "m"},
        }
    )


def named(*strategies: Strategy) -> dict[str, Strategy]:
    return {each.name: each for each in strategies}


def gpu(kind: str, gib: float | None, *, unified: bool = False, lost: bool = False, visible: bool | None = True) -> Gpu:
    memory = None if gib is None else Bytes(int(gib * GIB))
    return Gpu(
        name=kind, gpu_class=kind, vendor="nvidia", memory_total=memory, unified=unified, lost=lost, visible=visible
    )


def with_gpus(*gpus: Gpu) -> Resources:
    return Resources(host=HOST, gpus=gpus)


def with_slurm(*partitions: Partition, job_id: str | None = None, gpus: tuple[Gpu, ...] = ()) -> Resources:
    return Resources(host=HOST, gpus=gpus, slurm=Slurm(available=True, partitions=partitions, job_id=job_id))


def unknown(probe: str, reason: str) -> ProbeReport:
    return ProbeReport(probe=probe, state="unknown", reason=reason)


SHIPPED = named(
    strategy("h100_local", {"gpus": {"class": ["h100"]}}),
    strategy("l4_t4_combined", {"all_gpus": [{"class": ["l4"]}, {"class": ["t4"]}]}),
    strategy("t4_hybrid", {"gpus": {"class": ["t4"], "count": 4, "memory": "15GiB"}, "keys": ["DEEPSEEK_API_KEY"]}),
    strategy("t4_local_only", {"gpus": {"class": ["t4"], "count": 4}}),
    strategy("strix_halo", {"unified_memory": "96GiB"}),
    strategy(
        "workstation",
        {"any_of": [{"endpoints": ["ollama"]}, {"gpus": {"class": ["rtx"]}}, {"unified_memory": "32GiB"}]},
    ),
    strategy("cloud_only", {"any_key": ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"]}),
    strategy("development"),
)

T4_X4 = tuple(gpu("t4", 15) for _ in range(4))


@pytest.mark.parametrize(
    ("resources", "best"),
    [
        (with_gpus(gpu("h100-sxm", 79.6), gpu("l4", 22.5), *T4_X4), "h100_local"),
        (with_gpus(gpu("l4", 22.5), *T4_X4), "l4_t4_combined"),
        (Resources(host=HOST, gpus=T4_X4, keys=("DEEPSEEK_API_KEY",)), "t4_hybrid"),
        (with_gpus(*T4_X4), "t4_local_only"),
        (with_slurm(Partition(name="t4_ai", up=True, gpus_total={"t4": 10})), "t4_local_only"),
        (with_gpus(gpu("strix-halo", 119, unified=True)), "strix_halo"),
        (with_gpus(gpu("apple-m3-max", 48, unified=True)), "workstation"),
        (with_gpus(gpu("rtx-4090+laptop", 16)), "workstation"),
        (Resources(host=HOST, endpoints=(Endpoint(url="http://127.0.0.1:11434", kind="ollama"),)), "workstation"),
        (Resources(host=HOST, keys=("ANTHROPIC_API_KEY",)), "cloud_only"),
        (Resources(host=HOST), "development"),
    ],
)
def test_every_machine_gets_the_best_strategy_that_fits_it(resources: Resources, best: str) -> None:
    chosen = select(SHIPPED, resources, None)

    assert (chosen.strategy, chosen.fits) == (best, True)


def test_recommendations_stand_in_the_documented_order() -> None:
    everything = Resources(
        host=HOST,
        gpus=(gpu("h100-sxm", 80), gpu("l4", 22.5), *T4_X4, gpu("strix-halo", 119, unified=True)),
        keys=("DEEPSEEK_API_KEY", "OPENAI_API_KEY"),
    )

    ranked = recommend(SHIPPED, everything)

    assert [each.strategy for each in ranked] == [*ORDER, "development"]


def test_development_stands_behind_even_what_does_not_fit_once_anything_else_fits() -> None:
    ranked = recommend(SHIPPED, Resources(host=HOST, keys=("OPENAI_API_KEY",)))

    assert ranked[0].strategy == "cloud_only"
    assert ranked[-1].strategy == "development"


def test_a_users_own_strategy_that_fits_comes_first() -> None:
    own = strategy("our_lab", {"keys": ["OPENAI_API_KEY"]})
    lazy = strategy("anything_goes")
    resources = Resources(host=HOST, gpus=(gpu("h100-sxm", 80),), keys=("OPENAI_API_KEY",))

    ranked = [each.strategy for each in recommend(SHIPPED | named(own, lazy), resources)]

    assert ranked[:4] == ["our_lab", "h100_local", "cloud_only", "anything_goes"]


def test_missing_gpus_are_told_beside_those_found() -> None:
    needs = strategy("own", {"gpus": {"class": ["t4"], "count": 4, "memory": "15GiB"}})

    found = match(needs, with_gpus(gpu("l4", 22.494)))

    assert found == Match("own", False, (), ("needs 4 x t4 with 15 GiB; found 1 x l4 (22.5 GiB)",), 0)


@pytest.mark.parametrize(
    ("resources", "found"),
    [
        (with_gpus(), "no GPU"),
        (with_gpus(gpu("t4", 15, lost=True)), "1 x t4 (lost)"),
        (with_gpus(gpu("t4", 15, visible=False)), "1 x t4 (hidden by CUDA_VISIBLE_DEVICES)"),
        (with_gpus(gpu("t4", 15), gpu("t4", 15)), "2 x t4 (15.0 GiB)"),
        (with_slurm(Partition(name="ai", up=False, gpus_total={"t4": 9})), "9 x t4 (SLURM ai, down)"),
        (
            with_slurm(Partition(name="a", gpus_total={"t4": 2}), Partition(name="b", gpus_total={"t4": 3})),
            "2 x t4 (SLURM a), 3 x t4 (SLURM b)",
        ),
    ],
)
def test_gpus_that_cannot_be_used_are_not_counted_but_named(resources: Resources, found: str) -> None:
    needs = strategy("own", {"gpus": {"class": ["t4"], "count": 4}})

    assert match(needs, resources).missing == (f"needs 4 x t4; found {found}",)


def test_gpus_here_and_in_slurm_add_up() -> None:
    resources = with_slurm(Partition(name="a", gpus_total={"t4": 2}), gpus=T4_X4[:2])

    assert match(SHIPPED["t4_local_only"], resources).reasons == ("4 x t4",)


def test_inside_a_job_the_gpus_of_this_node_are_not_counted_twice() -> None:
    resources = with_slurm(Partition(name="a", gpus_total={"t4": 2}), gpus=T4_X4[:2], job_id="7")

    assert not match(SHIPPED["t4_local_only"], resources).fits


def test_sizes_a_little_under_the_nominal_are_enough() -> None:
    needs = strategy("own", {"gpus": {"class": ["t4"], "memory": "16GiB"}})

    assert match(needs, with_gpus(gpu("t4", 14.75))).fits
    assert not match(needs, with_gpus(gpu("t4", 8))).fits


def test_memory_that_is_unknown_is_not_too_little_for_a_class_that_was_named() -> None:
    named_class = strategy("own", {"gpus": {"class": ["rtx-9999"], "memory": "16GiB"}})
    any_class = strategy("own", {"gpus": {"memory": "16GiB"}})

    assert match(named_class, with_gpus(gpu("rtx-9999", None))).fits
    assert not match(any_class, with_gpus(gpu("rtx-9999", None))).fits


def test_a_probe_that_could_not_look_says_so_where_something_is_missing() -> None:
    resources = Resources(
        host=Host(system="Linux", machine="x86_64"),
        slurm=Slurm(available=None),
        probes=(
            unknown("nvidia", "driver mismatch"),
            unknown("slurm", "sinfo timed out"),
            unknown("host", "timed out"),
        ),
    )
    needs = strategy("own", {"gpus": {"class": ["t4"]}, "slurm": True, "memory": "8GiB"})

    assert match(needs, resources).missing == (
        "needs 1 x t4; found no GPU (could not look: nvidia: driver mismatch; slurm: sinfo timed out)",
        "needs SLURM; found none (could not look: slurm: sinfo timed out)",
        "needs 8 GiB host memory; found none (could not look: host: timed out)",
    )


def test_every_kind_of_requirement_gives_a_reason_when_it_is_met() -> None:
    needs = strategy(
        "own",
        {
            "gpus": {"class": ["strix-halo"]},
            "slurm": True,
            "keys": ["A_KEY"],
            "any_key": ["X_KEY", "B_KEY"],
            "endpoints": ["vllm", "ollama"],
            "memory": "62GiB",
            "unified_memory": "96GiB",
            "any_of": [{"keys": ["X_KEY"]}, {"keys": ["B_KEY"]}],
        },
    )
    resources = Resources(
        host=HOST,
        gpus=(gpu("strix-halo", 119, unified=True),),
        slurm=Slurm(available=True),
        keys=("A_KEY", "B_KEY"),
        endpoints=(Endpoint(url="http://127.0.0.1:11434", kind="ollama"),),
    )

    assert match(needs, resources).reasons == (
        "1 x strix-halo",
        "SLURM answers",
        "A_KEY is set",
        "B_KEY is set",
        "ollama answers at http://127.0.0.1:11434",
        "62 GiB host memory",
        "119 GiB unified memory",
        "B_KEY is set",
    )


def test_every_kind_of_requirement_says_what_is_missing() -> None:
    needs = strategy(
        "own",
        {
            "slurm": False,
            "keys": ["A_KEY"],
            "any_key": ["X_KEY", "B_KEY"],
            "endpoints": ["vllm"],
            "memory": "96GiB",
            "unified_memory": "96GiB",
            "any_of": [{"keys": ["X_KEY"], "memory": "96GiB"}, {"keys": ["B_KEY"]}],
        },
    )
    resources = Resources(
        host=HOST,
        slurm=Slurm(available=True),
        endpoints=(Endpoint(url="http://127.0.0.1:11434", kind="ollama"),),
    )

    found = match(needs, resources)

    assert found.reasons == ()
    assert found.missing == (
        "needs a machine without SLURM; found SLURM",
        "needs A_KEY; it is not set",
        "needs one of X_KEY, B_KEY; none is set",
        "needs a running server: vllm; found ollama at http://127.0.0.1:11434",
        "needs 96 GiB host memory; found 62 GiB",
        "needs 96 GiB unified memory; found none",
        "one of these: (needs X_KEY; it is not set and needs 96 GiB host memory; found 62 GiB)"
        " | (needs B_KEY; it is not set)",
    )


def test_an_override_is_returned_with_what_it_misses() -> None:
    chosen = select(SHIPPED, Resources(host=HOST), "h100_local")

    assert (chosen.strategy, chosen.fits) == ("h100_local", False)
    assert chosen.missing == ("needs 1 x h100; found no GPU",)


def test_an_unknown_override_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'h100_local'"):
        select(SHIPPED, Resources(host=HOST), "h100_locl")


def test_nothing_fits_names_every_strategy_with_what_it_misses() -> None:
    demanding = {name: each for name, each in SHIPPED.items() if name != "development"}

    with pytest.raises(NothingFits) as caught:
        select(demanding, Resources(host=HOST), None)

    assert set(caught.value.missing) == set(demanding)
    assert all(caught.value.missing.values())


CLASSES = ["t4", "l4", "h100-sxm", "strix-halo", "rtx-4090", "unknown:card"]
GPUS = st.builds(
    gpu,
    st.sampled_from(CLASSES),
    st.none() | st.floats(0, 200),
    unified=st.booleans(),
    lost=st.booleans(),
    visible=st.none() | st.booleans(),
)
PARTITIONS = st.builds(
    Partition,
    name=st.sampled_from(["a", "b"]),
    up=st.none() | st.booleans(),
    gpus_total=st.dictionaries(st.sampled_from(CLASSES), st.integers(0, 12), max_size=3),
)
RESOURCES = st.builds(
    Resources,
    host=st.just(HOST),
    gpus=st.lists(GPUS, max_size=6).map(tuple),
    slurm=st.builds(Slurm, available=st.none() | st.booleans(), partitions=st.lists(PARTITIONS, max_size=3).map(tuple)),
    keys=st.lists(st.sampled_from(["OPENAI_API_KEY", "DEEPSEEK_API_KEY"]), unique=True).map(tuple),
)
OWN = named(strategy("b_own", {"gpus": {"class": ["t4"]}}), strategy("a_own", {"gpus": {"class": ["t4"]}}))


@given(resources=RESOURCES, seed=st.randoms(use_true_random=False))
def test_recommendation_does_not_depend_on_the_order_of_the_strategies(
    resources: Resources, seed: random.Random
) -> None:
    strategies = list((SHIPPED | OWN).items())
    seed.shuffle(strategies)

    assert recommend(dict(strategies), resources) == recommend(SHIPPED | OWN, resources)


@given(resources=RESOURCES)
def test_every_strategy_either_fits_or_says_what_it_misses(resources: Resources) -> None:
    ranked = recommend(SHIPPED, resources)

    assert {each.strategy for each in ranked} == set(SHIPPED)
    assert all(each.fits is not bool(each.missing) for each in ranked)
    assert ranked[0].fits
    assert ranked[0].strategy != "development" or sum(each.fits for each in ranked) == 1
