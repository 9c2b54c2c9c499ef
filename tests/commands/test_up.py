"""`signalbox up` on a machine with nothing around it, from the first line to ^C."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.commands.cli import PROGRAM, ROOT, answer, environment

pytestmark = pytest.mark.proxy


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Up:
    """A running `signalbox up`."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, folder: Path) -> None:
        self.process, self.port, self.folder = process, port, folder
        self.env = environment(SIGNALBOX_RUN=str(folder))

    @property
    def key(self) -> str:
        return (self.folder / "key").read_text()

    def chat(self, text: str) -> httpx.Response:
        return httpx.post(
            f"http://127.0.0.1:{self.port}/v1/chat/completions",
            headers={"authorization": f"Bearer {self.key}"},
            json={"model": "auto", "messages": [{"role": "user", "content": text}]},
            timeout=30,
            trust_env=False,
        )


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    port = free_port()
    process = subprocess.Popen(
        [PROGRAM, "up", "--strategy", "development", "--port", str(port)],
        cwd=ROOT, env=environment(SIGNALBOX_RUN=str(tmp_path)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield Up(process, port, tmp_path)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def greeting(up: Up) -> str:
    lines: list[str] = []
    assert up.process.stdout
    for line in up.process.stdout:
        lines.append(line)
        if "^C stops" in line:
            return "".join(lines)
    raise AssertionError("".join(lines) + (up.process.stderr.read() if up.process.stderr else ""))


def test_up_greets_answers_explains_and_leaves_nothing_behind(up: Up) -> None:
    said = greeting(up)
    response = up.chat("Write a Python function that reverses a list")
    explained = answer("explain", "--strategy", "development", "Write a Python function that reverses a list")
    status = answer("status", "--url", f"http://127.0.0.1:{up.port}", env=up.env)
    children = psutil.Process(up.process.pid).children(recursive=True)
    up.process.send_signal(signal.SIGINT)
    _, summary = up.process.communicate(timeout=40)

    assert f"http://127.0.0.1:{up.port}" in said
    assert up.key in said
    assert "curl" in said
    assert response.headers["x-signalbox-model"] == explained["model"]
    assert "Simulated answer from model" in response.json()["choices"][0]["message"]["content"]
    assert status["requests"] == 1
    assert up.process.returncode == 0
    assert "session of development" in summary
    assert "1 requests" in summary
    assert children
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    time.sleep(0.1)
    logged = [json.loads(line) for line in (up.folder / "decisions.jsonl").read_text().splitlines()]
    assert logged[0]["outcome"]["success"]
    assert answer("metrics", "--since", "1h", env=up.env)["requests"] == 1


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [PROGRAM, "up", "--strategy", "development", "--port", str(port)],
            cwd=ROOT, env=environment(SIGNALBOX_RUN=str(tmp_path)), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr
    assert not list(tmp_path.iterdir())
