"""AMD GPUs in sysfs trees."""

from pathlib import Path

import pytest

from signalbox.resources import amd
from signalbox.resources.finding import Look
from signalbox.schema.resources import Gpu
from tests.resources.trees import GIB, meminfo, write_tree

DEVICE = "sys/class/drm/card0/device"


def only_gpu(root: Path) -> Gpu:
    (gpu,) = amd.probe(Look(environ={}, root=root)).gpus
    return gpu


def card(vram: int, gtt: int, *, vram_used: int = 0, gtt_used: int = 0) -> dict[str, object]:
    return {
        f"{DEVICE}/vendor": "0x1002",
        f"{DEVICE}/device": "0x1586",
        f"{DEVICE}/uevent": "DRIVER=amdgpu\nPCI_SLOT_NAME=0000:c5:00.0",
        f"{DEVICE}/mem_info_vram_total": vram,
        f"{DEVICE}/mem_info_vram_used": vram_used,
        f"{DEVICE}/mem_info_gtt_total": gtt,
        f"{DEVICE}/mem_info_gtt_used": gtt_used,
    }


def kfd(gfx: int) -> dict[str, object]:
    nodes = "sys/class/kfd/kfd/topology/nodes"
    return {
        f"{nodes}/0/properties": "gfx_target_version 0\ndevice_id 0",
        f"{nodes}/1/properties": f"gfx_target_version {gfx}\nvendor_id 4098\ndevice_id {0x1586}\ndrm_render_minor 128",
    }


def test_a_strix_halo_is_never_credited_with_more_than_the_machine_has(tmp_path: Path) -> None:
    write_tree(tmp_path, card(8 * GIB, 124 * GIB) | kfd(110501))
    write_tree(tmp_path, {"proc/meminfo": meminfo(119 * GIB, 90 * GIB), f"{DEVICE}/hwmon/hwmon3/temp1_input": 54000})

    gpu = only_gpu(tmp_path)

    assert (gpu.gpu_class, gpu.unified) == ("strix-halo", True)
    assert gpu.memory_total == 127 * GIB
    assert gpu.memory_free == 98 * GIB
    assert (gpu.temperature_c, gpu.uuid) == (54.0, "0000:c5:00.0")


def test_a_large_carve_out_is_unified_all_the_same(tmp_path: Path) -> None:
    write_tree(tmp_path, card(96 * GIB, 15 * GIB, vram_used=20 * GIB) | kfd(110501))
    write_tree(tmp_path, {"proc/meminfo": meminfo(31 * GIB, 20 * GIB)})

    gpu = only_gpu(tmp_path)

    assert gpu.unified
    assert (gpu.memory_total, gpu.memory_free) == (111 * GIB, 91 * GIB)


def test_an_apu_without_compute_driver_is_told_by_its_memory(tmp_path: Path) -> None:
    write_tree(tmp_path, card(1 * GIB, 16 * GIB) | {"proc/meminfo": meminfo(31 * GIB, 20 * GIB)})

    gpu = only_gpu(tmp_path)

    assert gpu.unified
    assert gpu.gpu_class == "unknown:AMD Radeon Graphics"


def test_a_discrete_card_has_its_own_memory_and_the_name_of_its_product(tmp_path: Path) -> None:
    write_tree(tmp_path, card(192 * GIB, 250 * GIB, vram_used=2 * GIB))
    write_tree(tmp_path, {f"{DEVICE}/board_info": "type : oam", f"{DEVICE}/product_name": "AMD Instinct MI300X"})

    gpu = only_gpu(tmp_path)

    assert (gpu.gpu_class, gpu.unified) == ("mi300x", False)
    assert (gpu.memory_total, gpu.memory_free) == (192 * GIB, 190 * GIB)


def test_a_card_without_a_known_name_keeps_its_architecture(tmp_path: Path) -> None:
    write_tree(tmp_path, card(24 * GIB, 16 * GIB) | kfd(110000))

    assert only_gpu(tmp_path).gpu_class == "unknown:gfx1100"


def test_values_that_cannot_be_read_are_unknown(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"{DEVICE}/vendor": "0x1002", f"{DEVICE}/mem_info_vram_total": "busy"})

    gpu = only_gpu(tmp_path)

    assert (gpu.memory_total, gpu.memory_free, gpu.temperature_c, gpu.utilisation_percent) == (None,) * 4


@pytest.mark.parametrize(
    "files",
    [{}, {f"{DEVICE}/vendor": "0x8086"}, {"sys/class/drm/card0-eDP-1/device/vendor": "0x1002"}],
)
def test_other_vendors_and_connectors_are_no_amd_gpu(tmp_path: Path, files: dict[str, object]) -> None:
    write_tree(tmp_path, files)

    assert amd.probe(Look(environ={}, root=tmp_path)).state == "absent"
