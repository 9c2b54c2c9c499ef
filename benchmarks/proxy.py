"""Requests per second through the LiteLLM proxy with and without our hooks, in one run, in turn.

    python benchmarks/proxy.py [--seconds 8] [--rounds 4] [--concurrency 8] [--json]
    python benchmarks/proxy.py --beside /tmp/plain/bin/litellm    # the other side from another installation of LiteLLM

Both proxies run the checked-in `development` config on simulated servers; the one without hooks has its callbacks
removed and is asked for the same model by name. The figure to read is the ratio, round by round.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import yaml
from rich.console import Console
from rich.progress import track

from signalbox.commands.output import table
from signalbox.commands.simulated import on_free_ports, simulated_specs
from signalbox.commands.workspace import Workspace
from signalbox.compiler.write import write_pair
from signalbox.sim.server import SimServer

KEY = "sk-bench"
QUESTION = "What is the capital of France?"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def proxy(folder: Path, *, hooks: bool, program: str) -> Iterator[str]:
    """The address of a proxy over the pair in `folder`."""
    config = folder / ("with.yaml" if hooks else "without.yaml")
    content = yaml.safe_load((folder / "litellm_config.yaml").read_text())
    if not hooks:
        del content["litellm_settings"]["callbacks"]
    config.write_text(yaml.safe_dump(content))
    port = free_port()
    environ = os.environ | {
        "LITELLM_MASTER_KEY": KEY,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "SIGNALBOX_RUN": str(folder / "run"),
        "SIGNALBOX_PLAN": str(folder / "routing_plan.json"),
    }
    with (folder / f"{config.stem}.log").open("w") as log:
        process = subprocess.Popen(
            [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)],
            env=environ,
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 90
            while time.monotonic() < deadline:
                try:
                    if httpx.get(f"{url}/health/readiness", timeout=2).is_success:
                        break
                except httpx.HTTPError:
                    time.sleep(0.3)
            yield url
        finally:
            process.terminate()
            process.wait(15)


async def load(url: str, model: str, *, seconds: float, concurrency: int) -> dict[str, float]:
    """Requests per second and latency in milliseconds."""
    times: list[float] = []
    body = {"model": model, "messages": [{"role": "user", "content": QUESTION}]}
    end = time.monotonic() + seconds

    async def client(session: httpx.AsyncClient) -> None:
        while time.monotonic() < end:
            begin = time.monotonic()
            (await session.post("/v1/chat/completions", json=body)).raise_for_status()
            times.append((time.monotonic() - begin) * 1000)

    headers = {"authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30, trust_env=False) as session:
        begin = time.monotonic()
        await asyncio.gather(*(client(session) for _ in range(concurrency)))
        spent = time.monotonic() - begin
    times.sort()
    return {"rps": len(times) / spent, "p50_ms": times[len(times) // 2], "p99_ms": times[len(times) * 99 // 100]}


def main() -> None:
    """Prints a table, or JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=8)
    options.add_argument("--rounds", type=int, default=4)
    options.add_argument("--concurrency", type=int, default=8)
    options.add_argument("--json", action="store_true")
    ours = str(Path(sys.executable).with_name("litellm"))
    options.add_argument("--beside", metavar="PROGRAM", default=ours, help="LiteLLM for the side without hooks")
    chosen = options.parse_args()
    workspace = Workspace.find()
    strategy = on_free_ports(workspace.strategy("development"))
    folder = Path(tempfile.mkdtemp(prefix="signalbox-bench-"))
    rows = []
    with ExitStack() as stack:
        compiled = workspace.compile(strategy, workspace.path("development"))
        write_pair(compiled, folder)
        for spec in simulated_specs(strategy, workspace.catalogue):
            stack.enter_context(SimServer(spec))
        urls = {
            True: stack.enter_context(proxy(folder, hooks=True, program=ours)),
            False: stack.enter_context(proxy(folder, hooks=False, program=chosen.beside)),
        }
        model = compiled.plan.safe_model
        for hooks in (True, False):
            asyncio.run(load(urls[hooks], "auto" if hooks else model, seconds=2, concurrency=chosen.concurrency))
        for number in track(range(chosen.rounds), description="rounds", console=Console(stderr=True), transient=True):
            for hooks in (True, False) if number % 2 else (False, True):
                found = asyncio.run(
                    load(
                        urls[hooks], "auto" if hooks else model, seconds=chosen.seconds, concurrency=chosen.concurrency
                    )
                )
                rows.append({"round": number + 1, "hooks": hooks, **found})
    shutil.rmtree(folder, ignore_errors=True)
    speed = {(row["round"], row["hooks"]): row["rps"] for row in rows}
    ratios = [speed[number + 1, True] / speed[number + 1, False] for number in range(chosen.rounds)]
    if chosen.json:
        print(json.dumps({"rounds": rows, "ratios": ratios, "ratio_median": statistics.median(ratios)}, indent=2))
        return
    shown = (
        (
            row["round"],
            "yes" if row["hooks"] else "no",
            f"{row['rps']:.0f}",
            f"{row['p50_ms']:.1f}",
            f"{row['p99_ms']:.1f}",
        )
        for row in rows
    )
    console = Console()
    console.print(table("Proxy", ("round", "hooks", "requests/s", "p50 ms", "p99 ms"), shown))
    console.print(
        f"with / without hooks: median {statistics.median(ratios):.3f}, from {min(ratios):.3f} to {max(ratios):.3f}"
    )


if __name__ == "__main__":
    main()
