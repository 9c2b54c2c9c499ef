"""Apple chips, with a `sysctl` of our own."""

from pathlib import Path

import pytest

from signalbox.resources import apple
from signalbox.resources.finding import Look
from tests.resources.trees import GIB, write_program

SYSCTL = """case "$2" in
hw.memsize) echo {memory} ;;
machdep.cpu.brand_string) echo "{chip}" ;;
iogpu.wired_limit_mb) echo {wired} ;;
*) exit 1 ;;
esac"""


@pytest.mark.parametrize(
    ("memory_gib", "wired", "expected"),
    [(128, 0, 96 * GIB), (64, 0, 48 * GIB), (32, 0, int(32 * GIB * 0.66)), (64, 57344, 56 * GIB)],
)
def test_a_mac_offers_the_working_set_that_metal_recommends(
    tmp_path: Path, memory_gib: int, wired: int, expected: int
) -> None:
    script = SYSCTL.format(memory=memory_gib * GIB, chip="Apple M3 Max", wired=wired)

    finding = apple.probe(Look(environ=write_program(tmp_path, "sysctl", script), system="Darwin"))

    (gpu,) = finding.gpus
    assert (gpu.name, gpu.gpu_class, gpu.vendor, gpu.unified) == ("Apple M3 Max", "apple-m3-max", "apple", True)
    assert gpu.memory_total == expected


def test_an_intel_mac_has_no_apple_gpu(tmp_path: Path) -> None:
    script = SYSCTL.format(memory=16 * GIB, chip="Intel(R) Core(TM) i7", wired=0)

    assert apple.probe(Look(environ=write_program(tmp_path, "sysctl", script), system="Darwin")).state == "absent"


def test_other_systems_are_not_asked() -> None:
    assert apple.probe(Look(environ={}, system="Linux")).state == "absent"


def test_a_failing_sysctl_is_unknown(tmp_path: Path) -> None:
    finding = apple.probe(Look(environ=write_program(tmp_path, "sysctl", "exit 1"), system="Darwin"))

    assert finding.state == "unknown"
