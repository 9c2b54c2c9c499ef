"""The argument tree. Each command is one function in `commands/`, imported when it runs."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path
from typing import Annotated, Final

import typer

from signalbox import __version__
from signalbox.commands.output import Output
from signalbox.errors import Refusal, SignalboxError, UserError

FINE: Final = 0
USER_MUST_ACT: Final = 1
OUR_BUG: Final = 3
INTERRUPTED: Final = 130


def _exit_with(code: object) -> None:
    """What a command returns is the exit code."""
    raise typer.Exit(code if isinstance(code, int) else FINE)


app = typer.Typer(
    name="signalbox",
    result_callback=_exit_with,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="One YAML strategy decides which model answers each LiteLLM request, and says why.\n\n"
    'Start here:  signalbox up      then:  signalbox explain "Write a haiku"',
)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")]
Strategy = Annotated[
    str | None,
    typer.Option(
        "--strategy",
        "-s",
        help="A strategy's name or file. Default: SIGNALBOX_STRATEGY, else what fits what is detected.",
    ),
]
Url = Annotated[str, typer.Option(help="Where the proxy listens.")]


def _output(as_json: bool) -> Output:
    return Output(as_json=as_json)


@app.command(epilog="Example:  signalbox up --strategy development --port 4000")
def up(
    strategy: Strategy = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the proxy.")] = 4000,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 opens it to the network.")] = "127.0.0.1",
    as_json: Json = False,
) -> int:
    """Detect, select, compile and run the proxy until ^C."""
    from signalbox.commands.up import up as run

    return run(_output(as_json), strategy=strategy, port=port, host=host)


@app.command(epilog="Example:  signalbox detect --endpoint http://t4-node-02:8002 --json")
def detect(
    endpoint: Annotated[
        list[str] | None, typer.Option(help="A server to look at, beside the usual local ports.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Show GPUs, memory, SLURM, API keys and inference servers."""
    from signalbox.commands.detect import detect as run

    return run(_output(as_json), endpoints=tuple(endpoint or ()))


@app.command(epilog="Example:  signalbox strategies")
def strategies(as_json: Json = False) -> int:
    """List the strategies: which fit here, and why."""
    from signalbox.commands.strategies import strategies as run

    return run(_output(as_json))


@app.command(epilog="Example:  signalbox select --interactive")
def select(
    strategy: Strategy = None,
    interactive: Annotated[bool, typer.Option("--interactive", "-i", help="Choose from the list.")] = False,
    as_json: Json = False,
) -> int:
    """Say which strategy `up` would run here."""
    from signalbox.commands.select import select as run

    return run(_output(as_json), strategy=strategy, interactive=interactive)


@app.command(epilog="Example:  signalbox compile --strategy t4_hybrid --out /etc/signalbox")
def compile(  # noqa: A001 - the command's name
    strategy: Strategy = None,
    out: Annotated[Path, typer.Option(help="Folder for litellm_config.yaml and routing_plan.json.")] = Path(),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if the files are not current.")] = False,
    as_json: Json = False,
) -> int:
    """Turn a strategy into litellm_config.yaml and routing_plan.json."""
    from signalbox.commands.compile import compile as run

    return run(_output(as_json), strategy=strategy, out=out, check=check)


@app.command(epilog="Example:  signalbox verify --config litellm_config.yaml --privacy local_only")
def verify(
    strategy: Strategy = None,
    config: Annotated[Path | None, typer.Option(help="Any LiteLLM config, also one written by hand.")] = None,
    privacy: Annotated[str | None, typer.Option(help="local_only: prove that nothing can leave.")] = None,
    as_json: Json = False,
) -> int:
    """Prove that private text cannot leave, or name every way out."""
    from signalbox.commands.verify import verify as run

    if privacy not in {None, "local_only", "cloud_allowed"}:
        raise typer.BadParameter(f"'{privacy}' is neither local_only nor cloud_allowed", param_hint="--privacy")
    return run(_output(as_json), strategy=strategy, config=config, privacy=privacy)


@app.command(epilog="Example:  signalbox fit --strategy t4_hybrid")
def fit(strategy: Strategy = None, as_json: Json = False) -> int:
    """Check which models of a strategy fit their GPUs."""
    from signalbox.commands.fit import fit as run

    return run(_output(as_json), strategy=strategy)


@app.command(epilog='Example:  signalbox explain --data-class phi "Summarise this discharge letter: ..."')
def explain(
    prompt: Annotated[str | None, typer.Argument(help="The user's message.")] = None,
    strategy: Strategy = None,
    model: Annotated[str | None, typer.Option(help="A model, lane/x, task/x or tier/x instead of auto.")] = None,
    task: Annotated[str | None, typer.Option(help="As x-signalbox-task would.")] = None,
    tier: Annotated[str | None, typer.Option(help="fast, balanced or quality.")] = None,
    lane: Annotated[str | None, typer.Option(help="As x-signalbox-lane would.")] = None,
    persona: Annotated[str | None, typer.Option(help="As x-signalbox-persona would.")] = None,
    data_class: Annotated[str | None, typer.Option(help="As x-signalbox-data-class would.")] = None,
    ignore_persona: Annotated[bool, typer.Option("--ignore-persona", help="Leave personas out.")] = False,
    request: Annotated[Path | None, typer.Option(help="A whole request body (JSON file) instead of a prompt.")] = None,
    as_json: Json = False,
) -> int:
    """Show which model a request would get and why, without calling anything."""
    from signalbox.commands.explain import explain as run

    if prompt is None and request is None:
        raise typer.BadParameter('give a prompt or --request FILE.json, for example: signalbox explain "Write a haiku"')
    hints = {
        "model": model,
        "task": task,
        "tier": tier,
        "lane": lane,
        "persona": persona,
        "data-class": data_class,
        "ignore-persona": "true" if ignore_persona else None,
    }
    given = {name: value for name, value in hints.items() if value}
    return run(_output(as_json), prompt=prompt, request=request, strategy=strategy, hints=given)


