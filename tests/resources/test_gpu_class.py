"""GPU names to classes, and what the classes offer."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.resources.gpu_class import GPU_CLASSES, gpu_class, matches_class, spec

NAMES = [
    tuple(line.split("\t")) for line in (Path(__file__).parent / "data/gpu_names.tsv").read_text().splitlines() if line
]


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_every_known_name_has_its_exact_class(name: str, expected: str) -> None:
    assert gpu_class(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NVIDIA GeForce RTX 4070 Ti SUPER", "rtx-4070-ti-super"),
        ("rtx3090", "rtx-3090"),
        ("GRID T4-16Q", "t4"),
        ("NVIDIA A100-40C", "a100"),
        ("NVIDIA H100 80GB HBM3 MIG 1g.10gb", "h100-sxm+mig"),
        ("NVIDIA Jetson AGX Orin Developer Kit", "orin"),
        ("NVIDIA RTX 4000 SFF Ada Generation", "rtx-4000-ada"),
        ("AMD Radeon(TM) 8060S Graphics", "strix-halo"),
        ("Apple M3 Max", "apple-m3-max"),
        ("NVIDIA GeForce GTX 1080 Ti", "unknown:NVIDIA GeForce GTX 1080 Ti"),
        ("", "unknown:"),
    ],
)
def test_other_spellings_are_understood(name: str, expected: str) -> None:
    assert gpu_class(name) == expected


@given(st.text(max_size=300))
def test_any_text_has_a_class(name: str) -> None:
    assert gpu_class(name)


@pytest.mark.parametrize(
    ("wanted", "found", "matches"),
    [
        ("h100", "h100-sxm", True),
        ("h100", "h100-pcie", True),
        ("h100", "h100-nvl", True),
        ("h100", "gh200", False),
        ("a100", "a100-40g-pcie", True),
        ("a100-80g", "a100-40g-sxm", False),
        ("a100", "a100-40g-sxm+mig", False),
        ("a100+mig", "a100-40g-sxm+mig", True),
        ("rtx", "rtx-4090", True),
        ("rtx", "rtx-4090+laptop", True),
        ("rtx", "rtx-a6000", True),
        ("rtx-4090", "rtx-4090+laptop", False),
        ("T4", "t4", True),
        ("l4", "l40", False),
        ("l40", "l40s", False),
        ("t4", "t4g", False),
        ("a10", "a100", False),
        ("apple", "apple-m3-max", True),
        ("t4", "unknown:T4000", False),
    ],
)
def test_a_wanted_class_takes_its_variants_and_nothing_else(wanted: str, found: str, matches: bool) -> None:
    assert matches_class(wanted, found) is matches


@pytest.mark.parametrize("name", GPU_CLASSES)
def test_a_class_matches_itself_and_has_a_spec(name: str) -> None:
    assert matches_class(name, name)
    assert spec(name) == GPU_CLASSES[name]


@pytest.mark.parametrize(
    ("variant", "base"),
    [("h100-sxm", "h100"), ("a100-80g-sxm", "a100-80g"), ("h200-nvl", "h200"), ("rtx-4090-d", "rtx-4090")],
)
def test_a_form_factor_has_the_spec_of_its_chip(variant: str, base: str) -> None:
    assert spec(variant) == GPU_CLASSES[base]


def test_a_form_factor_with_figures_of_its_own_keeps_them() -> None:
    assert spec("h100-nvl") != spec("h100")


@pytest.mark.parametrize("reduced", ["rtx-4090+laptop", "a100-40g-sxm+mig"])
def test_a_reduced_part_keeps_the_capability_but_not_the_memory(reduced: str) -> None:
    found = spec(reduced)

    assert found is not None
    assert found.memory_mib is None
    assert found.compute_capability in (8.0, 8.9)


@pytest.mark.parametrize("name", ["rtx-9999", "unknown:card", "", "sxm", "-d"])
def test_a_class_without_figures_has_no_spec(name: str) -> None:
    assert spec(name) is None
