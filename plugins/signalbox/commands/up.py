"""`signalbox up`: detect, select, compile, and run the LiteLLM proxy with our hooks until ^C."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import httpx
from rich.console import Console

from signalbox.commands.output import Output
from signalbox.commands.remote import KEY_VARIABLE, master_key, render_status
from signalbox.commands.selecting import choose
from signalbox.commands.simulated import is_free, on_free_ports, simulated_specs
from signalbox.commands.workspace import RUN_VARIABLE, Workspace, run_folder
from signalbox.compiler.write import write_pair
from signalbox.errors import UserError
from signalbox.sim.server import SimServer

_START_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Session:
    """A running proxy and what the user is told of it."""

    strategy: str
    url: str
    key: str
    folder: Path
    started: float


def up(output: Output, *, strategy: str | None, port: int, host: str) -> int:
    """Returns 0 after ^C; 1 if the proxy cannot start, with the end of its log."""
    workspace, folder = Workspace.find(), run_folder().resolve()
    if not is_free((host, port)):
        raise UserError(f"port {port} is taken. Stop what runs there, or take another: signalbox up --port {port + 1}")
    found = choose(workspace, output, strategy)
    chosen = on_free_ports(found.strategy)
    compiled = workspace.compile(chosen, workspace.path(found.name), resources=found.resources)
    for warning in compiled.warnings:
        output.warn(warning)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_pair(compiled, folder)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    local = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    session = Session(chosen.name, f"http://{local}:{port}", _key(folder), folder, time.time())
    with ExitStack() as stack:
        for spec in simulated_specs(chosen, workspace.catalogue):
            stack.enter_context(SimServer(spec))
        log = stack.enter_context((folder / "proxy.log").open("w", encoding="utf-8"))
        proxy = _start(session, host, port, log)
        stack.callback(_stop, proxy)
        output.progress(f"strategy {chosen.name}; starting the proxy (log: {folder / 'proxy.log'})")
        _wait_until_ready(proxy, session, stopped)
        if not stopped.is_set():
            output.show(_greeting(session), lambda console: _greet(console, session))
        while not stopped.wait(0.5):
            if proxy.poll() is not None:
                raise UserError(f"the proxy stopped by itself:\n{_tail(session)}")
        last = _status(session)
    _summary(output.errors, session, last)
    return 0


def _key(folder: Path) -> str:
    """The user's master key, else one of our own that stays the same for this folder."""
    key = master_key() or f"sk-{secrets.token_urlsafe(24)}"
    if not os.environ.get(KEY_VARIABLE):
        path = folder / "key"
        path.touch(mode=0o600)
        path.write_text(key, encoding="ascii")
    return key


def _start(session: Session, host: str, port: int, log: IO[str]) -> subprocess.Popen[bytes]:
    program = Path(sys.executable).with_name("litellm")
    if not program.exists():
        raise UserError("LiteLLM's proxy is not installed here. Install it: pip install 'signalbox[proxy]'")
    environ = {
        **os.environ,
        KEY_VARIABLE: session.key,
        RUN_VARIABLE: str(session.folder),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": os.environ.get("LITELLM_LOG", "ERROR"),
        "PYTHONUNBUFFERED": "1",
    }
    command = [
        str(program),
        "--config",
        str(session.folder / "litellm_config.yaml"),
        "--host",
        host,
        "--port",
        str(port),
    ]
    # A session of its own: ^C in the terminal reaches us alone, and we stop it after the summary is fetched.
    return subprocess.Popen(command, env=environ, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def _wait_until_ready(proxy: subprocess.Popen[bytes], session: Session, stopped: threading.Event) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and not stopped.is_set():
        if proxy.poll() is not None:
            raise UserError(f"the proxy did not start:\n{_tail(session)}")
        try:
            if httpx.get(f"{session.url}/health/readiness", timeout=2, trust_env=False).is_success and _status(session):
                return
        except httpx.HTTPError:
            pass
        stopped.wait(0.3)
    if not stopped.is_set():
        raise UserError(f"the proxy is not ready after {_START_SECONDS:.0f} s:\n{_tail(session)}")


def _status(session: Session) -> Mapping[str, Any]:
    headers = {"authorization": f"Bearer {session.key}"}
    try:
        answer = httpx.get(f"{session.url}/signalbox/status", headers=headers, timeout=3, trust_env=False)
        return dict(answer.json()) if answer.is_success else {}
    except (httpx.HTTPError, ValueError):
        return {}


def _stop(proxy: subprocess.Popen[bytes]) -> None:
    """Ends the proxy and whatever it started: its whole process group."""
    for number, patience in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(proxy.pid, number)
        except ProcessLookupError:
            return
        try:
            proxy.wait(patience)
        except subprocess.TimeoutExpired:
            continue


def _tail(session: Session) -> str:
    lines = (session.folder / "proxy.log").read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(["...", *lines[-25:], f"(whole log: {session.folder / 'proxy.log'})"])


def _greeting(session: Session) -> Mapping[str, Any]:
    return {
        "strategy": session.strategy,
        "url": session.url,
        "key_file": str(session.folder / "key"),
        "pid": os.getpid(),
    }


def _greet(console: Console, session: Session) -> None:
    console.print(
        f"""
Signalbox runs [bold]{session.strategy}[/bold] at [bold]{session.url}[/bold]  (OpenAI and Anthropic clients, model "auto")
key:     {session.key}
status:  {session.url}/signalbox/status   or: signalbox status
try it:
  curl -si {session.url}/v1/chat/completions -H 'Authorization: Bearer {session.key}' -H 'Content-Type: application/json' \\
    -d '{{"model": "auto", "messages": [{{"role": "user", "content": "Write a Python function that reverses a list"}}]}}'
^C stops everything.""",
    )


def _summary(console: Console, session: Session, found: Mapping[str, Any]) -> None:
    minutes, seconds = divmod(int(time.time() - session.started), 60)
    console.print(f"\nsession of {session.strategy}: {minutes} min {seconds} s")
    if found:
        render_status(console, found)
