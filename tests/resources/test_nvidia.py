"""NVIDIA GPUs as NVML tells them, with all that it may refuse to tell."""

import logging
from pathlib import Path

import pytest

from signalbox.resources import nvidia, nvml
from signalbox.resources.finding import Finding, Look
from tests.resources.fake_nvml import NOT_SUPPORTED, Fails, FakeGpu, FakeNvml
from tests.resources.trees import GIB, meminfo, write_tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host of 122 GiB with 90 GiB available."""
    return write_tree(tmp_path, {"proc/meminfo": meminfo(122 * GIB, 90 * GIB)})


def look_at(root: Path, *gpus: FakeGpu, **environ: str) -> Finding:
    return nvidia.probe(Look(environ=environ, root=root), FakeNvml(list(gpus)))


def test_a_t4_is_read_whole(root: Path) -> None:
    library = FakeNvml([FakeGpu()])

    finding = nvidia.probe(Look(environ={}, root=root), library)

    (gpu,) = finding.gpus
    assert finding.state == "ok"
    assert finding.reason == "driver 580.173.02"
    assert (gpu.name, gpu.gpu_class, gpu.uuid, gpu.visible) == ("Tesla T4", "t4", "GPU-0000", True)
    assert (gpu.memory_total, gpu.memory_free, gpu.unified) == (15360 << 20, 15000 << 20, False)
    assert (gpu.compute_capability, gpu.temperature_c, gpu.utilisation_percent) == (7.5, 61, 37)
    assert library.stopped


def test_no_driver_library_is_a_certain_no_and_not_worth_a_warning(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    finding = nvidia.probe(Look(environ={}, root=root), FakeNvml(init=Fails(nvml.LIBRARY_NOT_FOUND)))

    assert finding.state == "absent"
    assert not [record for record in caplog.records if record.levelno > logging.DEBUG]


def test_a_driver_mismatch_is_unknown_with_one_warning(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    finding = nvidia.probe(Look(environ={}, root=root), FakeNvml(init=Fails(nvml.VERSION_MISMATCH)))

    assert finding.state == "unknown"
    assert "different versions" in finding.reason
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize("memory", [NOT_SUPPORTED, (0, 0)])
def test_a_gb10_has_the_memory_of_its_host(root: Path, memory: Fails | tuple[int, int]) -> None:
    finding = look_at(root, FakeGpu(name="NVIDIA GB10", memory=memory, compute_capability=(12, 1)))

    (gpu,) = finding.gpus
    assert gpu.unified
    assert (gpu.memory_total, gpu.memory_free) == (122 * GIB, 90 * GIB)
    assert gpu.compute_capability == 12.1


def test_a_gb10_whose_driver_tells_memory_is_unified_nevertheless(root: Path) -> None:
    (gpu,) = look_at(root, FakeGpu(name="NVIDIA GB10", memory=(119 * GIB, 80 * GIB))).gpus

    assert gpu.unified


def test_memory_that_fails_for_another_reason_is_unknown_and_not_the_hosts(root: Path) -> None:
    (gpu,) = look_at(root, FakeGpu(memory=Fails(nvml.UNKNOWN))).gpus

    assert gpu.memory_total is None
    assert not gpu.unified
    assert not gpu.lost


@pytest.mark.parametrize("code", [nvml.GPU_IS_LOST, nvml.RESET_REQUIRED, nvml.GPU_NOT_FOUND])
def test_a_lost_gpu_stays_in_the_list_and_the_others_are_kept(root: Path, code: int) -> None:
    finding = look_at(root, FakeGpu(), FakeGpu(), FakeGpu(handle=Fails(code)))

    assert [gpu.lost for gpu in finding.gpus] == [False, False, True]


def test_a_gpu_that_is_lost_while_it_is_read_is_lost_under_its_name(root: Path) -> None:
    (gpu,) = look_at(root, FakeGpu(memory=Fails(nvml.GPU_IS_LOST))).gpus

    assert gpu.lost
    assert gpu.gpu_class == "t4"


def test_mig_slices_stand_for_their_parent_and_empty_slots_are_skipped(root: Path) -> None:
    name = "NVIDIA A100-SXM4-40GB MIG 3g.20gb"
    slices = [
        FakeGpu(name=name, uuid=f"MIG-{slot}", memory=(20 * GIB, 19 * GIB), utilisation=NOT_SUPPORTED)
        for slot in range(2)
    ]
    parent = FakeGpu(name="NVIDIA A100-SXM4-40GB", slots=[slices[0], None, slices[1]], utilisation=NOT_SUPPORTED)

    finding = look_at(root, parent)

    assert [gpu.uuid for gpu in finding.gpus] == ["MIG-0", "MIG-1"]
    assert {gpu.gpu_class for gpu in finding.gpus} == {"a100-40g-sxm+mig"}
    assert {gpu.utilisation_percent for gpu in finding.gpus} == {None}
    assert {gpu.memory_total for gpu in finding.gpus} == {20 * GIB}


def test_a_slice_without_memory_does_not_get_the_hosts(root: Path) -> None:
    parent = FakeGpu(slots=[FakeGpu(name="NVIDIA A100-SXM4-40GB MIG 3g.20gb", memory=NOT_SUPPORTED)])

    (gpu,) = look_at(root, parent).gpus

    assert (gpu.memory_total, gpu.unified) == (None, False)


def test_mig_mode_without_slices_offers_no_gpu(root: Path) -> None:
    assert look_at(root, FakeGpu(slots=[])).state == "absent"


@pytest.mark.parametrize(
    ("new", "old"),
    [(61, Fails(nvml.DEPRECATED)), (Fails(nvml.FUNCTION_NOT_FOUND), 61), (NOT_SUPPORTED, 61)],
)
def test_temperature_is_read_with_old_and_new_drivers(root: Path, new: int | Fails, old: int | Fails) -> None:
    (gpu,) = look_at(root, FakeGpu(temperature_v=new, temperature=old)).gpus

    assert gpu.temperature_c == 61


def test_fields_that_are_not_told_are_unknown_and_never_zero(root: Path) -> None:
    silent = FakeGpu(
        uuid=NOT_SUPPORTED,
        compute_capability=NOT_SUPPORTED,
        utilisation=NOT_SUPPORTED,
        temperature_v=NOT_SUPPORTED,
        temperature=NOT_SUPPORTED,
    )

    (gpu,) = look_at(root, silent).gpus

    assert (gpu.uuid, gpu.compute_capability, gpu.utilisation_percent, gpu.temperature_c) == (None,) * 4


@pytest.mark.parametrize(("name", "expected"), [(b"Tesla T4", "t4"), (b"Tesla T4 \xff", "t4")])
def test_names_in_bytes_are_decoded(root: Path, name: bytes, expected: str) -> None:
    (gpu,) = look_at(root, FakeGpu(name=name)).gpus

    assert gpu.gpu_class == expected


def test_a_jetson_without_nvml_is_found_by_its_board(root: Path) -> None:
    write_tree(root, {"etc/nv_tegra_release": "# R35", "proc/device-tree/model": "NVIDIA Jetson AGX Orin\0"})

    finding = nvidia.probe(Look(environ={}, root=root), FakeNvml(init=Fails(nvml.LIBRARY_NOT_FOUND)))

    (gpu,) = finding.gpus
    assert (gpu.gpu_class, gpu.unified, gpu.memory_total) == ("orin", True, 122 * GIB)


@pytest.mark.parametrize(
    ("wanted", "order", "names", "expected"),
    [
        ("0", "", ("T4", "T4"), [True, False]),
        ("1", "PCI_BUS_ID", ("T4", "L4"), [False, True]),
        ("1", "", ("T4", "L4"), [None, None]),
        ("GPU-b", "", ("T4", "L4"), [False, True]),
        ("", "", ("T4", "T4"), [False, False]),
        ("-1", "", ("T4", "T4"), [False, False]),
        ("NoDevFiles", "", ("T4", "T4"), [False, False]),
        ("0,7,1", "", ("T4", "T4"), [True, False]),
        ("GPU-x,GPU-a", "", ("T4", "T4"), [False, False]),
    ],
)
def test_cuda_visible_devices_is_read_by_cudas_rules(
    root: Path, wanted: str, order: str, names: tuple[str, str], expected: list[bool | None]
) -> None:
    gpus = [FakeGpu(name=name, uuid=f"GPU-{letter}000") for name, letter in zip(names, "ab", strict=True)]

    finding = look_at(root, *gpus, CUDA_VISIBLE_DEVICES=wanted, CUDA_DEVICE_ORDER=order)

    assert [gpu.visible for gpu in finding.gpus] == expected
