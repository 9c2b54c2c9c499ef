"""Whether a model fits: memory, chip and server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.compiler.fit import Fit, fit
from signalbox.schema.catalogue import Card, Needs
from signalbox.units import Bytes

GIB = 2**30
KIB = 1024


def card(
    weights_gib: float | None = None,
    kv_kib: float | None = None,
    *,
    memory_gib: float | None = None,
    context: int = 32768,
    needs: Needs | None = None,
    embeddings: bool = False,
) -> Card:
    return Card(
        source="made up for a test",
        context_window=context,
        capabilities=("embeddings",) if embeddings else ("chat",),
        weights=None if weights_gib is None else Bytes(int(weights_gib * GIB)),
        kv_bytes_per_token=None if kv_kib is None else Bytes(int(kv_kib * KIB)),
        memory=None if memory_gib is None else Bytes(int(memory_gib * GIB)),
        needs=needs or Needs(),
    )


def on_t4(model: Card, *, context: int | None = None, gpus: int = 1) -> Fit:
    return fit(model, server="vllm", gpu="t4", context=context, gpus=gpus)


QWEN_7B_AWQ = card(5.19, 56)
BIOMISTRAL_FP16 = card(13.49, 128)


@pytest.mark.parametrize(
    ("model", "verdict"),
    [
        (QWEN_7B_AWQ, "fits"),
        (card(8.11, 56, context=4096), "fits"),
        (card(5.98, 112), "fits"),
        (card(2.79, 32), "fits"),
        (card(1.06, embeddings=True), "fits"),
        (card(9.46, 336), "tight"),
        (BIOMISTRAL_FP16, "no"),
        (card(3.87, 128), "fits"),
    ],
)
def test_models_on_one_t4_have_the_verdict_that_was_computed_for_them(model: Card, verdict: str) -> None:
    assert on_t4(model).verdict == verdict


def test_the_reason_names_both_figures() -> None:
    found = on_t4(QWEN_7B_AWQ)

    assert found.reason == "fits: 7.1 of 13.8 GiB"
    assert found.need is not None
    assert found.need.gib == pytest.approx(5.19 + 56 * 8192 / 2**20 + 1.5, abs=0.01)


def test_a_refusal_names_both_figures() -> None:
    assert on_t4(BIOMISTRAL_FP16).reason == "does not fit: needs 16.0 of 13.8 GiB"


def test_without_a_wanted_context_at_most_8192_tokens_count() -> None:
    assert on_t4(QWEN_7B_AWQ).need == on_t4(QWEN_7B_AWQ, context=8192).need


def test_a_wanted_context_counts_up_to_the_models_own() -> None:
    small = card(5.19, 56, context=4096)

    assert on_t4(QWEN_7B_AWQ, context=32768).need == Bytes(int(5.19 * GIB) + 56 * KIB * 32768 + 3 * GIB // 2)
    assert on_t4(small, context=32768).need == on_t4(small).need


def test_several_gpus_share_the_weights() -> None:
    assert on_t4(BIOMISTRAL_FP16, gpus=2).verdict == "fits"


def test_a_models_own_memory_figure_counts_where_its_parts_are_unknown() -> None:
    found = on_t4(card(memory_gib=6))

    assert (found.verdict, found.need) == ("fits", 6 * GIB)


@pytest.mark.parametrize("model", [card(), card(5.0), card(None, 56)])
def test_a_model_without_figures_is_unknown_and_never_refused(model: Card) -> None:
    found = on_t4(model)

    assert found.verdict == "unknown"
    assert "the catalogue has neither" in found.reason


@pytest.mark.parametrize("gpu", ["rtx-9999", "unknown:card", "a100", "rtx-4090+laptop", "strix-halo", None])
def test_a_place_without_known_memory_is_unknown_and_never_refused(gpu: str | None) -> None:
    assert fit(card(500.0, 56), server="vllm", gpu=gpu).verdict == "unknown"


def test_detected_memory_goes_before_the_table() -> None:
    assert fit(QWEN_7B_AWQ, server="vllm", gpu="t4", memory=Bytes(7 * GIB)).verdict == "no"
    assert fit(QWEN_7B_AWQ, server="vllm", gpu="unknown:card", memory=Bytes(24 * GIB)).verdict == "fits"


@pytest.mark.parametrize(
    ("gpu", "memory_gib", "have_gib"),
    [
        ("t4", None, 13.8),
        ("h100-sxm", None, 73.3),
        ("strix-halo", 120, 90.0),
        ("gb10", 120, 90.0),
        (None, 64, 48.0),
        ("apple-m4-max", 96, 96.0),
    ],
)
def test_a_part_of_the_memory_is_left_to_the_system(gpu: str | None, memory_gib: int | None, have_gib: float) -> None:
    memory = None if memory_gib is None else Bytes(memory_gib * GIB)

    found = fit(QWEN_7B_AWQ, server="llamacpp", gpu=gpu, memory=memory)

    assert found.have is not None
    assert found.have.gib == pytest.approx(have_gib, abs=0.05)


def test_a_model_that_refuses_fp16_does_not_run_on_a_t4() -> None:
    found = on_t4(card(3, 56, needs=Needs(bf16=True)))

    assert found.verdict == "no"
    assert found.reason == "needs bf16 (compute capability 8.0); t4 has 7.5"


def test_a_chip_that_is_too_old_is_refused_with_both_capabilities() -> None:
    found = on_t4(card(3, 56, needs=Needs(min_compute_capability=8.9)))

    assert (found.verdict, found.reason) == ("no", "needs compute capability 8.9; t4 has 7.5")


def test_a_server_that_cannot_run_the_build_is_refused() -> None:
    found = on_t4(card(3, 56, needs=Needs(servers=("llamacpp", "ollama"))))

    assert (found.verdict, found.reason) == ("no", "needs llamacpp or ollama; vllm cannot run this build")


def test_a_v100_is_doubted_where_the_servers_published_builds_leave_it_out() -> None:
    assert fit(QWEN_7B_AWQ, server="vllm", gpu="v100-32g").verdict == "unknown"
    assert fit(QWEN_7B_AWQ, server="llamacpp", gpu="v100-32g").verdict == "fits"


def test_a_simulated_model_fits_anywhere() -> None:
    assert fit(card(500.0, 56), server="simulated", gpu="t4").verdict == "fits"


SIZES = st.none() | st.integers(0, 2**62)


@given(
    weights=SIZES,
    kv=SIZES,
    memory=SIZES,
    capability=st.none() | st.floats(1, 20),
    bf16=st.booleans(),
    server=st.sampled_from(["vllm", "ollama", "simulated", ""]),
    gpu=st.none() | st.sampled_from(["t4", "strix-halo", "h100-sxm+mig", "apple-m1"]) | st.text(max_size=20),
    gpus=st.integers(-2, 70),
    context=st.none() | st.integers(-(2**40), 2**40),
    detected=SIZES,
)
def test_any_figures_give_a_verdict_with_its_reason(
    *,
    weights: int | None,
    kv: int | None,
    memory: int | None,
    capability: float | None,
    bf16: bool,
    server: str,
    gpu: str | None,
    gpus: int,
    context: int | None,
    detected: int | None,
) -> None:
    model = Card(
        source="made up",
        context_window=4096,
        weights=weights,
        kv_bytes_per_token=kv,
        memory=memory,
        needs=Needs(min_compute_capability=capability, bf16=bf16),
    )

    found = fit(
        model,
        server=server,
        gpu=gpu,
        gpus=gpus,
        context=context,
        memory=None if detected is None else Bytes(detected),
    )

    assert found.reason
    assert found.verdict != "fits" or found.have is None or (found.need is not None and found.need <= found.have)
    assert found.verdict != "no" or found.reason.startswith(("needs ", "does not fit"))
