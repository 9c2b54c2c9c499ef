"""The life of a server under SLURM, with a simulated server and a fake scontrol: starting, ready, draining, gone."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SLURM = Path(__file__).parents[2] / "compose" / "slurm"
PATIENCE_S = 30

SERVER = """#!{python}
import os, signal, sys, threading, time
from pathlib import Path
from signalbox.sim import SimModel, SimServer, SimSpec
arguments = sys.argv[1:]
seen = Path(os.environ["SEEN"])
seen.write_text(seen.read_text() + " ".join(arguments) + "\\n")
starts = len(seen.read_text().splitlines())
if starts <= int(os.environ.get("CRASHES", "0")):
    sys.exit(3)
key = os.environ.get("VLLM_API_KEY")
if "--api-key-file" in arguments:
    key = Path(arguments[arguments.index("--api-key-file") + 1]).read_text()
port = int(arguments[arguments.index("--port") + 1])
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
with SimServer(SimSpec("vllm", (SimModel("m"),), port=port, api_key=key)):
    stop.wait()
"""
SCONTROL = """#!/bin/bash
echo "$@ registry:$(ls "$SIGNALBOX_REGISTRY")" >>"$SCONTROL_SEEN"
"""


@dataclass
class Job:
    """A running batch script and the files it works with."""

    folder: Path
    process: "subprocess.Popen[bytes]"

    @property
    def entry_path(self) -> Path:
        return self.folder / "registry" / "42.json"

    def entry(self) -> dict[str, Any]:
        """The registry entry; empty while there is none."""
        try:
            found: dict[str, Any] = json.loads(self.entry_path.read_text())
        except FileNotFoundError:
            return {}
        return found

    def until(self, seen: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not seen():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.02)

    def log(self) -> str:
        return (self.folder / "log").read_text()


def _executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@contextmanager
def submitted(folder: Path, script: str, **environ: str) -> Iterator[Job]:
    """The script as SLURM would start it: job 42, its own process group, signals to the batch shell only."""
    programs = folder / "bin"
    programs.mkdir()
    for name in ("vllm", "llama-server"):
        _executable(programs / name, SERVER.replace("{python}", sys.executable))
    _executable(programs / "scontrol", SCONTROL)
    (folder / "seen").touch()
    settings = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(folder),
        "SLURM_JOB_ID": "42",
        "SLURMD_NODENAME": "t4-node-02",
        "SLURM_SUBMIT_DIR": str(SLURM),
        "SLURM_JOB_END_TIME": "1900000000",
        "SIGNALBOX_REGISTRY": str(folder / "registry"),
        "SIGNALBOX_KEY_FILE": str(folder / "key"),
        "SEEN": str(folder / "seen"),
        "SCONTROL_SEEN": str(folder / "scontrol"),
        "BEAT_S": "0.1",
        "DRAIN_S": "1",
        "MODEL": "org/model-7b",
        **environ,
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", str(SLURM / script)], env=settings, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield Job(folder, process)
    finally:
        with suppress(ProcessLookupError):  # its server too, which outlives a script that is killed
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_job_registers_gets_ready_drains_on_usr1_and_asks_to_be_requeued(tmp_path: Path) -> None:
    with submitted(tmp_path, "serve_vllm.sbatch") as job:
        job.until(lambda: job.entry().get("state") == "ready")
        ready = job.entry()
        job.process.send_signal(signal.SIGUSR1)
        job.until(lambda: job.entry().get("state") == "draining")
        code = job.process.wait(PATIENCE_S)

    port = ready["port"]
    assert ready == ready | {
        "schema": 1,
        "job_id": "42",
        "restart": 0,
        "node": "t4-node-02",
        "base_url": f"http://t4-node-02:{port}/v1",
        "model": "org/model-7b",
        "expires_at": 1_900_000_000,
    }
    assert abs(ready["heartbeat_at"] - time.time()) < 2 * PATIENCE_S
    assert code == 0
    assert (tmp_path / "scontrol").read_text() == "requeue 42 registry:\n"


def test_the_key_is_made_private_and_never_an_argument(tmp_path: Path) -> None:
    with submitted(tmp_path, "serve_vllm.sbatch") as job:
        job.until(lambda: job.entry().get("state") == "ready")

    key = (tmp_path / "key").read_text()
    assert len(key) == 64
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert key not in (tmp_path / "seen").read_text()
    assert job.entry_path.stat().st_mode & 0o077 == 0


def test_a_key_that_others_can_read_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k")
    (tmp_path / "key").chmod(0o644)

    with submitted(tmp_path, "serve_vllm.sbatch") as job:
        assert job.process.wait(PATIENCE_S) == 1

    assert "chmod 600" in job.log()
    assert (tmp_path / "seen").read_text() == ""


def test_a_cancelled_job_stops_its_server_and_leaves_no_entry(tmp_path: Path) -> None:
    with submitted(tmp_path, "serve_vllm.sbatch", BEAT_S="60") as job:
        job.until(lambda: bool(job.entry()))
        job.process.terminate()
        code = job.process.wait(PATIENCE_S)

    assert code == 0
    assert not job.entry_path.exists()
    assert not (tmp_path / "scontrol").exists()


def test_a_server_that_dies_at_once_is_started_again_on_another_port(tmp_path: Path) -> None:
    with submitted(tmp_path, "serve_vllm.sbatch", CRASHES="1") as job:
        job.until(lambda: job.entry().get("state") == "ready")

    assert len((tmp_path / "seen").read_text().splitlines()) == 2


def test_a_server_that_dies_three_times_ends_the_job_with_its_exit_code_and_leaves_no_entry(tmp_path: Path) -> None:
    with submitted(tmp_path, "serve_vllm.sbatch", CRASHES="9") as job:
        assert job.process.wait(PATIENCE_S) == 3

    assert len((tmp_path / "seen").read_text().splitlines()) == 3
    assert not job.entry_path.exists()


def test_a_job_without_a_known_end_says_zero(tmp_path: Path) -> None:
    with submitted(tmp_path, "serve_vllm.sbatch", SLURM_JOB_END_TIME="") as job:
        job.until(lambda: bool(job.entry()))

    assert job.entry()["expires_at"] == 0


def test_llamacpp_serves_the_same_way_with_its_key_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").touch()

    with submitted(tmp_path, "serve_llamacpp.sbatch", GGUF=str(tmp_path / "tiny.gguf"), MODEL="") as job:
        job.until(lambda: job.entry().get("state") == "ready")

    assert job.entry()["model"] == "tiny"
    assert "--metrics --api-key-file" in (tmp_path / "seen").read_text()


def test_a_model_name_that_would_break_the_entry_is_refused(tmp_path: Path) -> None:
    with submitted(tmp_path, "serve_vllm.sbatch", MODEL='a","state":"ready') as job:
        assert job.process.wait(PATIENCE_S) == 1

    assert "is no model name" in job.log()
