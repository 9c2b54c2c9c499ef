"""The real NVML binding against a small library of our own, in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STUB = Path(__file__).parent / "data/nvml_stub.c"
PROGRAM = "from signalbox.resources.detect import detect; print(detect(environ={}, timeout=5).model_dump_json())"


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler, cc")
def test_a_t4_a_gb10_and_a_lost_gpu_are_read_through_the_real_binding(tmp_path: Path) -> None:
    library = tmp_path / "libnvidia-ml.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, STUB], check=True)

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    found = json.loads(done.stdout)
    t4, gb10, lost = found["gpus"]
    assert (t4["gpu_class"], t4["memory_total"], t4["compute_capability"]) == ("t4", 15360 << 20, 7.5)
    assert (t4["temperature_c"], t4["utilisation_percent"], t4["uuid"]) == (61, 37, None)
    assert (gb10["gpu_class"], gb10["unified"]) == ("gb10", True)
    assert gb10["memory_total"] == found["host"]["memory_total"]
    assert lost["lost"] is True