@app.command(epilog="Example:  signalbox models --strategy workstation")
def models(strategy: Strategy = None, as_json: Json = False) -> int:
    """List the models of a strategy with tier, capabilities and price."""
    from signalbox.commands.models import models as run

    return run(_output(as_json), strategy=strategy)


@app.command(epilog="Example:  signalbox status --json")
def status(url: Url = "http://127.0.0.1:4000", as_json: Json = False) -> int:
    """Show strategy, totals and deployments of the running proxy."""
    from signalbox.commands.remote import status as run

    return run(_output(as_json), url=url)


@app.command(epilog="Example:  signalbox budget")
def budget(url: Url = "http://127.0.0.1:4000", as_json: Json = False) -> int:
    """Show limits, spend and reservations of the running proxy."""
    from signalbox.commands.remote import budget as run

    return run(_output(as_json), url=url)


@app.command(epilog="Example:  signalbox metrics --since 24h --json")
def metrics(
    since: Annotated[str, typer.Option(help="How far back: 30m, 24h, 7d.")] = "24h",
    folder: Annotated[Path | None, typer.Option(help="Run folder; default SIGNALBOX_RUN, else ./run.")] = None,
    as_json: Json = False,
) -> int:
    """Report fallbacks, latency, errors and cost from the decision log."""
    from signalbox.commands.metrics import metrics as run
    from signalbox.commands.workspace import run_folder

    return run(_output(as_json), since=since, folder=folder or run_folder())


@app.command(epilog="Example:  signalbox serve --strategy development")
def serve(strategy: Strategy = None, as_json: Json = False) -> int:
    """Run the simulated servers of a strategy, for a proxy that you start yourself."""
    from signalbox.commands.serve import serve as run

    return run(_output(as_json), strategy=strategy)


@app.command(epilog="Example:  signalbox doctor")
def doctor(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port that `up` would use.")] = 4000, as_json: Json = False
) -> int:
    """Check what would keep `up` from working."""
    from signalbox.commands.doctor import doctor as run

    return run(_output(as_json), port=port)


@app.command(epilog="Example:  signalbox init my_lab --yes")
def init(
    name: Annotated[str, typer.Argument(help="Name of the new strategy.")] = "mine",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take every suggested answer.")] = False,
    as_json: Json = False,
) -> int:
    """Write a commented strategy from what is detected and a few answers."""
    from signalbox.commands.init import init as run

    return run(_output(as_json), name=name, yes=yes)


@app.command(epilog="Example:  signalbox eval --data labelled.jsonl --report report.html")
def eval(  # noqa: A001 - the command's name
    data: Annotated[Path, typer.Option(help="Labelled requests: JSON Lines, a file or a folder of such files.")],
    labels: Annotated[
        str | None, typer.Option(help="task, tier or outcome: only these. Default: all there are.")
    ] = None,
    strategy: Annotated[
        str | None, typer.Option("--strategy", "-s", help="Default: SIGNALBOX_STRATEGY, else development.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Also write one self-contained HTML page.")] = None,
    as_json: Json = False,
) -> int:
    """Measure decisions on labelled requests, beside baselines that cost nothing."""
    from signalbox.commands.eval import eval as run
    from signalbox.evidence.evaluation import LABELS

    chosen = next((name for name in LABELS if name == labels), None)
    if labels is not None and chosen is None:
        raise typer.BadParameter(f"'{labels}' is none of {', '.join(LABELS)}", param_hint="--labels")
    return run(_output(as_json), data=data, labels=chosen, strategy=strategy, report=report)


@app.command(epilog="Example:  signalbox train --data labelled.jsonl --data run/decisions.jsonl --out weights.npz")
def train(
    data: Annotated[list[Path], typer.Option(help="Labelled requests: a .jsonl file or a folder; may be repeated.")],
    out: Annotated[Path, typer.Option(help="File for the weights.")],
    seed: Annotated[int, typer.Option(min=0, help="The same rows and seed give the same weights.")] = 0,
    as_json: Json = False,
) -> int:
    """Learn the signals' weights from labelled requests of your own."""
    from signalbox.commands.train import train as run

    return run(_output(as_json), data=tuple(data), out=out, seed=seed)


@app.command()
def version() -> int:
    """Print the version."""
    typer.echo(__version__)
    return FINE


def main(arguments: list[str] | None = None) -> None:
    """The entry point; exits with one of the codes above. Usage errors are typer's own, with code 2."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=given)
    except (UserError, Refusal) as error:
        _report(error, given)
        raise SystemExit(USER_MUST_ACT) from None
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except Exception as error:  # the last line: everything unforeseen is ours
        with tempfile.NamedTemporaryFile(
            "w", suffix=".log", prefix="signalbox-", delete=False, encoding="utf-8"
        ) as log:
            traceback.print_exc(file=log)
        typer.echo(
            f"signalbox: our bug: {type(error).__name__}: {error}\nPlease report it with the log at {log.name}",
            err=True,
        )
        raise SystemExit(OUR_BUG) from None


def _report(error: SignalboxError, arguments: list[str]) -> None:
    if "--json" in arguments:
        import json

        code = error.code if isinstance(error, Refusal) else type(error).__name__
        chain = [{"model": model, "reason": why} for model, why in error.chain] if isinstance(error, Refusal) else []
        typer.echo(json.dumps({"error": {"code": code, "message": str(error), "chain": chain}}, indent=2))
    typer.echo(f"signalbox: {error}", err=True)
