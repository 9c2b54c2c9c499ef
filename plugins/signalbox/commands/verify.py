"""`signalbox verify`: the proof that private text cannot leave, over a strategy or any LiteLLM config."""

from __future__ import annotations

from pathlib import Path

import yaml
from rich.console import Console

from signalbox.commands.output import Output, table
from signalbox.commands.selecting import choose
from signalbox.commands.tagged import TaggedProof, prove_tagged
from signalbox.commands.workspace import Workspace
from signalbox.compiler.privacy import Violation, prove_local
from signalbox.errors import FileError
from signalbox.load import read_text


def verify(output: Output, *, strategy: str | None, config: Path | None, privacy: str | None) -> int:
    """Exit 0: proven (or nothing to prove). Exit 1: each way out, with its key path and what to change."""
    if config is not None:
        name, rule, violations = str(config), privacy or "local_only", _of_config(config)
        tagged: tuple[TaggedProof, ...] = ()
    else:
        workspace = Workspace.find()
        found = choose(workspace, output, strategy)
        chosen, compiled = found.strategy, workspace.compile(found.strategy, workspace.path(found.name))
        name, rule = chosen.name, privacy or chosen.privacy
        violations = prove_local(yaml.safe_load(compiled.config), trusted_hosts=chosen.trusted_hosts)
        tagged = prove_tagged(compiled.plan)
    if rule == "cloud_allowed":
        violations = ()
    document = {
        "subject": name,
        "privacy": rule,
        "proven": not violations and not any(proof.leaving for proof in tagged),
        "violations": [{"path": found.path, "problem": found.problem} for found in violations],
        "data_classes": {
            proof.data_class: {"proven": not proof.leaving, "cases": proof.cases, "refused": list(proof.refused)}
            for proof in tagged
        },
    }
    output.show(document, lambda console: _render(console, name, rule, violations, tagged))
    return 0 if document["proven"] else 1


def _render(
    console: Console, name: str, rule: str, violations: tuple[Violation, ...], tagged: tuple[TaggedProof, ...]
) -> None:
    if violations:
        rows = ((found.path, found.problem) for found in violations)
        console.print(table(f"{name} is not {rule}", ("where", "what"), rows))
    elif rule == "local_only":
        console.print(f"{name}: proven local_only: nothing in it can leave")
    else:
        console.print(f"{name} allows cloud models for requests without a local_only data class")
    for proof in tagged:
        if proof.leaving:
            console.print(f"requests tagged {proof.data_class} can leave: {', '.join(proof.leaving)}")
            continue
        refused = f"; no local model, so refused: {', '.join(proof.refused)}" if proof.refused else ""
        console.print(f"requests tagged {proof.data_class}: proven local in all of {proof.cases} cases{refused}")


def _of_config(config: Path) -> tuple[Violation, ...]:
    try:
        value = yaml.safe_load(read_text(config))
    except yaml.YAMLError as error:
        raise FileError(config, f"is not YAML: {error}") from None
    if not isinstance(value, dict):
        raise FileError(config, "is not a LiteLLM config (a mapping with model_list).")
    return prove_local(value)
