"""Detection as a whole: everything in parallel, nothing raised, an end in sight."""

import os
import threading
from pathlib import Path

import pytest

from signalbox.resources.detect import PROBES, assemble, detect, run_probes
from signalbox.resources.finding import Finding, Look, absent
from signalbox.schema.resources import Resources
from tests.resources.servers import serve
from tests.resources.trees import GIB, meminfo, write_program, write_tree


def states(resources: Resources) -> dict[str, str]:
    return {report.probe: report.state for report in resources.probes}


def test_every_probe_reports_on_a_bare_machine(tmp_path: Path) -> None:
    resources = detect(environ={"PATH": str(tmp_path)}, root=tmp_path)

    assert list(states(resources)) == list(PROBES)
    assert states(resources)["amd"] == states(resources)["slurm"] == states(resources)["keys"] == "absent"
    assert all(report.took_ms >= 0 for report in resources.probes)
    assert resources.host.memory_total is None


def test_what_the_probes_find_is_put_together(tmp_path: Path) -> None:
    device = "sys/class/drm/card1/device"
    write_tree(tmp_path, {"proc/meminfo": meminfo(64 * GIB, 60 * GIB), f"{device}/vendor": "0x1002"})
    write_tree(tmp_path, {f"{device}/product_name": "AMD Instinct MI300X"})
    environ = write_program(tmp_path / "bin", "sinfo", "echo 'gpu*|up|1:00:00|4|idle|8|1|gpu:t4:1|(null)'")
    with serve({"/v1/models": {"data": [{"id": "m", "owned_by": "vllm"}]}}) as server:
        resources = detect([server.url], environ=environ | {"OPENAI_API_KEY": "sk-secret"}, root=tmp_path)

    assert "mi300x" in [gpu.gpu_class for gpu in resources.gpus]
    assert resources.host.memory_total == 64 * GIB
    assert resources.slurm.partitions[0].gpus_free == {"t4": 4}
    assert resources.keys == ("OPENAI_API_KEY",)
    assert server.url in [endpoint.url for endpoint in resources.endpoints]
    assert "sk-secret" not in resources.model_dump_json()


def test_a_file_that_never_answers_leaves_its_probe_unknown_and_the_others_whole(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    os.mkfifo(tmp_path / "proc/meminfo")

    resources = detect(environ={"OPENAI_API_KEY": "x", "PATH": ""}, root=tmp_path, timeout=0.3)
    (tmp_path / "proc/meminfo").write_text("")  # lets the reader go

    assert states(resources)["host"] == "unknown"
    assert next(report.reason for report in resources.probes if report.probe == "host") == "timed out"
    assert resources.host.system
    assert resources.keys == ("OPENAI_API_KEY",)


def test_a_probe_that_hangs_is_abandoned() -> None:
    release = threading.Event()

    def hang(look: Look) -> Finding:
        release.wait(30)
        return absent("released")

    results = run_probes({"stuck": hang, "quick": lambda look: absent("nothing")}, Look(timeout=0.05))
    hung = not release.is_set()
    release.set()

    assert hung
    assert results["stuck"][0] == Finding("unknown", "timed out")
    assert results["quick"][0] == absent("nothing")


def test_a_probe_that_raises_is_unknown_with_its_error() -> None:
    def fail(look: Look) -> Finding:
        raise RuntimeError("odd machine")

    results = run_probes({"odd": fail}, Look())

    assert results["odd"][0] == Finding("unknown", "the probe failed: RuntimeError: odd machine")


def test_resources_survive_a_round_trip_as_json() -> None:
    resources = assemble({"keys": (Finding("ok", keys=("A_API_KEY",)), 1.25)})

    assert Resources.model_validate_json(resources.model_dump_json()) == resources


@pytest.mark.parametrize("timeout", [0.0, 0.2])
def test_what_hangs_outside_is_unknown_and_what_is_here_is_found(tmp_path: Path, timeout: float) -> None:
    environ = write_program(tmp_path / "bin", "sinfo", "sleep 60")
    with serve({}, hold=threading.Event()) as server:
        resources = detect([server.url], environ=environ | {"OPENAI_API_KEY": "x"}, root=tmp_path, timeout=timeout)

    assert (states(resources)["endpoints"], states(resources)["slurm"]) == ("unknown", "unknown")
    assert resources.keys == ("OPENAI_API_KEY",)
