"""Each command does what its help says, in JSON and for people."""

import json
import time
from pathlib import Path

import pytest

from signalbox.load import load_strategy
from tests.commands.cli import ROOT, answer, environment, run

SHIPPED = {
    "t4_hybrid",
    "t4_local_only",
    "h100_local",
    "l4_t4_combined",
    "strix_halo",
    "workstation",
    "cloud_only",
    "development",
}


def test_detect_prints_what_is_there_and_how_each_probe_went() -> None:
    found = answer("detect")

    assert found["host"]["cores"] >= 1
    assert {probe["probe"] for probe in found["probes"]} >= {"nvidia", "amd", "slurm", "keys", "endpoints", "host"}


def test_detect_names_keys_and_never_shows_their_values() -> None:
    done = run("detect", "--json", env=environment(OPENAI_API_KEY="sk-very-secret"))

    assert "OPENAI_API_KEY" in json.loads(done.stdout)["keys"]
    assert "sk-very-secret" not in done.stdout + done.stderr


def test_strategies_lists_all_with_a_reason_each_and_recommends_one() -> None:
    found = answer("strategies")

    assert {row["name"] for row in found["strategies"]} == SHIPPED
    assert all(row["reasons"] or row["missing"] for row in found["strategies"])
    assert found["recommended"] in SHIPPED


def test_a_cloud_key_is_what_cloud_only_waits_for() -> None:
    def fits(**keys: str) -> bool:
        rows = answer("strategies", env=environment(**keys))["strategies"]
        return bool(next(row["fits"] for row in rows if row["name"] == "cloud_only"))

    assert fits(ANTHROPIC_API_KEY="sk-x")
    assert not fits()


def test_select_prefers_the_users_word_to_the_environments_and_warns_of_a_mismatch() -> None:
    by_environment = answer("select", env=environment(SIGNALBOX_STRATEGY="h100_local"))
    done = run("select", "--strategy", "t4_hybrid", "--json", env=environment(SIGNALBOX_STRATEGY="h100_local"))

    assert by_environment["strategy"] == "h100_local"
    assert json.loads(done.stdout)["strategy"] == "t4_hybrid"
    assert "does not match" in done.stderr


def test_select_asks_when_it_is_interactive() -> None:
    done = run("select", "--interactive", "--json", text="workstation\n")

    assert json.loads(done.stdout)["strategy"] == "workstation"


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_shipped_strategy_compiles_twice_to_the_same_bytes(name: str, tmp_path: Path) -> None:
    for place in ("one", "two"):
        assert run("compile", "--strategy", name, "--out", str(tmp_path / place)).returncode == 0

    for file in ("litellm_config.yaml", "routing_plan.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_the_checked_in_pair_is_current() -> None:
    assert answer("compile", "--strategy", "development", "--check")["current"]


def test_check_shows_what_would_change_and_the_command_that_changes_it(tmp_path: Path) -> None:
    run("compile", "--strategy", "development", "--out", str(tmp_path))
    config = tmp_path / "litellm_config.yaml"
    config.write_text(config.read_text().replace("sim-coder", "other"))

    done = run("compile", "--strategy", "development", "--check", "--out", str(tmp_path))

    assert done.returncode == 1
    assert "-      model: hosted_vllm/other" in done.stdout
    assert "signalbox compile --strategy development" in done.stdout


def test_explain_prints_the_decision_with_one_trace_line_per_stage() -> None:
    found = answer("explain", "--strategy", "development", "Write a Python function that reverses a list")

    assert set(found) == {
        "id", "strategy", "model", "fallbacks", "lane", "task", "complexity", "tier", "persona", "data_class",
        "estimated_cost_usd", "reason", "excluded", "trace",
    }  # fmt: skip
    assert found["lane"] == "coder"
    assert [line["stage"] for line in found["trace"]] == [
        "override", "data_class", "persona", "task", "tier", "needs", "match", "experiment", "budget", "fallbacks",
    ]  # fmt: skip


def test_explain_takes_hints_and_whole_requests(tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"model": "auto", "input": ["a text"], "encoding_format": "float"}))

    by_hint = answer("explain", "--strategy", "t4_hybrid", "--task", "biomedical", "--data-class", "phi", "hello")
    by_file = answer("explain", "--strategy", "t4_hybrid", "--request", str(request))

    assert by_hint["lane"] == "biomedical"
    assert by_hint["data_class"] == "phi"
    assert {"claude", "deepseek"}.isdisjoint([by_hint["model"], *by_hint["fallbacks"]])
    assert by_file["task"]["name"] == "embeddings"


