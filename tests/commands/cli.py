"""The commands as their users run them: in a process of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("signalbox"))
_KEYS = ("_API_KEY", "_TOKEN")


def environment(**changes: str) -> dict[str, str]:
    """This machine's, without API keys and without what an earlier session chose."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith(_KEYS)}
    for name in ("SIGNALBOX_STRATEGY", "SIGNALBOX_RUN", "SIGNALBOX_PLAN", "LITELLM_MASTER_KEY"):
        kept.pop(name, None)
    return {**kept, "COLUMNS": "160", **changes}


def run(
    *arguments: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None, text: str = ""
) -> "subprocess.CompletedProcess[str]":
    """One command to its end."""
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=cwd,
        env=dict(env or environment()),
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def answer(*arguments: str, code: int = 0, **how: Any) -> Any:
    """The document that a command prints with --json."""
    done = run(*arguments, "--json", **how)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)
