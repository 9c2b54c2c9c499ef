"""A real LiteLLM proxy with our plugin, over simulated servers, all on loopback."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import yaml

from signalbox.compiler.compile import Compiled, Sources, compile_strategy
from signalbox.compiler.prices import litellm_prices
from signalbox.compiler.write import write_pair
from signalbox.schema.strategy import Strategy
from signalbox.schema.taxonomy import Taxonomy
from signalbox.sim.server import SimServer
from signalbox.sim.spec import SimModel, SimSpec
from tests.proxy.files import CATALOGUE, PERSONAS, TAXONOMY

MASTER = "sk-master"
SERVERS = {"small": "openai", "middle": "vllm", "large": "llamacpp", "vectors": "ollama", "gpt": "openai"}


def key(**bound: Any) -> str:
    """A key of tests/proxy/auth.py."""
    return "sk-test-" + quote(json.dumps(bound))


class Proxy:
    """The proxy under test, its simulated servers by model, and its run folder."""

    def __init__(
        self, url: str, servers: dict[str, SimServer], folder: Path, process: "subprocess.Popen[bytes]"
    ) -> None:
        self.url, self.servers, self.folder, self.process = url, servers, folder, process

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        return self.process.poll() is None

    def post(self, path: str, body: Any, *, api_key: str = MASTER, **headers: str) -> httpx.Response:
        """One request with JSON (or raw bytes) in it."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(
            f"{self.url}{path}",
            content=content,
            headers={"authorization": f"Bearer {api_key}", "content-type": "application/json", **named},
            timeout=30,
            trust_env=False,
        )

    def get(self, path: str, *, api_key: str | None = MASTER) -> httpx.Response:
        """One GET."""
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        return httpx.get(f"{self.url}{path}", headers=headers, timeout=10, trust_env=False)

    def chat(
        self, text: str = "hello there", *, model: str = "auto", api_key: str = MASTER, **headers: str
    ) -> httpx.Response:
        """One chat request."""
        body = {"model": model, "messages": [{"role": "user", "content": text}]}
        return self.post("/v1/chat/completions", body, api_key=api_key, **headers)

    def logged(self, decision: str, *, patience: float = 10) -> dict[str, Any]:
        """The log line of a decision, once it is written."""
        path = self.folder / "run" / "decisions.jsonl"
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            lines = path.read_text().splitlines() if path.exists() else []
            for line in reversed(lines):
                read: dict[str, Any] = json.loads(line)
                if read["id"] == decision:
                    return read
            time.sleep(0.05)
        raise AssertionError(f"decision {decision} was not logged")

    def last_words(self) -> str:
        """How its process ended, and the end of what it printed."""
        return f"exit {self.process.poll()}:\n" + (self.folder / "proxy.log").read_text()[-4000:]

    def deployments(self) -> dict[str, dict[str, Any]]:
        """What the proxy tells of each deployment now."""
        models = self.get("/signalbox/status").json()["models"]
        return {place["id"]: place for model in models for place in model["deployments"]}

    def heal(self) -> None:
        """All servers well and listening."""
        for server in self.servers.values():
            server.faults.clear()


@contextmanager
def servers() -> Iterator[dict[str, SimServer]]:
    """One simulated server per model of tests/proxy/files.py."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                SimServer(
                    SimSpec(
                        kind=kind,  # type: ignore[arg-type]
                        models=(
                            SimModel(
                                name="gpt-4o-mini" if name == "gpt" else name,
                                context_window=CATALOGUE.models[name].context_window,
                                embedding_dims=CATALOGUE.models[name].dimensions,
                                label=name,
                            ),
                        ),
                    )
                )
            )
            for name, kind in SERVERS.items()
        }


def compiled(strategy: Strategy, taxonomy: Taxonomy = TAXONOMY) -> Compiled:
    """The pair of a test strategy."""
    return compile_strategy(
        strategy,
        catalogue=CATALOGUE,
        taxonomy=taxonomy,
        personas=PERSONAS,
        resources=None,
        prices=litellm_prices(),
        sources=Sources("test", "test", "test", "test"),
        command="test",
    )


@contextmanager
def running(
    strategy: Strategy,
    found: dict[str, SimServer],
    folder: Path,
    *,
    change: Callable[[dict[str, Any]], None] = lambda config: None,
    taxonomy: Taxonomy = TAXONOMY,
) -> Iterator[Proxy]:
    """The proxy, started as its users start it: `litellm --config`; `change` edits the config first."""
    folder.mkdir(parents=True, exist_ok=True)
    write_pair(compiled(strategy, taxonomy), folder)
    path = folder / "litellm_config.yaml"
    config = yaml.safe_load(path.read_text())
    config["litellm_settings"]["enable_post_custom_auth_checks"] = True
    config["general_settings"] |= {"custom_auth": "auth.user_auth", "custom_auth_run_common_checks": True}
    change(config)
    path.write_text(yaml.safe_dump(config))
    shutil.copy(Path(__file__).with_name("auth.py"), folder / "auth.py")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = os.environ | {
        "LITELLM_MASTER_KEY": MASTER,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "OPENAI_API_KEY": "sk-upstream",
        "PYTHONFAULTHANDLER": "1",
    }
    environ.pop("SIGNALBOX_PLAN", None)
    program = str(Path(sys.executable).with_name("litellm"))
    with (folder / "proxy.log").open("w") as log:
        process = subprocess.Popen(
            [program, "--config", str(path), "--host", "127.0.0.1", "--port", str(port)],
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            proxy = Proxy(f"http://127.0.0.1:{port}", found, folder, process)
            _wait(proxy)
            yield proxy
        finally:
            process.terminate()
            process.wait(15)


def _wait(proxy: Proxy) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if not proxy.alive:
            raise RuntimeError(proxy.last_words())
        try:
            if proxy.get("/health/readiness", api_key=None).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise RuntimeError("the proxy is not ready; " + proxy.last_words())
