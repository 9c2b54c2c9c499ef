"""`signalbox doctor`: what would keep `up` from working, and what to do about it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

import yaml

from signalbox.commands.output import Output, table
from signalbox.commands.simulated import is_free
from signalbox.commands.workspace import Workspace, run_folder
from signalbox.errors import FileError, UserError
from signalbox.load import load_plan, read_text

SUPPORTED_LITELLM: Final = ((1, 106, 2), (1, 110))
_MARKS: Final = {"ok": "ok", "warning": "!", "problem": "PROBLEM"}


@dataclass(frozen=True, slots=True)
class Check:
    """One finding."""

    what: str
    state: Literal["ok", "warning", "problem"]
    found: str
    remedy: str = ""


def doctor(output: Output, *, port: int) -> int:
    """Prints every check; exit 1 if one of them is a problem."""
    checks = (*_python(), *_litellm(), *_files(), *_pair(Path()), *_port(port), *_redis(), *_folder())
    output.show(
        {"checks": [asdict(check) for check in checks]},
        lambda console: console.print(
            table(
                None,
                ("check", "", "found", "what to do"),
                ((c.what, _MARKS[c.state], c.found, c.remedy) for c in checks),
            )
        ),
    )
    return 1 if any(check.state == "problem" for check in checks) else 0


def _python() -> Iterator[Check]:
    yield Check("python", "ok", f"{platform.python_version()} at {sys.executable}")


def _litellm() -> Iterator[Check]:
    try:
        found = version("litellm")
    except PackageNotFoundError:
        yield Check("litellm", "problem", "not installed", "pip install 'signalbox[proxy]'")
        return
    numbers = tuple(int(part) for part in found.split(".")[:3] if part.isdigit())
    low, high = SUPPORTED_LITELLM
    if low <= numbers < high:
        yield Check("litellm", "ok", found)
    else:
        yield Check("litellm", "warning", found, "tested are >=1.106.2,<1.110: pip install 'litellm[proxy]==1.106.2'")
    for package, why in (
        ("prisma", "without it a missing key is answered 500, not 401"),
        ("httptools", "without it HTTP is parsed in Python, about a tenth slower"),
        ("opentelemetry-sdk", "without it LiteLLM re-tries a failing import on every request"),
    ):
        try:
            yield Check(package, "ok", version(package))
        except PackageNotFoundError:
            yield Check(package, "warning", f"not installed: {why}", "pip install 'signalbox[proxy]'")


def _files() -> Iterator[Check]:
    workspace = Workspace.find()
    try:
        cards, kinds = len(workspace.catalogue.models), len(workspace.taxonomy.kinds)
        yield Check("catalogue", "ok", f"{cards} models, {kinds} kinds of task in {workspace.folder}")
    except UserError as error:
        yield Check("catalogue", "problem", str(error), "mend the file")
    loaded, broken = workspace.strategies()
    yield Check(
        "strategies", "ok" if loaded else "problem", ", ".join(loaded) or "none", "" if loaded else "signalbox init"
    )
    for mistake in broken:
        yield Check("strategy", "problem", str(mistake), "mend the file")


def _pair(folder: Path) -> Iterator[Check]:
    config, plan = folder / "litellm_config.yaml", folder / "routing_plan.json"
    if not config.is_file() and not plan.is_file():
        return
    try:
        digest = load_plan(plan).digest
        mark = yaml.safe_load(read_text(config)).get("signalbox", {}).get("digest")
    except (FileError, yaml.YAMLError, AttributeError) as error:
        yield Check("generated pair", "problem", str(error), "signalbox compile")
        return
    if mark == digest:
        yield Check("generated pair", "ok", f"digest {digest[:12]}")
    else:
        yield Check("generated pair", "problem", "the two files were not compiled together", "signalbox compile")


def _port(port: int) -> Iterator[Check]:
    if is_free(("127.0.0.1", port)):
        yield Check("port", "ok", f"{port} is free")
    else:
        yield Check("port", "warning", f"{port} is taken", "stop what runs there, or: signalbox up --port N")


def _redis() -> Iterator[Check]:
    url = os.environ.get("REDIS_URL")
    if not url:
        return
    import redis

    try:
        redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1).ping()
        yield Check("redis", "ok", "answers at REDIS_URL")
    except (redis.RedisError, ValueError, OSError) as error:
        yield Check("redis", "problem", f"REDIS_URL: {type(error).__name__}", "start Redis or unset REDIS_URL")


def _folder() -> Iterator[Check]:
    folder = run_folder()
    place = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    if os.access(place, os.W_OK):
        yield Check("run folder", "ok", str(folder))
    else:
        yield Check("run folder", "problem", f"{place} is not writable", "set SIGNALBOX_RUN to a folder of yours")