def test_explain_of_a_cloud_model_for_private_text_is_refused_with_the_chain() -> None:
    found = answer("explain", "--strategy", "t4_hybrid", "--model", "claude", "--data-class", "phi", "hello", code=1)

    assert found["error"]["code"] == "signalbox_privacy"
    assert found["error"]["chain"][0]["model"] == "claude"


def test_verify_proves_a_local_strategy_and_names_every_way_out_of_another(tmp_path: Path) -> None:
    run("compile", "--strategy", "cloud_only", "--out", str(tmp_path))

    proven = answer("verify", "--strategy", "t4_local_only")
    leaking = answer("verify", "--config", str(tmp_path / "litellm_config.yaml"), "--privacy", "local_only", code=1)

    assert proven["proven"]
    assert len(leaking["violations"]) >= 7
    assert all(found["path"] and found["problem"] for found in leaking["violations"])


def test_verify_decides_every_case_of_a_tagged_request() -> None:
    found = answer("verify", "--strategy", "t4_hybrid")["data_classes"]["phi"]

    assert found["proven"]
    assert found["cases"] > 100
    assert {"model claude", "model deepseek"} <= set(found["refused"])
    assert not {"biomedical", "code_generation", "general_qa"} & set(found["refused"])


def test_models_lists_tier_place_and_prices() -> None:
    found = answer("models", "--strategy", "cloud_only")

    claude = next(model for model in found["models"] if "claude" in model["card"])
    assert claude["local"] is False
    assert claude["input_price"] > 0


def test_fit_judges_every_model_of_the_fleet() -> None:
    found = answer("fit", "--strategy", "t4_hybrid")

    assert {row["verdict"] for row in found["models"]} <= {"fits", "tight"}


def test_metrics_reads_the_decision_log(tmp_path: Path) -> None:
    line = {
        "at": time.time() - 60,
        "model": "coder",
        "task": {"name": "code"},
        "outcome": {
            "success": True,
            "model_used": "deepseek",
            "fallback_depth": 1,
            "latency_ms": 120.0,
            "cost_usd": 0.01,
        },
    }
    old = {**line, "at": time.time() - 90_000}
    (tmp_path / "decisions.jsonl").write_text("\n".join([json.dumps(line), "torn {", json.dumps(old)]) + "\n")

    found = answer("metrics", "--since", "24h", "--folder", str(tmp_path))

    assert found["requests"] == 1
    assert found["fallback_rate"] == 1.0
    assert found["by_model"]["deepseek"]["latency_p95_ms"] == 120.0
    assert run("metrics", "--since", "soon", "--folder", str(tmp_path)).returncode == 1


def test_doctor_says_what_is_well_and_what_is_not() -> None:
    found = answer("doctor")

    assert {check["what"] for check in found["checks"]} >= {
        "python",
        "litellm",
        "catalogue",
        "strategies",
        "generated pair",
    }


def test_init_writes_a_strategy_that_loads_from_what_is_detected(tmp_path: Path) -> None:
    keyed = environment(ANTHROPIC_API_KEY="sk-x", OPENAI_API_KEY="sk-y")

    done = run("init", "mine", "--yes", cwd=tmp_path, env=keyed)

    assert done.returncode == 0, done.stderr
    assert load_strategy(tmp_path / "strategies" / "mine.yaml").budget.monthly
    assert run("init", "mine", "--yes", cwd=tmp_path, env=keyed).returncode == 1
    explained = answer("explain", "--strategy", "strategies/mine.yaml", "hello", cwd=tmp_path, env=keyed)
    assert explained["strategy"] == "mine"


def test_a_torn_strategy_is_named_with_file_key_and_remedy(tmp_path: Path) -> None:
    broken = tmp_path / "torn.yaml"
    broken.write_text((ROOT / "strategies" / "development.yaml").read_text().replace("served_by", "servd_by", 1))

    done = run("compile", "--strategy", str(broken), "--out", str(tmp_path))

    assert done.returncode == 1
    assert "torn.yaml: models." in done.stderr
    assert "Did you mean 'served_by'?" in done.stderr


def test_exit_codes_tell_who_must_act() -> None:
    assert run("explain").returncode == 2
    assert run("no-such-command").returncode == 2
    assert run("explain", "--strategy", "nowhere", "hello").returncode == 1
    assert run("status", "--url", "http://127.0.0.1:1").returncode == 1


@pytest.mark.parametrize("command", ["up", "detect", "strategies", "select", "compile", "verify", "fit", "explain", "models",
                                     "status", "budget", "metrics", "serve", "doctor", "init"])  # fmt: skip
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = run(command, "--help")

    assert done.returncode == 0
    assert f"Example:  signalbox {command}" in done.stdout
