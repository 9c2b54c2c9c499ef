"""How long a decision takes, by prompt size, beside LiteLLM's own classifiers in the same run.

    python benchmarks/decisions.py [--rounds 2000] [--json]
    python benchmarks/decisions.py --memory 1000000     # decides that many different requests; does memory stay flat?

A decision is read_facts + extract_signals + decide on one core; LiteLLM's figures are its classification alone, without
reading the request or choosing among models. Times are microseconds of this machine: compare columns, not runs.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import track

from signalbox.commands.output import table
from signalbox.load import load_plan
from signalbox.routing.facts import read_facts
from signalbox.routing.pipeline import Pipeline
from signalbox.routing.signals.model import TextModel

OURS = "signalbox: whole decision"
SIZES = (200, 2_000, 32_000, 128_000, 10_000_000)
TEXT = (
    "please could you explain how this function compares with the other one when the list is long and some of the "
    "values are missing because our patients moved to another clinic while the report from March still counts them"
)


def prompts(size: int, count: int) -> list[str]:
    """Different texts of about `size` characters."""
    chance = random.Random(size)
    unit = [" ".join(chance.choices(TEXT.split(), k=40)) for _ in range(50)]
    return ["".join(chance.choices(unit, k=size // len(unit[0]) + 1))[:size] for _ in range(count)]


def measure(call: Callable[[str], object], texts: list[str], rounds: int) -> dict[str, float]:
    """Quantiles in microseconds, and calls per second."""
    for text in texts:
        call(text)
    gc.collect()
    times = []
    for number in range(rounds):
        text = texts[number % len(texts)]
        begin = time.perf_counter_ns()
        call(text)
        times.append(time.perf_counter_ns() - begin)
    times.sort()
    return {
        "p50_us": times[rounds // 2] / 1e3,
        "p99_us": times[min(rounds - 1, rounds * 99 // 100)] / 1e3,
        "per_second": 1e9 * rounds / sum(times),
    }


def contenders() -> dict[str, Callable[[str], object]]:
    """Ours, and LiteLLM's heuristics where they can be built."""
    pipeline = Pipeline(load_plan(Path(__file__).parents[1] / "routing_plan.json"), TextModel.load())

    def ours(text: str) -> object:
        return pipeline.decide(read_facts({"model": "auto", "messages": [{"role": "user", "content": text}]}), id="x")

    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    found: dict[str, Callable[[str], object]] = {OURS: ours}
    try:
        from litellm.router_strategy.complexity_router.complexity_router import ComplexityRouter

        class NoRouter:
            model_list: tuple[object, ...] = ()

        for kind in ("heuristic", "heuristic_v2"):
            router = ComplexityRouter(
                model_name="auto",
                litellm_router_instance=NoRouter(),  # type: ignore[arg-type]
                complexity_router_config={
                    "classifier_type": kind,
                    "tiers": {"SIMPLE": "a", "MEDIUM": "b", "COMPLEX": "c", "REASONING": "d"},
                },
                default_model="a",
            )
            if kind == "heuristic":
                found["litellm heuristic: tier alone"] = router.classify
            else:
                found["litellm heuristic_v2: tier alone"] = router._classify_with_heuristic_v2
    except Exception as error:  # an upgrade may move it; our own figures stand alone then
        print(f"LiteLLM's classifiers could not be built: {error}", file=sys.stderr)
    return found


def memory(count: int) -> None:
    """Resident memory while `count` different requests are decided."""
    decide = contenders()[OURS]
    texts = prompts(400, 1_000)
    process, seen = psutil.Process(), []
    for number in track(range(count), description="decisions", console=Console(stderr=True), transient=True):
        decide(f"{number} {texts[number % len(texts)]}")
        if number % max(1, count // 10) == 0:
            seen.append(process.memory_info().rss / 2**20)
    print(f"{count:,} decisions; resident MiB at each tenth: {', '.join(f'{size:.0f}' for size in seen)}")


def main() -> None:
    """Prints a table, or JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=2_000)
    options.add_argument("--json", action="store_true")
    options.add_argument("--memory", type=int, metavar="N")
    chosen = options.parse_args()
    if chosen.memory:
        memory(chosen.memory)
        return
    rows = []
    called = contenders()
    for size in track(SIZES, description="sizes", console=Console(stderr=True), transient=True):
        texts = prompts(size, 20 if size < 1_000_000 else 2)
        for name, call in called.items():
            theirs = name != OURS
            if theirs and size > 200_000:
                continue  # minutes: their scan is not bounded
            rounds = max(10, chosen.rounds * 200 // size) if theirs else chosen.rounds
            rows.append({"characters": size, "what": name, "calls": rounds, **measure(call, texts, rounds)})
    if chosen.json:
        print(json.dumps(rows, indent=2))
        return
    columns = ("characters", "what", "calls", "p50 us", "p99 us", "per second")
    shown = (
        (
            f"{row['characters']:,}",
            row["what"],
            row["calls"],
            f"{row['p50_us']:.0f}",
            f"{row['p99_us']:.0f}",
            f"{row['per_second']:,.0f}",
        )
        for row in rows
    )
    Console().print(table("Decisions", columns, shown))


if __name__ == "__main__":
    main()
