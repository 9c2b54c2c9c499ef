"""A running proxy, asked over HTTP: `signalbox status` and `signalbox budget`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from rich.console import Console

from signalbox.commands.output import Output, table
from signalbox.commands.workspace import run_folder
from signalbox.errors import UserError

KEY_VARIABLE: Final = "LITELLM_MASTER_KEY"
DEFAULT_URL: Final = "http://127.0.0.1:4000"


def master_key(environ: Mapping[str, str] = os.environ) -> str | None:
    """The key of the environment, else the one that `up` made for this folder."""
    made = run_folder(environ) / "key"
    return environ.get(KEY_VARIABLE) or (made.read_text(encoding="ascii").strip() if made.is_file() else None)


def ask(url: str, path: str) -> dict[str, Any]:
    """A JSON answer of the proxy's own routes. Raises UserError that says what to do."""
    key = master_key()
    headers = {"authorization": f"Bearer {key}"} if key else {}
    try:
        answer = httpx.get(f"{url.rstrip('/')}{path}", headers=headers, timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        raise UserError(f"no proxy answers at {url} ({error}). Start one: signalbox up") from None
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise UserError(f"{url} refuses the key. Set {KEY_VARIABLE} to the key that `signalbox up` printed")
    if answer.is_error:
        raise UserError(f"{url}{path} answered {answer.status_code}; is that a proxy with Signalbox in it?")
    try:
        found = answer.json()
    except ValueError:
        raise UserError(f"{url}{path} answered something that is no JSON") from None
    return dict(found)


def status(output: Output, *, url: str) -> int:
    """Strategy, totals and deployments of the running proxy."""
    found = ask(url, "/signalbox/status")
    output.show(found, lambda console: render_status(console, found))
    return 0


def budget(output: Output, *, url: str) -> int:
    """Limits, spend and reservations of the running proxy."""
    found = ask(url, "/signalbox/budget")
    output.show(found, lambda console: _render_budget(console, found))
    return 0


def render_status(console: Console, found: Mapping[str, Any]) -> None:
    """A status document for people."""
    console.print(
        f"[bold]{found['strategy']}[/bold] ({found['privacy']}), up {found['uptime_s']:.0f} s: {found['requests']} requests, "
        f"{found['errors']} errors, {found['fallbacks']} by fallback, ${found['cost_usd']:.4f}"
    )
    rows = (
        (
            model["name"],
            model["tier"],
            deployment["id"],
            deployment["url"] or ("local" if model["local"] else "cloud"),
            deployment["state"],
            _load(deployment),
            deployment["served"],
            deployment["failed"],
            deployment["reason"],
        )
        for model in found["models"]
        for deployment in model["deployments"]
    )
    console.print(
        table(None, ("model", "tier", "deployment", "where", "state", "load", "served", "failed", "why"), rows)
    )


def _load(deployment: Mapping[str, Any]) -> str:
    """`3 + 2 waiting, cache 41%`; empty where the server does not say."""
    if deployment["running"] is None:
        return ""
    running, waiting, cache = (deployment[name] or 0 for name in ("running", "waiting", "cache_used"))
    words = f"{running} + {waiting} waiting" if waiting else str(running or "idle")
    return words if deployment["cache_used"] is None else f"{words}, cache {cache:.0%}"


def _render_budget(console: Console, found: Mapping[str, Any]) -> None:
    console.print(
        f"today ${found['today_usd']:.4f}, this month ${found['month_usd']:.4f}, reserved ${found['reserved_usd']:.4f}"
    )
    rows = (
        (
            limit["name"],
            f"${limit['limit_usd']:.2f}",
            f"${limit['left_usd']:.4f}",
            f"{datetime.fromtimestamp(limit['resets_at'], UTC):%Y-%m-%d %H:%M} UTC",
        )
        for limit in found["limits"]
    )
    console.print(table(None, ("limit", "of", "left", "starts anew"), rows))
    if not found["limits"]:
        console.print("no limit over time; set one in the strategy: budget: {monthly: $50}")
